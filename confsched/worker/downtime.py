"""Keep the downtime sheet of every site as a file, made anew each night.

In files on purpose: they can be printed, copied to a ward or served when the database is away. A file that is
missing or of yesterday is due; who writes it twice writes the same.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from tempfile import NamedTemporaryFile

import structlog
from typst import TypstError

from confsched import clock
from confsched.db import Database
from confsched.formats.downtime_sheet import write_pdf
from confsched.i18n import DEFAULT_LANGUAGE
from confsched.services import downtime

READABLE = 0o640  # for the owner, and for the group that copies the files to the wards

_log = structlog.get_logger(__name__)


def keep_sheets(database: Database, data_dir: Path, *, is_stopping: Callable[[], bool]) -> int:
    """Write the sheets that are due, each by itself, and return how many; one that fails keeps no other."""
    folder = data_dir / downtime.FOLDER
    folder.mkdir(mode=0o750, exist_ok=True)
    written = 0
    for site_id in _due(database, folder, clock.now()):
        if is_stopping():
            break
        try:
            _keep(database, folder, site_id)
            written += 1
        except TypstError as error:
            _log.error("downtime sheet not written", site_id=str(site_id), reason=type(error).__name__)
    return written


def _due(database: Database, folder: Path, now: datetime) -> Iterator[uuid.UUID]:
    with database.read() as session:
        sites = downtime.all_sites(session)
    for site_id, zone in sites:
        path = folder / downtime.file_name(site_id)
        if not path.exists() or clock.local_day(_made_at(path), zone) != clock.local_day(now, zone):
            yield site_id


def _made_at(path: Path) -> datetime:
    return datetime.fromtimestamp(path.stat().st_mtime, UTC)


def _keep(database: Database, folder: Path, site_id: uuid.UUID) -> None:
    now = clock.now()
    with database.read() as session:
        sheet = downtime.sheet_of(session, site_id, language=DEFAULT_LANGUAGE, now=now)
    _replace(folder / downtime.file_name(site_id), write_pdf(sheet, made_at=now), now)


def _replace(path: Path, content: bytes, made_at: datetime) -> None:
    """Let a whole file take the place of the one before: who reads meanwhile never gets half of it."""
    with NamedTemporaryFile(dir=path.parent, delete=False) as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    made = Path(file.name)
    made.chmod(READABLE)
    os.utime(made, (made_at.timestamp(), made_at.timestamp()))
    made.replace(path)
