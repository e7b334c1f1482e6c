"""Busy calendars: bring one by address or file, see how far it can be relied on, replace and remove it."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf.file import FileField
from wtforms import PasswordField, RadioField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Length

from confsched.domain.kinds import BusySourceKind
from confsched.domain.permissions import Permission
from confsched.errors import Refusal, msg
from confsched.fetch import checked_addresses
from confsched.formats.busy_calendar import BusyReading
from confsched.formats.web_addresses import read_target
from confsched.models.busy import BusySource
from confsched.sandbox import read_busy_safely
from confsched.services import access
from confsched.services import busy_calendars as service
from confsched.services import busy_readings as readings
from confsched.web.context import (
    close_read_session,
    current_actor,
    now,
    read_session,
    reader_zone,
    settings,
    transaction,
)
from confsched.web.forms import BaseForm
from confsched.web.pages import sentence
from confsched.web.policies import needs

blueprint = Blueprint("busy_calendars", __name__, url_prefix="/busy-calendars")

MAX_NOTES = 5
NUMERIC_SECONDS = 1.0


class AddressForm(BaseForm):
    name = StringField(msg("Name"), description=msg("Such as: my practice."), id="address-name")
    url = StringField(
        msg("Secret address of the calendar"),
        [Length(max=service.MAX_URL)],
        description=msg("From your calendar program, under sharing or publishing; ends in .ics mostly."),
    )


class ServerForm(BaseForm):
    name = StringField(msg("Name"), description=msg("Such as: my practice."), id="server-name")
    kind = RadioField(
        msg("What it is"),
        choices=[
            SelectChoice(BusySourceKind.CALDAV.value, "Calendar account (CalDAV)"),
            SelectChoice(BusySourceKind.FREE_BUSY.value, "Free/busy address (Exchange, Kolab)"),
        ],
        default=BusySourceKind.CALDAV.value,
    )
    url = StringField(
        msg("Address of the server or of one calendar"),
        [Length(max=service.MAX_URL)],
        description=msg("All calendars of an account count together, or only the one that you name."),
        id="server-url",
    )
    username = StringField(
        msg("User name"), description=msg("May stay empty for a free/busy address that needs none.")
    )
    password = PasswordField(
        msg("Password"),
        description=msg("An app password of that server, if it has such. It is kept encrypted."),
        id="server-password",
    )

    @property
    def server(self) -> service.Server:
        """Return what was typed, its kind one of the two; raises Refusal for a wrong address."""
        return service.Server(
            BusySourceKind(self.kind.data),
            self.name.data or "",
            _checked_url(self.url.data or ""),
            self.username.data or "",
            self.password.data or "",
        )


class PasswordForm(BaseForm):
    password = PasswordField(msg("New password"))


class FileForm(BaseForm):
    name = StringField(msg("Name"), description=msg("Left empty, the file's own is taken."), id="file-name")
    file = FileField(msg("Calendar file"), description=msg("An .ics file of at most 2 MB."), id="new-file")


class ReplaceForm(BaseForm):
    file = FileField(msg("Calendar file"))


@dataclass(frozen=True)
class _Forms:
    """Hold the forms of the page; `row_id` names the calendar whose own form was sent."""

    address: AddressForm = field(default_factory=lambda: AddressForm(formdata=None))
    server: ServerForm = field(default_factory=lambda: ServerForm(formdata=None))
    file: FileForm = field(default_factory=lambda: FileForm(formdata=None))
    row_id: uuid.UUID | None = None
    replace: ReplaceForm | None = None
    password: PasswordForm | None = None


@blueprint.get("/")
@needs(Permission.USE)
def index() -> ResponseReturnValue:
    """Show the calendars with their age, and the ways to add one."""
    return _page(200, _Forms())


@blueprint.post("/")
@needs(Permission.USE)
def add_url() -> ResponseReturnValue:
    """Add a calendar by its address, to be read by the worker."""
    form = AddressForm()
    actor = current_actor()
    try:
        url = _checked_url(form.url.data or "")
        with transaction() as session:
            service.add_url(session, actor, form.name.data or "", url, now=now(), key=form.form_key.data)
    except Refusal as refusal:
        form.add_refusal(refusal)
        return _page(refusal.status, _Forms(address=form))
    return _added()


def _added() -> ResponseReturnValue:
    flash(sentence(msg("Added. It is read within a minute; until then it counts as unknown.")), "ok")
    return redirect(url_for("busy_calendars.index"), 303)


@blueprint.post("/servers")
@needs(Permission.USE)
def add_server() -> ResponseReturnValue:
    """Add a calendar with user name and password, to be read by the worker."""
    form = ServerForm()
    actor = current_actor()
    if not form.validate():
        return _server_again(form, 422)
    try:
        new, key = form.server, form.form_key.data
        with transaction() as session:
            service.add_server(session, actor, new, secret_key=settings().secret_key, now=now(), key=key)
    except Refusal as refusal:
        form.add_refusal(refusal)
        return _server_again(form, refusal.status)
    return _added()


def _server_again(form: ServerForm, status: int) -> ResponseReturnValue:
    """Show the form with what was typed, all but the password, and say so."""
    if form.password.data and not form.password.errors:
        form.add_error("password", msg("Type the password once more. It is not kept on the page."))
    return _page(status, _Forms(server=form))


@blueprint.post("/<uuid:source_id>/password")
@needs(Permission.USE)
def change_password(source_id: uuid.UUID) -> ResponseReturnValue:
    """Keep another password for a calendar; it is tried within a minute."""
    form = PasswordForm()
    actor = current_actor()
    try:
        with transaction() as session:
            source = access.get_row(session, actor, BusySource, source_id, to="change")
            typed, secret_key = form.password.data or "", settings().secret_key
            service.change_password(session, actor, source, typed, secret_key=secret_key, now=now())
    except Refusal as refusal:
        if refusal.field is None:
            raise
        form.add_refusal(refusal)
        return _page(refusal.status, _Forms(row_id=source_id, password=form))
    flash(sentence(msg("The password is changed. The calendar is read within a minute.")), "ok")
    return redirect(url_for("busy_calendars.index"), 303)


def _checked_url(url: str) -> str:
    """Return the address as it will be fetched; what no server has to be asked for is refused here."""
    try:
        target = read_target(url, settings().allowed_hosts, allow_http=True)
        if not target.is_listed:
            read_target(url, frozenset(), allow_http=False)
            if _is_numeric(target.host):
                checked_addresses(target, NUMERIC_SECONDS)
    except Refusal as refusal:
        raise Refusal(refusal.message, field="url") from refusal
    return target.url


def _is_numeric(host: str) -> bool:
    """Tell whether a host needs no name server: 10.0.0.1, 0x7f.1, 2130706433, an IPv6 address, localhost."""
    last = host.rpartition(".")[2]
    return ":" in host or last == "localhost" or last[:1].isdigit()


@blueprint.post("/files")
@needs(Permission.USE)
def add_upload() -> ResponseReturnValue:
    """Add a calendar from a file, read in a child process before anything is written."""
    form = FileForm()
    actor = current_actor()
    try:
        reading = _read_file()
        with transaction() as session:
            service.add_upload(
                session, actor, form.name.data or "", reading, now=now(), key=form.form_key.data
            )
    except Refusal as refusal:
        form.add_refusal(refusal)
        return _page(refusal.status, _Forms(file=form))
    _tell(reading)
    return redirect(url_for("busy_calendars.index"), 303)


def _read_file() -> BusyReading:
    """Return what the sent file says; no connection is held meanwhile, since it takes seconds at worst."""
    sent = request.files.get("file")
    data = sent.read() if sent else b""
    if not data:
        raise Refusal(msg("Choose a calendar file."), field="file")
    zone = reader_zone()
    close_read_session()
    try:
        return read_busy_safely(data, readings.known_window(now()), zone)
    except Refusal as refusal:
        raise Refusal(refusal.message, field="file") from refusal


def _tell(reading: BusyReading) -> None:
    flash(sentence(msg("Read: %(count)s busy times.", count=len(reading.busy))), "ok")
    for note in reading.skipped[:MAX_NOTES]:
        flash(sentence(note), "warn")


@blueprint.post("/<uuid:source_id>/file")
@needs(Permission.USE)
def replace(source_id: uuid.UUID) -> ResponseReturnValue:
    """Let a new file take the place of the old one."""
    actor = current_actor()
    access.get_row(read_session(), actor, BusySource, source_id)  # a stranger's file is not even read
    form = ReplaceForm()
    try:
        reading = _read_file()
    except Refusal as refusal:
        form.add_refusal(refusal)
        return _page(refusal.status, _Forms(row_id=source_id, replace=form))
    with transaction() as session:
        source = access.get_row(session, actor, BusySource, source_id, to="change")
        service.replace_upload(session, actor, source, reading, now=now())
    _tell(reading)
    return redirect(url_for("busy_calendars.index"), 303)


@blueprint.post("/<uuid:source_id>/removal")
@needs(Permission.USE)
def remove(source_id: uuid.UUID) -> ResponseReturnValue:
    """Forget a calendar and what was read from it."""
    actor = current_actor()
    with transaction() as session:
        source = access.get_row(session, actor, BusySource, source_id, to="change")
        service.remove(session, actor, source, now=now())
    return redirect(url_for("busy_calendars.index"), 303)


def _page(status: int, forms: _Forms) -> ResponseReturnValue:
    at = now()
    page = render_template(
        "busy_calendars/index.html",
        calendars=service.list_calendars(read_session(), current_actor()),
        state_of=lambda source: service.state_of(source, at),
        forms=forms,
    )
    return page, status
