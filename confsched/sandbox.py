"""Reading of hostile data in a child process with its own limits: a bomb ends the child and nothing else."""

from __future__ import annotations

import importlib
import json
import logging
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

from confsched.domain.intervals import Span
from confsched.errors import Message, Refusal, msg
from confsched.formats.busy_calendar import BusyReading, read_busy
from confsched.formats.caldav import Listed, Listing, read_appointments, read_listing
from confsched.formats.roster_files import RosterFile, read_roster_file, stored_tables, write_tables

CPU_SECONDS = 4
WALL_SECONDS = 5.0
MEMORY_BYTES = 512 * 1024 * 1024
MAX_ANSWER_BYTES = 4 * 1024 * 1024
MAX_OPEN_FILES = 32
READER = "confsched.sandbox:busy_answer"
APPOINTMENTS_READER = "confsched.sandbox:appointments_answer"
LISTING_READER = "confsched.sandbox:listing_answer"
ROSTER_READER = "confsched.sandbox:roster_answer"

_log = logging.getLogger(__name__)
_LENGTH_BYTES = 8
# The child finds modules where this process does. The bare package keeps the application out of it, whose
# import would take longer than the reading.
_BOOTSTRAP = """
import importlib, sys, types
sys.path[:] = sys.argv[3:]
package = sys.modules["confsched"] = types.ModuleType("confsched")
package.__path__ = [sys.argv[2]]
importlib.import_module(sys.argv[1]).main()
"""


