"""Start the product as real processes on loopback, talk to them over HTTP, and end them by their ids."""

from __future__ import annotations

import http.cookiejar
import multiprocessing
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, OpenerDirector, ProxyHandler, Request, build_opener

from confsched import clock
from confsched.db import Database
from confsched.mail.envelopes import House
from confsched.worker import scheduler

ROOT = Path(__file__).parent.parent.parent
PROGRAMS = Path(sys.executable).parent
PUBLIC_URL = "http://127.0.0.1:8000"  # of all web processes alike; the real ports are the system's choice
HOUSE = House(PUBLIC_URL, "termine@confsched.example")
SECRET_KEY = "tests-only-" + "0123456789abcdef" * 3
START_SECONDS = 90  # a busy machine starts slowly
STOP_SECONDS = 30
LOOK_SECONDS = 0.05
REPLY_WITHIN = timedelta(days=14)
_LISTENING = re.compile(r"Listening at: (http://127\.0\.0\.1:\d+)")


@dataclass
class Forked:
    """Hold a forked process, in the words of subprocess."""

    process: ForkServerProcess

    @property
    def pid(self) -> int:
        assert self.process.pid is not None, "it was started"
        return self.process.pid

    def wait(self, timeout: float | None = None) -> int:
        self.process.join(timeout)
        if self.process.exitcode is None:
            raise subprocess.TimeoutExpired(self.process.name, timeout or 0)
        return self.process.exitcode

    def poll(self) -> int | None:
        return self.process.exitcode

    def kill(self) -> None:
        self.process.kill()

    def terminate(self) -> None:
        self.process.terminate()


@dataclass
class Process:
    """Hold a process with the file that it writes to."""

    child: subprocess.Popen[bytes] | Forked
    log: Path

    def output(self) -> str:
        return self.log.read_text()

    def wait_until(self, is_there: Callable[[], object], seconds: float = START_SECONDS) -> None:
        """Look again and again while the process runs; AssertionError when it ends or takes too long."""
        for _ in range(int(seconds / LOOK_SECONDS)):
            if is_there():
                return
            assert self.is_running_after(LOOK_SECONDS), self.output()
        raise AssertionError(f"nothing after {seconds} s: {self.output()}")

    def is_running_after(self, seconds: float) -> bool:
        try:
            self.child.wait(seconds)
        except subprocess.TimeoutExpired:
            return True
        return False

    def kill(self) -> None:
        """End it as a power cut does."""
        self.child.kill()
        self.child.wait()

    def stop(self) -> int:
        """Ask it to end; return its exit code."""
        self.child.terminate()
        return self.child.wait(STOP_SECONDS)


@contextmanager
def started(log: Path, environment: Mapping[str, str], *command: str | Path) -> Iterator[Process]:
    """Give a running process, which is gone afterwards."""
    with log.open("ab") as output:
        child = subprocess.Popen(
            [str(part) for part in command],
            cwd=ROOT,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )
    with _ended(Process(child, log)) as process:
        yield process


@contextmanager
def working(log: Path, database_url: str, smtp_url: str, lease_seconds: float) -> Iterator[Process]:
    """Give a running worker, which is gone afterwards: forked, as to import the product takes two seconds."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([work.__module__])
    child = context.Process(target=work, args=(log, database_url, smtp_url, lease_seconds))
    child.start()
    with _ended(Process(Forked(child), log)) as process:
        yield process


@contextmanager
def _ended(process: Process) -> Iterator[Process]:
    try:
        yield process
    finally:
        if process.child.poll() is None:
            process.child.kill()
        process.child.wait()


def environment(folder: Path, database_url: str, **more: str) -> dict[str, str]:
    """Return the whole environment of a process of the product; nothing of the tester's own leaks in."""
    return {
        "PATH": "/usr/bin:/bin",
        "PYTHONUNBUFFERED": "1",
        "CONFSCHED_DATA_DIR": str(folder),
        "CONFSCHED_DATABASE_URL": database_url,
        "CONFSCHED_SECRET_KEY": SECRET_KEY,
        "CONFSCHED_PUBLIC_URL": PUBLIC_URL,
        **more,
    }


@contextmanager
def web_process(log: Path, environment: Mapping[str, str]) -> Iterator[tuple[Process, str]]:
    """Give a gunicorn with one process and threads, as the README says, and its address."""
    gunicorn = (
        *(PROGRAMS / "gunicorn", "--bind", "127.0.0.1:0", "--worker-class", "gthread", "--threads", "4"),
        *("--no-control-socket", "--graceful-timeout", "5", "confsched.create_app:create_app()"),
    )
    with started(log, environment, *gunicorn) as process:
        process.wait_until(lambda: _LISTENING.search(process.output()))
        found = _LISTENING.search(process.output())
        assert found
        url = found[1]
        process.wait_until(lambda: is_answering(url))
        try:
            yield process, url
        finally:
            end_family(process)


