"""Leave out of scripts and style sheets what only their authors read: comments, indentation, empty lines.

Lines stay lines, so that a script means the same where it relies on their ends. What stands in strings,
templates and patterns is not touched. Where the reading would be a guess, it is refused with a ValueError.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_SCRIPT = re.compile(
    r"""(?P<comment>//[^\n]*|/\*.*?\*/)
      | (?P<string>"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')
      | (?P<template>`)
      | (?P<slash>/)
      | (?P<word>[\w$]+)
      | (?P<space>\s+)
      | (?P<mark>\+\+|--|.)""",
    re.VERBOSE | re.DOTALL,
)
_PATTERN = re.compile(r"/(?![*/])(?:\\[^\n]|\[(?:\\[^\n]|[^\]\\\n])*\]|[^/\\\n\[])+/[\w$]*")
_TEMPLATE_PART = re.compile(r"(?:\\.|\$(?!\{)|[^`\\$])*(`|\$\{)", re.DOTALL)
# After these words a value begins, so that a slash begins a pattern; after any other it divides.
_BEFORE_VALUE = frozenset(
    (
        *("await", "case", "delete", "do", "else", "in", "instanceof", "new", "of", "return", "throw"),
        *("typeof", "void", "yield"),
    )
)
_BEFORE_CONDITION = frozenset(("if", "for", "while", "with"))
_UNCLEAR = frozenset(("}", "++", "--"))  # a slash behind them may be either

_STYLE = re.compile(
    r"""(?P<comment>/\*.*?\*/)
      | (?P<string>"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|url\(\s*[^"'\s)](?:\\.|[^)\\])*\))
      | (?P<mark>.)""",
    re.VERBOSE | re.DOTALL,
)
_APART = frozenset(" \t\r\n{};,")  # beside one of these a comment holds nothing apart
_LINE_END = re.compile(r"[ \t\r]*\n\s*")

Token = tuple[str, str]


def slim_script(text: str) -> str:
    """Return the script without what only its authors read; a comment over two lines leaves a line end."""
    read = [(kind, text[start:end]) for kind, start, end in _read_script(text, 0)]
    return _join([(kind, _blank(part) if kind == "comment" else part) for kind, part in read])


def _blank(comment: str) -> str:
    return "\n" if "\n" in comment else " "


def slim_style(text: str) -> str:
    """Return the style sheet without what only its authors read; a comment between two words stays."""
    return _join(_read_style(text))


def _join(tokens: list[Token]) -> str:
    """Put together what was read, without blanks at the ends of lines; strings stay as they are."""
    parts: list[str] = []
    code = ""
    for kind, part in tokens:
        if kind in ("string", "template", "pattern"):
            parts += [_LINE_END.sub("\n", code), part]
            code = ""
        else:
            code += part
    whole = "".join([*parts, _LINE_END.sub("\n", code)])
    return whole.strip() + "\n"


def _read_script(text: str, at: int) -> Iterator[tuple[str, int, int]]:
    """Yield kind, start and end of all that follows, comments and blanks too."""
    before, opened = "", list[str]()
    while at < len(text):
        kind, end = _next_token(text, at, before)
        yield kind, at, end
        part, at = text[at:end], end
        if kind in ("comment", "space"):
            continue
        if part == "(":
            opened.append(before)
        closed = opened.pop() if part == ")" and opened else ""
        # Behind the condition of an `if` a value begins, behind any other bracket an operator.
        before = closed if closed in _BEFORE_CONDITION else part


def _next_token(text: str, at: int, before: str) -> tuple[str, int]:
    found = _SCRIPT.match(text, at)
    assert found is not None and found.lastgroup is not None, "a mark is any character"
    kind, end = found.lastgroup, found.end()
    if kind == "template":
        return kind, _end_of_template(text, end)
    if kind == "slash":
        return _read_slash(text, at, before)
    if kind == "mark" and found[0] in "\"'":
        raise ValueError(f"a string without an end: {_line(text, at)}")
    return kind, end


def _read_slash(text: str, at: int, before: str) -> tuple[str, int]:
    if before in _UNCLEAR or text.startswith("/*", at):
        raise ValueError(f"an unclear slash: {_line(text, at)}")
    if not _may_begin_value(before):
        return "mark", at + 1
    found = _PATTERN.match(text, at)
    if found is None:
        raise ValueError(f"a pattern without an end: {_line(text, at)}")
    return "pattern", found.end()


def _may_begin_value(before: str) -> bool:
    is_word = before[-1:].isalnum() or before[-1:] in ("_", "$")
    if is_word:
        return before in _BEFORE_VALUE | _BEFORE_CONDITION
    return before[-1:] not in (")", "]", '"', "`", "/")


def _end_of_template(text: str, at: int) -> int:
    """Return where a template ends that begins before `at`, with all that stands in its places."""
    while part := _TEMPLATE_PART.match(text, at):
        if part[1] == "`":
            return part.end()
        at = _end_of_place(text, part.end())
    raise ValueError(f"a template without an end: {_line(text, at)}")


def _end_of_place(text: str, at: int) -> int:
    depth = 1
    for kind, start, end in _read_script(text, at):
        if kind == "mark":
            depth += {"{": 1, "}": -1}.get(text[start:end], 0)
        if depth == 0:
            return end
    raise ValueError(f"a template without an end: {_line(text, at)}")


def _read_style(text: str) -> list[Token]:
    tokens: list[Token] = []
    for found in _STYLE.finditer(text):
        kind, start, end = str(found.lastgroup), found.start(), found.end()
        if kind == "mark" and (found[0] in "\"'" or text.startswith("/*", start)):
            raise ValueError(f"a string or comment without an end: {_line(text, start)}")
        if kind != "comment":
            tokens.append((kind, found[0]))
        elif not _APART & {text[start - 1 : start] or "\n", text[end : end + 1] or "\n"}:
            tokens.append(("string", found[0]))
    return tokens


def _line(text: str, at: int) -> str:
    return f"line {text.count(chr(10), 0, at) + 1}"
