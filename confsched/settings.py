"""What the environment decides, read once at start and checked with sentences an administrator can act on."""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import NamedTuple
from urllib.parse import SplitResult, urlsplit

from confsched.errors import Message, msg

SECRET_KEY_LENGTH = 32
SECRET_KEY_FILE = "secret_key"
DATABASE_FILE = "confsched.sqlite"
DATABASE_SCHEMES = ("sqlite", "postgresql", "postgresql+psycopg")
MAIL_ADDRESS = re.compile(r"[\w.+-]{1,64}@[A-Za-z0-9.-]{1,189}", re.ASCII)
HOST = re.compile(r"[a-z0-9.-]{1,253}(:\d{1,5})?", re.ASCII)
DEMO_MAIL_ADDRESS = "termine@confsched.example"


class Variable(NamedTuple):
    """Document one variable of the environment, for --help and the README."""

    name: str
    default: str
    sentence: str


VARIABLES = (
    Variable("CONFSCHED_DATABASE_URL", "a SQLite file in the data folder",
             "Where everything is kept: sqlite:///file or postgresql://user:password@host/name."),
    Variable("CONFSCHED_SECRET_KEY", "made once and kept in the data folder (demo only)",
             f"Signs cookies and seals calendar passwords: {SECRET_KEY_LENGTH} random characters or more, "
             "the same for all processes."),
    Variable("CONFSCHED_PUBLIC_URL", "http://127.0.0.1:$PORT",
             "The address that people type and that stands in mails; https unless it is this machine."),
    Variable("CONFSCHED_MAIL_ADDRESS", "confsched@ the host of the public address",
             "The address that mails come from and that answers go to."),
    Variable("CONFSCHED_SMTP_URL", "none: mails are only shown under Deliveries",
             "The server that sends mail: smtp://user:password@host:587 or smtps://user:password@host:465."),
    Variable("CONFSCHED_IMAP_URL", "none: answers are given on the pages only",
             "The mailbox that receives answers: imaps://user:password@host:993 or imap://user:password@host:143."),
    Variable("CONFSCHED_ALLOWED_HOSTS", "none: only public addresses are asked",
             "Internal servers of calendars and alert gateways, by commas: host, or host:port."),
    Variable("CONFSCHED_DATA_DIR", "var", "The folder for what the program keeps in files."),
    Variable("PORT", "8000", "The port that the web server listens on, on this machine only."),
)  # fmt: skip


class SettingsError(Exception):
    """Say which variable is wrong and what it should be."""

    def __init__(self, message: Message) -> None:
        super().__init__(str(message))
        self.message = message


@dataclass(frozen=True)
class Settings:
    """Hold everything that the environment decides; what may carry a password stays out of its repr."""

    data_dir: Path
    port: int
    public_url: str
    is_demo: bool
    database_url: str = field(repr=False)
    secret_key: str = field(repr=False)
    mail_address: str
    smtp_url: str | None = field(default=None, repr=False)
    imap_url: str | None = field(default=None, repr=False)
    allowed_hosts: frozenset[str] = frozenset()

    @property
    def is_https(self) -> bool:
        """Tell whether cookies may be limited to encrypted connections."""
        return self.public_url.startswith("https://")


def load_settings(environ: Mapping[str, str]) -> Settings:
    """Return the checked settings; raises SettingsError for the first variable that is wrong.

    The demo, which is the default database on an address of this machine, gets a random key by itself.
    """
    given = {name: value.strip() for name, value in environ.items() if value.strip()}
    port = _port(given.get("PORT", "8000"))
    public_url = _public_url(given.get("CONFSCHED_PUBLIC_URL", f"http://127.0.0.1:{port}"))
    data_dir = _data_dir(given.get("CONFSCHED_DATA_DIR", "var"))
    is_demo = "CONFSCHED_DATABASE_URL" not in given and _is_this_machine(urlsplit(public_url))
    return Settings(
        data_dir=data_dir,
        port=port,
        public_url=public_url,
        is_demo=is_demo,
        database_url=_database_url(given, data_dir),
        secret_key=_secret_key(given.get("CONFSCHED_SECRET_KEY", ""), data_dir, is_demo=is_demo),
        mail_address=_mail_address(given, public_url),
        smtp_url=_mail_server("CONFSCHED_SMTP_URL", given, ("smtp", "smtps")),
        imap_url=_mail_server("CONFSCHED_IMAP_URL", given, ("imap", "imaps")),
        allowed_hosts=_allowed_hosts(given.get("CONFSCHED_ALLOWED_HOSTS", "")),
    )


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= 65535):
        raise SettingsError(msg("PORT must be a number from 1 to 65535, not “%(value)s”.", value=text))
    return int(text)


