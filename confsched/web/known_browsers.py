"""Browsers from which an account was used before: there nobody else's failures make its owner wait.

Without this, whoever fails often enough under a doctor's address keeps the doctor waiting for ever: the
lock-out that a delay is meant to avoid.
"""

from __future__ import annotations

import uuid

from flask import current_app, request
from itsdangerous import BadSignature, URLSafeSerializer
from werkzeug.wrappers import Response

from confsched.web.context import preference_cookie, settings

KEPT_ACCOUNTS = 8  # a ward PC has many users; the last ones count
KEPT_SECONDS = 180 * 24 * 3600
_NAME = "known"


def is_known_browser(account_id: uuid.UUID | None) -> bool:
    """Tell whether this browser has signed in to the account before."""
    return account_id is not None and account_id.hex in _known_accounts()


def remember_browser(answer: Response, account_id: uuid.UUID) -> None:
    """Let the browser prove later that it has signed in to the account; it proves nothing else."""
    others = [known for known in _known_accounts() if known != account_id.hex]
    answer.set_cookie(
        preference_cookie(_NAME),
        _signer().dumps([account_id.hex, *others][:KEPT_ACCOUNTS]),
        max_age=KEPT_SECONDS,
        secure=settings().is_https,
        httponly=True,
        samesite="Strict",
    )


def _known_accounts() -> list[str]:
    try:
        known: list[str] = _signer().loads(request.cookies.get(preference_cookie(_NAME), ""))
    except BadSignature:
        return []
    return known


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.config["SECRET_KEY"], salt="confsched-known-browsers")
