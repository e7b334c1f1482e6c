"""What a regional conference keeps in writing: invitation, documents, groups it needs, decisions."""

from __future__ import annotations

import uuid

from flask import Blueprint, flash, request
from flask.typing import ResponseReturnValue

from confsched.domain.kinds import PartnerKind
from confsched.domain.permissions import Permission
from confsched.errors import Refusal, msg
from confsched.services import conference_texts, decisions, documents, group_quorum, regional
from confsched.services.group_quorum import GroupDraft
from confsched.web.context import current_actor, now, transaction
from confsched.web.ids import find_id
from confsched.web.pages import sentence
from confsched.web.policies import needs
from confsched.web.regional_page import (
    BY_NAME,
    DecisionForm,
    DocumentForm,
    Forms,
    GroupForm,
    TextForm,
    back,
    named,
    refused,
)

blueprint = Blueprint("regional_papers", __name__, url_prefix="/regional")


@blueprint.post("/<uuid:regional_id>/texts")
@needs(Permission.RUN_CONFERENCES)
def write_text(regional_id: uuid.UUID) -> ResponseReturnValue:
    """Keep a version of the invitation; nobody is told by this."""
    form, actor = TextForm(), current_actor()
    try:
        with transaction() as session:
            conference = regional.get_for_change(session, actor, regional_id)
            conference_texts.write(session, actor, conference, form.text.data or "", now=now())
    except Refusal as refusal:
        return refused(regional_id, Forms(text=form), form, refusal)
    flash(sentence(msg("Saved. Who is invited from now on gets it with the invitation.")), "ok")
    return back(regional_id, "text")


@blueprint.post("/<uuid:regional_id>/texts/sending")
@needs(Permission.RUN_CONFERENCES)
def send_text(regional_id: uuid.UUID) -> ResponseReturnValue:
    """Mail the version that counts to everybody invited before it was written; once."""
    form, actor = TextForm(formdata=None), current_actor()
    try:
        with transaction() as session:
            conference = regional.get_for_change(session, actor, regional_id)
            conference_texts.send_last(session, actor, conference, now=now())
    except Refusal as refusal:
        return refused(regional_id, Forms(text=form), form, refusal)
    flash(sentence(msg("Sent to everybody who had an earlier version.")), "ok")
    return back(regional_id, "text")


@blueprint.post("/<uuid:regional_id>/documents")
@needs(Permission.RUN_CONFERENCES)
def add_document(regional_id: uuid.UUID) -> ResponseReturnValue:
    """Add a document by its address."""
    form, actor = DocumentForm(), current_actor()
    try:
        with transaction() as session:
            conference = regional.get_for_change(session, actor, regional_id)
            label, url = form.label.data or "", form.url.data or ""
            documents.add(session, actor, conference, label, url, now=now())
    except Refusal as refusal:
        return refused(regional_id, Forms(document=form), form, refusal)
    return back(regional_id, "documents")


@blueprint.post("/<uuid:regional_id>/documents/removal")
@needs(Permission.RUN_CONFERENCES)
def remove_document(regional_id: uuid.UUID) -> ResponseReturnValue:
    """Take a document off the conference."""
    form, actor = DocumentForm(formdata=None), current_actor()
    try:
        with transaction() as session:
            conference = regional.get_for_change(session, actor, regional_id)
            documents.remove(session, actor, conference, named("link_id"), now=now())
    except Refusal as refusal:
        return refused(regional_id, Forms(document=form), form, refusal)
    return back(regional_id, "documents")


@blueprint.post("/<uuid:regional_id>/groups")
@needs(Permission.RUN_CONFERENCES)
def add_group(regional_id: uuid.UUID) -> ResponseReturnValue:
    """Ask for a group without which nothing is decided."""
    form, actor = GroupForm(), current_actor()
    try:
        draft = _group(form)
        with transaction() as session:
            conference = regional.get_for_change(session, actor, regional_id)
            group_quorum.add(session, actor, conference, draft, now=now())
    except Refusal as refusal:
        return refused(regional_id, Forms(group=form), form, refusal)
    return back(regional_id, "groups")


def _group(form: GroupForm) -> GroupDraft:
    kind = form.kind.data
    if kind != BY_NAME and kind not in set(PartnerKind):
        raise Refusal(msg("Choose one from the list."), field="kind")
    ids = [find_id(text) for text in form.partner_ids.data or []]
    return GroupDraft(
        label=form.label.data or "",
        least=form.least.data or 0,
        counts_partners=form.counts.data != "people",
        partner_kind=None if kind == BY_NAME else PartnerKind(kind),
        partner_ids=tuple(partner_id for partner_id in ids if partner_id is not None),
    )


@blueprint.post("/<uuid:regional_id>/groups/removal")
@needs(Permission.RUN_CONFERENCES)
def remove_group(regional_id: uuid.UUID) -> ResponseReturnValue:
    """Ask for a group no longer."""
    form, actor = GroupForm(formdata=None), current_actor()
    try:
        with transaction() as session:
            conference = regional.get_for_change(session, actor, regional_id)
            group_quorum.remove(session, actor, conference, named("group_id"), now=now())
    except Refusal as refusal:
        return refused(regional_id, Forms(group=form), form, refusal)
    return back(regional_id, "groups")


@blueprint.post("/<uuid:regional_id>/decisions")
@needs(Permission.RUN_CONFERENCES)
def add_decision(regional_id: uuid.UUID) -> ResponseReturnValue:
    """Record a decision; sent twice it is one."""
    form, actor = DecisionForm(), current_actor()
    try:
        if request.form.get("due_on") and form.due_on.data is None:
            raise Refusal(msg("Choose a day."), field="due_on")
        with transaction() as session:
            conference = regional.get_for_change(session, actor, regional_id)
            decisions.add(
                session,
                actor,
                conference,
                form.text.data or "",
                form.responsible.data or "",
                form.due_on.data,
                now=now(),
                key=form.form_key.data,
            )
    except Refusal as refusal:
        return refused(regional_id, Forms(decision=form), form, refusal)
    return back(regional_id, "decisions")


@blueprint.post("/<uuid:regional_id>/decisions/settling")
@needs(Permission.RUN_CONFERENCES)
def settle_decision(regional_id: uuid.UUID) -> ResponseReturnValue:
    """Say that a decision has been carried out, or has not yet."""
    form, actor = DecisionForm(formdata=None), current_actor()
    try:
        with transaction() as session:
            conference = regional.get_for_change(session, actor, regional_id)
            is_done = request.form.get("done") == "yes"
            decisions.settle(session, actor, conference, named("decision_id"), is_done, now=now())
    except Refusal as refusal:
        return refused(regional_id, Forms(decision=form), form, refusal)
    return back(regional_id, "decisions")