def end_family(process: Process) -> None:
    """Kill the arbiter and the process that it started, by their ids: a killed arbiter leaves it behind."""
    children = _children(process.child.pid)
    process.kill()
    for child in children:
        subprocess.run(["/bin/kill", "-9", str(child)], check=False, capture_output=True)


def _children(pid: int) -> list[int]:
    listing = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(child) for child in listing.read_text().split()] if listing.exists() else []


def is_answering(url: str) -> bool:
    return status_of(url + "/health/live") == 200


def status_of(url: str) -> int:
    """Return the status that a plain GET is answered with, 0 for none."""
    try:
        with _opener().open(url, timeout=START_SECONDS) as answer:
            return int(answer.status)
    except HTTPError as refused:
        with refused:
            return refused.code
    except OSError:
        return 0


def free_port() -> int:
    """Return a port that nobody has right now."""
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        return int(server.getsockname()[1])


def _opener(*handlers: HTTPCookieProcessor) -> OpenerDirector:
    return build_opener(ProxyHandler({}), *handlers)


@dataclass
class Visitor:
    """Sit in front of one of the web processes with one browser; cookies are the same at all of them."""

    url: str
    jar: http.cookiejar.CookieJar = field(default_factory=http.cookiejar.CookieJar)
    address: str = ""
    page: str = ""

    def get(self, path: str) -> str:
        return self._open(Request(self.url + path))

    def post(self, path: str, **fields: str) -> str:
        """Send a form with the hidden values of the page that is open."""
        hidden = {name: self.value_of(name) for name in ("csrf_token", "form_key") if self._has(name)}
        return self._open(Request(self.url + path, urlencode({**hidden, **fields}).encode()))

    def value_of(self, name: str) -> str:
        """Return the value of the first input with this name."""
        return next(value for found, value in self._inputs() if found == name)

    def at(self, url: str) -> Visitor:
        """Go on at another process with the same browser."""
        return Visitor(url, self.jar)

    def sign_in(self, email: str, password: str) -> Visitor:
        self.get("/login")
        self.post("/login", email=email, password=password)
        return self

    def _has(self, name: str) -> bool:
        return any(found == name for found, _ in self._inputs())

    def _inputs(self) -> list[tuple[str, str]]:
        tags = re.findall(r"<(?:input|button)\b[^>]*>", self.page)
        pairs = [(re.search(r'name="([^"]*)"', tag), re.search(r'value="([^"]*)"', tag)) for tag in tags]
        return [(name[1], value[1]) for name, value in pairs if name and value]

    def _open(self, request: Request) -> str:
        request.add_header("Accept-Language", "en")
        try:
            with _opener(HTTPCookieProcessor(self.jar)).open(request, timeout=START_SECONDS) as answer:
                self.address, self.page = answer.url, answer.read().decode()
        except HTTPError as refused:
            with refused:
                page = refused.read().decode()
            raise AssertionError(f"{request.full_url}: {refused.code}\n{page}") from refused
        return self.page


def book_consult(visitor: Visitor, service: str, case_ref: str) -> str:
    """Ask, hold the best time and book it; return the path of the booking."""
    page = visitor.get("/consults/new")
    option = re.search(rf'<option[^>]*value="([0-9a-f-]+)"[^>]*>\s*{service}', page)
    assert option, page
    reply_by_on = clock.now().date() + REPLY_WITHIN
    visitor.post(
        "/consults/",
        service_id=option[1],
        case_ref=case_ref,
        question="Wie geht es weiter?",
        reply_by_on=reply_by_on.isoformat(),
    )
    consult = visitor.address.removeprefix(visitor.url).removesuffix("/times")
    visitor.post(f"{consult}/hold", starts_at=visitor.value_of("starts_at"))
    visitor.post(f"{consult}/booking")
    path = visitor.address.removeprefix(visitor.url).partition("?")[0]
    assert path.startswith("/bookings/"), visitor.address
    return path


def work(log: Path, database_url: str, smtp_url: str, lease_seconds: float) -> None:
    """Be a worker with leases of this length until killed."""
    with log.open("ab") as output:
        for stream in (1, 2):
            os.dup2(output.fileno(), stream)
    engine = scheduler.Engine(
        Database(database_url),
        HOUSE,
        smtp_url,
        scheduler.worker_name(),
        mail_lease=timedelta(seconds=lease_seconds),
    )
    running = scheduler.start(engine)
    signal.signal(signal.SIGTERM, lambda _number, _frame: sys.exit())
    try:
        signal.pause()
    finally:
        running.stop()
