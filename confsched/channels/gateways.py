"""Alerts by the gateways of a house: SMS, calls, Matrix, ntfy and webhooks, spoken by the `apprise` library.

The administrator of a house types the address; it is limited to known kinds, to hosts that are public or
listed, and to no file, no attachment and no other message service.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib import import_module
from typing import NamedTuple
from urllib.parse import SplitResult, parse_qsl, quote, urlsplit

import apprise
from apprise.plugins.base import NotifyBase

from confsched.channels.failures import NotSent
from confsched.channels.wording import Words
from confsched.domain.kinds import GatewayKind
from confsched.errors import Message, Refusal, msg
from confsched.fetch import checked_addresses
from confsched.formats.web_addresses import Target

PLACE = "{address}"
MAX_URL = 500
RESOLVE_SECONDS = 3.0
TIMEOUT_SECONDS = 5.0
# What would lead elsewhere, switch a check off, or wait longer than we do.
_CLOSED_OPTIONS = frozenset(
    {"redirect", "verify", "rto", "cto", "retry", "wait", "chain", "template", "format"}
)
_PHONE = r"\+?[0-9]{5,20}"


class _Kind(NamedTuple):
    """Say which services stand behind a kind, and what an address of it looks like."""

    at_provider: frozenset[str]  # the provider's own host
    at_host: frozenset[str]  # a host that the administrator names
    address: re.Pattern[str]
    example: Message


_KINDS = {
    GatewayKind.SMS: _Kind(
        frozenset({"bulksms", "clicksend", "infobip", "msgbird", "seven", "sinch", "twilio", "vonage"}),
        frozenset({"smseagle", "smseagles", "json", "jsons", "form", "forms"}),
        re.compile(_PHONE),
        msg("a mobile number such as +4915112345678"),
    ),
    GatewayKind.VOICE: _Kind(
        frozenset({"twilio"}),
        frozenset({"json", "jsons", "form", "forms"}),
        re.compile(_PHONE),
        msg("a phone number such as +4955551234"),
    ),
    GatewayKind.MATRIX: _Kind(
        frozenset(),
        frozenset({"matrix", "matrixs"}),
        re.compile(r"[!#@][A-Za-z0-9._=/+-]{1,120}:[A-Za-z0-9.-]{1,100}(:[0-9]{1,5})?"),
        msg("a room such as #pager:matrix.example"),
    ),
    GatewayKind.NTFY: _Kind(
        frozenset(),
        frozenset({"ntfy", "ntfys"}),
        re.compile(r"[A-Za-z0-9_-]{1,64}"),
        msg("a topic such as neuro-4711"),
    ),
    GatewayKind.WEBHOOK: _Kind(
        frozenset(),
        frozenset({"json", "jsons", "form", "forms"}),
        re.compile(r"[A-Za-z0-9_.@+-]{1,100}"),
        msg("letters and digits, as your house has agreed"),
    ),
}
# Where the library keeps what speaks with a service: its module and class.
_PLUGINS = {
    **dict.fromkeys(("json", "jsons"), ("custom_json", "NotifyJSON")),
    **dict.fromkeys(("form", "forms"), ("custom_form", "NotifyForm")),
    **dict.fromkeys(("ntfy", "ntfys"), ("ntfy", "NotifyNtfy")),
    **dict.fromkeys(("matrix", "matrixs"), ("matrix", "NotifyMatrix")),
    **dict.fromkeys(("smseagle", "smseagles"), ("smseagle", "NotifySMSEagle")),
    "bulksms": ("bulksms", "NotifyBulkSMS"),
    "clicksend": ("clicksend", "NotifyClickSend"),
    "infobip": ("infobip", "NotifyInfobip"),
    "msgbird": ("messagebird", "NotifyMessageBird"),
    "seven": ("seven", "NotifySeven"),
    "sinch": ("sinch", "NotifySinch"),
    "twilio": ("twilio", "NotifyTwilio"),
    "vonage": ("vonage", "NotifyVonage"),
}
_SECURE_PORT, _PLAIN_PORT = 443, 80


@dataclass(frozen=True)
class Gateway:
    """Hold a gateway that may be used: its kind and its address with {address} in it."""

    kind: GatewayKind
    url: str


def address_example(kind: GatewayKind) -> Message:
    """Return what a person's address on a gateway of this kind looks like."""
    return _KINDS[kind].example


def schemas_of(kind: GatewayKind) -> list[str]:
    """Return with what an address of this kind begins."""
    return sorted(_KINDS[kind].at_provider | _KINDS[kind].at_host)


def check_address(kind: GatewayKind, address: str) -> str:
    """Return a person's number, room or topic; raises Refusal for what does not look like one."""
    cleaned = (
        re.sub(r"[\s()/-]", "", address) if kind in (GatewayKind.SMS, GatewayKind.VOICE) else address.strip()
    )
    if not _KINDS[kind].address.fullmatch(cleaned):
        raise Refusal(
            msg("This is no address of this gateway. Type %(example)s.", example=address_example(kind)),
            field="address",
        )
    return cleaned


