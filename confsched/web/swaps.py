"""Swaps: ask one or all for a duty or a part of it, take it, approve it; first see what follows."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import datetime

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import HiddenField, SelectField, StringField

from confsched.clock import to_local
from confsched.domain.intervals import Span
from confsched.domain.kinds import SwapState
from confsched.domain.permissions import Permission
from confsched.domain.swaps import Move, Part, is_open, moves_of
from confsched.errors import Refusal, msg
from confsched.models.rosters import Duty
from confsched.models.swaps import DutySwap
from confsched.services import access, swap_lists, swaps
from confsched.services.swap_checks import Consequences, weigh
from confsched.services.swaps import Proposal
from confsched.web.context import current_actor, now, read_session, reader_zone, transaction
from confsched.web.forms import BaseForm
from confsched.web.ids import find_id
from confsched.web.instants import own_instant, parse_instant
from confsched.web.pages import ANSWERABLE, sentence
from confsched.web.policies import needs

blueprint = Blueprint("swaps", __name__, url_prefix="/swaps")

CHECK = "check"
LOCAL = "%Y-%m-%dT%H:%M"
MAX_PAGE = 10_000
DONE = {
    SwapState.PROPOSED: msg("Asked. Whoever is asked has a mail and a line on their page Today."),
    SwapState.ACCEPTED: msg("Taken. It counts as soon as the secretary has approved it."),
    SwapState.EFFECTIVE: msg("The duty has changed hands. Duty board, bookings and calendars follow."),
    SwapState.DECLINED: msg("Declined. The duty stays where it is."),
    SwapState.WITHDRAWN: msg("Withdrawn. The duty stays where it is."),
}


class SwapForm(BaseForm):
    """Ask who is to take which part of a duty, and what for."""

    duty_id = HiddenField()
    starts_at = StringField(msg("From"))
    ends_at = StringField(
        msg("Until"), description=msg("Leave both as they are to give the whole duty away.")
    )
    to_person_id = SelectField(msg("Whom to ask"), validate_choice=False)
    in_return_id = SelectField(
        msg("In return"),
        validate_choice=False,
        description=msg("A duty of the colleague that you take for it. Leave it empty to give yours away."),
    )
    note = StringField(msg("Note"), description=msg("Whoever is asked reads it: no data of patients."))


class ReasonForm(BaseForm):
    reason = StringField(msg("Reason"), description=msg("Giver and taker read it."))


@blueprint.get("/")
@needs(Permission.HOLD_DUTIES)
def index() -> ResponseReturnValue:
    """Show what waits, what is under way, what has been, and the own duties to start from."""
    session, actor, at = read_session(), current_actor(), now()
    page = max(1, min(MAX_PAGE, request.args.get("page", 1, type=int)))
    return render_template(
        "swaps/index.html",
        found=swap_lists.list_open(session, actor, now=at),
        duties=swap_lists.list_own_duties(session, actor, now=at),
        history=swap_lists.list_history(session, actor, now=at, page=page),
    )


@blueprint.get("/others")
@needs(Permission.EDIT_ROSTER)
def others() -> ResponseReturnValue:
    """Let who runs the roster choose a duty of somebody else; ?person= shows the duties of one."""
    session, actor, at = read_session(), current_actor(), now()
    holders = swap_lists.list_holders(session, actor, now=at)
    chosen = find_id(request.args.get("person"))
    holder = next((one for one in holders if one.person_id == chosen), None)
    return render_template(
        "swaps/others.html",
        holders=holders,
        holder=holder,
        is_unknown=bool(request.args.get("person")) and holder is None,
        duties=swap_lists.list_duties_of(session, actor, holder.person_id, now=at) if holder else [],
    )


@blueprint.get("/new")
@needs(Permission.HOLD_DUTIES)
def new() -> ResponseReturnValue:
    """Ask which part goes to whom; without a duty, lead to where one is chosen."""
    duty_id = find_id(request.args.get("duty"))
    if duty_id is None:
        return redirect(url_for("swaps.index"), 303)
    duty = swaps.get_duty(read_session(), current_actor(), duty_id)
    form = SwapForm(formdata=None)
    form.duty_id.data = str(duty.id)
    form.starts_at.data, form.ends_at.data = _typed(duty.starts_at), _typed(duty.ends_at)
    form.to_person_id.data = request.args.get("to", "")
    return _form_page(form, duty, 200)


@blueprint.post("/")
@needs(Permission.HOLD_DUTIES)
def create() -> ResponseReturnValue:
    """Ask, or first show what would follow; what was typed stays."""
    form, actor = SwapForm(), current_actor()
    duty_id = find_id(form.duty_id.data)
    if duty_id is None:
        raise Refusal(msg("Choose one of your duties."), field="duty_id")
    try:
        if request.form.get("action") == CHECK:
            return _checked_page(form, duty_id)
        with transaction() as session:
            duty = swaps.get_duty(session, actor, duty_id)
            swap = swaps.propose(
                session, actor, duty, _proposal(form, duty), now=now(), key=form.form_key.data
            )
            target = url_for("swaps.show", swap_id=swap.id)
    except Refusal as refusal:
        if refusal.status not in ANSWERABLE:
            raise
        form.add_refusal(refusal)
        return _form_page(form, swaps.get_duty(read_session(), actor, duty_id), refusal.status)
    flash(sentence(DONE[SwapState.PROPOSED]), "ok")
    return redirect(target, 303)


def _checked_page(form: SwapForm, duty_id: uuid.UUID) -> ResponseReturnValue:
    session, actor = read_session(), current_actor()
    duty = swaps.get_duty(session, actor, duty_id)
    moved = swaps.handovers_of_proposal(session, duty, _proposal(form, duty), now=now())
    found = weigh(session, moved, now=now(), actor=actor) if moved else None
    return _form_page(form, duty, 200, checked=True, consequences=found)


def _form_page(
    form: SwapForm,
    duty: Duty,
    status: int,
    *,
    checked: bool = False,
    consequences: Consequences | None = None,
) -> ResponseReturnValue:
    session, at = read_session(), now()
    colleagues = swap_lists.list_colleagues(session, duty, now=at)
    returns = swap_lists.list_returns(session, duty, colleagues, now=at)
    form.to_person_id.choices = [
        ("", sentence(msg("All who are qualified (%(count)s)", count=len(colleagues)))),
        *((str(one.person_id), f"{one.name}: {sentence(one.reason)}") for one in colleagues),
    ]
    page = render_template(
        "swaps/new.html",
        form=form,
        duty=duty,
        colleagues=colleagues,
        returns=returns,
        is_own=duty.person_id == current_actor().person_id,
        checked=checked,
        consequences=consequences,
    )
    return page, status


def _proposal(form: SwapForm, duty: Duty) -> Proposal:
    return Proposal(
        starts_at=_read(form.starts_at.data, duty.starts_at, "starts_at"),
        ends_at=_read(form.ends_at.data, duty.ends_at, "ends_at"),
        to_person_id=_chosen(form.to_person_id.data, "to_person_id"),
        in_return_id=_chosen(form.in_return_id.data, "in_return_id"),
        note=form.note.data or "",
    )


def _typed(instant: datetime) -> str:
    """Write an instant as a field for day and time holds it, in the reader's zone."""
    return f"{to_local(instant, reader_zone()):{LOCAL}}"


