"""The daily link test: one tap for each site, and what was recorded in the last 30 days."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import HiddenField, StringField

from confsched.domain.permissions import Permission
from confsched.errors import NotFound, Refusal, msg
from confsched.services import link_tests
from confsched.web.context import current_actor, now, read_session, transaction
from confsched.web.forms import BaseForm
from confsched.web.ids import find_id
from confsched.web.policies import needs

blueprint = Blueprint("link_tests", __name__, url_prefix="/link-tests")


class LinkTestForm(BaseForm):
    site_id = HiddenField()
    note = StringField(msg("Note"), description=msg("Such as the test image that was sent. No name."))


@blueprint.get("/")
@needs(Permission.REQUEST_URGENT)
def index() -> ResponseReturnValue:
    """Show today's test and those of the last 30 days."""
    return _page(LinkTestForm(formdata=None), 200)


@blueprint.post("/")
@needs(Permission.REQUEST_URGENT)
def create() -> ResponseReturnValue:
    """Record whether images arrived."""
    form = LinkTestForm()
    try:
        _record(form)
    except NotFound:
        raise
    except Refusal as refusal:
        form.add_refusal(refusal)
        return _page(form, refusal.status)
    return redirect(url_for("link_tests.index"), 303)


def _record(form: LinkTestForm) -> None:
    site_id = find_id(form.site_id.data)
    worked = request.form.get("worked", "")
    if site_id is None or worked not in ("yes", "no"):
        raise Refusal(msg("Choose one of the entries offered."))
    with transaction() as session:
        link_tests.record(
            session,
            current_actor(),
            site_id,
            worked=worked == "yes",
            note=form.note.data or "",
            key=form.form_key.data or "",
            now=now(),
        )


def _page(form: LinkTestForm, status: int) -> ResponseReturnValue:
    sites = link_tests.list_tests(read_session(), current_actor(), now=now())
    return render_template("link_tests/index.html", form=form, sites=sites), status