def check_gateway(kind: GatewayKind, url: str, allow_hosts: frozenset[str]) -> Gateway:
    """Return a gateway whose address may be used; raises Refusal with what is wrong with it."""
    url = url.strip()
    if len(url) > MAX_URL or not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
        raise _refusal(msg("This address cannot be read."))
    parts = _split(url)
    if parts.scheme not in schemas_of(kind):
        raise _refusal(
            msg("An address of this kind begins with one of: %(list)s.", list=", ".join(schemas_of(kind)))
        )
    if url.count(PLACE) != 1 or PLACE in parts.netloc:
        raise _refusal(msg("Write {address} once, behind the name of the server, where the number goes."))
    _check_options(kind, parts)
    target = _find_target(kind, parts, allow_hosts)
    if target is not None:
        _check_host(target)
    if _load(url.replace(PLACE, "4915112345678")) is None:
        raise _refusal(msg("This address is not complete. Compare it with the documentation of the service."))
    return Gateway(kind, url)


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        raise _refusal(msg("This address cannot be read.")) from None
    return parts


def _check_options(kind: GatewayKind, parts: SplitResult) -> None:
    options = {name.lower().lstrip("+-:"): value for name, value in parse_qsl(parts.query)}
    closed = sorted(_CLOSED_OPTIONS & options.keys())
    if closed:
        raise _refusal(msg("The option %(name)s is not accepted here.", name=closed[0]))
    is_call = options.get("method", "").lower() == "call"
    if parts.scheme == "twilio" and is_call is not (kind is GatewayKind.VOICE):
        raise _refusal(msg("A call needs method=call in its address, and an SMS must not have it."))


def _find_target(kind: GatewayKind, parts: SplitResult, allow_hosts: frozenset[str]) -> Target | None:
    """Return the server that the administrator names; a provider's own needs no check."""
    if parts.scheme not in _KINDS[kind].at_host:
        return None
    host = (parts.hostname or "").rstrip(".")
    if not host or "%" in host:
        raise _refusal(msg("This address cannot be read."))
    is_secure = parts.scheme.endswith("s")
    scheme, usual = ("https", _SECURE_PORT) if is_secure else ("http", _PLAIN_PORT)
    port = parts.port or usual
    is_listed = f"{host}:{port}" in allow_hosts or (port == usual and host in allow_hosts)
    if not is_listed and not (is_secure and port == usual):
        raise _refusal(
            msg("A server without encryption or with an unusual port has to be listed by your administrator.")
        )
    return Target(parts.geturl(), scheme, host, port, "/", is_listed)


def _check_host(target: Target) -> None:
    """Let the name lead to public addresses only, unless the server is listed."""
    if target.is_listed:
        return
    try:
        checked_addresses(target, RESOLVE_SECONDS)
    except TimeoutError:
        raise _refusal(msg("The name of this server cannot be looked up at the moment.")) from None
    except Refusal as refusal:
        raise _refusal(
            msg(
                "This server is not known, or it lies in an internal network. Your administrator can list it."
            )
        ) from refusal


def _refusal(message: Message) -> Refusal:
    return Refusal(message, field="url")


def send_gateway(words: Words, gateway: Gateway, address: str, *, allow_hosts: frozenset[str]) -> None:
    """Hand the words to a gateway; raises NotSent.

    The library says yes or no only: a no may pass, so it is tried again.
    """
    try:
        target = _find_target(gateway.kind, urlsplit(gateway.url), allow_hosts)
        if target is not None:
            _check_host(target)
        checked = check_address(gateway.kind, address)
    except Refusal as refusal:
        raise NotSent(str(refusal), is_permanent=True) from refusal
    service = _load(gateway.url.replace(PLACE, quote(checked, safe="")))
    if service is None:
        raise NotSent(str(msg("The address of the gateway cannot be used.")), is_permanent=True)
    if not service.notify(title=words.heading, body=words.text, body_format=apprise.NotifyFormat.TEXT):
        raise NotSent(str(msg("The gateway did not take the message.")))


def _load(url: str) -> NotifyBase | None:
    """Return the service of the address: without redirects, files on disk, discovery, or waiting for long.

    Its one module is asked by name: the library's own search would load a hundred and fifty others.
    """
    plugin = _plugin(urlsplit(url).scheme)
    found = plugin.parse_url(url)
    if not found:
        return None
    asset = apprise.AppriseAsset(
        storage_mode=apprise.PersistentStoreMode.MEMORY,
        http_redirects=False,
        async_mode=False,
        secure_logging=True,
        allow_templates=False,
    )
    closed = dict.fromkeys({"discovery", "include_image"} & found.keys(), False)
    try:
        service = plugin(**{**found, **closed}, asset=asset)
    except TypeError:  # that is how the library says that something is missing
        return None
    service.socket_connect_timeout = service.socket_read_timeout = TIMEOUT_SECONDS
    return service


def _plugin(schema: str) -> type[NotifyBase]:
    module, name = _PLUGINS[schema]
    plugin: type[NotifyBase] = getattr(import_module(f"apprise.plugins.{module}"), name)
    return plugin
