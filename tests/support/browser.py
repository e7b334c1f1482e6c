"""How the browser tests start Chromium: the machine's own, quiet, German, in the hospitals' time zone."""

from __future__ import annotations

import os

from tests.support.install import find_chromium

# Nothing that talks to the outside or asks the person something; no GPU and no QUIC on a test machine.
FLAGS = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
CONTEXT = {"locale": "de-DE", "timezone_id": "Europe/Berlin"}


def launch_arguments() -> dict[str, object]:
    """Return how to launch the browser; Playwright's own is taken where the machine has none."""
    as_root = ("--no-sandbox",) if os.geteuid() == 0 else ()
    chromium = find_chromium()
    where = {"executable_path": str(chromium)} if chromium else {}
    return {"args": [*FLAGS, *as_root], **where}
