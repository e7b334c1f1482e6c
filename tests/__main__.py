"""Run every test on a machine with nothing but Python 3.8: packages first, then a browser, then pytest."""

from __future__ import annotations

import os
import sys

import app
from tests.support.install import ensure_chromium

# One process more than a small machine has cores, since some tests wait for other programs; the tests of one
# file stay together, because they share what their fixtures have built.
# In the order of the folders: otherwise the few long tests, the races, begin last and run alone.
ARGUMENTS = ["-m", "pytest", "-n", "3", "--dist", "loadfile", "--no-loadscope-reorder"]


def main() -> None:
    """Become pytest."""
    programs = app.install_packages(for_tests=True)
    ensure_chromium(programs)
    os.chdir(str(app.ROOT))
    app.become(str(programs / "python"), *ARGUMENTS, *sys.argv[1:])


if __name__ == "__main__":
    main()
