"""Urgent requests: the page that asks, the page that completes, and sending in spite of an ended session."""

from __future__ import annotations

import uuid

from flask import Blueprint, current_app, redirect, render_template, request, url_for
from flask.blueprints import BlueprintSetupState
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError

from confsched.domain.kinds import UrgentKind
from confsched.domain.permissions import Permission
from confsched.errors import Conflict, Message, Refusal, msg
from confsched.services import access, engine_time, urgent_announcements, urgent_checks, urgent_requests
from confsched.services.urgent_announcements import FormIsOver
from confsched.services.urgent_requests import Offered
from confsched.web.accounts import LoginForm, sign_in_with
from confsched.web.context import current_actor, find_actor, now, read_session, transaction
from confsched.web.forms import new_form_key
from confsched.web.policies import needs, public
from confsched.web.urgent_request_forms import FORMS, UrgentForm, filled, key_of, posted, shown, typed_pairs
from confsched.web.urgent_request_words import TITLES
from confsched.web.urgent_words import SKIPPED, TARGETS

blueprint = Blueprint("urgent_requests", __name__, url_prefix="/urgent")

ANNOUNCES = "announces"  # the name of the button that announces only
LEFT_OUT = ("csrf_token", "email", "password", "next")
ENDED = msg("Your session has ended. What you typed is kept: sign in, and it is sent at once.")
FROM_BEFORE = msg("You signed in or out while this page was open. What you typed is kept: send it now.")


@blueprint.get("/new")
@needs(Permission.REQUEST_URGENT)
def choose() -> ResponseReturnValue:
    """Let choose what is asked; where a kind has one service only, go on to it."""
    offered = urgent_requests.list_services(read_session(), current_actor(), now())
    kind = request.args.get("kind", "")
    of_kind = [one for one in offered if one.service.urgent_kind == kind]
    if len(of_kind) == 1:
        return redirect(url_for("urgent_requests.new", offered_id=of_kind[0].service.id))
    return render_template("urgent/new_choose.html", offered=of_kind or offered, titles=TITLES)


@blueprint.get("/new/<uuid:offered_id>")
@needs(Permission.REQUEST_URGENT)
def new(offered_id: uuid.UUID) -> ResponseReturnValue:
    """Show the form, and whom it will alert."""
    session, actor, at = read_session(), current_actor(), now()
    offered = urgent_requests.get_offered(session, actor, offered_id, at)
    typed = {"callback_phone": urgent_requests.phone_of(session, actor)}
    form = filled(_kind(offered), typed, ())
    form.case_ref.data = urgent_requests.propose_case_ref(session)
    return render_template(
        "urgent/new.html",
        form=form,
        offered=offered,
        title=TITLES[_kind(offered)],
        calls=urgent_requests.preview(session, offered.service, at),
        warnings=_warnings(offered),
        reasons={},
        moment=at,
        targets=TARGETS,
        skipped=SKIPPED,
    )


def _kind(offered: Offered) -> UrgentKind:
    assert offered.service.urgent_kind is not None, "an urgent service has a kind"
    return offered.service.urgent_kind


def _warnings(offered: Offered) -> list[tuple[str, Message]]:
    """Return what is missing at the site already; whether a physician is named shows when it is sent."""
    if _kind(offered) is not UrgentKind.TELERADIOLOGY:
        return []
    found = urgent_checks.list_warnings(read_session(), offered.site, None, now(), names_physician=True)
    return [(warning.check.value, warning.sentence) for warning in found]


@blueprint.post("/new/<uuid:offered_id>")
@public
def create(offered_id: uuid.UUID) -> ResponseReturnValue:
    """Ask with whatever was typed; who was signed out meanwhile signs in on a page that keeps it.

    Open to all for that page only: nothing is asked without a person, nor from a page of somebody else.
    """
    if find_actor() is None:
        return _kept_page(offered_id, ENDED, 401, login=LoginForm(formdata=None))
    try:
        current_app.extensions["csrf"].protect()
    except CSRFError:
        return _kept_page(offered_id, FROM_BEFORE, 400)
    return _send(offered_id)


