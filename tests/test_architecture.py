"""The rules of the house, held by reading the source: who may import whom, and what may stand where.

Each rule takes sources and gives findings, "file:line rule". Made-up sources at the end show that every rule
bites, and what it lets pass.
"""

from __future__ import annotations

import ast
import statistics
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

# A row may import itself and the rows above it. Names between braces are one room; the rooms of a row are
# neighbours that do not know each other.
LAYERS: tuple[tuple[set[str], ...], ...] = (
    ({"errors", "clock", "i18n", "settings", "logs"},),
    ({"domain"},),
    ({"formats"}, {"models"}),
    ({"services"},),
    ({"db", "migrations"}, {"mail"}, {"fetch", "sandbox"}),
    ({"channels"},),
    ({"edge"},),
    ({"web"}, {"api"}, {"worker"}),
    ({"cli", "demo", "create_app", "__main__", "confsched"},),
)
# What pages and machine interfaces have in common: the request's session and actor, and who may call what.
EDGE = {"confsched.web.context", "confsched.web.policies"}
# What the pure rooms may import beside the harmless part of the standard library.
PURE = {
    "domain": {"holidays"},
    "formats": {
        *("icalendar", "recurring_ical_events", "x_wr_timezone", "dateutil", "babel", "openpyxl", "typst"),
    },
}
# Files that are nothing but memory: what reads archives and writes tables asks for them.
PURE_NAMES = {("io", "BytesIO"), ("io", "StringIO")}
IMPURE_STANDARD = {
    *("os", "io", "time", "random", "secrets", "subprocess", "threading", "multiprocessing", "logging"),
    *("pathlib", "tempfile", "sqlite3", "socket", "http", "urllib.request", "smtplib", "imaplib"),
}
# Where a thing may be done; everywhere else it is a finding.
COMMITTERS = {"db"}
SELECTORS = {"services", "db", "demo", "migrations"}
CLOCK_READERS = {"clock"}
STOPWATCHES = ("monotonic", "perf_counter", "process_time")
STOPWATCH_READERS = {"clock", "worker", "sandbox", "fetch"}
SENDERS = {"worker", "mail", "channels", "fetch", "sandbox"}
WITHOUT_SQLALCHEMY = {"edge", "web", "api"}

FUNCTION_LINES, FILE_LINES = 50, 400
ROOT = Path(__file__).parent.parent


@dataclass(frozen=True)
class Source:
    """Hold one parsed file of the package and its place in it."""

    path: str
    text: str
    tree: ast.Module

    @property
    def module(self) -> str:
        return self.path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")

    @property
    def room(self) -> str:
        return _room_of(self.module)

    def at(self, line: int, rule: str) -> str:
        return f"{self.path}:{line} {rule}"


Rule = Callable[[list[Source]], Iterable[str]]


def _source(path: str, text: str) -> Source:
    return Source(path, text, ast.parse(text, path))


def _package() -> list[Source]:
    paths = sorted((ROOT / "confsched").rglob("*.py"))
    return [_source(str(path.relative_to(ROOT)), path.read_text()) for path in paths]


def _room_of(module: str) -> str:
    """Return the name that stands in LAYERS; the package itself is its own outermost room."""
    if module in EDGE:
        return "edge"
    return module.split(".")[1] if "." in module else module


def _row_of(room: str) -> int | None:
    return next((number for number, row in enumerate(LAYERS) if any(room in names for names in row)), None)


def _imports(source: Source) -> Iterator[tuple[int, str, str]]:
    """Give line, module and imported name of every import, also of those inside functions."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name, "") for alias in node.names)
        if isinstance(node, ast.ImportFrom):
            yield from ((node.lineno, node.module or "", alias.name) for alias in node.names)


def _own_imports(source: Source, known: set[str]) -> Iterator[tuple[int, str]]:
    """Give line and full name of each module of ours that a source imports."""
    rooms = {f"confsched.{room}" for row in LAYERS for names in row for room in names}
    for line, module, name in _imports(source):
        if module.partition(".")[0] == "confsched":
            full = f"{module}.{name}"
            yield line, full if full in known | rooms else module


def _calls(source: Source) -> Iterator[tuple[int, str, str]]:
    """Give line, what stands before the last dot (its own last name), and the name of each call."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            yield node.lineno, "", node.func.id
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            owner = node.func.value
            before = owner.attr if isinstance(owner, ast.Attribute) else getattr(owner, "id", "?")
            yield node.lineno, before, node.func.attr


