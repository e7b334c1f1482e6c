"""Busy calendars: bring one by address or file, see how far it can be relied on, replace and remove it."""

from __future__ import annotations

import uuid

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf.file import FileField
from wtforms import StringField
from wtforms.validators import Length

from confsched.domain.permissions import Permission
from confsched.errors import Refusal, msg
from confsched.fetch import checked_addresses
from confsched.formats.busy_calendar import BusyReading
from confsched.formats.web_addresses import read_target
from confsched.models.busy import BusySource
from confsched.sandbox import read_busy_safely
from confsched.services import access
from confsched.services import busy_calendars as service
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


class FileForm(BaseForm):
    name = StringField(msg("Name"), description=msg("Left empty, the file's own is taken."), id="file-name")
    file = FileField(msg("Calendar file"), description=msg("An .ics file of at most 2 MB."), id="new-file")


class ReplaceForm(BaseForm):
    file = FileField(msg("Calendar file"))


@blueprint.get("/")
@needs(Permission.USE)
def index() -> ResponseReturnValue:
    """Show the calendars with their age, and two ways to add one."""
    return _page(200)


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
        return _page(refusal.status, address_form=form)
    flash(sentence(msg("Added. It is read within a minute; until then it counts as unknown.")), "ok")
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
        return _page(refusal.status, file_form=form)
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
        return read_busy_safely(data, service.known_window(now()), zone)
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
        return _page(refusal.status, replaced_id=source_id, replace_form=form)
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


def _page(
    status: int,
    *,
    address_form: AddressForm | None = None,
    file_form: FileForm | None = None,
    replaced_id: uuid.UUID | None = None,
    replace_form: ReplaceForm | None = None,
) -> ResponseReturnValue:
    at = now()
    page = render_template(
        "busy_calendars/index.html",
        calendars=service.list_calendars(read_session(), current_actor()),
        state_of=lambda source: service.state_of(source, at),
        address_form=address_form or AddressForm(formdata=None),
        file_form=file_form or FileForm(formdata=None),
        replaced_id=replaced_id,
        replace_form=replace_form,
    )
    return page, status
