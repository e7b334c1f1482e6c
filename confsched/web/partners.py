"""Institutions that the house invites and that are no hospital of the network."""

from __future__ import annotations

import uuid

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import SelectField, StringField

from confsched.domain.kinds import PartnerKind
from confsched.domain.permissions import Permission
from confsched.errors import NotFound, Refusal, msg
from confsched.models.guests import Partner
from confsched.services import access
from confsched.services import partners as service
from confsched.web.context import current_actor, now, read_session, transaction
from confsched.web.forms import BaseForm
from confsched.web.guest_words import PARTNER_WORDS
from confsched.web.pages import ANSWERABLE, sentence
from confsched.web.policies import needs

blueprint = Blueprint("partners", __name__, url_prefix="/partners")

MAX_PAGE = 10_000


class PartnerForm(BaseForm):
    name = StringField(msg("Name of the institution"))
    kind = SelectField(
        msg("What it is"),
        validate_choice=False,
        description=msg("Rules such as “one of the insurers” count by it."),
    )


@blueprint.get("/")
@needs(Permission.RUN_CONFERENCES)
def index() -> ResponseReturnValue:
    """List the institutions of the house; the search stands in the URL."""
    return _page(PartnerForm(formdata=None), 200)


def _page(form: PartnerForm, status: int) -> ResponseReturnValue:
    _offer_kinds(form)
    listing = service.list_partners(
        read_session(),
        current_actor(),
        text=request.args.get("q", "")[:80],
        page=max(1, min(MAX_PAGE, request.args.get("page", 1, type=int))),
    )
    return render_template(
        "partners/index.html", form=form, listing=listing, kind_words=PARTNER_WORDS
    ), status


def _offer_kinds(form: PartnerForm) -> None:
    form.kind.choices = [(kind.value, sentence(words)) for kind, words in PARTNER_WORDS.items()]


def _kind(form: PartnerForm) -> PartnerKind:
    if form.kind.data not in set(PartnerKind):
        raise Refusal(msg("Choose one from the list."), field="kind")
    return PartnerKind(form.kind.data)


@blueprint.post("/")
@needs(Permission.RUN_CONFERENCES)
def add() -> ResponseReturnValue:
    """Add an institution; one of the same name is the same."""
    form = PartnerForm()
    try:
        with transaction() as session:
            service.add(session, current_actor(), form.name.data or "", _kind(form), now=now())
    except Refusal as refusal:
        if refusal.status not in ANSWERABLE:
            raise
        form.add_refusal(refusal)
        return _page(form, refusal.status)
    flash(sentence(msg("Added.")), "ok")
    return redirect(url_for("partners.index"), 303)


@blueprint.get("/<uuid:partner_id>")
@needs(Permission.RUN_CONFERENCES)
def edit(partner_id: uuid.UUID) -> ResponseReturnValue:
    """Show one institution, to be changed or removed."""
    partner = access.get_row(read_session(), current_actor(), Partner, partner_id)
    form = PartnerForm(formdata=None, name=partner.name, kind=partner.kind.value)
    return _edit_page(partner, form, 200)


def _edit_page(partner: Partner, form: PartnerForm, status: int) -> ResponseReturnValue:
    _offer_kinds(form)
    return render_template("partners/edit.html", partner=partner, form=form), status


@blueprint.post("/<uuid:partner_id>/change")
@needs(Permission.RUN_CONFERENCES)
def change(partner_id: uuid.UUID) -> ResponseReturnValue:
    """Give an institution another name or kind."""
    form, actor = PartnerForm(), current_actor()
    try:
        with transaction() as session:
            partner = access.get_row(session, actor, Partner, partner_id, to="change")
            service.change(session, actor, partner, form.name.data or "", _kind(form), now=now())
    except NotFound:
        raise
    except Refusal as refusal:
        form.add_refusal(refusal)
        return _edit_page(access.get_row(read_session(), actor, Partner, partner_id), form, refusal.status)
    flash(sentence(msg("Saved.")), "ok")
    return redirect(url_for("partners.index"), 303)


@blueprint.post("/<uuid:partner_id>/removal")
@needs(Permission.RUN_CONFERENCES)
def remove(partner_id: uuid.UUID) -> ResponseReturnValue:
    """Take an institution off the list, as long as nobody comes from it."""
    actor = current_actor()
    try:
        with transaction() as session:
            partner = access.get_row(session, actor, Partner, partner_id, to="change")
            service.remove(session, actor, partner, now=now())
    except NotFound:
        raise
    except Refusal as refusal:
        partner = access.get_row(read_session(), actor, Partner, partner_id)
        form = PartnerForm(formdata=None, name=partner.name, kind=partner.kind.value)
        form.add_refusal(refusal)
        return _edit_page(partner, form, refusal.status)
    flash(sentence(msg("Removed.")), "ok")
    return redirect(url_for("partners.index"), 303)
