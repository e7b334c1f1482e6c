"""The gateways of a house: where alerts leave by SMS, call, Matrix, ntfy or webhook; never shown again."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from wtforms import SelectField, StringField

from confsched.channels.gateways import MAX_URL, address_example, check_address, check_gateway, schemas_of
from confsched.domain.kinds import GatewayKind
from confsched.domain.permissions import Permission
from confsched.errors import NotFound, Refusal, msg
from confsched.models.contacts import AlertGateway
from confsched.services import access, contact_points, contact_proofs
from confsched.services import gateways as service
from confsched.web.context import current_actor, now, read_session, settings, transaction
from confsched.web.forms import BaseForm
from confsched.web.pages import sentence
from confsched.web.policies import needs

blueprint = Blueprint("gateways", __name__, url_prefix="/gateways")

KIND_WORDS = {
    GatewayKind.SMS: msg("SMS"),
    GatewayKind.VOICE: msg("Call"),
    GatewayKind.MATRIX: msg("Matrix (TI messenger)"),
    GatewayKind.NTFY: msg("ntfy"),
    GatewayKind.WEBHOOK: msg("Webhook"),
}


class GatewayForm(BaseForm):
    kind = SelectField(msg("What it is"), validate_choice=False)
    name = StringField(msg("Name"), description=msg("As your people know it, such as: SMS of the house."))
    url = StringField(
        msg("Address"),
        description=msg("As the apprise library writes it, with {address} where a person's number goes."),
    )


class UrlForm(BaseForm):
    url = StringField(msg("New address"), id="new-url")


class TestForm(BaseForm):
    address = StringField(msg("Number or address for a test"), id="test-address")


@dataclass(frozen=True)
class _Forms:
    """Hold the forms of the page; `row_id` names the gateway whose own form was sent."""

    new: GatewayForm = field(default_factory=lambda: GatewayForm(formdata=None))
    row_id: uuid.UUID | None = None
    url: UrlForm | None = None
    test: TestForm | None = None


@blueprint.get("/")
@needs(Permission.EDIT_ALERTING)
def index() -> ResponseReturnValue:
    """Show the gateways, by how many they are used, and the way to add one."""
    return _page(200, _Forms())


@blueprint.post("/")
@needs(Permission.EDIT_ALERTING)
def add() -> ResponseReturnValue:
    """Add a gateway by its address."""
    form, actor = GatewayForm(), current_actor()
    try:
        kind = _kind(form.kind.data)
        gateway = check_gateway(kind, form.url.data or "", settings().allowed_hosts)
        with transaction() as session:
            service.add(
                session,
                actor,
                kind,
                form.name.data or "",
                gateway.url,
                secret_key=settings().secret_key,
                now=now(),
                key=form.form_key.data,
            )
    except Refusal as refusal:
        form.add_refusal(refusal)
        return _page(refusal.status, _Forms(new=form))
    flash(sentence(msg("Added. Send a test before your people rely on it.")), "ok")
    return redirect(url_for("gateways.index"), 303)


def _kind(text: str | None) -> GatewayKind:
    try:
        return GatewayKind(text or "")
    except ValueError:
        raise Refusal(msg("Choose what it is."), field="kind") from None


@blueprint.post("/<uuid:gateway_id>/address")
@needs(Permission.EDIT_ALERTING)
def change_url(gateway_id: uuid.UUID) -> ResponseReturnValue:
    """Keep another address for a gateway, as after a change of password."""
    form, actor = UrlForm(), current_actor()
    try:
        with transaction() as session:
            gateway = access.get_row(session, actor, AlertGateway, gateway_id, to="change")
            checked = check_gateway(gateway.kind, form.url.data or "", settings().allowed_hosts)
            service.change_url(
                session, actor, gateway, checked.url, secret_key=settings().secret_key, now=now()
            )
    except NotFound:
        raise
    except Refusal as refusal:
        form.add_refusal(refusal)
        return _page(refusal.status, _Forms(row_id=gateway_id, url=form))
    flash(sentence(msg("The address is changed. Send a test.")), "ok")
    return redirect(url_for("gateways.index"), 303)


@blueprint.post("/<uuid:gateway_id>/test")
@needs(Permission.EDIT_ALERTING)
def send_test(gateway_id: uuid.UUID) -> ResponseReturnValue:
    """Send a test message to an address: it becomes a contact point of who tests, with its result."""
    form, actor = TestForm(), current_actor()
    try:
        with transaction() as session:
            gateway = access.get_row(session, actor, AlertGateway, gateway_id, to="change")
            address = check_address(gateway.kind, form.address.data or "")
            key = form.form_key.data
            point = contact_points.find_or_add_gateway_address(
                session, actor, gateway, address, now=now(), key=key
            )
            contact_proofs.send_test(session, actor, point, secret_key=settings().secret_key, now=now())
    except NotFound:
        raise
    except Refusal as refusal:
        form.add_refusal(refusal)
        return _page(refusal.status, _Forms(row_id=gateway_id, test=form))
    flash(sentence(msg("A test message is on its way. Its result stands here after a few seconds.")), "ok")
    return redirect(url_for("contact_points.index") + f"#point-{point.id}", 303)


@blueprint.post("/<uuid:gateway_id>/removal")
@needs(Permission.EDIT_ALERTING)
def remove(gateway_id: uuid.UUID) -> ResponseReturnValue:
    """Close a gateway; whom it reached sees that it is no more."""
    with transaction() as session:
        gateway = access.get_row(session, current_actor(), AlertGateway, gateway_id, to="change")
        service.remove(session, current_actor(), gateway, now=now())
    return redirect(url_for("gateways.index"), 303)


def _page(status: int, forms: _Forms) -> ResponseReturnValue:
    forms.new.kind.choices = [(kind.value, sentence(words)) for kind, words in KIND_WORDS.items()]
    session = read_session()
    gateways = service.list_gateways(session, current_actor())
    page = render_template(
        "gateways/index.html",
        gateways=gateways,
        usage=service.usage_of(session, gateways),
        unused=service.Usage(),
        kind_words=KIND_WORDS,
        schemas=[(words, ", ".join(schemas_of(kind))) for kind, words in KIND_WORDS.items()],
        example_of=address_example,
        max_url=MAX_URL,
        forms=forms,
    )
    return page, status
