"""What every page shows around its content: language, colours, navigation, the alarm of a silent worker."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from urllib.parse import urlencode

from flask import Flask, request

from confsched.domain.intervals import Span
from confsched.domain.permissions import Actor, Permission
from confsched.errors import Message, msg
from confsched.i18n import translate
from confsched.models.bookings import Booking
from confsched.services import access, engine, login_sessions, urgent_tasks
from confsched.web import navigation
from confsched.web.context import (
    current_actor,
    find_actor,
    now,
    preference,
    read_session,
    reader_language,
    reader_zone,
)

# Refusals that are said on the page itself, which keeps what was typed; foreign rows stay not found.
ANSWERABLE = (409, 422)


class Listing(Protocol):
    """Stand for one page of a list, as services return it; pages count from 1."""

    @property
    def page(self) -> int: ...

    @property
    def pages(self) -> int: ...

    @property
    def total(self) -> int: ...


class Spanning(Protocol):
    """Stand for a row that starts and ends."""

    @property
    def starts_at(self) -> datetime: ...

    @property
    def ends_at(self) -> datetime: ...


@dataclass(frozen=True)
class Pages:
    """Hold where a list is and where it goes on, for the pager; no address at either end."""

    number: int
    count: int
    total: int
    previous_url: str | None
    next_url: str | None


def register_pages(app: Flask) -> None:
    """Give templates the frame's values, `_()`, pages_of(), span_of(), reads_title() and instant_now()."""
    app.jinja_env.globals.update(
        _=sentence, pages_of=pages_of, span_of=span_of, reads_title=reads_title, instant_now=now
    )
    app.context_processor(_frame)


def sentence(text: str | Message, **values: object) -> str:
    """Return a sentence in the reader's language."""
    message = text if isinstance(text, Message) else msg(text, **values)
    return translate(message, reader_language())


def pages_of(listing: Listing) -> Pages:
    """Return the pager of a list; the neighbours' addresses keep the filter of this one."""
    number = min(listing.page, listing.pages)
    return Pages(
        number=number,
        count=listing.pages,
        total=listing.total,
        previous_url=_page_url(number - 1) if number > 1 else None,
        next_url=_page_url(number + 1) if number < listing.pages else None,
    )


def _page_url(number: int) -> str:
    return f"{request.path}?{urlencode({**request.args.to_dict(), 'page': number})}"


def reads_title(booking: Booking) -> bool:
    """Tell whether the reader may know what a meeting is about."""
    return access.may_read_title(current_actor(), booking)


def span_of(row: Spanning) -> Span:
    """Return the time from a row's start to its end."""
    return Span(row.starts_at, row.ends_at)


def _site(actor: Actor | None) -> dict[str, str | None]:
    """Return where the reader works, and whom to call there should all this be down."""
    if actor is None:
        return {}
    site = login_sessions.site_of(read_session(), actor)
    if not site.phone:
        return {"site_name": site.short_name}
    return {
        "site_name": site.short_name,
        "emergency_phone": site.phone,
        "emergency_phone_href": "tel:" + "".join(sign for sign in site.phone if sign in "+0123456789"),
        "downtime_url": f"/downtime/{site.id}" if actor.may(Permission.SEE_DUTY_BOARD) else None,
    }


def _frame() -> dict[str, Any]:
    actor = find_actor()
    return {
        "actor": actor,
        "language": reader_language(),
        "zone": reader_zone(),
        **_site(actor),
        "theme": preference("theme", ("light", "dark")),
        "navigation": navigation.main_links(actor),
        "settings_navigation": navigation.settings_links(actor),
        "urgent_calls": urgent_tasks.list_calls(read_session(), actor) if actor else [],
        "engine_is_late": actor is not None and engine.is_late(read_session(), now()),
        "current_path": request.full_path if request.query_string else request.path,
    }
