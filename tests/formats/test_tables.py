"""Tables for a spreadsheet: what it would run stays text, and what was written is what is read."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from confsched.formats.tables import BYTE_ORDER_MARK, harmless, write_table

TEXT = st.text(st.characters(blacklist_categories=("Cs", "Cc")), max_size=20)


@pytest.mark.parametrize("text", ["=1+1", "+49 30", "-2", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1"])
def test_what_a_spreadsheet_would_run_is_text(text: str) -> None:
    assert harmless(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "Dr. Anna Voss", "O'Brien", "a=b", "Ärztin"])
def test_other_texts_stay_as_they_are(text: str) -> None:
    assert harmless(text) == text


@given(st.lists(st.lists(TEXT, min_size=2, max_size=4), max_size=5), st.sampled_from(";,"))
@settings(max_examples=60)
def test_what_is_written_is_read_again(rows: list[list[str]], delimiter: str) -> None:
    text = write_table(rows, delimiter).decode()

    assert text.startswith(BYTE_ORDER_MARK)
    read = csv.reader(io.StringIO(text.removeprefix(BYTE_ORDER_MARK), newline=""), delimiter=delimiter)
    assert list(read) == rows
