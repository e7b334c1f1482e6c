"""Each move on an urgent consult: one press, one transaction, back to its page."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import datetime
from functools import partial

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from confsched.domain.kinds import Recommendation, TransferItem
from confsched.domain.permissions import Actor, Permission
from confsched.domain.urgent_clocks import Milestone, last_time_at
from confsched.errors import Message, Refusal, msg
from confsched.models.urgent import UrgentConsult
from confsched.services import (
    access,
    engine_time,
    urgent_announcements,
    urgent_live,
    urgent_passing,
    urgent_people,
    urgent_readings,
)
from confsched.services.urgent_sides import demand_answering
from confsched.web.context import current_actor, reader_zone, transaction
from confsched.web.forms import BaseForm
from confsched.web.ids import find_id
from confsched.web.pages import ANSWERABLE
from confsched.web.policies import needs
from confsched.web.urgent_forms import (
    EndForm,
    Forms,
    HandOverForm,
    IndicationForm,
    PhonedForm,
    RecommendationForm,
)
from confsched.web.urgent_live import page_of

blueprint = Blueprint("urgent_moves", __name__, url_prefix="/urgent")

Move = Callable[..., None]
_NOTHING_CHOSEN = msg("Choose one of the entries offered.")


def _moved(
    urgent_id: uuid.UUID, act: Move, forms: Forms | None = None, form: BaseForm | None = None
) -> ResponseReturnValue:
    """Do one move in one transaction; what is refused is said on the page, which keeps what was typed."""
    actor = current_actor()
    try:
        with transaction() as session:
            now = engine_time.now(session)
            act(session, actor, access.get_urgent(session, actor, urgent_id, to="change"), now=now)
    except Refusal as refusal:
        if refusal.status not in ANSWERABLE:
            raise
        return _refused(urgent_id, forms or Forms(), form, refusal)
    return redirect(url_for("urgent_live.show", urgent_id=urgent_id), 303)


def _refused(
    urgent_id: uuid.UUID, forms: Forms, form: BaseForm | None, refusal: Refusal
) -> ResponseReturnValue:
    on_top: Message | None = refusal.message
    if form is not None and refusal.field is not None:
        form.add_refusal(refusal)
        on_top = None
    return page_of(urgent_id, forms, on_top, refusal.status)


@blueprint.post("/<uuid:urgent_id>/acknowledgement")
@needs(Permission.SEE_URGENT)
def acknowledge(urgent_id: uuid.UUID) -> ResponseReturnValue:
    """Take the consult; who comes second reads who was faster."""
    return _moved(urgent_id, _acknowledge)


def _acknowledge(session: Session, actor: Actor, consult: UrgentConsult, *, now: datetime) -> None:
    demand_answering(session, actor, consult)
    urgent_live.acknowledge(session, actor.person_id, consult, actor=actor, now=now)


@blueprint.post("/<uuid:urgent_id>/passing-on")
@needs(Permission.SEE_URGENT)
def pass_on(urgent_id: uuid.UUID) -> ResponseReturnValue:
    """Let the next step of the ladder begin at once."""
    return _moved(urgent_id, _pass_on)


def _pass_on(session: Session, actor: Actor, consult: UrgentConsult, *, now: datetime) -> None:
    urgent_passing.pass_on(session, actor.person_id, consult, actor=actor, now=now)


@blueprint.post("/<uuid:urgent_id>/request")
@needs(Permission.REQUEST_URGENT)
def request_announced(urgent_id: uuid.UUID) -> ResponseReturnValue:
    """Ask now for what was announced."""
    return _moved(urgent_id, urgent_announcements.request_announced)


@blueprint.post("/<uuid:urgent_id>/second-consultant")
@needs(Permission.SEE_URGENT)
def join_second(urgent_id: uuid.UUID) -> ResponseReturnValue:
    """Work beside the consultant."""
    return _moved(urgent_id, urgent_people.join_second)


@blueprint.post("/<uuid:urgent_id>/hand-over")
@needs(Permission.SEE_URGENT)
def hand_over(urgent_id: uuid.UUID) -> ResponseReturnValue:
    """Give the consult to somebody, or take it over oneself."""
    form = HandOverForm()
    act = partial(_hand_over, person_id=find_id(form.person_id.data))
    return _moved(urgent_id, act, Forms(hand_over=form), form)


def _hand_over(
    session: Session, actor: Actor, consult: UrgentConsult, *, person_id: uuid.UUID | None, now: datetime
) -> None:
    urgent_people.hand_over(session, actor, consult, person_id, now=now)


@blueprint.post("/<uuid:urgent_id>/connection")
@needs(Permission.SEE_URGENT)
def connect(urgent_id: uuid.UUID) -> ResponseReturnValue:
    """Say that both sides see each other."""
    return _moved(urgent_id, urgent_live.connect)


@blueprint.post("/<uuid:urgent_id>/recommendation")
@needs(Permission.SEE_URGENT)
def recommend(urgent_id: uuid.UUID) -> ResponseReturnValue:
    """Say what is recommended."""
    form = RecommendationForm()
    return _moved(urgent_id, partial(_recommend, form=form), Forms(recommendation=form), form)


def _recommend(
    session: Session, actor: Actor, consult: UrgentConsult, *, form: RecommendationForm, now: datetime
) -> None:
    wanted = form.recommendation.data
    if wanted not in set(Recommendation):
        raise Refusal(_NOTHING_CHOSEN, field="recommendation")
    chosen, note = Recommendation(wanted), form.note.data or ""
    urgent_live.recommend(session, actor, consult, chosen, note=note, now=now)


@blueprint.post("/<uuid:urgent_id>/indication")
@needs(Permission.SEE_URGENT)
def decide_indication(urgent_id: uuid.UUID) -> ResponseReturnValue:
    """Give the indication, ask for another examination, or refuse it."""
    form = IndicationForm()
    return _moved(urgent_id, partial(_decide_indication, form=form), Forms(indication=form), form)


def _decide_indication(
    session: Session, actor: Actor, consult: UrgentConsult, *, form: IndicationForm, now: datetime
) -> None:
    text = form.reason.data or ""
    if form.answer.data == "given":
        return urgent_readings.give_indication(session, actor, consult, protocol=text, now=now)
    if form.answer.data == "modality":
        return urgent_readings.change_modality(session, actor, consult, to=text, now=now)
    if form.answer.data == "refused":
        return urgent_readings.refuse(session, actor, consult, reason=text, now=now)
    raise Refusal(_NOTHING_CHOSEN, field="answer")


@blueprint.post("/<uuid:urgent_id>/scan")
@needs(Permission.SEE_URGENT)
def scan(urgent_id: uuid.UUID) -> ResponseReturnValue:
    """Say that the examination has begun."""
    return _moved(urgent_id, urgent_readings.scan)


@blueprint.post("/<uuid:urgent_id>/images")
@needs(Permission.SEE_URGENT)
def receive_images(urgent_id: uuid.UUID) -> ResponseReturnValue:
    """Say that the images are complete."""
    return _moved(urgent_id, urgent_readings.receive_images)


@blueprint.post("/<uuid:urgent_id>/reading")
@needs(Permission.SEE_URGENT)
def read(urgent_id: uuid.UUID) -> ResponseReturnValue:
    """Say that one reads the images."""
    return _moved(urgent_id, urgent_readings.read)


@blueprint.post("/<uuid:urgent_id>/phoned-result")
@needs(Permission.SEE_URGENT)
def phone(urgent_id: uuid.UUID) -> ResponseReturnValue:
    """Keep to whom a result was told when, and whether it was read back."""
    form = PhonedForm()
    return _moved(urgent_id, partial(_phone, form=form), Forms(phoned=form), form)


def _phone(
    session: Session, actor: Actor, consult: UrgentConsult, *, form: PhonedForm, now: datetime
) -> None:
    typed = form.at.data
    urgent_live.phoned(
        session,
        actor,
        consult,
        to=form.to.data or "",
        at=last_time_at(typed, now, reader_zone()) if typed else now,
        read_back=bool(form.read_back.data),
        note=form.phone_note.data or "",
        now=now,
    )


@blueprint.post("/<uuid:urgent_id>/report")
@needs(Permission.SEE_URGENT)
def report(urgent_id: uuid.UUID) -> ResponseReturnValue:
    """Say that the written report is there."""
    return _moved(urgent_id, urgent_live.report)


@blueprint.post("/<uuid:urgent_id>/closure")
@needs(Permission.SEE_URGENT)
def close(urgent_id: uuid.UUID) -> ResponseReturnValue:
    """End what is done."""
    return _moved(urgent_id, urgent_live.close)


@blueprint.post("/<uuid:urgent_id>/cancellation")
@needs(Permission.SEE_URGENT)
def cancel(urgent_id: uuid.UUID) -> ResponseReturnValue:
    """End a false alarm or a duplicate."""
    form = EndForm()
    return _moved(urgent_id, partial(_cancel, form=form), Forms(end=form), form)


def _cancel(session: Session, actor: Actor, consult: UrgentConsult, *, form: EndForm, now: datetime) -> None:
    code, reason = form.code.data or "", form.end_reason.data or ""
    urgent_live.cancel(session, actor, consult, code=code, reason=reason, now=now)


@blueprint.post("/<uuid:urgent_id>/items")
@needs(Permission.SEE_URGENT)
def tick(urgent_id: uuid.UUID) -> ResponseReturnValue:
    """Say that a part of the transfer or of the treatment is done, or that this was wrong."""
    return _moved(urgent_id, _tick)


def _tick(session: Session, actor: Actor, consult: UrgentConsult, *, now: datetime) -> None:
    item = _item(request.form.get("item", ""))
    if item is None:
        raise Refusal(_NOTHING_CHOSEN, field="item")
    urgent_live.tick(session, actor, consult, item, is_done=request.form.get("done") != "0", now=now)


def _item(code: str) -> TransferItem | Milestone | None:
    if code in set(TransferItem):
        return TransferItem(code)
    return Milestone(code) if code in set(Milestone) else None
