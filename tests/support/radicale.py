"""A real CalDAV server on this machine, with an account, and what a calendar program would write to it."""

from __future__ import annotations

import http.client
import socket
import subprocess
import sys
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic

USER, PASSWORD = "anna", "geheim-7 \N{LATIN SMALL LETTER U WITH DIAERESIS}"
START_SECONDS = 30
_CONFIG = """
[server]
hosts = 127.0.0.1:{port}
[auth]
type = htpasswd
htpasswd_filename = {folder}/users
htpasswd_encryption = plain
delay = 0
[rights]
type = from_file
file = {folder}/rights
[storage]
filesystem_folder = {folder}/store
[web]
type = none
[logging]
level = critical
"""
# "f": of calendars that others share only the free/busy times may be seen.
_RIGHTS = """
[owner]
user: owner
collection: .*
permissions: RWrw
[root]
user: .+
collection:
permissions: R
[account]
user: .+
collection: {user}
permissions: RW
[shared]
user: .+
collection: {user}/shared
permissions: f
[calendars]
user: .+
collection: {user}/[^/]+
permissions: rw
"""
_NEW = (
    '<?xml version="1.0"?><C:mkcalendar xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"><D:set>'
    "<D:prop><C:supported-calendar-component-set><C:comp name='{part}'/></C:supported-calendar-component-set>"
    "</D:prop></D:set></C:mkcalendar>"
)


class Radicale:
    """Write to the server as the calendar program of its owner does."""

    def __init__(self, port: int) -> None:
        self.host = f"127.0.0.1:{port}"
        self.url = f"http://{self.host}/"

    def send(self, method: str, path: str, body: str = "", user: str = USER) -> int:
        login = b64encode(f"{user}:{PASSWORD}".encode()).decode()
        connection = http.client.HTTPConnection(self.host, timeout=START_SECONDS)
        try:
            connection.request(method, path, body.encode(), {"Authorization": f"Basic {login}"})
            return connection.getresponse().status
        finally:
            connection.close()

    def add_calendar(self, path: str, part: str = "VEVENT", user: str = USER) -> None:
        assert self.send("MKCALENDAR", path, _NEW.format(part=part), user) == 201

    def put(self, path: str, *lines: str, user: str = USER) -> None:
        """Write one appointment, given by the lines of its VEVENT."""
        name = path.rpartition("/")[2].removesuffix(".ics")
        event = ("BEGIN:VEVENT", f"UID:{name}", "DTSTAMP:20260101T000000Z", *lines, "END:VEVENT")
        self.put_events(path, *event, user=user)

    def put_events(self, path: str, *lines: str, user: str = USER) -> None:
        text = "\r\n".join(("BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//t//EN", *lines, "END:VCALENDAR", ""))
        assert self.send("PUT", path, text, user) in (201, 204)

    def remove(self, path: str) -> None:
        assert self.send("DELETE", path) == 200


@contextmanager
def running_radicale(folder: Path) -> Iterator[Radicale]:
    """Run the server until the block ends."""
    port = _free_port()
    (folder / "config").write_text(_CONFIG.format(port=port, folder=folder))
    (folder / "rights").write_text(_RIGHTS)
    (folder / "users").write_text(f"{USER}:{PASSWORD}\nowner:{PASSWORD}\n")
    command = [sys.executable, "-m", "radicale", "--config", str(folder / "config")]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            _wait(port, process)
            yield Radicale(port)
        finally:
            process.terminate()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def _wait(port: int, process: subprocess.Popen[bytes]) -> None:
    ends = monotonic() + START_SECONDS
    while monotonic() < ends:
        assert process.poll() is None, "the server has ended"
        try:
            return socket.create_connection(("127.0.0.1", port), timeout=0.2).close()
        except OSError:
            _give_a_moment(process)
    raise AssertionError("the server does not start")


def _give_a_moment(process: subprocess.Popen[bytes]) -> None:
    """Give the server a moment, or learn that it has ended."""
    try:
        process.wait(0.05)
    except subprocess.TimeoutExpired:
        return
