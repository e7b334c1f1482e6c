from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from confsched.formats.plain_text import many_lines, one_line, web_link


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("O'Brien, Größe; 日本", "O'Brien, Größe; 日本"),
        ("  zwei \t Wörter  ", "zwei Wörter"),
        ("a\r\nb\nc\rd\x0be\x0cf\x85g\u2028h\u2029i\x1cj", "a b c d e f g h i j"),
        ("a\x00b\x07c\x1bd\x7fe\x9bf", "abcdef"),
        ("gedreht \u202egpj\u202c", "gedreht gpj"),
        ("halb \ud83d", "halb"),
        ("\n\x00 ", ""),
    ],
)
def test_a_line_keeps_its_words_and_loses_what_breaks_it(text: str, expected: str) -> None:
    assert one_line(text) == expected


def test_lines_stay_lines_whatever_ended_them() -> None:
    assert many_lines("\r\na\r\nb\rc\u2028\x00d\n") == "a\nb\nc\nd"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("https://treffen.example/a?b=1", "https://treffen.example/a?b=1"),
        (" HTTP://treffen.example ", "HTTP://treffen.example"),
        ("https://treffen.example/a\r\nb c", "https://treffen.example/abc"),
        ("javascript:alert(1)", ""),
        ("java\nscript:alert(1)", ""),
        ("//treffen.example", ""),
        ("", ""),
    ],
)
def test_only_web_addresses_are_links(text: str, expected: str) -> None:
    assert web_link(text) == expected


@given(text=st.text(max_size=200))
@settings(deadline=None)
def test_cleaning_twice_changes_nothing_and_the_result_can_be_written(text: str) -> None:
    for clean in (one_line, many_lines, web_link):
        cleaned = clean(text)
        assert clean(cleaned) == cleaned
        assert cleaned.encode().decode() == cleaned
    assert len(one_line(text).splitlines()) <= 1
