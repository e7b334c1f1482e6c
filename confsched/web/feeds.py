"""Calendar feeds: make an address, see it once, see who fetches it, renew and revoke it."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

import segno
from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup
from wtforms import StringField

from confsched.domain.kinds import FeedPrivacy, FeedScope
from confsched.domain.permissions import Permission
from confsched.errors import Message, Refusal, msg
from confsched.models.feeds import Feed
from confsched.services import access
from confsched.services import feeds as service
from confsched.services.feed_scopes import SHARED_PRIVACY, Contents, line_words, list_choices, names_of
from confsched.web.context import current_actor, now, read_session, settings, transaction
from confsched.web.forms import BaseForm
from confsched.web.policies import needs

blueprint = Blueprint("feeds", __name__, url_prefix="/feeds")

FILE_NAME = "confsched"
QUIET_ZONE = 2  # modules of white around the code; the page adds as much again
PRIVACY_WORDS = {
    FeedPrivacy.KIND_AND_PLACE: (
        msg("Kind and place"),
        msg("“Teleconsult: Epilepsy clinic · FK-7Q2M, video”"),
    ),
    FeedPrivacy.KIND: (msg("Kind only"), msg("“Teleconsult”")),
    FeedPrivacy.BUSY: (msg("Busy only"), msg("“Busy”, for shared calendars; without duties")),
}


OWN_WORDS = msg("My meetings and duties")
HELD_WORDS = {
    FeedScope.LINE: msg("Duty line"),
    FeedScope.DEPARTMENT: msg("Department"),
}


class FeedForm(BaseForm):
    name = StringField(
        msg("Program or device"), description=msg("Such as Outlook at work. One address for each of them.")
    )
    holds = StringField(msg("What the address holds"), default=FeedScope.OWN.value)
    privacy = StringField(msg("What the entries show"), default=FeedPrivacy.KIND_AND_PLACE.value)


@dataclass(frozen=True)
class Address:
    """Hold an address in the one answer that shows it."""

    name: str
    url: str

    @property
    def qr(self) -> Markup:
        """Return a QR code as one path; its colours come from the style sheet."""
        code = segno.make(self.url, error="m", micro=False)
        return Markup(code.svg_inline(svgclass="qr", lineclass=None, omitsize=True, border=QUIET_ZONE))


@blueprint.get("/")
@needs(Permission.USE)
def index() -> ResponseReturnValue:
    """Show the addresses and who fetched them; never a secret."""
    return _page(FeedForm(formdata=None), 200)


@blueprint.post("/")
@needs(Permission.USE)
def create() -> ResponseReturnValue:
    """Make an address and show it in this very answer, since nobody can read it from the database again."""
    form = FeedForm()
    actor = current_actor()
    try:
        privacy, contents = _privacy(form.privacy.data), _contents(form.holds.data)
        with transaction() as session:
            feed, token = service.create_feed(
                session,
                actor,
                form.name.data or "",
                privacy=privacy,
                now=now(),
                contents=contents,
                key=form.form_key.data,
            )
    except Refusal as refusal:
        form.add_refusal(refusal)
        return _page(form, refusal.status)
    return _page(FeedForm(formdata=None), 200, _address(feed, token))


def _privacy(text: str | None) -> FeedPrivacy:
    try:
        return FeedPrivacy(text or "")
    except ValueError as error:
        raise Refusal(msg("Choose what the entries show."), field="privacy") from error


def _contents(text: str | None) -> Contents:
    """Read "own", "line:<id>" or "department:<id>"."""
    scope, _, row_id = (text or FeedScope.OWN.value).partition(":")
    try:
        return Contents(FeedScope(scope), uuid.UUID(row_id) if row_id else None)
    except ValueError as error:
        raise Refusal(msg("Choose a line or a department from the list."), field="holds") from error


def _address(feed: Feed, token: str) -> Address:
    return Address(feed.name, f"{settings().public_url}/feeds/{token}/{FILE_NAME}.ics")


def _page(form: FeedForm, status: int, address: Address | None = None) -> ResponseReturnValue:
    listed = service.list_feeds(read_session(), current_actor())
    page = render_template(
        "feeds/index.html",
        feeds=listed,
        held_names=names_of(read_session(), listed),
        held_words=HELD_WORDS,
        own_words=OWN_WORDS,
        line_words=line_words,
        choices=list_choices(read_session(), current_actor(), request.args.get("site", type=uuid.UUID)),
        shared_privacy=SHARED_PRIVACY,
        state_of=lambda feed: state_of(feed, now()),
        address=address,
        form=form,
        privacy_words=PRIVACY_WORDS,
    )
    return page, status, {"Cache-Control": "no-store"}


def state_of(feed: Feed, at: datetime) -> tuple[Message, str]:
    """Return in words, and as the shape of a lamp, whether a program still comes."""
    if feed.fetched_at is None:
        return msg("not fetched yet"), "unknown"
    silence = at - feed.fetched_at
    if silence <= service.SILENT_AFTER:
        return msg("up to date"), "ok"
    return msg("silent for %(count)s days", count=max(2, silence.days)), "part"


@blueprint.post("/<uuid:feed_id>/renewal")
@needs(Permission.USE)
def renew(feed_id: uuid.UUID) -> ResponseReturnValue:
    """Close an address and show the one that takes its place."""
    actor = current_actor()
    with transaction() as session:
        former = access.get_row(session, actor, Feed, feed_id, to="change")
        feed, token = service.renew(session, actor, former, now=now())
    return _page(FeedForm(formdata=None), 200, _address(feed, token))


@blueprint.post("/<uuid:feed_id>/revocation")
@needs(Permission.USE)
def revoke(feed_id: uuid.UUID) -> ResponseReturnValue:
    """Close an address."""
    actor = current_actor()
    with transaction() as session:
        feed = access.get_row(session, actor, Feed, feed_id, to="change")
        service.revoke(session, actor, feed, now=now())
    return redirect(url_for("feeds.index"), 303)


@blueprint.post("/<uuid:feed_id>/privacy")
@needs(Permission.USE)
def set_privacy(feed_id: uuid.UUID) -> ResponseReturnValue:
    """Choose what the entries of an address show."""
    actor = current_actor()
    privacy = _privacy(FeedForm().privacy.data)
    with transaction() as session:
        feed = access.get_row(session, actor, Feed, feed_id, to="change")
        service.set_privacy(session, actor, feed, privacy, now=now())
    return redirect(url_for("feeds.index"), 303)
