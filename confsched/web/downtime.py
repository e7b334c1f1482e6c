"""The downtime sheet of a site, as a page that prints on one sheet and as a PDF."""

from __future__ import annotations

import uuid
from functools import lru_cache

from flask import Blueprint, Response, current_app, render_template, url_for
from flask.typing import ResponseReturnValue
from itsdangerous import BadData, URLSafeTimedSerializer

from confsched.clock import whole_minute
from confsched.domain.permissions import Permission
from confsched.errors import NotFound
from confsched.formats.downtime_sheet import DowntimeSheet, write_pdf
from confsched.services import downtime
from confsched.web.context import current_actor, now, read_session, reader_language, settings
from confsched.web.policies import needs, public

blueprint = Blueprint("downtime", __name__, url_prefix="/downtime")

CACHED_SHEETS = 16
LINK_SECONDS = 366 * 24 * 3600
SALT = "downtime-sheet"


@blueprint.get("/<uuid:site_id>")
@needs(Permission.SEE_DUTY_BOARD)
def show(site_id: uuid.UUID) -> ResponseReturnValue:
    """Show the next seven days of everybody whom the site may call."""
    session, actor = read_session(), current_actor()
    site = downtime.get_site(session, actor, site_id)
    sheet = downtime.sheet(session, site, language=reader_language(), now=now())
    others = [one for one in downtime.list_sites(session, actor) if one.id != site.id]
    return render_template(
        "downtime/show.html",
        site=site,
        sheet=sheet,
        others=others,
        kept_url=_kept_url(site_id),
        may_enter=actor.may(Permission.REQUEST_URGENT),
    )


@blueprint.get("/<uuid:site_id>/sheet.pdf")
@needs(Permission.SEE_DUTY_BOARD)
def download(site_id: uuid.UUID) -> ResponseReturnValue:
    """Give the sheet of this minute as a file for paper."""
    session = read_session()
    site = downtime.get_site(session, current_actor(), site_id)
    sheet = downtime.sheet(session, site, language=reader_language(), now=now())
    headers = {
        "Content-Disposition": f'inline; filename="downtime-{site.id}.pdf"',
        "Cache-Control": "no-store",
    }
    return Response(_written(sheet), headers=headers, content_type="application/pdf")


@blueprint.get("/kept/<token>.pdf")
@public
def kept(token: str) -> ResponseReturnValue:
    """Give the file of last night without asking the database, which may be what is down.

    The signed address names one site and is good for a year. It shows no more than the paper on the wall.
    """
    path = settings().data_dir / downtime.FOLDER / downtime.file_name(_site_of(token))
    if not path.is_file():
        raise NotFound
    headers = {"Cache-Control": "no-cache, private"}
    return Response(path.read_bytes(), headers=headers, content_type="application/pdf")


def _kept_url(site_id: uuid.UUID) -> str:
    return url_for("downtime.kept", token=_signer().dumps(site_id.hex))


def _site_of(token: str) -> uuid.UUID:
    try:
        return uuid.UUID(_signer().loads(token, max_age=LINK_SECONDS))
    except (BadData, ValueError) as error:
        raise NotFound from error


def _signer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(current_app.config["SECRET_KEY"], salt=SALT)


@lru_cache(maxsize=CACHED_SHEETS)
def _written(sheet: DowntimeSheet) -> bytes:
    """Return the file of a sheet, written once: its words say of which minute they are."""
    return write_pdf(sheet, made_at=whole_minute(now()))
