"""Further education at a conference: who is credited, reports to the chamber, certificates, codes."""

from __future__ import annotations

import uuid

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import PasswordField, RadioField, StringField
from wtforms.fields import SelectChoice

from confsched.domain.efn import grouped
from confsched.domain.kinds import CmeReportKind
from confsched.domain.permissions import Permission
from confsched.errors import Conflict, Message, Refusal, msg
from confsched.formats.chamber_report import write_report
from confsched.formats.minutes_sheet import write_pdf
from confsched.models.cme import CmeEvent
from confsched.services import access, check_in, cme, cme_sheets
from confsched.services.cme import EventDraft
from confsched.web.context import current_actor, now, read_session, reader_language, settings, transaction
from confsched.web.forms import BaseForm
from confsched.web.ids import find_id
from confsched.web.pages import ANSWERABLE, sentence
from confsched.web.policies import needs

blueprint = Blueprint("cme", __name__)

KINDS = {
    CmeReportKind.FULL: msg("Full report: replaces what was reported before"),
    CmeReportKind.LATE: msg("Late report: adds who is missing there"),
    CmeReportKind.DELETION: msg("Deletion report: takes back who was reported wrongly"),
}
SHORT_KINDS = {
    CmeReportKind.FULL: msg("Full report"),
    CmeReportKind.LATE: msg("Late report"),
    CmeReportKind.DELETION: msg("Deletion report"),
}
CREDITS = {
    "credited": (msg("credited"), "ok"),
    "no_efn": (msg("EFN is missing"), "part"),
    "too_short": (msg("too short"), "no"),
}


class EventForm(BaseForm):
    """Ask for what the letter of the chamber says."""

    vnr = StringField(msg("VNR"), description=msg("19 digits, from the letter of the chamber"))
    password = PasswordField(
        msg("Password of the event"), description=msg("Kept sealed. Left empty, the one that is there stays.")
    )
    category = StringField(msg("Category"), description=msg("One letter, such as A or C"))
    points = StringField(msg("Points"))
    least_minutes = StringField(
        msg("Credited from, in minutes"), description=msg("0: whoever came is credited")
    )


class EfnForm(BaseForm):
    efn = StringField(msg("EFN"))


class ReportForm(BaseForm):
    kind = RadioField(
        msg("Which report"),
        choices=[SelectChoice(kind.value, words.text) for kind, words in KINDS.items()],
        validate_choice=False,
    )


@blueprint.get("/conferences/<uuid:conference_id>/cme")
@needs(Permission.SEE_MEETINGS)
def show(conference_id: uuid.UUID) -> ResponseReturnValue:
    """Show the desk of a conference who learned there, and what the chamber knows."""
    conference = access.get_conference(read_session(), current_actor(), conference_id, to="change")
    if conference.booking is None:
        return redirect(url_for("conferences.times", conference_id=conference_id))
    return _page(conference_id, 200)


def _page(
    conference_id: uuid.UUID,
    status: int,
    *,
    event_form: EventForm | None = None,
    report_form: ReportForm | None = None,
    wrong_efn: tuple[uuid.UUID, EfnForm] | None = None,
) -> ResponseReturnValue:
    session = read_session()
    conference = access.get_conference(session, current_actor(), conference_id, to="change")
    if conference.booking is None:
        raise Conflict(msg("No time is fixed yet. Choose one first."))
    view = cme.view(session, conference)
    page = render_template(
        "cme/show.html",
        conference=conference,
        view=view,
        event_form=event_form or _event_form(view.event),
        report_form=report_form or ReportForm(formdata=None),
        wrong_efn=wrong_efn,
        codes=check_in.codes_of(session, conference),
        credits=CREDITS,
        kinds=SHORT_KINDS,
        report_kinds=KINDS,
        grouped=grouped,
        shown=check_in.shown,
        password=_password(view.event),
    )
    return page, status


def _password(event: CmeEvent | None) -> str | Message:
    """Return the password for the reporting form, or why it cannot be shown any more."""
    try:
        return cme.password_of(event, secret_key=settings().secret_key) if event else ""
    except Refusal as refusal:
        return refusal.message


def _event_form(event: CmeEvent | None) -> EventForm:
    form = EventForm(formdata=None)
    if event is not None:
        form.vnr.data, form.category.data = event.vnr, event.category
        form.points.data, form.least_minutes.data = str(event.points), str(event.least_minutes)
    return form


@blueprint.post("/conferences/<uuid:conference_id>/cme/event")
@needs(Permission.SEE_MEETINGS)
def set_event(conference_id: uuid.UUID) -> ResponseReturnValue:
    """Keep what the chamber gave."""
    form = EventForm()
    draft = EventDraft(
        vnr=form.vnr.data or "",
        password=form.password.data or "",
        category=form.category.data or "",
        points=form.points.data or "",
        least_minutes=form.least_minutes.data or "",
    )
    try:
        with transaction() as session:
            conference = access.get_conference(session, current_actor(), conference_id, to="change")
            key = settings().secret_key
            cme.set_event(session, current_actor(), conference, draft, secret_key=key, now=now())
    except Refusal as refusal:
        if refusal.status not in ANSWERABLE:
            raise
        form.add_refusal(refusal)
        return _page(conference_id, refusal.status, event_form=form)
    return _back(conference_id)


