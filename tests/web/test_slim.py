"""Only comments, indentation and empty lines go; what looks like one inside of something else stays."""

from __future__ import annotations

import re

import pytest

from confsched.web.assets import ROSTER_SCRIPTS, STATIC
from confsched.web.slim import slim_script, slim_style

OWN = ("app.js", "services.js", "find_time.js", *ROSTER_SCRIPTS)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a;  // said\n\n\n   b;\n", "a;\nb;"),
        ("// said\na; /* said */ b;", "a;   b;"),
        ("return /* one\n   line */ 1;", "return\n1;"),
        ("a /* // */ = b;", "a   = b;"),
        ("let a = 'http://b.example // c';", "let a = 'http://b.example // c';"),
        (r"""a = "\"// no"; // yes""", r"""a = "\"// no";"""),
        ("a = '/*'; b = '*/';", "a = '/*'; b = '*/';"),
        ("a = `  // no\n    b  \n\n  /* no */`;\n    c;", "a = `  // no\n    b  \n\n  /* no */`;\nc;"),
        ("a = `${b // c\n}`;", "a = `${b // c\n}`;"),
        ("a = `${`${'}`'}  `}  \n  `; // yes", "a = `${`${'}`'}  `}  \n  `;"),
        ("a = `${{b: {}}}\n  // no`; // yes", "a = `${{b: {}}}\n  // no`;"),
        (r"a = `\` ${/`}/}  $ {` // yes", r"a = `\` ${/`}/}  $ {`"),
        ("a = b.split(/\"|'|`/); // yes", "a = b.split(/\"|'|`/);"),
        ("a = /[/*]/.test(b); // yes", "a = /[/*]/.test(b);"),
        (r"a = /\/\//g; // yes", r"a = /\/\//g;"),
        ("if (a) /'/.test(b); // yes", "if (a) /'/.test(b);"),
        ("while ((a)) /'/.test(b); // yes", "while ((a)) /'/.test(b);"),
        ("a => /'/.test(a); // yes", "a => /'/.test(a);"),
        ("return /'/; // yes", "return /'/;"),
        ("a = (b) / c / 'd'; // yes", "a = (b) / c / 'd';"),
        ("a = b[0] / c; // it's\n", "a = b[0] / c;"),
        ("a = 4 / 2; // it's 2 / 1\n", "a = 4 / 2;"),
        ("a = 'b' / `c` / 2; // it's\n", "a = 'b' / `c` / 2;"),
        ("a = /b/g / 2; // it's\n", "a = /b/g / 2;"),
        ("a\n  ++b\n", "a\n++b"),
        ("a = `\r\n `;\r\n  b;\r\n", "a = `\r\n `;\nb;"),
    ],
)
def test_a_script_loses_what_only_its_authors_read(text: str, expected: str) -> None:
    assert slim_script(text) == expected + "\n"


@pytest.mark.parametrize(
    "text",
    ["a = {} / b / c;", "a++ / b;", "a = `b", "a = `${b", "a = 'b\n';", "a = /b\n/;", "/* a", "a = /[/;"],
)
def test_what_could_be_read_either_way_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="line 1"):
        slim_script(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("/* said */\na { b: c; } /* said */\n\n   d { e: f }\n", "a { b: c; }\nd { e: f }"),
        ("a { b: '/* no */'; }", "a { b: '/* no */'; }"),
        (r'a::before { content: "\"/* no */  "; }', r'a::before { content: "\"/* no */  "; }'),
        ("a { b: url(/*); } c { d: url(x*/); }", "a { b: url(/*); } c { d: url(x*/); }"),
        ('a { b: url("/* no */"); /* yes */ }', 'a { b: url("/* no */");  }'),
        ("a/* apart */b {}", "a/* apart */b {}"),
        ("a{b:c;/* said */d:e}", "a{b:c;d:e}"),
        ("a {\n  b: c\n\n    d;\n}\n", "a {\nb: c\nd;\n}"),
        ("a { b: 'c\\\n   d'; }", "a { b: 'c\\\n   d'; }"),
        ("a { b: c; } /* it's */ d {}", "a { b: c; }  d {}"),
    ],
)
def test_a_style_sheet_loses_what_only_its_authors_read(text: str, expected: str) -> None:
    assert slim_style(text) == expected + "\n"


@pytest.mark.parametrize("text", ["a { b: 'c; }", "/* a"])
def test_a_style_sheet_that_does_not_end_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="line 1"):
        slim_style(text)


@pytest.mark.parametrize("name", OWN)
def test_our_own_scripts_keep_each_line_that_says_something(name: str) -> None:
    """None of them writes a comment sign in a string today: whole lines of comments are all that goes."""
    text = (STATIC / name).read_text()
    lines = [re.sub(r"\s+//.*", "", line).strip() for line in text.splitlines()]
    kept = [line for line in lines if line and not line.startswith("//")]
    assert slim_script(text).splitlines() == kept


def test_to_slim_twice_changes_nothing_more() -> None:
    style = slim_style((STATIC / "app.css").read_text())
    assert slim_style(style) == style and "/*" not in style
    for name in OWN:
        script = slim_script((STATIC / name).read_text())
        assert slim_script(script) == script
