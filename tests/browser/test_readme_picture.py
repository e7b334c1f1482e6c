"""The picture in the README is a picture of the product: taken here, renewed with CONFSCHED_PICTURES=1."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from tests.browser.test_main_job import REQUESTER, ask, hold_first_offer

ROOT = Path(__file__).parents[2]
PICTURE = Path("tests/browser/pictures/book-a-consult.png")
PNG = b"\x89PNG\r\n\x1a\n"
MAX_BYTES = 200_000


def test_the_readme_shows_how_a_consult_is_booked(visit: Any, tmp_path: Path) -> None:
    requester = visit().sign_in(REQUESTER)
    ask(requester, "FK-7Y2V")
    hold_first_offer(requester)
    taken = tmp_path / PICTURE.name
    requester.page.screenshot(path=taken, full_page=True)
    if os.environ.get("CONFSCHED_PICTURES"):
        (ROOT / PICTURE).write_bytes(taken.read_bytes())
    kept = (ROOT / PICTURE).read_bytes()
    assert str(PICTURE) in (ROOT / "README.md").read_text()
    assert kept.startswith(PNG) and len(kept) < MAX_BYTES
    assert _size(kept)[0] == _size(taken.read_bytes())[0], "the kept picture is of another layout: renew it"


def _size(png: bytes) -> tuple[int, int]:
    """Return width and height out of the header (PNG specification 11.2.2)."""
    return int.from_bytes(png[16:20], "big"), int.from_bytes(png[20:24], "big")
