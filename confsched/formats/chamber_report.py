"""The file by which a chamber is told who learned at an event."""

from __future__ import annotations

from collections.abc import Iterable

from confsched.domain.kinds import CmeReportKind
from confsched.formats.tables import harmless, write_table

# As the reporting form of the chambers names them.
KINDS = {
    CmeReportKind.FULL: "Gesamtmeldung",
    CmeReportKind.LATE: "Nachmeldung",
    CmeReportKind.DELETION: "Löschmeldung",
}
HEAD = ("VNR", "Meldungsart", "EFN", "Kategorie", "Punkte")


def write_report(kind: CmeReportKind, vnr: str, category: str, entries: Iterable[tuple[str, int]]) -> bytes:
    """Return the report as CSV, one number a row, in the order of the numbers; never the password.

    `entries` are numbers (EFN) with their points. A column of numbers is what the form takes over by pasting.
    """
    rows = [(vnr, KINDS[kind], efn, harmless(category), str(points)) for efn, points in sorted(entries)]
    return write_table([HEAD, *rows], delimiter=";")