def _read(text: str | None, whole: datetime, field: str) -> datetime | None:
    """Read a typed or written instant; None where it is the duty's own bound."""
    text = (text or "").strip()
    if not text or text == _typed(whole):
        return None
    try:
        typed = datetime.fromisoformat(text)
        if typed.tzinfo is not None:
            return parse_instant(text, field)
        return own_instant(typed.date(), typed.time().replace(second=0, microsecond=0))
    except (ValueError, Refusal) as error:
        message = error.message if isinstance(error, Refusal) else msg("Choose a day and a time.")
        raise Refusal(message, field=field) from error


def _chosen(text: str | None, field: str) -> uuid.UUID | None:
    if not text:
        return None
    found = find_id(text)
    if found is None:
        raise Refusal(msg("Choose one from the list."), field=field)
    return found


@blueprint.post("/cover")
@needs(Permission.EDIT_ROSTER)
def ask_cover() -> ResponseReturnValue:
    """Ask everybody qualified to take a gap, from the coverage list."""
    line_id = find_id(request.form.get("line_id"))
    if line_id is None:
        raise Refusal(msg("Choose a gap from the list."), field="line_id")
    starts_at = parse_instant(request.form.get("starts_at"), "starts_at")
    ends_at = parse_instant(request.form.get("ends_at"), "ends_at")
    if ends_at <= starts_at:
        raise Refusal(msg("The end must be after the start. Choose a later end."), field="ends_at")
    actor = current_actor()
    with transaction() as session:
        line = access.get_line(session, actor, line_id, to="change")
        key = request.form.get("form_key", "")
        swap = swaps.ask_cover(session, actor, line, Span(starts_at, ends_at), now=now(), key=key)
        target = url_for("swaps.show", swap_id=swap.id)
    flash(sentence(DONE[SwapState.PROPOSED]), "ok")
    return redirect(target, 303)