def _functions(source: Source) -> Iterator[tuple[int, str, int]]:
    for node in ast.walk(source.tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.lineno, node.name, (node.end_lineno or node.lineno) - node.lineno + 1


def _outside(sources: list[Source], rooms: set[str]) -> Iterator[Source]:
    return (source for source in sources if source.room not in rooms)


def _inside(sources: list[Source], rooms: Iterable[str]) -> Iterator[Source]:
    return (source for source in sources if source.room in rooms)


def _list(rooms: set[str]) -> str:
    return ", ".join(sorted(rooms))


# ---- the rules ----


def every_module_has_its_layer(sources: list[Source]) -> Iterator[str]:
    for source in sources:
        if _row_of(source.room) is None:
            yield source.at(1, f"“{source.room}” stands in no row of LAYERS: say where it belongs")


def imports_are_written_in_full(sources: list[Source]) -> Iterator[str]:
    for source in sources:
        for node in ast.walk(source.tree):
            if isinstance(node, ast.ImportFrom) and node.level:
                yield source.at(node.lineno, "imports are written in full, from confsched")


def imports_only_point_inwards(sources: list[Source]) -> Iterator[str]:
    known = {source.module for source in sources}
    for source in sources:
        for line, target in _own_imports(source, known):
            room = _room_of(target)
            if not _may_import(source.room, room):
                yield source.at(line, f"“{source.room}” may not import “{room}”: imports only point inwards")


def _may_import(importer: str, imported: str) -> bool:
    here, there = _row_of(importer), _row_of(imported)
    if here is None or there is None:
        return True  # the rule about missing layers names it
    return there < here or any({importer, imported} <= names for names in LAYERS[here])


def no_module_imports_itself_in_a_circle(sources: list[Source]) -> Iterator[str]:
    known = {source.module for source in sources}
    graph = {source.module: dict(_turned(_own_imports(source, known))) for source in sources}
    for source in sources:
        for target, line in graph[source.module].items():
            if source.module in _reachable(graph, target):
                yield source.at(line, f"importing {target} closes a circle")


def _turned(pairs: Iterable[tuple[int, str]]) -> Iterator[tuple[str, int]]:
    return ((target, line) for line, target in pairs)


def _reachable(graph: dict[str, dict[str, int]], start: str) -> set[str]:
    seen, waiting = set(), [start]
    while waiting:
        module = waiting.pop()
        if module not in seen:
            seen.add(module)
            waiting.extend(graph.get(module, ()))
    return seen


def domain_and_formats_are_pure(sources: list[Source]) -> Iterator[str]:
    for source in _inside(sources, PURE):
        for line, module, name in _imports(source):
            if (module, name) not in PURE_NAMES and not _is_pure(source.room, module):
                yield source.at(line, f"“{source.room}” is pure and may not import {module}")
            if (module, name) == ("confsched.clock", "now"):
                yield source.at(line, f"“{source.room}” is pure: `now` is an argument")
        for line, owner, name in _calls(source):
            if (owner, name) == ("clock", "now"):
                yield source.at(line, f"“{source.room}” is pure: `now` is an argument")


def _is_pure(room: str, module: str) -> bool:
    top = module.partition(".")[0]
    if {top, module} & IMPURE_STANDARD:
        return False
    return top in sys.stdlib_module_names or top == "confsched" or top in PURE[room]


def only_db_commits(sources: list[Source]) -> Iterator[str]:
    for source in _outside(sources, COMMITTERS):
        for line, owner, name in _calls(source):
            if owner and name == "commit":
                yield source.at(line, "only db.py commits: one request or message is one transaction")


def only_services_query(sources: list[Source]) -> Iterator[str]:
    for source in _outside(sources, SELECTORS):
        for line, _, name in _calls(source):
            if name in ("select", "query"):
                yield source.at(line, f"only {_list(SELECTORS)} may select rows")


def only_the_clock_reads_the_clock(sources: list[Source]) -> Iterator[str]:
    for source in _outside(sources, CLOCK_READERS):
        for line, owner, name in [*_calls(source), *_time_imports(source)]:
            if _reads_the_clock(owner, name):
                yield source.at(line, "only clock.py reads the clock: call clock.now() or take `now`")
            if owner == "time" and name.startswith(STOPWATCHES) and source.room not in STOPWATCH_READERS:
                yield source.at(line, f"only {_list(STOPWATCH_READERS)} may measure how long something takes")


def _reads_the_clock(owner: str, name: str) -> bool:
    if name == "now":
        return owner in ("datetime", "dt")
    return name in ("utcnow", "today") or (
        owner == "time" and name in ("time", "time_ns", "localtime", "gmtime")
    )


def _time_imports(source: Source) -> Iterator[tuple[int, str, str]]:
    return ((line, module, name) for line, module, name in _imports(source) if module == "time")


def only_worker_and_mail_send(sources: list[Source]) -> Iterator[str]:
    for source in _outside(sources, SENDERS):
        for line, _, name in _calls(source):
            if name in ("send", "send_message", "sendmail"):
                yield source.at(line, "only worker/ and mail/ send: write an outbox row")
        for line, module, _ in _imports(source):
            if module in ("smtplib", "imaplib"):
                yield source.at(line, f"only mail/ speaks with mail servers, not {module} here")


def views_do_not_query(sources: list[Source]) -> Iterator[str]:
    for source in _inside(sources, WITHOUT_SQLALCHEMY):
        for line, module, name in _imports(source):
            if (
                module.partition(".")[0] == "sqlalchemy" and name != "Session"
            ):  # the type that a service takes
                yield source.at(line, "a view calls a service, it does not know SQLAlchemy")
        for line, owner, name in _calls(source):
            if owner and name in ("scalar", "scalars", "execute", "flush", "refresh"):
                yield source.at(line, "a view calls a service, it does not speak with the database")


def functions_are_short(sources: list[Source]) -> Iterator[str]:
    for source in _outside(sources, {"migrations"}):
        for line, name, length in _functions(source):
            if length > FUNCTION_LINES:
                yield source.at(line, f"{name} has {length} lines, {FUNCTION_LINES} are the limit")


def files_are_short(sources: list[Source]) -> Iterator[str]:
    for source in _outside(sources, {"migrations"}):
        lines = [line.strip() for line in source.text.splitlines()]
        length = sum(1 for line in lines if line and not line.startswith("#"))
        if length > FILE_LINES:
            yield source.at(1, f"{length} lines of code, {FILE_LINES} are the limit: split by a noun")


RULES: tuple[Rule, ...] = (
    every_module_has_its_layer,
    imports_are_written_in_full,
    imports_only_point_inwards,
    no_module_imports_itself_in_a_circle,
    domain_and_formats_are_pure,
    only_db_commits,
    only_services_query,
    only_the_clock_reads_the_clock,
    only_worker_and_mail_send,
    views_do_not_query,
    functions_are_short,
    files_are_short,
)


@pytest.fixture(scope="module")
def package() -> list[Source]:
    return _package()


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_package_keeps(rule: Rule, package: list[Source]) -> None:
    findings = list(dict.fromkeys(rule(package)))
    assert not findings, "\n" + "\n".join(findings)


def test_most_functions_fit_in_a_few_lines(
    package: list[Source], record_property: Callable[[str, object], None]
) -> None:
    lengths = [length for source in _outside(package, {"migrations"}) for _, _, length in _functions(source)]
    median = statistics.median(lengths)
    record_property("figure", f"{len(lengths)} functions, median {median:g} lines, longest {max(lengths)}")
    assert median <= 10


# ---- each rule bites ----

LONG_FUNCTION = "def f():\n" + "    x = 1\n" * FUNCTION_LINES
LONG_FILE = "x = 1\n" * (FILE_LINES + 1)
BITES: tuple[tuple[Rule, str, str, int], ...] = (
    (every_module_has_its_layer, "confsched/helpers.py", "", 1),
    (imports_are_written_in_full, "confsched/web/pages.py", "\nfrom . import forms", 2),
    (
        imports_only_point_inwards,
        "confsched/domain/rosters.py",
        "from confsched.models.people import Person",
        1,
    ),
    (imports_only_point_inwards, "confsched/formats/ical.py", "from confsched import models", 1),
    (imports_only_point_inwards, "confsched/web/pages.py", "import confsched.worker.outbox", 1),
    (imports_only_point_inwards, "confsched/services/duties.py", "def f():\n    from confsched import db", 2),
    (imports_only_point_inwards, "confsched/worker/jobs.py", "from confsched import create_app", 1),
    (imports_only_point_inwards, "confsched/web/context.py", "from confsched.web import forms", 1),
    (no_module_imports_itself_in_a_circle, "confsched/web/a.py", "def f():\n    import confsched.web.a", 2),
    (domain_and_formats_are_pure, "confsched/domain/a.py", "from sqlalchemy.orm import Session", 1),
    (domain_and_formats_are_pure, "confsched/domain/a.py", "import flask", 1),
    (domain_and_formats_are_pure, "confsched/domain/a.py", "import os.path", 1),
    (domain_and_formats_are_pure, "confsched/formats/a.py", "from io import BytesIO, open_code", 1),
    (domain_and_formats_are_pure, "confsched/formats/a.py", "from confsched.clock import now", 1),
    (domain_and_formats_are_pure, "confsched/domain/a.py", "from confsched import clock\nclock.now()", 2),
    (only_db_commits, "confsched/services/a.py", "\nsession.commit()", 2),
    (only_db_commits, "confsched/demo.py", "self.session.commit()", 1),
    (only_services_query, "confsched/web/a.py", "session.scalars(select(Person))", 1),
    (only_services_query, "confsched/models/a.py", "sqlalchemy.select(Person)", 1),
    (only_services_query, "confsched/worker/a.py", "session.query(Person)", 1),
    (only_the_clock_reads_the_clock, "confsched/services/a.py", "datetime.now(UTC)", 1),
    (only_the_clock_reads_the_clock, "confsched/web/a.py", "datetime.datetime.now()", 1),
    (only_the_clock_reads_the_clock, "confsched/web/a.py", "datetime.utcnow()", 1),
    (only_the_clock_reads_the_clock, "confsched/web/a.py", "\ndate.today()", 2),
    (only_the_clock_reads_the_clock, "confsched/web/a.py", "time.time()", 1),
    (only_the_clock_reads_the_clock, "confsched/web/a.py", "from time import time", 1),
    (only_the_clock_reads_the_clock, "confsched/web/a.py", "time.monotonic()", 1),
    (only_the_clock_reads_the_clock, "confsched/web/a.py", "from time import perf_counter_ns", 1),
    (only_worker_and_mail_send, "confsched/services/a.py", "client.send_message(mail)", 1),
    (only_worker_and_mail_send, "confsched/web/a.py", "import smtplib", 1),
    (views_do_not_query, "confsched/web/a.py", "from sqlalchemy.orm import selectinload", 1),
    (views_do_not_query, "confsched/web/a.py", "session.scalars(people())", 1),
    (views_do_not_query, "confsched/api/a.py", "import sqlalchemy", 1),
    (functions_are_short, "confsched/web/a.py", LONG_FUNCTION, 1),
    (files_are_short, "confsched/web/a.py", LONG_FILE, 1),
)
PASSES: tuple[tuple[Rule, str, str], ...] = (
    (every_module_has_its_layer, "confsched/__init__.py", ""),
    (every_module_has_its_layer, "confsched/web/fhir/patients.py", ""),
    (imports_only_point_inwards, "confsched/services/a.py", "from confsched.services.access import get"),
    (imports_only_point_inwards, "confsched/cli.py", "from confsched import create_app, db, web"),
    (imports_only_point_inwards, "confsched/api/a.py", "from confsched.web.context import read_session"),
    (imports_only_point_inwards, "confsched/i18n.py", "from confsched.errors import Message"),
    (domain_and_formats_are_pure, "confsched/domain/a.py", "from datetime import datetime\nimport holidays"),
    (domain_and_formats_are_pure, "confsched/formats/a.py", "from confsched.clock import to_local"),
    (domain_and_formats_are_pure, "confsched/formats/a.py", "from io import BytesIO"),
    (domain_and_formats_are_pure, "confsched/services/a.py", "import os"),
    (only_db_commits, "confsched/db.py", "session.commit()"),
    (only_services_query, "confsched/services/a.py", "select(Person)"),
    (only_the_clock_reads_the_clock, "confsched/clock.py", "datetime.now(UTC)"),
    (only_the_clock_reads_the_clock, "confsched/web/a.py", "clock.now()\nfunc.now()\nbegins.time()"),
    (only_the_clock_reads_the_clock, "confsched/worker/a.py", "from time import monotonic"),
    (only_worker_and_mail_send, "confsched/mail/smtp.py", "import smtplib\nclient.send_message(mail)"),
    (views_do_not_query, "confsched/web/a.py", "from sqlalchemy.orm import Session"),
    (functions_are_short, "confsched/web/a.py", LONG_FUNCTION.replace("    x = 1\n", "", 1)),
    (functions_are_short, "confsched/migrations/versions/1.py", LONG_FUNCTION),
    (files_are_short, "confsched/web/a.py", LONG_FILE.replace("x = 1\n", "# why\n", 1)),
)


@pytest.mark.parametrize(("rule", "path", "text", "line"), BITES)
def test_a_breach_is_named_with_its_file_and_line(rule: Rule, path: str, text: str, line: int) -> None:
    (finding,) = rule([_source(path, text)])
    assert finding.startswith(f"{path}:{line} ")


@pytest.mark.parametrize(("rule", "path", "text"), PASSES)
def test_what_is_allowed_passes(rule: Rule, path: str, text: str) -> None:
    assert list(rule([_source(path, text)])) == []


def test_a_circle_over_three_modules_is_named_at_each_of_its_imports() -> None:
    one = _source("confsched/services/one.py", "from confsched.services import two")
    two = _source("confsched/services/two.py", "def f():\n    from confsched.services.three import g")
    three = _source("confsched/services/three.py", "import confsched.services.one")
    beside = _source("confsched/services/beside.py", "import confsched.services.one")
    findings = list(no_module_imports_itself_in_a_circle([one, two, three, beside]))
    assert [finding.partition(" ")[0] for finding in findings] == [
        "confsched/services/one.py:1",
        "confsched/services/two.py:2",
        "confsched/services/three.py:1",
    ]


def test_every_rule_is_shown_to_bite() -> None:
    assert {bite[0] for bite in BITES} == set(RULES)