class ChildFailed(Exception):
    """Say that the child gave no answer: `reason` is time, memory or crash."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"{reason} {detail}".strip())
        self.reason = reason


def read_busy_safely(data: bytes, window: Span, zone: str) -> BusyReading:
    """Do what read_busy does within 5 s and without risk to this process; raises Refusal with what to do."""
    return _reading(_calendar_answer(READER, data, _options(window, zone)))


def read_appointments_safely(data: bytes, window: Span, zone: str) -> BusyReading:
    """Do what read_appointments does within 5 s and without risk to this process; raises Refusal."""
    return _reading(_calendar_answer(APPOINTMENTS_READER, data, _options(window, zone)))


def read_listing_safely(data: bytes) -> Listing:
    """Do what read_listing does within 5 s and without risk to this process; raises Refusal."""
    answer = _calendar_answer(LISTING_READER, data, {})
    calendars = tuple(Listed(href, mark) for href, mark in answer["calendars"])
    return Listing(calendars, answer["home"], answer["principal"])


def _calendar_answer(reader: str, data: bytes, options: Mapping[str, object]) -> dict[str, Any]:
    try:
        answer = run(reader, data, options)
    except ChildFailed as failure:
        _log.warning("a calendar was not read: %s", failure)
        raise _refusal(failure) from failure
    if "refused" in answer:
        raise Refusal(_message(answer["refused"]))
    return answer


def _options(window: Span, zone: str) -> dict[str, object]:
    return {"starts_at": window.starts_at.isoformat(), "ends_at": window.ends_at.isoformat(), "zone": zone}


def _reading(answer: Mapping[str, Any]) -> BusyReading:
    return BusyReading(
        tuple(map(_span, answer["busy"])),
        answer["name"],
        tuple(map(_message, answer["skipped"])),
        _span(answer["known"]) if answer["known"] else None,
    )


def _refusal(failure: ChildFailed) -> Refusal:
    if failure.reason == "crash":
        return Refusal(msg("This calendar cannot be read. Export it again, or tell its provider."))
    return Refusal(msg("This calendar takes too long to read. Export fewer months and try again."))


def read_roster_safely(data: bytes, filename: str, window: Span, zone: str) -> RosterFile:
    """Do what read_roster_file does within 5 s and without risk to this process; raises Refusal at "file".

    The largest workbook that is taken keeps openpyxl busy for seconds, and its memory grows with it.
    """
    options = {"filename": filename, **_options(window, zone)}
    try:
        answer = run(ROSTER_READER, data, options)
    except ChildFailed as failure:
        _log.warning("a roster was not read: %s", failure)
        sentence = msg("This file takes too long to read. Copy the month into a new workbook and try again.")
        raise Refusal(sentence, field="file") from failure
    if "refused" in answer:
        raise Refusal(_message(answer["refused"]), field="file")
    return RosterFile(stored_tables(answer["tables"]), tuple(map(_message, answer["notes"])))


def run(
    target: str,
    data: bytes,
    options: Mapping[str, object],
    *,
    cpu_seconds: int = CPU_SECONDS,
    wall_seconds: float = WALL_SECONDS,
    memory_bytes: int = MEMORY_BYTES,
) -> dict[str, Any]:
    """Call `module:function`(data, **options) in a fresh child and return its answer, a JSON object.

    Raises ChildFailed where it takes too long, needs too much memory or crashes; nothing is left running.
    """
    limits = {"cpu_seconds": cpu_seconds, "memory_bytes": memory_bytes}
    head = json.dumps({"target": target, "options": dict(options), "limits": limits}).encode()
    output, returncode = _run_child(len(head).to_bytes(_LENGTH_BYTES, "big") + head + data, wall_seconds)
    return _answer(output, returncode)


def _run_child(request: bytes, wall_seconds: float) -> tuple[bytes, int]:
    with subprocess.Popen(
        child_command("confsched.sandbox"),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={},
        start_new_session=True,
    ) as child:
        try:
            output, _ = child.communicate(request, timeout=wall_seconds)
        except subprocess.TimeoutExpired:
            raise ChildFailed("time") from None
        finally:
            _end(child)
    return output, child.returncode


def child_command(module: str) -> list[str]:
    """Return the command of a child that calls main() of a module of ours and nothing else."""
    package = str(Path(__file__).parent)
    return [sys.executable, "-I", "-S", "-c", _BOOTSTRAP, module, package, *sys.path]


def _end(child: subprocess.Popen[bytes]) -> None:
    """Kill the child with all it may have started; only until it is reaped is its number its own."""
    if child.returncode is None:
        os.killpg(child.pid, signal.SIGKILL)


def _answer(output: bytes, returncode: int) -> dict[str, Any]:
    if returncode in (-signal.SIGXCPU, -signal.SIGKILL):
        raise ChildFailed("time")
    if returncode != 0 or len(output) > MAX_ANSWER_BYTES:
        raise ChildFailed("crash", f"exit {returncode}, {len(output)} bytes")
    answer: dict[str, Any] = json.loads(output)
    if "failed" in answer:
        raise ChildFailed(answer["failed"], answer["detail"])
    return answer


def main() -> None:
    """Answer one request on standard input, as the child."""
    source = sys.stdin.buffer
    head = json.loads(source.read(int.from_bytes(source.read(_LENGTH_BYTES), "big")))
    _limit(**head["limits"])
    answer = _call(head["target"], source, head["options"])
    sys.stdout.buffer.write(json.dumps(answer).encode())


def _limit(*, cpu_seconds: int, memory_bytes: int) -> None:
    if sys.platform == "win32":
        return  # the wall clock of the parent is the only limit there
    import resource

    resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds + 1))
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_NOFILE, (MAX_OPEN_FILES, MAX_OPEN_FILES))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _call(target: str, source: BinaryIO, options: dict[str, Any]) -> dict[str, Any]:
    module, _, function = target.partition(":")
    try:
        answer: dict[str, Any] = getattr(importlib.import_module(module), function)(source.read(), **options)
        return answer
    except MemoryError:
        return {"failed": "memory", "detail": ""}
    except Exception as error:
        # The edge of the child: the name of the error and its place go to the log, never the data.
        traceback = error.__traceback__
        while traceback and traceback.tb_next:
            traceback = traceback.tb_next
        place = f"{traceback.tb_frame.f_code.co_name}:{traceback.tb_lineno}" if traceback else ""
        return {"failed": "crash", "detail": f"{type(error).__name__} in {place}"}


def busy_answer(data: bytes, *, starts_at: str, ends_at: str, zone: str) -> dict[str, Any]:
    """Read a calendar, as the child; a Refusal becomes a part of the answer."""
    window = Span(datetime.fromisoformat(starts_at), datetime.fromisoformat(ends_at))
    return _reading_answer(lambda: read_busy(data, window, zone))


def appointments_answer(data: bytes, *, starts_at: str, ends_at: str, zone: str) -> dict[str, Any]:
    """Read the answer to a calendar-query, as the child; a Refusal becomes a part of the answer."""
    window = Span(datetime.fromisoformat(starts_at), datetime.fromisoformat(ends_at))
    return _reading_answer(lambda: read_appointments(data, window, zone))


def _reading_answer(read: Callable[[], BusyReading]) -> dict[str, Any]:
    try:
        reading = read()
    except Refusal as refusal:
        return {"refused": _values(refusal.message)}
    return {
        "busy": list(map(_ends, reading.busy)),
        "name": reading.name,
        "skipped": [_values(message) for message in reading.skipped],
        "known": _ends(reading.known) if reading.known else None,
    }


def listing_answer(data: bytes) -> dict[str, Any]:
    """Read the answer to a PROPFIND, as the child; a Refusal becomes a part of the answer."""
    try:
        listing = read_listing(data)
    except Refusal as refusal:
        return {"refused": _values(refusal.message)}
    calendars = [[calendar.href, calendar.mark] for calendar in listing.calendars]
    return {"calendars": calendars, "home": listing.home, "principal": listing.principal}


def roster_answer(data: bytes, *, filename: str, starts_at: str, ends_at: str, zone: str) -> dict[str, Any]:
    """Read a roster file, as the child; a Refusal becomes a part of the answer."""
    window = Span(datetime.fromisoformat(starts_at), datetime.fromisoformat(ends_at))
    try:
        read = read_roster_file(data, filename, window, zone)
    except Refusal as refusal:
        return {"refused": _values(refusal.message)}
    return {"tables": write_tables(read.tables), "notes": [_values(note) for note in read.notes]}


def _ends(span: Span) -> list[str]:
    return [span.starts_at.isoformat(), span.ends_at.isoformat()]


def _span(ends: list[str]) -> Span:
    return Span(*map(datetime.fromisoformat, ends))


def _values(message: Message) -> list[object]:
    return [message.text, dict(message.values)]


def _message(values: list[Any]) -> Message:
    return Message(values[0], values[1])