def _back(conference_id: uuid.UUID) -> ResponseReturnValue:
    return redirect(url_for("cme.show", conference_id=conference_id), 303)


@blueprint.post("/conferences/<uuid:conference_id>/cme/efn")
@needs(Permission.SEE_MEETINGS)
def set_efn(conference_id: uuid.UUID) -> ResponseReturnValue:
    """Enter the number of somebody who was there, typed or from the scanner."""
    form, person_id = EfnForm(), find_id(request.form.get("person_id"))
    try:
        with transaction() as session:
            conference = access.get_conference(session, current_actor(), conference_id, to="change")
            if person_id is None:
                raise Refusal(msg("Choose somebody who was there."))
            cme.set_efn(session, current_actor(), conference, person_id, form.efn.data or "", now=now())
    except Refusal as refusal:
        if refusal.status not in ANSWERABLE:
            raise
        form.add_refusal(refusal)
        return _page(conference_id, refusal.status, wrong_efn=(person_id or conference_id, form))
    return redirect(url_for("cme.show", conference_id=conference_id, _anchor=f"efn-{person_id}"), 303)


@blueprint.post("/conferences/<uuid:conference_id>/cme/reports")
@needs(Permission.SEE_MEETINGS)
def report(conference_id: uuid.UUID) -> ResponseReturnValue:
    """Make a file for the chamber and keep what it holds."""
    form = ReportForm()
    try:
        kind = _kind(form.kind.data or "")
        with transaction() as session:
            conference = access.get_conference(session, current_actor(), conference_id, to="change")
            cme.report(session, current_actor(), conference, kind, now=now())
    except Refusal as refusal:
        if refusal.status not in ANSWERABLE:
            raise
        form.add_error("kind", refusal.message)
        return _page(conference_id, refusal.status, report_form=form)
    flash(sentence(msg("The file is made. Send it by the reporting form of the chamber.")))
    return _back(conference_id)


def _kind(text: str) -> CmeReportKind:
    try:
        return CmeReportKind(text)
    except ValueError:
        raise Refusal(msg("Choose which report the chamber is to get."), field="kind") from None


@blueprint.get("/cme-reports/<uuid:report_id>.csv")
@needs(Permission.SEE_MEETINGS)
def download(report_id: uuid.UUID) -> ResponseReturnValue:
    """Give the file of a report, the same whenever it is asked for."""
    found, _, event = cme.get_report(read_session(), current_actor(), report_id)
    entries = [(entry.efn, entry.points) for entry in found.entries]
    body = write_report(found.kind, event.vnr, event.category, entries)
    return _file(body, "text/csv; charset=utf-8", f"cme-{found.kind.value}.csv")


def _file(body: bytes, content_type: str, name: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response(body, headers=headers, content_type=content_type)


@blueprint.post("/conferences/<uuid:conference_id>/cme/codes")
@needs(Permission.SEE_MEETINGS)
def make_codes(conference_id: uuid.UUID) -> ResponseReturnValue:
    """Give everybody who takes part a code to check in by."""
    with transaction() as session:
        conference = access.get_conference(session, current_actor(), conference_id, to="change")
        check_in.make_codes(session, current_actor(), conference, now=now())
    return redirect(url_for("cme.sign_in_list", conference_id=conference_id), 303)


@blueprint.get("/conferences/<uuid:conference_id>/cme/list")
@needs(Permission.SEE_MEETINGS)
def sign_in_list(conference_id: uuid.UUID) -> ResponseReturnValue:
    """Show the list to print: names, a place to sign, a place for the label, the code."""
    session = read_session()
    conference = access.get_conference(session, current_actor(), conference_id, to="change")
    if conference.booking is None:
        return redirect(url_for("conferences.times", conference_id=conference_id))
    return render_template(
        "cme/list.html",
        conference=conference,
        rows=cme_sheets.sign_in_rows(session, conference),
        shown=check_in.shown,
        address=url_for("check_in.ask", _external=True),
    )


@blueprint.get("/certificates/<uuid:attendance_id>.pdf")
@needs(Permission.USE)
def certificate(attendance_id: uuid.UUID) -> ResponseReturnValue:
    """Give a certificate of attendance to the person it is for, and to the desk."""
    session = read_session()
    conference, learner = cme.get_learner(session, current_actor(), attendance_id)
    sheet = cme_sheets.certificate(session, conference, learner, language=reader_language(), now=now())
    return _file(write_pdf(sheet, made_at=now()), "application/pdf", "certificate.pdf")
