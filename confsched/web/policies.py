"""Every view names who may use it; what names nobody is open to nobody."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from flask import Flask, Response, abort, redirect, request, url_for

from confsched.domain.permissions import Permission
from confsched.errors import Forbidden, msg
from confsched.web.context import find_actor

View = TypeVar("View", bound=Callable[..., Any])

_POLICY = "confsched_policy"
_PUBLIC = "public"


class MissingPolicy(Exception):
    """Stop the start of an app that would serve a page to everybody by mistake."""


def needs(permission: Permission) -> Callable[[View], View]:
    """Open the view to people with the permission; stands directly under the route."""

    def mark(view: View) -> View:
        return _mark(view, permission)

    return mark


def public(view: View) -> View:
    """Open the view to everybody, signed in or not; stands directly under the route."""
    return _mark(view, _PUBLIC)


def _mark(view: View, policy: str) -> View:
    if hasattr(view, _POLICY):
        raise MissingPolicy(f"{view.__qualname__} carries two policies")
    setattr(view, _POLICY, policy)
    return view


def policy_of(app: Flask, endpoint: str) -> str | None:
    """Return the permission that the endpoint asks for, "public", or None where nothing is said."""
    return getattr(app.view_functions.get(endpoint), _POLICY, None)


def is_public(app: Flask, endpoint: str) -> bool:
    return policy_of(app, endpoint) == _PUBLIC


def register_policies(app: Flask) -> None:
    """Ask for the policy before every view; register after what must be checked earlier."""
    app.before_request(lambda: _enforce(app))


def check_policies(app: Flask) -> None:
    """Raise MissingPolicy when a route does not say who may use it."""
    missing = sorted(endpoint for endpoint in app.view_functions if policy_of(app, endpoint) is None)
    if missing:
        raise MissingPolicy(f"no policy on: {', '.join(missing)}")


def _enforce(app: Flask) -> Response | None:
    if request.endpoint is None or is_public(app, request.endpoint):
        return None
    actor = find_actor()
    if actor is None:
        return _ask_to_sign_in()
    policy = policy_of(app, request.endpoint)
    if policy is None or not actor.may(Permission(policy)):
        raise Forbidden(msg("Your function does not include this page. Ask your administrator if it should."))
    return None


def _ask_to_sign_in() -> Response:
    if request.method not in ("GET", "HEAD"):
        abort(401)
    target = request.full_path if request.query_string else request.path
    answer = redirect(url_for("accounts.login", next=target))
    assert isinstance(answer, Response)
    return answer