@blueprint.post("/new/<uuid:offered_id>/sign-in")
@public
def sign_in(offered_id: uuid.UUID) -> ResponseReturnValue:
    """Sign in and send what the page has kept, in one go."""
    form = LoginForm()
    answer = redirect("/urgent/new", 303)
    if not sign_in_with(form, answer):
        return _kept_page(offered_id, ENDED, 422, login=form)
    sent = current_app.make_response(_send(offered_id))
    for cookie in answer.headers.getlist("Set-Cookie"):
        sent.headers.add("Set-Cookie", cookie)
    return sent


def _send(offered_id: uuid.UUID) -> ResponseReturnValue:
    actor = current_actor()
    try:
        offered = urgent_requests.get_offered(read_session(), actor, offered_id, now())
        form = FORMS[_kind(offered)](meta={"csrf": False})
        consult_id = _request(offered_id, form, key_of(form))
    except FormIsOver as over:
        return _kept_page(offered_id, over.message, over.status, has_new_key=True)
    except Refusal as refusal:
        return _kept_page(offered_id, refusal.message, refusal.status)
    return redirect(f"/urgent/{consult_id}", 303)


def _request(offered_id: uuid.UUID, form: UrgentForm, key: str) -> uuid.UUID:
    """Ask once; of two at the same instant, the later finds what the first has made."""
    try:
        return _request_once(offered_id, form, key)
    except Conflict:
        return _request_once(offered_id, form, key)


def _request_once(offered_id: uuid.UUID, form: UrgentForm, key: str) -> uuid.UUID:
    actor = current_actor()
    with transaction() as session:
        at = engine_time.now(session)
        service = urgent_requests.get_offered(session, actor, offered_id, at).service
        ask = urgent_announcements.announce if _announces() else urgent_announcements.request
        return ask(session, actor, service, posted(form), key=key, now=at).id


def _announces() -> bool:
    """Tell which of the two buttons of the form was pressed."""
    return ANNOUNCES in request.form


def _kept_page(
    offered_id: uuid.UUID,
    sentence: Message,
    status: int,
    *,
    login: LoginForm | None = None,
    has_new_key: bool = False,
) -> ResponseReturnValue:
    """Show that nothing is sent yet, with everything that was typed in the form that sends it."""
    kept = typed_pairs(LEFT_OUT)
    if has_new_key:
        kept = [*typed_pairs((*LEFT_OUT, "form_key")), ("form_key", new_form_key())]
    page = render_template(
        "urgent/new_kept.html",
        offered_id=offered_id,
        sentence=sentence,
        kept=kept,
        form=login,
        announces=_announces(),
    )
    return page, status


@blueprint.get("/<uuid:urgent_id>/facts")
@needs(Permission.SEE_URGENT)
def facts(urgent_id: uuid.UUID) -> ResponseReturnValue:
    """Show what is told of a case, to be completed while it rings."""
    session = read_session()
    consult = access.get_urgent(session, current_actor(), urgent_id)
    told = urgent_requests.facts_of(consult)
    form = filled(consult.kind, urgent_requests.typed_of(consult), told.findings)
    warnings = urgent_checks.warnings_of(session, consult)
    return render_template(
        "urgent/new_facts.html",
        form=form,
        consult=consult,
        told=told,
        warnings=[(warning.check.value, warning.sentence) for warning in warnings],
        reasons=urgent_checks.kept_reasons(session, consult),
        named=[form[name].label.text for name in urgent_requests.fields_with_names(consult)],
        changes=urgent_requests.list_changes(consult),
    )


@blueprint.post("/<uuid:urgent_id>/facts")
@needs(Permission.REQUEST_URGENT)
def change_facts(urgent_id: uuid.UUID) -> ResponseReturnValue:
    """Keep what was changed on the form, and nothing else of it."""
    with transaction() as session:
        consult = access.get_urgent(session, current_actor(), urgent_id, to="change")
        new = posted(FORMS[consult.kind]())
        at = engine_time.now(session)
        urgent_requests.change_facts(session, current_actor(), consult, shown(), new, now=at)
    return redirect(url_for("urgent_requests.facts", urgent_id=urgent_id), 303)


@blueprint.record_once
def _check_token_itself(state: BlueprintSetupState) -> None:
    """Let the view look at the form token: a page that is refused for it would lose what was typed."""
    state.app.extensions["csrf"].exempt(create)
