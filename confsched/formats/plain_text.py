"""Take from text what no header, calendar line or mail may carry."""

from __future__ import annotations

import re
import unicodedata

_LINE_ENDS = re.compile("\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]")
# Direction overrides make "fdp.exe" read as "exe.pdf"; names and places have no use for them.
_TURNERS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff")


def one_line(text: str) -> str:
    """Return the text on one line, without control characters, with single spaces."""
    return " ".join(_visible(_LINE_ENDS.sub(" ", text)).split())


def many_lines(text: str) -> str:
    """Return the text with each kind of line end as LF, without control characters."""
    return "\n".join(_visible(line) for line in _LINE_ENDS.split(text)).strip("\n")


def web_link(text: str) -> str:
    """Return a http or https address, or nothing: no other scheme may become a link."""
    link = "".join(one_line(text).split())
    return link if link.lower().startswith(("https://", "http://")) else ""


def _visible(text: str) -> str:
    """Drop controls and lone surrogates, which cannot be written as UTF-8; a tab becomes a space."""
    return "".join(
        char
        for char in text.replace("\t", " ")
        if unicodedata.category(char) not in {"Cc", "Cs"} and char not in _TURNERS
    )
