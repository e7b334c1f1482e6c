"""Personal calendars for other programs: GET and HEAD of a secret address, 304 when nothing changed."""

from __future__ import annotations

import gzip
from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache

from flask import Blueprint, Response, request

from confsched.errors import NotFound
from confsched.formats.ical import Entry, feed_etag, join_feed, render_event
from confsched.models.feeds import Feed
from confsched.services import feeds as service
from confsched.services.feed_entries import feed_day, feed_entries, feed_parts
from confsched.web.context import now, read_session, settings, transaction
from confsched.web.policies import public

blueprint = Blueprint("feed_files", __name__)

REFRESH_MINUTES = 60
CACHE_SECONDS = 60
CACHED_EVENTS = 10_000
CACHED_BODIES = 32
COMPRESSION = 6
OTHER = "other"
# What the User-Agent of each program says, the specific before the general.
CLIENTS = (
    ("DAVx5", ("davx5", "icsx5", "davdroid")),
    ("Thunderbird", ("thunderbird",)),
    ("Google", ("google",)),
    ("Outlook", ("outlook", "microsoft", "exchange", "owa/")),
    ("Apple", ("dataaccessd", "calendaragent", "ios/", "macos/", "mac os x/", "icalendar/")),
)


@blueprint.route("/feeds/<token>/<name>.ics", methods=["GET"], provide_automatic_options=False)
@public
def send(token: str, name: str) -> Response:
    """Answer with the calendar of the token; the name in the address is only for the eye."""
    del name
    at = now()
    feed = service.find_feed(read_session(), token, now=at)
    if feed is None:
        raise NotFound
    answer = _answer(feed, at)
    # Telemetry, not state: the owner sees which program still comes, and nothing else depends on it. So a GET
    # may write it, in a short transaction of its own, once a minute at most.
    if service.is_fetch_due(feed, at):
        with transaction() as session:
            service.record_fetch(session, feed, client_of(request.user_agent.string), now=at)
    return answer


def client_of(user_agent: str) -> str:
    """Return which program is asking, in one word of a closed list: what it sends is not kept."""
    text = user_agent.lower()
    return next((name for name, marks in CLIENTS if any(mark in text for mark in marks)), OTHER)


def _answer(feed: Feed, at: datetime) -> Response:
    """Answer from ids and revisions where that is enough, and load the entries only where it is not.

    Only the entity tag decides: a date knows seconds, and nothing of privacy and language (RFC 9110 8.8.2.2).
    """
    is_gzipped = request.accept_encodings.quality("gzip") > 0
    etag = _etag(feed, at, is_gzipped)
    if request.if_none_match.contains_weak(etag.strip('"')):
        return _with_headers(Response(status=304), etag)
    entries = feed_entries(read_session(), feed, now=at, public_url=settings().public_url)
    response = _with_headers(Response(_body(feed, entries, is_gzipped), mimetype="text/calendar"), etag)
    response.last_modified = _changed_at(feed, entries, at)
    if is_gzipped:
        response.content_encoding = "gzip"
    return response


def _with_headers(response: Response, etag: str) -> Response:
    """Add what a 304 carries as well (RFC 9110 15.4.5)."""
    response.headers["ETag"] = etag
    response.vary.add("Accept-Encoding")
    response.cache_control.private = True
    response.cache_control.max_age = CACHE_SECONDS
    if response.status_code == 304:
        del response.headers["Content-Type"]
    return response


def _etag(feed: Feed, at: datetime, is_gzipped: bool) -> str:
    """Return a strong entity tag of what would be written, without writing it; each encoding has its own."""
    head = (feed.name, feed.privacy.value, feed.person.language, "gzip" if is_gzipped else "")
    return feed_etag([head, *feed_parts(read_session(), feed, now=at)])


def _changed_at(feed: Feed, entries: Iterable[Entry], at: datetime) -> datetime:
    """Return when the feed last changed; each new day counts, as entries leave by age alone."""
    changes = (entry.revised_at for entry in entries)
    return max([feed.created_at, feed_day(at), *changes]).replace(microsecond=0)


def _body(feed: Feed, entries: Iterable[Entry], is_gzipped: bool) -> bytes:
    entries = list(entries)
    zones = {entry.zone for entry in entries}
    body = join_feed(
        f"confsched ({feed.name})", zones, [_rendered(entry) for entry in entries], REFRESH_MINUTES
    )
    return _gzipped(body) if is_gzipped else body


@lru_cache(maxsize=CACHED_EVENTS)
def _rendered(entry: Entry) -> bytes:
    """Return the bytes of an entry, written once per revision, privacy and language, which are all in it."""
    return render_event(entry)


@lru_cache(maxsize=CACHED_BODIES)
def _gzipped(body: bytes) -> bytes:
    return gzip.compress(body, compresslevel=COMPRESSION, mtime=0)
