"""Writers of one SQLite file take turns, whichever processes they are in."""

from __future__ import annotations

import fcntl
import os
import threading
from pathlib import Path

import pytest

from confsched.db import InOrder, Turns


def test_who_writes_one_transaction_after_the_other_lets_who_waits_go_first(tmp_path: Path) -> None:
    """Two processes are two sets of open files, which is what the locks belong to."""
    path = str(tmp_path / "confsched.sqlite")
    busy, patient, order = Turns(path), Turns(path), ["busy"]

    def write() -> None:
        with patient.taken():
            order.append("patient")

    waiting = threading.Thread(target=write)
    with busy.taken():
        waiting.start()
        while not _is_taken(f"{path}-next"):
            pass
    with busy.taken():
        order.append("busy again")
    waiting.join()
    assert order == ["busy", "patient", "busy again"]


def _is_taken(path: str) -> bool:
    file = os.open(path, os.O_RDWR)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(file)
    return False


def test_who_is_halted_at_the_door_is_passed_by(tmp_path: Path) -> None:
    path = str(tmp_path / "confsched.sqlite")
    halted, other = Turns(path), Turns(path)
    with halted.taken():
        for _ in range(3):
            with other.taken():
                pass


def test_a_database_in_memory_has_no_file_beside_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for path in ("", ":memory:"):
        with Turns(path).taken():
            assert not list(tmp_path.iterdir())


def test_threads_go_in_as_they_came() -> None:
    line, order = InOrder(), list[int]()

    def go_in(number: int) -> None:
        with line.taken():
            order.append(number)

    threads = [threading.Thread(target=go_in, args=(number,)) for number in range(12)]
    with line.taken():
        for number, thread in enumerate(threads):
            thread.start()
            while line.waiting <= number:
                pass
    for thread in threads:
        thread.join()
    assert order == list(range(12)) and line.waiting == 0
