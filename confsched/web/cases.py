"""Cases: registered for the earliest board that suits, found again, changed, made ready, taken back."""

from __future__ import annotations

import uuid

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from confsched.domain.permissions import Permission
from confsched.errors import Message, Refusal, msg
from confsched.services import access, boards, case_checks, case_lists, cases
from confsched.services.boards import Board
from confsched.services.case_checks import CaseDraft
from confsched.services.case_lists import Show
from confsched.web import case_words
from confsched.web.case_forms import CaseForm, form_of, lamp_of, pressed_value
from confsched.web.case_pages import case_page
from confsched.web.context import current_actor, now, read_session, transaction
from confsched.web.ids import find_id
from confsched.web.pages import ANSWERABLE, sentence
from confsched.web.policies import needs

blueprint = Blueprint("cases", __name__, url_prefix="/cases")

FILTERS: tuple[tuple[Show, Message], ...] = (
    (Show.CURRENT, msg("All current")),
    (Show.MINE, msg("My own")),
    (Show.INCOMPLETE, msg("Something is missing")),
    (Show.DESK, msg("Waits for the desk")),
    (Show.ENDED, msg("Ended")),
)
MAX_PAGE = 10_000


@blueprint.get("/")
@needs(Permission.SEE_MEETINGS)
def index() -> ResponseReturnValue:
    """List the cases of the reader's sites and what waits at their desks, with the filter in the address."""
    wanted, text = request.args.get("show", ""), request.args.get("q", "")[: case_lists.MAX_SEARCH]
    show = Show(wanted) if wanted in set(Show) else Show.CURRENT
    page = max(1, min(MAX_PAGE, request.args.get("page", 1, type=int)))
    listing = case_lists.list_page(read_session(), current_actor(), show, text=text, page=page)
    return render_template(
        "cases/index.html", listing=listing, filters=FILTERS, shown=show, text=text, words=case_words
    )


@blueprint.get("/new")
@needs(Permission.REGISTER_CASE)
def new() -> ResponseReturnValue:
    """Ask for the five fields; ?conference_id= names the date that the reader comes from."""
    wanted = find_id(request.args.get("conference_id"))
    proposed = case_checks.propose_case_ref(read_session())
    data = {"case_ref": proposed, "wanted": str(wanted or "")}
    return _new_page(CaseForm(formdata=None, data=data), 200, None)


@blueprint.post("/")
@needs(Permission.REGISTER_CASE)
def create() -> ResponseReturnValue:
    """Show the dates for what was typed, or register the case for the one whose button was pressed."""
    form = CaseForm()
    conference_id, seen = form.pressed
    actor = current_actor()
    try:
        draft = form.draft()
        if not form.board.data:
            return _boards_page(form, draft)
        with transaction() as session:
            conference = boards.get_open(session, actor, conference_id)
            key = form.form_key.data
            case = cases.register(session, actor, conference, draft, now=now(), key=key, seen=seen)
            target = url_for("cases.show", case_id=case.id)
    except Refusal as refusal:
        if refusal.status not in ANSWERABLE:
            raise
        form.add_refusal(refusal)
        return _new_page(form, refusal.status, _find_boards(form))
    flash(sentence(msg("The case is registered. Whoever runs the conference looks at it first.")), "ok")
    return redirect(target, 303)


def _boards_page(form: CaseForm, draft: CaseDraft) -> ResponseReturnValue:
    """Show which dates suit, and everything that is wrong with what was typed."""
    try:
        case_checks.check_draft(read_session(), draft)
    except Refusal as refusal:
        form.add_refusal(refusal)
    return _new_page(form, 422 if form.findings else 200, _find_boards(form))


