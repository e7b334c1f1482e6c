"""Signing in and out, and the choice of language and colours."""

from __future__ import annotations

from typing import Final

from flask import Blueprint, Flask, current_app, redirect, render_template, request, session
from flask_login import LoginManager, UserMixin, current_user, login_user, logout_user
from werkzeug.wrappers import Response as AnyResponse
from wtforms import EmailField, HiddenField, PasswordField
from wtforms.validators import InputRequired, Length

from confsched.domain.permissions import Actor
from confsched.errors import Refusal, msg
from confsched.i18n import LANGUAGES
from confsched.services import accounts as service
from confsched.services import login_sessions, urgent_tasks
from confsched.services.passwords import FULL_COST, HashCost
from confsched.web.context import (
    close_read_session,
    find_actor,
    now,
    preference_cookie,
    read_session,
    settings,
    transaction,
)
from confsched.web.forms import BaseForm
from confsched.web.known_browsers import is_known_browser, remember_browser
from confsched.web.policies import public
from confsched.web.security import local_path

accounts = Blueprint("accounts", __name__)

HASH_COST: Final = "CONFSCHED_HASH_COST"
THEMES = ("light", "dark", "auto")
PREFERENCE_SECONDS = 365 * 24 * 3600


class SignedIn(UserMixin):  # type: ignore[misc]  # (flask_login carries no types)
    """The person behind this request; the id that the cookie keeps is the token of a row on the server."""

    def __init__(self, token: str, actor: Actor) -> None:
        self.token = token
        self.actor = actor

    def get_id(self) -> str:
        return self.token


class LoginForm(BaseForm):
    email = EmailField("Mail address", [InputRequired("Type your mail address."), Length(max=254)])
    password = PasswordField("Password", [InputRequired("Type your password.")])
    next = HiddenField()


def register_accounts(app: Flask) -> None:
    """Recognise people by their session on the server; nothing is remembered beyond it."""
    app.config.setdefault(HASH_COST, FULL_COST)
    manager = LoginManager()
    manager.session_protection = None  # the address of a ward PC may change; the row on the server decides
    manager.init_app(app, add_context_processor=False)
    manager.user_loader(_load)


def _load(token: str) -> SignedIn | None:
    at = now()
    presence = login_sessions.find_presence(read_session(), token, at)
    if presence is None:
        return None
    if presence.is_touch_due(at):
        with transaction() as writing:
            login_sessions.touch(writing, token, now=at)
    return SignedIn(token, presence.actor)


@accounts.get("/login")
@public
def login() -> str | AnyResponse:
    target = local_path(request.args.get("next"))
    if find_actor():
        return redirect(target)
    return _login_page(LoginForm(next=target))


@accounts.post("/login")
@public
def sign_in() -> AnyResponse | tuple[str, int]:
    form = LoginForm()
    answer = redirect(local_path(form.next.data), 303)
    return answer if sign_in_with(form, answer) else (_login_page(form), 422)


def sign_in_with(form: LoginForm, answer: AnyResponse) -> bool:
    """Begin a session with what was typed, and let `answer` remember the browser; else say why not."""
    outcome = _sign_in(form) if form.validate() else None
    if isinstance(outcome, Refusal):
        form.add_refusal(outcome)
    if not isinstance(outcome, str):
        return False
    remember_browser(answer, _begin_session(outcome).account_id)
    return True


def _login_page(form: LoginForm) -> str:
    has_ended = "_user_id" in session
    return render_template("accounts/login.html", form=form, has_ended=has_ended, is_called=_is_called())


def _is_called() -> bool:
    """Tell whether an urgent consult calls who was signed in here: the end of a session hides no alarm."""
    token = session.get("_user_id")
    return isinstance(token, str) and urgent_tasks.calls_ended_session(read_session(), token)


def _sign_in(form: LoginForm) -> str | Refusal:
    """Check the password while no transaction is open, then start the session or count the failure."""
    cost: HashCost = current_app.config[HASH_COST]
    credentials = service.find_credentials(read_session(), form.email.data, now=now())
    close_read_session()
    try:
        if not is_known_browser(credentials.account_id):
            service.demand_delay(credentials, now=now())
        is_right = service.check_password(credentials, form.password.data, cost=cost)
    except Refusal as refusal:
        return refusal
    with transaction() as writing:
        return service.sign_in(writing, credentials, is_right, now=now())


def _begin_session(token: str) -> Actor:
    """Replace whatever the browser brought along: a cookie from before must not name this session."""
    actor = login_sessions.actor_of(read_session(), token, now())
    assert actor is not None, "a session that was just started is alive"
    session.clear()
    login_user(SignedIn(token, actor))
    for unused in ("_id", "_fresh"):  # Flask-Login's own marks; the row on the server knows better
        session.pop(unused, None)
    return actor


@accounts.post("/logout")
@public
def sign_out() -> AnyResponse:
    """Sign out; open to all, since a session that ended meanwhile is signed out already."""
    actor = find_actor()
    if actor:
        with transaction() as writing:
            login_sessions.end_session(writing, actor, current_user.token, now=now())
    logout_user()
    session.clear()
    return redirect("/login", 303)


@accounts.post("/language")
@public
def choose_language() -> AnyResponse:
    """Keep the language in this browser, and for a person who is signed in also for mails."""
    language = _chosen("language", LANGUAGES)
    actor = find_actor()
    if actor:
        with transaction() as writing:
            service.choose_language(writing, actor, language, now=now())
    return _keep("language", language)


@accounts.post("/theme")
@public
def choose_theme() -> AnyResponse:
    return _keep("theme", _chosen("theme", THEMES))


def _chosen(name: str, offered: tuple[str, ...]) -> str:
    value = request.form.get(name, "")
    if value not in offered:
        raise Refusal(msg("Choose one of the entries offered."), field=name)
    return value


def _keep(name: str, value: str) -> AnyResponse:
    """Keep a preference in the browser and go back to the page where it was chosen."""
    answer = redirect(local_path(request.form.get("next")), 303)
    answer.set_cookie(
        preference_cookie(name),
        value,
        max_age=PREFERENCE_SECONDS,
        secure=settings().is_https,
        httponly=True,
        samesite="Lax",
    )
    return answer
