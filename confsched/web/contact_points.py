"""How I am woken: contact points in my order, proven by a test message, with quiet hours."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session
from wtforms import SelectField, StringField, TimeField
from wtforms.validators import Optional

from confsched.channels.gateways import address_example, check_address
from confsched.clock import to_local
from confsched.domain.alerts import is_quiet
from confsched.domain.kinds import Channel
from confsched.domain.permissions import Permission
from confsched.errors import NotFound, Refusal, msg
from confsched.formats.stored_messages import word_stored
from confsched.mail.smtp import PermanentFailure, require_plain_address
from confsched.models.contacts import AlertGateway, ContactPoint
from confsched.services import access, alerts, contact_proofs, readiness
from confsched.services import contact_points as service
from confsched.web.context import (
    current_actor,
    now,
    read_session,
    reader_language,
    reader_zone,
    settings,
    transaction,
)
from confsched.web.forms import BaseForm
from confsched.web.ids import find_id
from confsched.web.pages import sentence
from confsched.web.policies import needs

blueprint = Blueprint("contact_points", __name__, url_prefix="/contact-points")

TEST_SENT = msg("A test message is on its way. Type in its code to make the contact point count.")
LABEL_HELP = msg("Such as: phone in the night. May stay empty.")


class MailboxForm(BaseForm):
    address = StringField(msg("E-mail address"), id="mailbox-address")
    label = StringField(msg("Name"), description=LABEL_HELP, id="mailbox-label")


class GatewayForm(BaseForm):
    gateway_id = SelectField(msg("Gateway"), validate_choice=False)
    address = StringField(msg("Your number or address on it"), id="gateway-address")
    label = StringField(msg("Name"), description=LABEL_HELP, id="gateway-label")


class CodeForm(BaseForm):
    code = StringField(msg("Code of the test message"), id="code")


class QuietForm(BaseForm):
    quiet_from = TimeField(msg("Quiet from"), validators=[Optional()], id="quiet-from")
    quiet_until = TimeField(msg("until"), validators=[Optional()], id="quiet-until")


@dataclass(frozen=True)
class _Forms:
    """Hold the forms of the page; `row_id` names the contact point whose own form was sent."""

    mailbox: MailboxForm = field(default_factory=lambda: MailboxForm(formdata=None))
    gateway: GatewayForm = field(default_factory=lambda: GatewayForm(formdata=None))
    row_id: uuid.UUID | None = None
    row: CodeForm | QuietForm | None = None


@blueprint.get("/")
@needs(Permission.USE)
def index() -> ResponseReturnValue:
    """Show the contact points with how each did last, and the ways to add one."""
    return _page(200, _Forms())


@blueprint.post("/")
@needs(Permission.USE)
def add_mailbox() -> ResponseReturnValue:
    """Add a mail address and send its test message."""
    form = MailboxForm()
    actor = current_actor()
    try:
        address = _checked_mailbox(form.address.data or "")
        with transaction() as session:
            point = service.add_mailbox(
                session, actor, address, form.label.data or "", now=now(), key=form.form_key.data
            )
            _test_once(session, point)
    except Refusal as refusal:
        form.add_refusal(refusal)
        return _page(refusal.status, _Forms(mailbox=form))
    return _sent(point)


def _checked_mailbox(address: str) -> str:
    address = address.strip()
    try:
        require_plain_address(address)
    except PermanentFailure:
        raise Refusal(msg("This is no mail address."), field="address") from None
    return address


def _test_once(session: Session, point: ContactPoint) -> None:
    """Send the first test message; a form that is sent twice sends no second one."""
    if point.proof_sent_at is None:
        contact_proofs.send_test(session, current_actor(), point, secret_key=settings().secret_key, now=now())


def _sent(point: ContactPoint) -> ResponseReturnValue:
    flash(
        sentence(msg("A test message is on its way. Type in its code to make the contact point count.")), "ok"
    )
    return redirect(url_for("contact_points.index") + f"#point-{point.id}", 303)


@blueprint.post("/gateways")
@needs(Permission.USE)
def add_gateway_address() -> ResponseReturnValue:
    """Add a number or address on a gateway of the house and send its test message."""
    form = GatewayForm()
    actor = current_actor()
    try:
        with transaction() as session:
            gateway = _chosen_gateway(session, form)
            address = check_address(gateway.kind, form.address.data or "")
            point = service.add_gateway_address(
                session, actor, gateway, address, form.label.data or "", now=now(), key=form.form_key.data
            )
            _test_once(session, point)
    except Refusal as refusal:
        form.add_refusal(refusal)
        return _page(refusal.status, _Forms(gateway=form))
    return _sent(point)


def _chosen_gateway(session: Session, form: GatewayForm) -> AlertGateway:
    gateway_id = find_id(form.gateway_id.data)
    try:
        if gateway_id is None:
            raise NotFound
        return access.get_row(session, current_actor(), AlertGateway, gateway_id)
    except NotFound:
        raise Refusal(msg("Choose a gateway from the list."), field="gateway_id") from None


@blueprint.post("/<uuid:point_id>/test")
@needs(Permission.USE)
def send_test(point_id: uuid.UUID) -> ResponseReturnValue:
    """Send another test message."""
    with transaction() as session:
        point = access.get_row(session, current_actor(), ContactPoint, point_id, to="change")
        contact_proofs.send_test(session, current_actor(), point, secret_key=settings().secret_key, now=now())
    return _sent(point)


@blueprint.post("/<uuid:point_id>/proof")
@needs(Permission.USE)
def prove(point_id: uuid.UUID) -> ResponseReturnValue:
    """Take the code of the test message; a wrong one is counted."""
    form = CodeForm()
    with transaction() as session:
        point = access.get_row(session, current_actor(), ContactPoint, point_id, to="change")
        why_not = contact_proofs.prove(session, current_actor(), point, form.code.data or "", now=now())
    if why_not is not None:
        form.add_error("code", why_not)
        return _page(422, _Forms(row_id=point_id, row=form))
    flash(sentence(msg("Proven. From now on you are alerted by it.")), "ok")
    return _back(point_id)


def _back(point_id: uuid.UUID) -> ResponseReturnValue:
    return redirect(url_for("contact_points.index") + f"#point-{point_id}", 303)


@blueprint.post("/<uuid:point_id>/position")
@needs(Permission.USE)
def move(point_id: uuid.UUID) -> ResponseReturnValue:
    """Put a contact point one place up or down."""
    places = -1 if request.form.get("to") == "up" else 1
    with transaction() as session:
        point = access.get_row(session, current_actor(), ContactPoint, point_id, to="change")
        service.move(session, current_actor(), point, places, now=now())
    return _back(point_id)


@blueprint.post("/<uuid:point_id>/quiet-hours")
@needs(Permission.USE)
def set_quiet_hours(point_id: uuid.UUID) -> ResponseReturnValue:
    """Say when a contact point is used only where nothing else is left."""
    form = QuietForm()
    try:
        if not form.validate():
            raise Refusal(msg("Type a time such as 22:00."), field="quiet_from")
        with transaction() as session:
            point = access.get_row(session, current_actor(), ContactPoint, point_id, to="change")
            begin, end = form.quiet_from.data, form.quiet_until.data
            service.set_quiet_hours(session, current_actor(), point, begin, end, now=now())
    except NotFound:
        raise
    except Refusal as refusal:
        form.add_refusal(refusal)
        return _page(422, _Forms(row_id=point_id, row=form))
    return _back(point_id)


@blueprint.post("/<uuid:point_id>/removal")
@needs(Permission.USE)
def remove(point_id: uuid.UUID) -> ResponseReturnValue:
    """Forget a contact point."""
    with transaction() as session:
        point = access.get_row(session, current_actor(), ContactPoint, point_id, to="change")
        service.remove(session, current_actor(), point, now=now())
    return redirect(url_for("contact_points.index"), 303)


@blueprint.post("/readiness/<uuid:check_id>")
@needs(Permission.USE)
def answer_ready(check_id: uuid.UUID) -> ResponseReturnValue:
    """Say "ready" for a duty of one's own."""
    with transaction() as session:
        readiness.answer_as(session, current_actor(), check_id, now=now())
    flash(sentence(msg("Thank you. You have said that you are ready.")), "ok")
    return redirect(url_for("contact_points.index"), 303)


