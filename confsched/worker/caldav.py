"""Talk with a CalDAV server (RFC 4791): find the calendars of an account, read when their owner is busy."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from time import monotonic
from urllib.parse import urljoin

from confsched.domain.intervals import Span, merge
from confsched.errors import Message, Refusal, msg
from confsched.fetch import TOTAL_SECONDS, BadStatus, Fetched, Limits, Request, TooLarge, fetch
from confsched.formats.busy_calendar import BusyReading
from confsched.formats.caldav import (
    Listed,
    Listing,
    appointments_question,
    free_busy_question,
    listing_question,
)
from confsched.formats.http_auth import Login
from confsched.formats.web_addresses import Target, read_target
from confsched.sandbox import read_appointments_safely, read_busy_safely, read_listing_safely

MAX_CALENDARS = 10
CONVERSATION_SECONDS = 20.0
WELL_KNOWN = "/.well-known/caldav"  # RFC 6764, 5

_XML = {"Content-Type": "application/xml; charset=utf-8", "Accept-Encoding": "identity"}
_FORBIDDEN, _NOT_SUPPORTED = 403, frozenset({403, 405, 501})


@dataclass(frozen=True)
class Account:
    """Hold where the calendars are, who asks, and which internal hosts may be asked."""

    url: str
    login: Login
    allow_hosts: frozenset[str]


@dataclass(frozen=True)
class Changed:
    """Hold what was read, and the mark by which the next reading sees that nothing has changed."""

    reading: BusyReading
    mark: str | None


def read_account(account: Account, known_mark: str | None, window: Span, zone: str) -> Changed | None:
    """Return when the owner is busy, None where nothing has changed; raises Refusal with what to do."""
    conversation = _Conversation(account)
    calendars = conversation.calendars()
    mark = _mark(calendars)
    if mark is not None and mark == known_mark:
        return None
    readings = [conversation.read(calendar, window, zone) for calendar in calendars]
    return Changed(_joined(readings), mark)


def _mark(calendars: Iterable[Listed]) -> str | None:
    """Return one mark for all calendars; None where one of them has none, and so is always read."""
    marks = sorted((calendar.href, calendar.mark) for calendar in calendars)
    if any(mark is None for _, mark in marks):
        return None
    return "caldav-" + hashlib.sha256(repr(marks).encode()).hexdigest()


def _joined(readings: list[BusyReading]) -> BusyReading:
    """Return all calendars as one; it is known where each of them is."""
    known = [reading.known for reading in readings if reading.known]
    both = _overlap(known) if known else None
    busy = tuple(merge(span for reading in readings for span in reading.busy))
    notes: list[Message] = []
    for note in (note for reading in readings for note in reading.skipped):
        if note not in notes:
            notes.append(note)
    return BusyReading(busy, None, tuple(notes), both)


def _overlap(known: list[Span]) -> Span:
    starts_at, ends_at = max(span.starts_at for span in known), min(span.ends_at for span in known)
    if starts_at >= ends_at:
        raise Refusal(msg("The calendars of this account speak of different times. Add each by its address."))
    return Span(starts_at, ends_at)


class _Conversation:
    """Ask one server a bounded number of questions in a bounded time; its password goes nowhere else."""

    def __init__(self, account: Account) -> None:
        self._account = account
        # Who lists an internal server vouches for the way there, so it may speak plain http.
        self._allow_http = read_target(account.url, account.allow_hosts, allow_http=True).is_listed
        self._ends = monotonic() + CONVERSATION_SECONDS
        self._first = self._target(account.url)

    def calendars(self) -> tuple[Listed, ...]:
        """Return the calendars behind an address: itself, or those of the account it belongs to."""
        listing = self._start()
        if listing.calendars:
            return self._few(listing.calendars)
        home = listing.home or self._home_of(listing.principal)
        if home is None:
            raise Refusal(msg("There is no calendar at this address. Copy it again from your program."))
        return self._few(self._list(home, depth="1").calendars)

    def _start(self) -> Listing:
        url = self._account.url
        try:
            return self._list(url, depth="0")
        except BadStatus as refusal:
            if refusal.http_status == _FORBIDDEN:
                # Who may only see free/busy may not even ask what this is (RFC 4791, 6.1.1).
                return Listing((Listed(self._first.url, None),), None, None)
            if refusal.http_status == 401 or self._first.path != "/":
                raise
        return self._list(urljoin(url, WELL_KNOWN), depth="0")

    def _home_of(self, principal: str | None) -> str | None:
        return self._list(principal, depth="0").home if principal else None

    def _few(self, calendars: tuple[Listed, ...]) -> tuple[Listed, ...]:
        if not calendars:
            raise Refusal(msg("This account has no calendar. Copy the address of the calendar itself."))
        if len(calendars) > MAX_CALENDARS:
            raise Refusal(
                msg(
                    "This account has more than %(limit)s calendars. Copy the address of one of them.",
                    limit=MAX_CALENDARS,
                )
            )
        return calendars

    def _list(self, url: str, *, depth: str) -> Listing:
        headers = {**_XML, "Depth": depth}
        answer = self._ask(url, Request("PROPFIND", listing_question(), headers, good_status=207))
        listing = read_listing_safely(answer.body)
        return Listing(
            tuple(Listed(urljoin(answer.url, each.href), each.mark) for each in listing.calendars),
            urljoin(answer.url, listing.home) if listing.home else None,
            urljoin(answer.url, listing.principal) if listing.principal else None,
        )

    def read(self, calendar: Listed, window: Span, zone: str) -> BusyReading:
        """Return when the owner is busy by one calendar: by its appointments, else by its free/busy times."""
        question = Request("REPORT", appointments_question(window), {**_XML, "Depth": "1"}, good_status=207)
        try:
            answer = self._ask(calendar.href, question)
        except (BadStatus, TooLarge) as refusal:
            if isinstance(refusal, BadStatus) and refusal.http_status not in _NOT_SUPPORTED:
                raise
            return self._read_instead(refusal, calendar, window, zone)
        return read_appointments_safely(answer.body, window, zone)

    def _read_instead(
        self, refusal: BadStatus | TooLarge, calendar: Listed, window: Span, zone: str
    ) -> BusyReading:
        """Return the free/busy times; where there are none, the first refusal helps most."""
        try:
            return self._read_free_busy(calendar, window, zone)
        except (BadStatus, TooLarge):
            raise refusal from None

    def _read_free_busy(self, calendar: Listed, window: Span, zone: str) -> BusyReading:
        headers = {**_XML, "Depth": "1"}
        answer = self._ask(calendar.href, Request("REPORT", free_busy_question(window), headers))
        return read_busy_safely(answer.body, window, zone)

    def _ask(self, url: str, request: Request) -> Fetched:
        self._check_server(self._target(url))
        left = self._ends - monotonic()
        if left <= 0:
            raise Refusal(msg("The server of this calendar is too slow. It will be asked again later."))
        return fetch(
            url,
            request=request,
            login=self._account.login,
            allow_hosts=self._account.allow_hosts,
            allow_http=self._allow_http,
            limits=Limits(total_seconds=min(TOTAL_SECONDS, left)),
        )

    def _target(self, url: str) -> Target:
        return read_target(url, self._account.allow_hosts, allow_http=self._allow_http)

    def _check_server(self, target: Target) -> None:
        if not target.is_same_server(self._first):
            raise Refusal(
                msg(
                    "The calendars of this account are on %(host)s. If your password is meant for that "
                    "server, remove this calendar and add it again with the address there.",
                    host=target.host,
                )
            )
