"""Find a Chromium, or install one. Only the standard library: this runs before anything is installed."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import app

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PLACES = (Path("/usr/bin/chromium"), Path("/usr/lib/chromium/chromium"), Path("/opt/google/chrome/chrome"))
PACKAGES = ("chromium", "libatomic1", "fonts-dejavu-core")


def find_chromium() -> Path | None:
    """Return the browser of this machine, or None where there is none."""
    on_path = next((Path(found) for found in map(shutil.which, NAMES) if found), None)
    return on_path or next((place for place in PLACES if place.exists()), None)


def ensure_chromium(programs: Path) -> None:
    """Install a browser where there is none; exit with the command to type when that is not possible.

    `programs` is the folder of the installed Python programs, Playwright among them.
    """
    if find_chromium():
        return
    if app.may_install_system_packages():
        app.install_system_packages(*PACKAGES)
        return
    playwright = subprocess.run(
        [str(programs / "playwright"), "install", "chromium"], stdout=sys.stderr, check=False
    )
    if playwright.returncode:
        sys.exit("The browser tests need Chromium. Type this once and start again:\n"
                 f"  sudo apt-get install -y {' '.join(PACKAGES)}")  # fmt: skip
