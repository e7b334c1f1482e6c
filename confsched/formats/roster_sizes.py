"""What a foreign roster sheet may cost at most."""

from __future__ import annotations

from confsched.errors import Refusal, msg

MAX_MEGABYTES = 2
MAX_BYTES = MAX_MEGABYTES * 1024 * 1024
MAX_UNPACKED_BYTES = 16 * 1024 * 1024
MAX_PARTS = 500
MAX_MARKUP = 1_000_000
MAX_SHEETS = 24
MAX_ROWS = 2_000
MAX_COLUMNS = 100
MAX_CELLS = 200_000
MAX_TEXT = 200
MAX_MERGES = 1_000
MAX_NUMBER_FORMATS = 1_000
MAX_FORMAT_CODE = 255
MAX_CELL_FORMATS = 65_000


def too_large(field: str) -> Refusal:
    """Say how many rows and columns a sheet may have."""
    return Refusal(
        msg(
            "A sheet may have %(rows)s rows and %(columns)s columns. Keep one month of one department.",
            rows=MAX_ROWS,
            columns=MAX_COLUMNS,
        ),
        field=field,
    )
