"""A calendar that explodes ends its own process and nothing else."""

from __future__ import annotations

import fcntl
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter

import pytest

from confsched import sandbox
from confsched.domain.intervals import Span
from confsched.errors import Refusal
from confsched.formats.busy_calendar import read_busy
from confsched.sandbox import ChildFailed, read_busy_safely, run
from tests.formats import hostile
from tests.formats.hostile import calendar, event

BERLIN = "Europe/Berlin"
YEAR = Span(datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC))
SERIES = event(f"DTSTART;TZID={BERLIN}:20260302T090000", "DURATION:PT1H", "RRULE:FREQ=WEEKLY")
BOMBS = """
import fcntl, os, signal, subprocess, sys, time

def spin(data, **options):
    while True:
        pass

def sleep(data, **options):
    time.sleep(600)

def breed(data, **options):
    lock = os.open(options["path"], os.O_RDONLY)
    fcntl.flock(lock, fcntl.LOCK_EX)
    subprocess.Popen([sys.executable, "-c", "import time; time.sleep(30)"], pass_fds=[lock])
    os.close(lock)
    time.sleep(600)

def fill(data, **options):
    return {"size": len(b"x" * (8 * 1024 ** 3))}

def write(data, **options):
    with open(options["path"], "w") as file:
        file.write("x" * 100_000)
    return {}

def fail(data, **options):
    raise KeyError(data)

def die(data, **options):
    os.kill(os.getpid(), signal.SIGSEGV)

def chatter(data, **options):
    return {"text": "x" * 5_000_000}

def echo(data, **options):
    return {"bytes": len(data), "modules": sorted(sys.modules), "environment": sorted(os.environ)}
"""


@pytest.fixture(autouse=True)
def _bombs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "bombs.py").write_text(BOMBS)
    monkeypatch.syspath_prepend(str(tmp_path))


def test_the_child_reads_what_the_pure_reader_reads() -> None:
    data = calendar(SERIES, event("DTSTART:soon"), head="NAME:Dienst")
    assert read_busy_safely(data, YEAR, BERLIN) == read_busy(data, YEAR, BERLIN)


def test_a_refusal_of_the_child_is_a_refusal_here_with_its_values() -> None:
    data, reason = hostile.refused()["count 1e8"]
    with pytest.raises(Refusal, match=reason) as refusal:
        read_busy_safely(data, YEAR, BERLIN)
    assert refusal.value.message.values["count"] == 100_000_000


def test_a_child_that_hangs_is_killed() -> None:
    started = perf_counter()
    with pytest.raises(ChildFailed, match="time"):
        run("bombs:sleep", b"", {}, wall_seconds=1)
    assert perf_counter() - started < 4


def test_what_a_child_has_started_is_killed_with_it(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    lock.touch()
    started = perf_counter()
    with pytest.raises(ChildFailed, match="time"):
        run("bombs:breed", b"", {"path": str(lock)}, wall_seconds=1)
    with lock.open() as file:
        fcntl.flock(file, fcntl.LOCK_EX)  # granted once its last holder is dead
    assert perf_counter() - started < 10


def test_a_child_that_computes_too_long_is_killed_by_its_own_limit() -> None:
    with pytest.raises(ChildFailed, match="time"):
        run("bombs:spin", b"", {}, cpu_seconds=1, wall_seconds=20)


@pytest.mark.parametrize(
    ("bomb", "reason"), [("fill", "memory"), ("fail", "crash"), ("die", "crash"), ("chatter", "crash")]
)
def test_a_child_that_breaks_says_how(bomb: str, reason: str) -> None:
    with pytest.raises(ChildFailed) as failure:
        run(f"bombs:{bomb}", b"Frau Muster", {})
    assert failure.value.reason == reason
    assert "Muster" not in str(failure.value)


def test_the_child_cannot_write_a_file(tmp_path: Path) -> None:
    path = tmp_path / "written"
    with pytest.raises(ChildFailed):
        run("bombs:write", b"", {"path": str(path)})
    assert path.stat().st_size == 0


def test_the_child_knows_no_environment_and_not_the_application() -> None:
    answer = run("bombs:echo", b"x" * 2_000_000, {})
    assert answer["bytes"] == 2_000_000
    assert not {"flask", "sqlalchemy", "icalendar"} & set(answer["modules"])
    assert not [name for name in answer["environment"] if name.startswith("CONFSCHED")]


@pytest.mark.parametrize(
    ("bomb", "sentence"),
    [("sleep", "too long to read"), ("fill", "too long to read"), ("die", "cannot be read")],
)
def test_a_calendar_that_passes_the_checks_and_explodes_is_refused(
    bomb: str, sentence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Covers line 31 of PEER_FAILURES: nothing is read as free when the source cannot be read."""
    monkeypatch.setattr(sandbox, "READER", f"bombs:{bomb}")
    monkeypatch.setattr(sandbox, "run", _impatient(run))
    with pytest.raises(Refusal, match=sentence):
        read_busy_safely(calendar(SERIES), YEAR, BERLIN)


def test_a_rule_that_never_happens_and_passes_the_checks_does_not_hold_the_caller() -> None:
    rules = [f"FREQ=YEARLY;BYMONTH=1;BYYEARDAY={day}" for day in range(100, 160)]
    data = calendar(
        *(
            event(f"UID:{rule}", "DTSTART:20260101T080000Z", "DURATION:PT1H", f"RRULE:{rule};COUNT=1")
            for rule in rules
        )
    )
    started = perf_counter()
    with pytest.raises(Refusal, match="too long to read"):
        read_busy_safely(data, YEAR, BERLIN)
    assert perf_counter() - started < 15


def _impatient(real: Callable[..., dict[str, object]]) -> Callable[..., dict[str, object]]:
    def impatient(target: str, data: bytes, options: dict[str, object]) -> dict[str, object]:
        return real(target, data, options, wall_seconds=1)

    return impatient
