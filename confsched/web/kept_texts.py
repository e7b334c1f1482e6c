"""A long text is never lost: neither to a session that ended meanwhile, nor to a form token from before."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from flask import current_app, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError

from confsched.domain.permissions import Permission
from confsched.errors import Forbidden, Message, msg
from confsched.web.accounts import LoginForm, sign_in_with
from confsched.web.context import current_actor, find_actor

LEFT_OUT = ("csrf_token", "email", "password", "next")
ENDED = msg("Your session has ended. What you typed is kept: sign in, and it is saved at once.")
FROM_BEFORE = msg("You signed in or out while this page was open. What you typed is kept: save it now.")
_NOT_YOURS = msg("Your function does not include this page. Ask your administrator if it should.")


@dataclass(frozen=True)
class KeptText:
    """Say which field holds the text, its name, and where the form goes with and without signing in."""

    field: str
    label: Message
    target: str
    sign_in: str


def save(kept: KeptText, write: Callable[[], ResponseReturnValue]) -> ResponseReturnValue:
    """Do `write`; who was signed out meanwhile, or has an old form token, gets a page that keeps the text.

    For views that are open to all for that page only: nothing is saved without a person who may see meetings.
    """
    if find_actor() is None:
        return _page(kept, kept.sign_in, ENDED, 401, LoginForm(formdata=None))
    try:
        current_app.extensions["csrf"].protect()
    except CSRFError:
        return _page(kept, kept.target, FROM_BEFORE, 400)
    return _as_person(write)


def sign_in_and_save(kept: KeptText, write: Callable[[], ResponseReturnValue]) -> ResponseReturnValue:
    """Sign in and do `write` with what the page has kept, in one go."""
    form = LoginForm()
    answer = redirect(kept.target, 303)
    if not sign_in_with(form, answer):
        return _page(kept, kept.sign_in, ENDED, 422, form)
    sent = current_app.make_response(_as_person(write))
    for cookie in answer.headers.getlist("Set-Cookie"):
        sent.headers.add("Set-Cookie", cookie)
    return sent


def _as_person(write: Callable[[], ResponseReturnValue]) -> ResponseReturnValue:
    if not current_actor().may(Permission.SEE_MEETINGS):
        raise Forbidden(_NOT_YOURS)
    return write()


def _page(
    kept: KeptText, action: str, sentence: Message, status: int, form: LoginForm | None = None
) -> ResponseReturnValue:
    others = [
        (name, value)
        for name, value in request.form.items(multi=True)
        if name not in LEFT_OUT and name != kept.field
    ]
    text = request.form.get(kept.field, "")
    page = render_template(
        "conference_run/kept.html",
        kept=kept,
        action=action,
        sentence=sentence,
        others=others,
        text=text,
        form=form,
    )
    return page, status
