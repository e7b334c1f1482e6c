"""The page of one case, for whoever brings it and for the desk, with the forms of both."""

from __future__ import annotations

import uuid

from flask import render_template, url_for
from flask.typing import ResponseReturnValue

from confsched.domain.cases import WAITING
from confsched.domain.conferences import AHEAD
from confsched.domain.kinds import CaseLane, CaseState
from confsched.domain.registration import question_lamp
from confsched.formats.dates import format_span
from confsched.models.conferences import Conference
from confsched.services import access, boards, case_deferrals, case_lists, cases
from confsched.web import case_words
from confsched.web.case_forms import DeferForm, TriageForm
from confsched.web.context import current_actor, now, read_session, reader_language, reader_zone

REOPENED = (CaseState.NOTED, CaseState.REJECTED)


def case_page(
    case_id: uuid.UUID,
    triage: TriageForm | None = None,
    deferral: DeferForm | None = None,
    status: int = 200,
) -> ResponseReturnValue:
    """Return the page of a case; a form is given where what was typed into it is refused."""
    session, actor, moment = read_session(), current_actor(), now()
    case = access.get_case(session, actor, case_id)
    conference = case.conference
    is_desk = boards.leads(actor, conference)
    is_ahead = conference.state in AHEAD
    wrong = next((form for form in (triage, deferral) if form and form.findings), None)
    triage, deferral = triage or TriageForm(formdata=None), deferral or DeferForm(formdata=None)
    later, formers = case_deferrals.find_later(session, case), case_lists.list_formers(session, actor, case)
    may_defer = is_desk and later is None and (case.state in WAITING or case.state is CaseState.DEFERRED)
    if may_defer:
        dates = boards.list_next(session, conference, now=moment)
        deferral.to.choices = [("", "–"), *((str(one.id), _words(one)) for one in dates)]
    return (
        render_template(
            "cases/show.html",
            case=case,
            conference=conference,
            closes_at=boards.closes_at(conference),
            question_lamp=question_lamp(case.question),
            may_change=cases.is_changeable(actor, case, now=moment),
            may_work=is_ahead and case.state in WAITING and case_lists.may_change(session, actor, case),
            may_triage=is_desk and is_ahead and (case.state in WAITING or case.state in REOPENED),
            may_approve=boards.chairs(actor, conference),
            is_late=case.lane is CaseLane.LATE and case.state in WAITING and is_ahead,
            free=boards.date_of(session, conference, without=case).free_minutes,
            may_defer=may_defer,
            former=next(iter(formers), None),
            later=later,
            told=[one for row in (case, *formers) for one in case_words.told(row.steps)],
            words=case_words,
            conference_url=url_for("conference_desk.show", conference_id=conference.id),
            triage=triage,
            deferral=deferral,
            form=wrong or triage,
        ),
        status,
    )


def _words(conference: Conference) -> str:
    """Return a date as it stands in a list to choose from."""
    return f"{format_span(boards.span_of(conference), reader_zone(), reader_language())}, {conference.title}"
