"""This browser as a contact point: its subscription, the worker that shows what comes, the manifest."""

from __future__ import annotations

import json

from flask import Blueprint, Response, current_app, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from confsched.channels.push import read_subscription
from confsched.domain.permissions import Permission
from confsched.formats.plain_text import one_line
from confsched.services import contact_points, contact_proofs, push_keys
from confsched.web.assets import STATIC
from confsched.web.contact_points import TEST_SENT
from confsched.web.context import current_actor, now, settings, transaction
from confsched.web.forms import BaseForm
from confsched.web.pages import sentence
from confsched.web.policies import needs, public
from confsched.web.slim import slim_script

blueprint = Blueprint("push", __name__)

WORKER = "service_worker.js"
KEPT_SECONDS = 300


@blueprint.post("/contact-points/push-key")
@needs(Permission.USE)
def get_key() -> ResponseReturnValue:
    """Return the public key by which this browser's push service will know us, made when first asked for."""
    with transaction() as session:
        key = push_keys.get_key(session, secret_key=settings().secret_key, now=now())
    return {"key": key.public}


@blueprint.post("/contact-points/browsers")
@needs(Permission.USE)
def add_browser() -> ResponseReturnValue:
    """Add this browser by its subscription and send its test message."""
    subscription = read_subscription(request.form.get("subscription", ""), settings().allowed_hosts)
    label = one_line(request.form.get("label", ""))[: contact_points.MAX_LABEL]
    actor, secret_key = current_actor(), settings().secret_key
    with transaction() as session:
        point = contact_points.add_browser(
            session,
            actor,
            subscription.host,
            subscription.text,
            label,
            secret_key=secret_key,
            now=now(),
            key=BaseForm().form_key.data,
        )
        if point.proof_sent_at is None:
            contact_proofs.send_test(session, actor, point, secret_key=secret_key, now=now())
    flash(sentence(TEST_SENT), "ok")
    return redirect(url_for("contact_points.index") + f"#point-{point.id}", 303)


@blueprint.get(f"/{WORKER}")
@public
def service_worker() -> ResponseReturnValue:
    """Serve the script at the root, since a service worker rules only over what lies below it."""
    return _kept(slim_script((STATIC / WORKER).read_text()), "text/javascript")


@blueprint.get("/manifest.webmanifest")
@public
def manifest() -> ResponseReturnValue:
    """Say what a phone shows when the page is put on its home screen (W3C Web Application Manifest)."""
    icon = current_app.jinja_env.globals["asset"]("icon.svg")  # type: ignore[operator]
    said = {
        "name": "confsched",
        "short_name": "confsched",
        "start_url": "/",
        "scope": "/",
        "display": "standalone",
        "icons": [{"src": icon, "sizes": "any", "type": "image/svg+xml", "purpose": "any"}],
    }
    return _kept(json.dumps(said), "application/manifest+json")


def _kept(text: str, mimetype: str) -> Response:
    answer = Response(text, mimetype=mimetype)
    answer.cache_control.max_age = KEPT_SECONDS
    answer.cache_control.public = True
    return answer
