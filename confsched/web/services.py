"""Services of the own house: the list, and the editor with the next offers of what is typed beside it."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from confsched.domain.permissions import Permission
from confsched.errors import Message, Refusal, msg
from confsched.models.catalogue import Service
from confsched.models.network import Site
from confsched.services import catalogue, directory, service_previews
from confsched.services.catalogue import NewService, Stale
from confsched.services.findings import Problem, Unfit
from confsched.services.service_checks import MAX_REQUIREMENTS
from confsched.services.service_choices import find_needs, list_choices
from confsched.services.service_previews import Preview
from confsched.web.context import current_actor, now, read_session, transaction
from confsched.web.forms import BaseForm
from confsched.web.ids import find_id
from confsched.web.need_rows import (
    KIND_WORDS,
    Action,
    NeedRow,
    applied,
    find_action,
    offered_of,
    read_rows,
    typed_of,
    with_problems,
)
from confsched.web.pages import sentence
from confsched.web.policies import needs
from confsched.web.service_forms import (
    ServiceForm,
    chosen_site,
    empty_form,
    fill_choices,
    form_of,
    new_service_of,
    seen_revision_of,
)

blueprint = Blueprint("services", __name__, url_prefix="/services")

PARTS = {"preview": "services/_preview.html", "needs": "services/_needs.html"}
PREVIEW = "preview"
MAX_PAGE = 10_000


@dataclass(frozen=True)
class Typed:
    """Hold what a form asks for, read but not checked."""

    new: NewService
    needs: list[catalogue.NewRequirement]
    unread: list[Problem]


@blueprint.get("/")
@needs(Permission.EDIT_SERVICES)
def index() -> ResponseReturnValue:
    """Show the services of the house, who may ask for each, and when it has time next."""
    page = max(1, min(MAX_PAGE, request.args.get("page", 1, type=int)))
    listing = service_previews.list_rows(read_session(), current_actor(), now=now(), page=page)
    return render_template("services/index.html", listing=listing)


@blueprint.get("/new")
@needs(Permission.EDIT_SERVICES)
def new() -> ResponseReturnValue:
    """Ask for a new service."""
    return _page(empty_form(_sites(read_session())[0]), None, 200)


@blueprint.get("/<uuid:service_id>")
@needs(Permission.EDIT_SERVICES)
def edit(service_id: uuid.UUID) -> ResponseReturnValue:
    """Show a service as it is saved, to be changed."""
    service = catalogue.get_service(read_session(), current_actor(), service_id)
    return _page(form_of(service), service, 200)


@blueprint.post("/")
@needs(Permission.EDIT_SERVICES)
def create() -> ResponseReturnValue:
    """Save a new service, or answer a button of a row or of the preview with all that was typed."""
    return _sent(None)


@blueprint.post("/<uuid:service_id>/change")
@needs(Permission.EDIT_SERVICES)
def change(service_id: uuid.UUID) -> ResponseReturnValue:
    """Save a service as it is typed, or answer a button of a row or of the preview."""
    return _sent(service_id)


def _sent(service_id: uuid.UUID | None) -> ResponseReturnValue:
    form = _sent_form()
    is_preview = request.form.get("action") == PREVIEW
    action = None if is_preview else find_action(form.rows)
    if is_preview or action is not None:
        service = _saved(read_session(), service_id)
        return _page(form, service, 200, go_on_at=_apply(form, action))
    try:
        with transaction() as session:
            name = _save(session, form, service_id)
    except Refusal as refusal:
        if refusal.status not in (409, 422):
            raise
        return _refused(form, service_id, refusal)
    flash(sentence(msg("%(name)s is saved. New requests follow it at once.", name=name)), "ok")
    return redirect(url_for("services.index"), 303)


def _sent_form() -> ServiceForm:
    form = ServiceForm()
    form.rows = read_rows()
    return form


def _saved(session: Session, service_id: uuid.UUID | None, *, lock: bool = False) -> Service | None:
    if service_id is None:
        return None
    return catalogue.get_service(session, current_actor(), service_id, to="change" if lock else "see")


def _sites(session: Session) -> list[Site]:
    sites = catalogue.list_sites(session, current_actor())
    own = current_actor().site_id
    return sorted(sites, key=lambda site: site.id != own)


def _save(session: Session, form: ServiceForm, service_id: uuid.UUID | None) -> str:
    service = _saved(session, service_id, lock=True)
    place = service or _site(session, form)
    typed = _typed(session, form, place)
    if typed.unread:
        raise Unfit(typed.unread)
    saved = catalogue.save_service(
        session,
        current_actor(),
        place,
        typed.new,
        typed.needs,
        seen_revision=seen_revision_of(form),
        now=now(),
        key=form.form_key.data or "",
    )
    return saved.name


def _site(session: Session, form: ServiceForm) -> Site:
    site = chosen_site(form, _sites(session))
    if site is None:
        raise Refusal(msg("Choose one from the list."), field="site_id")
    return site


def _typed(session: Session, form: ServiceForm, place: Site | Service) -> Typed:
    new, unread = new_service_of(form)
    choices = list_choices(session, place.site if isinstance(place, Service) else place)
    return Typed(new, find_needs(session, choices, map(typed_of, form.rows)), unread)


def _apply(form: ServiceForm, action: Action | None) -> str | None:
    """Change the rows as the pressed button says; return the input to go on in."""
    if action is None:
        return None
    if action.name == "find":
        form.rows[action.row] = _found(form.rows[action.row])
    form.rows, go_on_at = applied(form.rows, action)
    return go_on_at


def _found(row: NeedRow) -> NeedRow:
    """Return the row with whoever has the name that was typed, ticked."""
    people = directory.suggest_people(read_session(), row.person_text, now=now())
    if people:
        ids = (*row.person_ids, *(str(person.id) for person in people))
        return replace(row, person_ids=tuple(dict.fromkeys(ids)), person_text="")
    few = len(row.person_text) < directory.MIN_SEARCH_LETTERS
    problem = msg("Nobody in the network has a family name that starts so.")
    if few:
        problem = msg("Type at least three letters of the family name.")
    return replace(row, errors=(problem,))


def _refused(form: ServiceForm, service_id: uuid.UUID | None, refusal: Refusal) -> ResponseReturnValue:
    service = _saved(read_session(), service_id)
    if isinstance(refusal, Unfit):
        _say(form, refusal.problems)
        return _page(form, service, refusal.status)
    form.add_refusal(refusal)
    if isinstance(refusal, Stale) and service is not None:
        form.seen_revision.data = str(service.revision)
    return _page(form, service, refusal.status, is_stale=isinstance(refusal, Stale))


def _say(form: ServiceForm, problems: tuple[Problem, ...]) -> None:
    """Put each sentence at its field, or at its row."""
    for problem in problems:
        if problem.field in form:
            form.add_error(problem.field, problem.message)
        else:
            form.row_problems = (*form.row_problems, problem)
    form.rows = with_problems(form.rows, problems)


def _page(
    form: ServiceForm,
    service: Service | None,
    status: int,
    *,
    go_on_at: str | None = None,
    is_stale: bool = False,
) -> ResponseReturnValue:
    """Return the editor, or the part of it that the script asks for."""
    session = read_session()
    place = service or chosen_site(form, _sites(session)) or _sites(session)[0]
    site = place.site if isinstance(place, Service) else place
    choices = list_choices(session, site)
    fill_choices(form, choices, _sites(session))
    part = request.form.get("part", "") if status == 200 else ""
    found = _preview(session, form, place) if part != "needs" else None
    page = render_template(
        PARTS.get(part, "services/edit.html"),
        form=form,
        service=service,
        choices=choices,
        offered=offered_of(choices, form.rows),
        people=_people_in(form),
        kinds=KIND_WORDS,
        has_room=len(form.rows) < MAX_REQUIREMENTS,
        go_on_at=go_on_at,
        is_stale=is_stale,
        found=found,
        names=_names_in(found) if found else [],
        problems_said=_said(form, found.problems) if found else (),
    )
    return page, status


def _preview(session: Session, form: ServiceForm, place: Site | Service) -> Preview:
    typed = _typed(session, form, place)
    wanted = catalogue.draft_service(place, typed.new, typed.needs)
    saved = place if isinstance(place, Service) else None
    return service_previews.preview(session, wanted, saved, now=now(), unread=typed.unread)


def _names_in(found: Preview) -> list[str]:
    """Return for each offer everybody and everything that it takes."""
    return [
        ", ".join(
            dict.fromkeys(found.candidates[one].name for team in offer.assignment.values() for one in team)
        )
        for offer in found.offers
    ]


def _people_in(form: ServiceForm) -> dict[str, str]:
    """Return the names of everybody in the rows by their id."""
    ids = {found for row in form.rows for text in row.person_ids if (found := find_id(text))}
    people = directory.list_people(read_session(), ids)
    return {str(person.id): _person_words(person.name, person.discipline) for person in people}


def _person_words(name: str, discipline: str) -> str:
    return ", ".join(filter(None, (name, discipline)))


def _said(form: BaseForm, problems: tuple[Problem, ...]) -> list[tuple[Message | str, Message]]:
    """Return what has to be put right before it can be saved, with the label of its field."""
    return [
        (form[one.field].label.text if one.field in form else _row_label(one.field), one.message)
        for one in problems
    ]


def _row_label(field: str) -> Message:
    place = field.rpartition("-")[2]
    if place.isdigit():
        return msg("Requirement %(number)s", number=int(place) + 1)
    return msg("Requirements")
