"""The search for a filling in a child process: it keeps a processor busy, and pages must not wait for it."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from typing import IO

from confsched.domain.autofill import OnProgress, fill
from confsched.domain.autofill_facts import Filling, Problem, Progress
from confsched.sandbox import ChildFailed, child_command

CPU_SECONDS = 120  # far more than any search: what ends a child that nobody asks to go on
NICENESS = 10
ON, OFF = b"1", b"0"


def fill_aside(problem: Problem, on_progress: OnProgress) -> Filling:
    """Do what domain.autofill.fill does, in a child; raises ChildFailed where the child dies.

    Both ends are ours and no data of strangers becomes a program, so they talk in pickles. A child whose
    parent dies reads the end of its input, and ends.
    """
    with subprocess.Popen(
        child_command("confsched.worker.fill_child"),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={},
        start_new_session=True,
    ) as child:
        assert child.stdin and child.stdout, "both are pipes"
        try:
            return _talk(child.stdin, child.stdout, problem, on_progress)
        except (EOFError, BrokenPipeError, pickle.UnpicklingError) as error:
            raise ChildFailed("crash") from error
        finally:
            child.kill()


def _talk(to_child: IO[bytes], from_child: IO[bytes], problem: Problem, on_progress: OnProgress) -> Filling:
    pickle.dump(problem, to_child)
    to_child.flush()
    while True:
        said = pickle.load(from_child)
        if isinstance(said, Filling):
            return said
        to_child.write(ON if on_progress(said) else OFF)
        to_child.flush()


def main() -> None:
    """Fill the month on standard input, as the child, and ask after each stretch whether to go on."""
    _step_back()
    source, target = sys.stdin.buffer, sys.stdout.buffer

    def ask(progress: Progress) -> bool:
        pickle.dump(progress, target)
        target.flush()
        return source.read(len(ON)) == ON

    filling = fill(pickle.load(source), on_progress=ask)
    pickle.dump(filling, target)
    target.flush()


def _step_back() -> None:
    """Let everything else on the machine go first, and end some day whatever happens."""
    if sys.platform == "win32":
        return
    import resource

    os.nice(NICENESS)
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS + 1))
