"""Wishes: fixed days off, days one would rather not or rather have a duty."""

from __future__ import annotations

import uuid

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import DateField, SelectField, StringField
from wtforms.validators import Optional

from confsched.clock import local_day
from confsched.domain.kinds import WishKind
from confsched.domain.permissions import Permission
from confsched.errors import Message, Refusal, msg
from confsched.models.rotations import DutyWish
from confsched.services import absences, access
from confsched.services import wishes as service
from confsched.services.wishes import NewWish
from confsched.web.context import current_actor, now, read_session, reader_zone, transaction
from confsched.web.forms import BaseForm
from confsched.web.ids import find_id
from confsched.web.pages import ANSWERABLE, sentence
from confsched.web.people_forms import day_of, person_choices, person_of
from confsched.web.policies import needs

blueprint = Blueprint("wishes", __name__, url_prefix="/wishes")

MAX_PAGE = 10_000
KIND_WORDS: dict[WishKind, Message] = {
    WishKind.DAY_OFF: msg("Fixed day off"),
    WishKind.RATHER_NOT: msg("Rather no duty"),
    WishKind.RATHER: msg("Rather a duty"),
}
WEEKDAYS: tuple[Message, ...] = (
    *(msg("Mondays"), msg("Tuesdays"), msg("Wednesdays"), msg("Thursdays")),
    *(msg("Fridays"), msg("Saturdays"), msg("Sundays")),
)


class WishForm(BaseForm):
    """Ask for days and what is wished of them."""

    person_id = SelectField(msg("Who"), validate_choice=False)
    kind = SelectField(
        msg("Wish"),
        validate_choice=False,
        default=WishKind.DAY_OFF.value,
        description=msg("A fixed day off is kept when a month is filled; the other two are weighed."),
    )
    starts_on = DateField(msg("First day"), validators=[Optional()])
    ends_on = DateField(msg("Last day"), validators=[Optional()])
    weekday = SelectField(msg("Which of these days"), validate_choice=False)
    note = StringField(msg("Note"), description=msg("The secretary reads it."))


@blueprint.get("/")
@needs(Permission.HOLD_DUTIES)
def index() -> ResponseReturnValue:
    """Show the wishes that count and the form for a new one."""
    form = WishForm(formdata=None)
    form.starts_on.data = form.ends_on.data = local_day(now(), reader_zone())
    form.person_id.data = request.args.get("person", "")
    return _page(form, 200)


@blueprint.post("/")
@needs(Permission.HOLD_DUTIES)
def add() -> ResponseReturnValue:
    """Keep a wish; what was typed stays where it is refused."""
    form, actor = WishForm(), current_actor()
    try:
        with transaction() as session:
            person = access.get_person(session, actor, person_of(form), to="change")
            service.add(session, actor, person, _read(form), now=now(), key=form.form_key.data)
    except Refusal as refusal:
        if refusal.status not in ANSWERABLE:
            raise
        form.add_refusal(refusal)
        return _page(form, refusal.status)
    flash(sentence(msg("Noted. Whoever fills the month sees it.")), "ok")
    return redirect(url_for("wishes.index"), 303)


def _read(form: WishForm) -> NewWish:
    kind = next((kind for kind in WishKind if kind == form.kind.data), None)
    if kind is None:
        raise Refusal(msg("Choose one from the list."), field="kind")
    weekday = form.weekday.data or ""
    if weekday not in ("", *(str(number) for number in service.WEEKDAYS)):
        raise Refusal(msg("Choose one from the list."), field="weekday")
    return NewWish(
        kind=kind,
        starts_on=day_of(form, "starts_on"),
        ends_on=day_of(form, "ends_on"),
        weekday=int(weekday) if weekday else None,
        note=form.note.data or "",
    )


def _page(form: WishForm, status: int) -> ResponseReturnValue:
    session, actor = read_session(), current_actor()
    people = absences.list_cared_for(session, actor)
    form.person_id.choices = person_choices(people)
    form.kind.choices = [(kind.value, sentence(words)) for kind, words in KIND_WORDS.items()]
    form.weekday.choices = [
        ("", sentence(msg("every day"))),
        *((str(number), sentence(words)) for number, words in enumerate(WEEKDAYS)),
    ]
    page = max(1, min(MAX_PAGE, request.args.get("page", 1, type=int)))
    person_id = find_id(request.args.get("who"))
    shown = render_template(
        "wishes/index.html",
        form=form,
        people=people,
        kind_words=KIND_WORDS,
        weekdays=WEEKDAYS,
        listing=service.list_wishes(session, actor, person_id=person_id, now=now(), page=page),
    )
    return shown, status


@blueprint.post("/<uuid:wish_id>/withdrawal")
@needs(Permission.HOLD_DUTIES)
def withdraw(wish_id: uuid.UUID) -> ResponseReturnValue:
    """Drop a wish."""
    actor = current_actor()
    with transaction() as session:
        wish = access.get_row(session, actor, DutyWish, wish_id, to="change")
        service.withdraw(session, actor, wish, now=now())
    flash(sentence(msg("Withdrawn.")), "ok")
    return redirect(url_for("wishes.index"), 303)
