"""Guests of the house: the list, one more, a pasted list with a look before it is taken over."""

from __future__ import annotations

import uuid

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import SelectField, StringField, TextAreaField

from confsched.domain.guests import split_name
from confsched.domain.permissions import Permission
from confsched.errors import NotFound, Refusal, msg
from confsched.formats.guest_lists import MAX_ROWS, read_guests
from confsched.models.guests import Guest
from confsched.services import access, guest_imports, partners
from confsched.services import guests as service
from confsched.services.guest_imports import Checked, Fate
from confsched.web.context import current_actor, now, read_session, transaction
from confsched.web.forms import BaseForm
from confsched.web.guest_words import PARTNER_WORDS
from confsched.web.ids import find_id
from confsched.web.pages import ANSWERABLE, sentence
from confsched.web.policies import needs

blueprint = Blueprint("guests", __name__, url_prefix="/guests")

MAX_PAGE = 10_000
NONE = ""


class GuestForm(BaseForm):
    name = StringField(msg("Name"), description=msg("Such as: Dr. Ada Lund"))
    email = StringField(msg("E-mail address"))
    partner_id = SelectField(msg("Institution"), validate_choice=False)
    role = StringField(msg("Role"), description=msg("What they stand for, such as: head of department."))


class ChangeForm(BaseForm):
    partner_id = SelectField(msg("Institution"), validate_choice=False)
    role = StringField(msg("Role"), description=msg("What they stand for, such as: head of department."))


class ListForm(BaseForm):
    text = TextAreaField(
        msg("List of guests"),
        description=msg(
            "One person a line: name; mail; institution; role. Cells of a spreadsheet work as well."
        ),
    )


@blueprint.get("/")
@needs(Permission.RUN_CONFERENCES)
def index() -> ResponseReturnValue:
    """List the guests of the house; the search stands in the URL."""
    return _page(GuestForm(formdata=None), 200)


def _page(form: GuestForm, status: int) -> ResponseReturnValue:
    session, actor = read_session(), current_actor()
    form.partner_id.choices = _choices()
    page = render_template(
        "guests/index.html",
        form=form,
        listing=service.list_guests(
            session,
            actor,
            text=request.args.get("q", "")[:80],
            partner_id=find_id(request.args.get("partner")),
            page=max(1, min(MAX_PAGE, request.args.get("page", 1, type=int))),
        ),
        kind_words=PARTNER_WORDS,
    )
    return page, status


def _choices() -> list[tuple[str, str]]:
    known = partners.list_all(read_session(), current_actor())
    return [(NONE, sentence(msg("none"))), *((str(one.id), one.name) for one in known)]


@blueprint.post("/")
@needs(Permission.RUN_CONFERENCES)
def add() -> ResponseReturnValue:
    """Add one guest; the same once more is one."""
    form, actor = GuestForm(), current_actor()
    try:
        with transaction() as session:
            name, email, role = form.name.data or "", form.email.data or "", form.role.data or ""
            partner_id = _partner_id(form.partner_id.data)
            service.add(session, actor, split_name(name), email, partner_id, role, now=now())
    except Refusal as refusal:
        if refusal.status not in ANSWERABLE:
            raise
        form.add_refusal(refusal)
        return _page(form, refusal.status)
    flash(sentence(msg("Added. Invite them on the page of a conference.")), "ok")
    return redirect(url_for("guests.index"), 303)


def _partner_id(text: str | None) -> uuid.UUID | None:
    if not text:
        return None
    partner_id = find_id(text)
    if partner_id is None:
        raise Refusal(msg("Choose an institution from the list."), field="partner_id")
    return partner_id


@blueprint.get("/<uuid:guest_id>")
@needs(Permission.RUN_CONFERENCES)
def edit(guest_id: uuid.UUID) -> ResponseReturnValue:
    """Show one guest, to be changed or removed."""
    guest = access.get_row(read_session(), current_actor(), Guest, guest_id)
    form = ChangeForm(formdata=None, partner_id=str(guest.partner_id or NONE), role=guest.role)
    return _edit_page(guest, form, 200)


def _edit_page(guest: Guest, form: ChangeForm, status: int) -> ResponseReturnValue:
    form.partner_id.choices = _choices()
    return render_template("guests/edit.html", guest=guest, form=form), status


@blueprint.post("/<uuid:guest_id>/change")
@needs(Permission.RUN_CONFERENCES)
def change(guest_id: uuid.UUID) -> ResponseReturnValue:
    """Give a guest another institution or role."""
    form, actor = ChangeForm(), current_actor()
    try:
        with transaction() as session:
            guest = access.get_row(session, actor, Guest, guest_id, to="change")
            partner_id = _partner_id(form.partner_id.data)
            service.change(session, actor, guest, partner_id, form.role.data or "", now=now())
    except NotFound:
        raise
    except Refusal as refusal:
        form.add_refusal(refusal)
        return _edit_page(access.get_row(read_session(), actor, Guest, guest_id), form, refusal.status)
    flash(sentence(msg("Saved.")), "ok")
    return redirect(url_for("guests.index"), 303)


@blueprint.post("/<uuid:guest_id>/removal")
@needs(Permission.RUN_CONFERENCES)
def remove(guest_id: uuid.UUID) -> ResponseReturnValue:
    """Forget a guest: links end at once, and they leave the meetings that are to come."""
    with transaction() as session:
        guest = access.get_row(session, current_actor(), Guest, guest_id, to="change")
        service.remove(session, current_actor(), guest, now=now())
    flash(sentence(msg("Removed. Their links no longer work.")), "ok")
    return redirect(url_for("guests.index"), 303)


@blueprint.get("/import")
@needs(Permission.RUN_CONFERENCES)
def new_list() -> ResponseReturnValue:
    """Ask for a list of guests."""
    return _list_page(ListForm(formdata=None), 200)


def _list_page(form: ListForm, status: int, checked: list[Checked] | None = None) -> ResponseReturnValue:
    page = render_template(
        "guests/import.html",
        form=form,
        checked=checked,
        new_count=sum(one.fate is Fate.NEW for one in checked or ()),
        max_rows=MAX_ROWS,
    )
    return page, status


@blueprint.post("/import")
@needs(Permission.RUN_CONFERENCES)
def take_list() -> ResponseReturnValue:
    """Show what a list would do; the button of that page takes it over."""
    form, actor = ListForm(), current_actor()
    try:
        rows = read_guests(form.text.data or "")
        if request.form.get("action") != "take":
            return _list_page(form, 200, guest_imports.check(read_session(), actor, rows))
        with transaction() as session:
            added = guest_imports.take(session, actor, rows, now=now())
    except Refusal as refusal:
        if refusal.status not in ANSWERABLE:
            raise
        form.add_refusal(refusal)
        return _list_page(form, refusal.status)
    flash(sentence(msg("%(count)s guests added.", count=len(added))), "ok")
    return redirect(url_for("guests.index"), 303)