def _find_boards(form: CaseForm) -> list[Board] | None:
    """Return the dates for what was typed, as far as it says what a date has to have."""
    session = read_session()
    try:
        draft = form.draft()
        case_checks.check_needs(session, draft)
    except Refusal:
        return None
    assert draft.minutes is not None, "its check has refused that"
    found = boards.earliest(
        session,
        current_actor(),
        draft.disciplines,
        draft.minutes,
        now=now(),
        is_standard_care=draft.is_standard_care,
        window=draft.window,
    )
    return boards.shorten(found, find_id(form.wanted.data))


def _new_page(form: CaseForm, status: int, found: list[Board] | None) -> ResponseReturnValue:
    session, actor = read_session(), current_actor()
    presenters = case_checks.list_presenters(session, actor, now=now())
    form.offer(case_checks.list_disciplines(session), [(str(one.id), one.name) for one in presenters])
    page = render_template(
        "cases/new.html",
        form=form,
        boards=found,
        earliest=boards.find_suitable(found or []),
        wanted=find_id(form.wanted.data),
        pressed_value=pressed_value,
    )
    return page, status


@blueprint.get("/<uuid:case_id>")
@needs(Permission.SEE_MEETINGS)
def show(case_id: uuid.UUID) -> ResponseReturnValue:
    """Show one case: where it stands, what is missing, what may be done, and each step so far."""
    return case_page(case_id)


@blueprint.get("/<uuid:case_id>/edit")
@needs(Permission.SEE_MEETINGS)
def edit(case_id: uuid.UUID) -> ResponseReturnValue:
    """Show what the case says, to be changed; once it may not be, its page says so."""
    case = access.get_case(read_session(), current_actor(), case_id, to="see")
    if not cases.is_changeable(current_actor(), case, now=now()):
        return redirect(url_for("cases.show", case_id=case_id), 303)
    return _edit_page(case_id, form_of(case), 200)


def _edit_page(case_id: uuid.UUID, form: CaseForm, status: int) -> ResponseReturnValue:
    session = read_session()
    case = access.get_case(session, current_actor(), case_id)
    form.offer(case_checks.list_disciplines(session), [])
    form.revision.data = case.revision
    return render_template("cases/edit.html", form=form, case=case), status


@blueprint.post("/<uuid:case_id>/change")
@needs(Permission.SEE_MEETINGS)
def change(case_id: uuid.UUID) -> ResponseReturnValue:
    """Write anew what the case says."""
    form, actor = CaseForm(), current_actor()
    revision = int(form.revision.data) if (form.revision.data or "").isdecimal() else 0
    try:
        draft = form.draft()
        with transaction() as session:
            case = case_lists.get_to_change(session, actor, case_id)
            cases.change(session, actor, case, draft, now=now(), revision=revision)
    except Refusal as refusal:
        if refusal.status not in ANSWERABLE:
            raise
        form.add_refusal(refusal)
        return _edit_page(case_id, form, refusal.status)
    flash(sentence(msg("The case is changed.")), "ok")
    return redirect(url_for("cases.show", case_id=case_id), 303)


@blueprint.post("/<uuid:case_id>/lamps")
@needs(Permission.SEE_MEETINGS)
def set_lamps(case_id: uuid.UUID) -> ResponseReturnValue:
    """Say what is there of the case."""
    imaging, pathology = (lamp_of(request.form.get(name)) for name in ("imaging", "pathology"))
    with transaction() as session:
        case = case_lists.get_to_change(session, current_actor(), case_id)
        cases.set_lamps(session, current_actor(), case, imaging, pathology, now=now())
    return redirect(url_for("cases.show", case_id=case_id, _anchor="lamps"), 303)


@blueprint.post("/<uuid:case_id>/withdrawal")
@needs(Permission.SEE_MEETINGS)
def withdraw(case_id: uuid.UUID) -> ResponseReturnValue:
    """Take the case back; its minutes are free at once."""
    with transaction() as session:
        case = case_lists.get_to_change(session, current_actor(), case_id)
        cases.withdraw(session, current_actor(), case, now=now())
    flash(sentence(msg("The case is withdrawn; its minutes are free again.")), "ok")
    return redirect(url_for("cases.show", case_id=case_id), 303)