def _data_dir(text: str) -> Path:
    """Return the folder, made when it is missing, for nobody else to read."""
    folder = Path(text).absolute()
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise SettingsError(
            msg("CONFSCHED_DATA_DIR: the folder %(folder)s cannot be made.", folder=folder)
        ) from error
    if not os.access(folder, os.W_OK):
        raise SettingsError(msg("CONFSCHED_DATA_DIR: nothing can be written to %(folder)s.", folder=folder))
    return folder


def _public_url(text: str) -> str:
    """Return scheme, host and port; plain http is for this machine only, since others could read along."""
    url = _split("CONFSCHED_PUBLIC_URL", text)
    has_more = url.username or url.path.strip("/") or url.query or url.fragment
    if url.scheme not in ("http", "https") or not url.hostname or has_more:
        raise SettingsError(
            msg("CONFSCHED_PUBLIC_URL must be an address like https://confsched.example, without a path.")
        )
    if url.scheme == "http" and not _is_this_machine(url):
        raise SettingsError(msg("CONFSCHED_PUBLIC_URL must begin with https:// unless it is this machine."))
    return f"{url.scheme}://{url.netloc}"


def _is_this_machine(url: SplitResult) -> bool:
    host = url.hostname or ""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _database_url(given: Mapping[str, str], data_dir: Path) -> str:
    url = given.get("CONFSCHED_DATABASE_URL", f"sqlite:///{data_dir / DATABASE_FILE}")
    scheme, separator, _ = url.partition("://")
    if not separator or scheme not in DATABASE_SCHEMES:
        raise SettingsError(
            msg("CONFSCHED_DATABASE_URL must begin with sqlite:/// or postgresql://; no other works.")
        )
    return url


def _secret_key(key: str, data_dir: Path, *, is_demo: bool) -> str:
    if is_demo and not key:
        return _demo_key(data_dir)
    if len(key) < SECRET_KEY_LENGTH:
        raise SettingsError(
            msg(
                "CONFSCHED_SECRET_KEY must be set to at least %(length)s random characters outside the demo: "
                "python3 -c 'import secrets; print(secrets.token_urlsafe(48))' prints some.",
                length=SECRET_KEY_LENGTH,
            )
        )
    return key


def _demo_key(data_dir: Path) -> str:
    """Return the key in the data folder, the same for all processes, whoever of them comes first."""
    path = data_dir / SECRET_KEY_FILE
    if not path.exists():
        _keep_new_key(path)
    return path.read_text()


def _keep_new_key(path: Path) -> None:
    """Write a key that only the owner may read; the link appears whole and never replaces a key."""
    with NamedTemporaryFile("w", dir=path.parent) as file:  # mode 0600
        file.write(secrets.token_urlsafe(48))
        file.flush()
        try:
            os.link(file.name, path)
        except FileExistsError:
            return  # another process was faster; its key counts


def _mail_address(given: Mapping[str, str], public_url: str) -> str:
    """Return who mails come from; by default the program's name at the host of the public address."""
    url = urlsplit(public_url)
    default = DEMO_MAIL_ADDRESS if _is_this_machine(url) else f"confsched@{url.hostname}"
    address = given.get("CONFSCHED_MAIL_ADDRESS", default)
    if not MAIL_ADDRESS.fullmatch(address):
        raise SettingsError(
            msg("CONFSCHED_MAIL_ADDRESS must be a plain address like termine@confsched.example.")
        )
    return address


def _mail_server(name: str, given: Mapping[str, str], schemes: tuple[str, str]) -> str | None:
    if name not in given:
        return None
    url = _split(name, given[name])
    if url.scheme not in schemes or not url.hostname:
        raise SettingsError(
            msg(
                "%(name)s must be an address like %(scheme)s://user:password@host.",
                name=name,
                scheme=schemes[1],
            )
        )
    return given[name]


def _allowed_hosts(text: str) -> frozenset[str]:
    """Return the hosts in lower case; whole addresses are refused, since only host and port are compared."""
    hosts = frozenset(part.strip().lower() for part in text.split(",") if part.strip())
    for host in hosts:
        if not HOST.fullmatch(host):
            raise SettingsError(
                msg(
                    "CONFSCHED_ALLOWED_HOSTS must name hosts like calendar.intra.example or "
                    "calendar.intra.example:8443, without https:// and path, not “%(value)s”.",
                    value=host,
                )
            )
    return hosts


def _split(name: str, text: str) -> SplitResult:
    """Take an address apart; the sentence does not repeat the value, which may hold a password."""
    try:
        url = urlsplit(text)
        _ = url.port  # raises for a port that is no number
        return url
    except ValueError as error:
        raise SettingsError(
            msg("%(name)s is not an address with a valid host and port.", name=name)
        ) from error
