"""Minutes of a conference: the draft for its desk, released versions for who took part, and what leaves."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.blueprints import BlueprintSetupState
from flask.typing import ResponseReturnValue
from wtforms import HiddenField, StringField, TextAreaField

from confsched.clock import whole_minute
from confsched.domain.kinds import ConferenceState
from confsched.domain.permissions import Permission
from confsched.errors import Message, NotFound, Refusal, msg
from confsched.formats.minutes_sheet import write_pdf
from confsched.formats.tables import write_table
from confsched.models.conferences import Conference, MinutesRelease
from confsched.services import access, minutes
from confsched.services.minutes_content import content_of
from confsched.services.shared_texts import TextChanged, text_mark
from confsched.web import kept_texts
from confsched.web.context import current_actor, now, read_session, reader_language, transaction
from confsched.web.forms import BaseForm
from confsched.web.kept_texts import KeptText
from confsched.web.minutes_sheets import (
    agenda_sheet,
    case_table,
    minutes_sheet,
    people_rows,
    reader_times,
    state_words,
)
from confsched.web.pages import ANSWERABLE, sentence
from confsched.web.policies import needs, public

blueprint = Blueprint("minutes", __name__, url_prefix="/conferences")

DELIMITERS = {"de": ";", "en": ","}
OPEN = (ConferenceState.RUNNING, ConferenceState.MINUTES_DRAFT)
AGENDA, PDF, CSV = "agenda", "pdf", "csv"


class MinutesForm(BaseForm):
    mark = HiddenField()
    minutes = TextAreaField(msg("Course of the conference"))


class CorrectionForm(BaseForm):
    reason = StringField(msg("What is corrected, and why"))


@blueprint.get("/<uuid:conference_id>/minutes")
@needs(Permission.SEE_MEETINGS)
def show(conference_id: uuid.UUID) -> ResponseReturnValue:
    """Show the draft to the desk, and the last release, or the ?version= asked for, to who may read it."""
    return _page(conference_id, 200)


def _page(
    conference_id: uuid.UUID,
    status: int,
    *,
    form: MinutesForm | None = None,
    correction: CorrectionForm | None = None,
    said: Message | None = None,
    theirs: str | None = None,
) -> ResponseReturnValue:
    session, actor = read_session(), current_actor()
    conference = access.get_conference(session, actor, conference_id)
    releases = minutes.list_releases(session, conference)
    is_desk = minutes.runs_desk(session, actor, conference)
    is_draft = is_desk and conference.state in OPEN and "version" not in request.args
    release = None if is_draft else _chosen(releases)
    content = _content(conference, release, is_draft)
    page = render_template(
        "minutes/show.html",
        conference=conference,
        releases=releases,
        release=release,
        broken=minutes.find_break(releases),
        is_desk=is_desk,
        is_draft=is_draft,
        content=content,
        people=[{"cells": row} for row in people_rows(content)] if content else [],
        state_words=state_words,
        due_at=minutes.minutes_due_at(conference),
        due_on=minutes.minutes_due_on(conference),
        form=form or _form_of(conference),
        correction=correction or CorrectionForm(formdata=None),
        sentence=said,
        theirs=theirs,
    )
    return page, status


def _form_of(conference: Conference) -> MinutesForm:
    form = MinutesForm(formdata=None)
    form.minutes.data, form.mark.data = conference.minutes, text_mark(conference.minutes)
    return form


def _chosen(releases: Sequence[MinutesRelease]) -> MinutesRelease | None:
    """Return the version asked for, else the last one."""
    number = request.values.get("version", type=int)
    if number is None:
        return releases[-1] if releases else None
    if not 1 <= number <= len(releases):
        raise NotFound
    return releases[number - 1]


def _content(conference: Conference, release: MinutesRelease | None, is_draft: bool) -> dict[str, Any] | None:
    session, actor = read_session(), current_actor()
    if is_draft:
        return content_of(session, conference)
    return minutes.readable(session, actor, conference, release.content) if release else None


@blueprint.post("/<uuid:conference_id>/minutes")
@public
def save(conference_id: uuid.UUID) -> ResponseReturnValue:
    """Keep the draft; open to all only to keep the text of who was signed out meanwhile."""
    return kept_texts.save(_kept(conference_id), lambda: _save(conference_id))


@blueprint.post("/<uuid:conference_id>/minutes/sign-in")
@public
def sign_in(conference_id: uuid.UUID) -> ResponseReturnValue:
    """Sign in and save what the page has kept, in one go."""
    return kept_texts.sign_in_and_save(_kept(conference_id), lambda: _save(conference_id))


def _kept(conference_id: uuid.UUID) -> KeptText:
    target = url_for("minutes.save", conference_id=conference_id)
    return KeptText(
        "minutes", msg("Text of the minutes"), target, url_for("minutes.sign_in", conference_id=conference_id)
    )


def _save(conference_id: uuid.UUID) -> ResponseReturnValue:
    """Keep what was written, and release it where that was pressed."""
    form = MinutesForm(meta={"csrf": False})
    is_release = request.form.get("step") == "release"
    try:
        with transaction() as session:
            actor, at = current_actor(), now()
            conference = access.get_conference(session, actor, conference_id, to="change")
            text, mark = form.minutes.data or "", form.mark.data or ""
            if not (is_release and conference.state is ConferenceState.RELEASED):
                minutes.save(session, actor, conference, text, mark=mark, now=at)
            if is_release:
                minutes.release(session, actor, conference, now=at)
    except TextChanged as changed:
        form.mark.data = text_mark(changed.theirs)
        form.add_refusal(changed)
        return _page(conference_id, 409, form=form, theirs=changed.theirs)
    except Refusal as refusal:
        if refusal.status not in ANSWERABLE:
            raise
        form.add_refusal(refusal)
        return _page(conference_id, refusal.status, form=form)
    said = msg("The minutes are released. Everybody gets a link.") if is_release else msg("Saved.")
    flash(sentence(said), "ok")
    return _to_minutes(conference_id)


@blueprint.post("/<uuid:conference_id>/minutes/correction")
@needs(Permission.SEE_MEETINGS)
def correct(conference_id: uuid.UUID) -> ResponseReturnValue:
    """Open released minutes for a correction, with its reason."""
    form = CorrectionForm()
    try:
        with transaction() as session:
            conference = access.get_conference(session, current_actor(), conference_id, to="change")
            reason = form.reason.data or ""
            minutes.correct(session, current_actor(), conference, reason, now=now())
    except Refusal as refusal:
        if refusal.status not in ANSWERABLE:
            raise
        form.add_refusal(refusal)
        return _page(conference_id, refusal.status, correction=form)
    return _to_minutes(conference_id)


@blueprint.post("/<uuid:conference_id>/minutes/export")
@needs(Permission.SEE_MEETINGS)
def export(conference_id: uuid.UUID) -> ResponseReturnValue:
    """Give minutes or agenda as a file; who has taken it is kept on record."""
    what = request.form.get("format", "")
    write = _WRITERS.get(what)
    if write is None:
        return _page(conference_id, 422, said=msg("Choose one of the entries offered."))
    with transaction() as session:
        actor = current_actor()
        conference = access.get_conference(session, actor, conference_id)
        minutes.record_export(session, actor, conference, what, now=now())
    return write(conference_id)


def _write_agenda(conference_id: uuid.UUID) -> ResponseReturnValue:
    session, actor = read_session(), current_actor()
    conference = access.get_conference(session, actor, conference_id)
    listed = minutes.list_readable_cases(session, actor, conference)
    made = write_pdf(agenda_sheet(conference, listed), made_at=whole_minute(now()))
    return _file(made, "application/pdf", f"agenda-{conference.id}.pdf")


def _write_pdf(conference_id: uuid.UUID) -> ResponseReturnValue:
    content, edition = _exported(conference_id)
    made = write_pdf(minutes_sheet(content, edition), made_at=whole_minute(now()))
    return _file(made, "application/pdf", f"minutes-{conference_id}.pdf")


def _write_csv(conference_id: uuid.UUID) -> ResponseReturnValue:
    content, _edition = _exported(conference_id)
    table = write_table(case_table(content), DELIMITERS[reader_language()])
    return _file(table, "text/csv; charset=utf-8", f"minutes-{conference_id}.csv")


_WRITERS: dict[str, Callable[[uuid.UUID], ResponseReturnValue]] = {
    AGENDA: _write_agenda,
    PDF: _write_pdf,
    CSV: _write_csv,
}


def _exported(conference_id: uuid.UUID) -> tuple[dict[str, Any], str]:
    """Return the version that was asked for, or the draft for its desk, and what stands on every page."""
    session, actor = read_session(), current_actor()
    conference = access.get_conference(session, actor, conference_id)
    release = _chosen(minutes.list_releases(session, conference))
    is_draft = release is None and minutes.runs_desk(session, actor, conference)
    content = _content(conference, release, is_draft)
    if content is None:
        raise NotFound
    if release is None:
        return content, sentence(msg("Draft of %(time)s", time=reader_times().stamp(now())))
    words = msg(
        "Release %(number)s of %(time)s",
        number=release.number,
        time=reader_times().stamp(release.released_at),
    )
    return content, f"{sentence(words)} · {release.hash[:16]}"


def _file(body: bytes, content_type: str, name: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response(body, headers=headers, content_type=content_type)


def _to_minutes(conference_id: uuid.UUID) -> ResponseReturnValue:
    return redirect(url_for("minutes.show", conference_id=conference_id), 303)


@blueprint.record_once
def _check_token_itself(state: BlueprintSetupState) -> None:
    """Let the view look at the form token: a page that is refused for it would lose what was typed."""
    state.app.extensions["csrf"].exempt(save)
