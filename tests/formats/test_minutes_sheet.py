"""Minutes on paper: tagged, the same bytes for the same words, and nothing that was typed is markup."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from confsched.formats.minutes_sheet import Part, Sheet, Table, write_pdf

AT = datetime(2026, 11, 23, 7, tzinfo=UTC)
TYPED = '#panic("no") $x^2$ *bold* \\ "quoted" <label> @ref //'


@pytest.mark.parametrize("is_wide", [False, True])
def test_a_sheet_is_tagged_and_reads_no_markup(is_wide: bool) -> None:
    table = Table((TYPED, "Case"), ((TYPED, "two\nlines"), ("", TYPED * 40)), (1, 3))
    parts = (Part(TYPED, (TYPED,), table), Part("Empty"))
    sheet = Sheet("de", TYPED, TYPED, TYPED, (("Leitung", TYPED),), parts, is_wide)
    written = write_pdf(sheet, made_at=AT)
    assert written.startswith(b"%PDF-") and b"pdfuaid:part" in written
    assert written == write_pdf(sheet, made_at=AT)