def _page(status: int, forms: _Forms) -> ResponseReturnValue:
    session, actor, at = read_session(), current_actor(), now()
    points = service.list_points(session, actor)
    gateways = service.list_gateways(session, actor)
    forms.gateway.gateway_id.choices = [(str(one.id), one.name) for one in gateways]
    local = to_local(at, reader_zone()).time()
    page = render_template(
        "contact_points/index.html",
        points=points,
        checks=readiness.list_open(session, actor, now=at),
        counts=[point for point in points if point.proven_at and not point.failed_at],
        is_called=actor.may(Permission.SEE_URGENT),
        is_quiet=lambda point: is_quiet(point, local),
        awaits_code=lambda point: contact_proofs.awaits_code(point, at),
        shown_code=_shown_code,
        recent=alerts.list_recent(session, actor.person_id),
        said=lambda alert: word_stored(alert.snapshot["heading"], reader_language(), reader_zone()),
        gateways=gateways,
        examples=[(one.name, address_example(one.kind)) for one in gateways],
        forms=forms,
    )
    return page, status


def _shown_code(point: ContactPoint) -> str | None:
    """Return the code where the demo has no mail server that could bring it."""
    if not settings().is_demo or settings().smtp_url or point.channel is not Channel.EMAIL:
        return None
    return contact_proofs.find_code(read_session(), point, secret_key=settings().secret_key)