@blueprint.get("/<uuid:swap_id>")
@needs(Permission.HOLD_DUTIES)
def show(swap_id: uuid.UUID) -> ResponseReturnValue:
    """Show a swap, what follows from it, and what the reader can do with it."""
    return _swap_page(swap_id, ReasonForm(formdata=None), 200)


def _swap_page(swap_id: uuid.UUID, form: ReasonForm, status: int) -> ResponseReturnValue:
    session, actor, at = read_session(), current_actor(), now()
    swap = access.get_swap(session, actor, swap_id)
    parts = swaps.parts_of(session, actor, swap)
    moves = moves_of(swaps.facts_of(swap), parts, at)
    taker_id = actor.person_id if Move.ACCEPT in moves else swap.taken_by_id or swap.to_person_id
    follows = None
    if taker_id and is_open(swap.state):
        follows = swaps.consequences(session, actor, swap, taker_id, now=at)
    page = render_template(
        "swaps/show.html",
        swap=swap,
        moves={move.value for move in moves},
        is_mine=Part.GIVER in parts,
        needs_approval=swaps.facts_of(swap).needs_approval,
        is_over=swap.ends_at <= at,
        consequences=follows,
        form=form,
    )
    return page, status


def _step(swap_id: uuid.UUID, step: Callable[..., DutySwap], **more: str) -> ResponseReturnValue:
    """Do one thing with a swap that is locked for it, and show what has become of it."""
    actor = current_actor()
    with transaction() as session:
        swap = access.get_swap(session, actor, swap_id, to="change")
        said = DONE[step(session, actor, swap, now=now(), **more).state]
    flash(sentence(said), "ok")
    return redirect(url_for("swaps.show", swap_id=swap_id), 303)


@blueprint.post("/<uuid:swap_id>/acceptance")
@needs(Permission.HOLD_DUTIES)
def accept(swap_id: uuid.UUID) -> ResponseReturnValue:
    """Take the duty; of two takers at once the first wins and the other is told."""
    return _step(swap_id, swaps.accept)


@blueprint.post("/<uuid:swap_id>/decline")
@needs(Permission.HOLD_DUTIES)
def decline(swap_id: uuid.UUID) -> ResponseReturnValue:
    """Say no, or step back."""
    return _step(swap_id, swaps.decline)


@blueprint.post("/<uuid:swap_id>/withdrawal")
@needs(Permission.HOLD_DUTIES)
def withdraw(swap_id: uuid.UUID) -> ResponseReturnValue:
    """Take the proposal back."""
    return _step(swap_id, swaps.withdraw)


@blueprint.post("/<uuid:swap_id>/approval")
@needs(Permission.HOLD_DUTIES)
def approve(swap_id: uuid.UUID) -> ResponseReturnValue:
    """Let it take effect; the rules let only who edits the roster do so."""
    return _step(swap_id, swaps.approve)


@blueprint.post("/<uuid:swap_id>/rejection")
@needs(Permission.HOLD_DUTIES)
def reject(swap_id: uuid.UUID) -> ResponseReturnValue:
    """End it without effect, with a reason."""
    form = ReasonForm()
    try:
        return _step(swap_id, swaps.reject, reason=form.reason.data or "")
    except Refusal as refusal:
        if refusal.field is None:
            raise
        form.add_refusal(refusal)
        return _swap_page(swap_id, form, refusal.status)
