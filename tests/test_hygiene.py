"""What may stand in no file of the repository, and what each file must keep to."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FOLDERS = ("confsched", "static", "templates", "tests")
OURS = ("*.py", "*.toml", "*.md", ".gitignore", ".ci/*", *(f"{folder}/**/*" for folder in FOLDERS))
TEXT = {
    ".py",
    ".md",
    ".toml",
    ".html",
    ".txt",
    ".css",
    ".js",
    ".po",
    ".svg",
    ".json",
    ".csv",
    ".cfg",
    ".mako",
    "",
}
BARE_PYTHON = (
    "app.py",
    "tests/__init__.py",
    "tests/__main__.py",
    "tests/support/__init__.py",
    "tests/support/install.py",
)

# A wave stands in each, so that this file keeps its own rules.
FORBIDDEN = {
    "the host of a package index": r"py~pi\.org|python~hosted|registry\.npm~js|deb\.deb~ian\.",
    "a folder of one machine": r"/(?:wo~rk|ro~ot|home/[a-z]+|tmp/[a-z]+)(?![a-z])",
    "something left undone": r"\bTO~DO\b|\bFIX~ME\b|NotImplemented~Error|pragma: no co~ver",
    "a test that may be skipped": r"pytest\.sk~ip\(|mark\.sk~ip|importor~skip",
}
INLINE = {
    "an inline style": r"\sstyle\s*=|<style",
    "an inline script": r"<script(?![^>]*\ssrc=)|\son[a-z]+\s*=\s*[\"']|javascript:|\shx-on",
}


def _files() -> list[Path]:
    return sorted(path for part in OURS for path in ROOT.glob(part) if path.is_file() and path.suffix in TEXT)


def _findings(text: str, patterns: dict[str, str]) -> list[tuple[int, str]]:
    compiled = [(what, re.compile(pattern.replace("~", ""))) for what, pattern in patterns.items()]
    lines = enumerate(text.splitlines(), 1)
    return [(number, what) for number, line in lines for what, pattern in compiled if pattern.search(line)]


def _patterns_for(path: Path) -> dict[str, str]:
    is_page = path.suffix == ".html" and "emails" not in path.parts  # a mail has no other place for its style
    return FORBIDDEN | INLINE if is_page else FORBIDDEN


def test_no_file_holds_what_may_stand_nowhere() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{line} {what}"
        for path in _files()
        for line, what in _findings(path.read_text(errors="replace"), _patterns_for(path))
    ]
    assert not found, "\n" + "\n".join(found)


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("index = 'https://py~pi.org/simple'", "the host of a package index"),
        ("see /wo~rk/shared", "a folder of one machine"),
        ("cd /ro~ot/", "a folder of one machine"),
        ("# TO~DO later", "something left undone"),
        ("raise NotImplemented~Error", "something left undone"),
        ("pytest.sk~ip('slow')", "a test that may be skipped"),
        ("@pytest.mark.sk~ipif(True)", "a test that may be skipped"),
        ('<p style="color: red">', "an inline style"),
        ("<style>", "an inline style"),
        ("<script>", "an inline script"),
        ("<button onclick='go()'>", "an inline script"),
        ('<a href="javascript:go()">', "an inline script"),
        ('<p hx-on:click="go()">', "an inline script"),
    ],
)
def test_what_may_not_stand_is_named_with_its_line(line: str, what: str) -> None:
    assert _findings(f"\n{line}\n".replace("~", ""), FORBIDDEN | INLINE) == [(2, what)]


@pytest.mark.parametrize(
    "line",
    [
        '<script src="/static/app.js" defer></script>',
        '<link rel="stylesheet">',
        "a network/workshop",
        "/rootless",
    ],
)
def test_what_only_looks_alike_passes(line: str) -> None:
    assert _findings(line, FORBIDDEN | INLINE) == []


def test_every_package_is_pinned() -> None:
    """The lock file names package indexes and is not committed: the pins are what makes two set-ups alike."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    lines = [
        *project["project"]["dependencies"],
        *(line for extra in project["project"].get("optional-dependencies", {}).values() for line in extra),
        *project["dependency-groups"]["dev"],
        *project["tool"]["uv"]["constraint-dependencies"],
    ]
    pins = {re.sub(r"\[.*?\]", "", line.partition(";")[0].strip()) for line in lines}
    locked = tomllib.loads((ROOT / "uv.lock").read_text())["package"]
    wanted = {
        f"{package['name']}=={package['version']}" for package in locked if package["name"] != "confsched"
    }
    assert wanted == pins, f"missing in pyproject.toml: {wanted - pins}; too much there: {pins - wanted}"


@pytest.mark.parametrize("name", BARE_PYTHON)
def test_what_runs_before_the_set_up_needs_only_python(name: str) -> None:
    tree = ast.parse((ROOT / name).read_text(), feature_version=(3, 8))
    nodes = [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]
    names = {
        alias.name if isinstance(node, ast.Import) else node.module or ""
        for node in nodes
        for alias in node.names
    }
    foreign = {name for name in names if name.partition(".")[0] not in sys.stdlib_module_names}
    assert foreign <= {"app", "tests.support.install"}
