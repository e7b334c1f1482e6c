"""Style sheets, script and icons under addresses that change with their content, to be kept forever."""

from __future__ import annotations

import gzip
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from hashlib import sha256
from importlib.resources import files
from pathlib import Path

from flask import Flask, Response, abort, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from confsched.web.policies import public
from confsched.web.slim import slim_script, slim_style

STATIC = Path(__file__).parents[2] / "static"
# The whole sprite of the package weighs 1.1 MB; these are the icons that a page may name.
ICONS = (
    *("arrow-counterclockwise", "arrow-left-right", "arrow-repeat", "bell", "building", "calendar-plus"),
    *("camera-video", "check2", "chevron-down", "chevron-left", "chevron-right", "chevron-up"),
    *("clipboard-plus", "clock", "copy"),
    *("dash-lg", "download", "exclamation-circle", "exclamation-triangle", "file-earmark-text"),
    *("folder-plus", "image", "info-circle", "key", "lightning-charge-fill", "lock", "person-circle"),
    *("plus-lg", "printer", "question-circle", "question-lg", "search", "star", "telephone", "upload"),
    *("x-octagon", "play-fill"),
)
SCRIPTS = (
    "app.js",
    "services.js",
    "find_time.js",
    "push.js",
    "urgent_live.js",
    "conference_run.js",
    "agenda.js",
)
# Only the page of a month asks for these, in this order.
ROSTER_SCRIPTS = (
    *("roster_tables.js", "roster_queue.js", "roster_grid.js", "roster_picture.js", "roster_editor.js"),
    *("roster_blocks.js", "roster_mouse.js", "roster.js"),
)
CACHE_SECONDS = 365 * 24 * 3600
DIGEST_LETTERS = 16
_SYMBOL = re.compile(r'(<symbol [^>]*?id="([^"]+)">.*?</symbol>)', re.DOTALL)
_CLASS = re.compile(r'<symbol class="[^"]*"')


@dataclass(frozen=True)
class Asset:
    """Hold one file as it is sent."""

    body: bytes
    mimetype: str

    @cached_property
    def digest(self) -> str:
        return sha256(self.body).hexdigest()[:DIGEST_LETTERS]

    @cached_property
    def gzipped(self) -> bytes:
        return gzip.compress(self.body, compresslevel=9, mtime=0)


@cache
def load_assets() -> Mapping[str, Asset]:
    """Read what pages need, once: of this project without comments, and from the Bootstrap-Flask package.

    Bootstrap stays whole: cut to what pages use today it would break the page of tomorrow, and the wire
    carries 31 kB of it.
    """
    bootstrap = files("flask_bootstrap") / "static" / "bootstrap5"
    style = (bootstrap / "css" / "bootstrap.min.css").read_text()
    sprite = (bootstrap / "icons" / "bootstrap-icons.svg").read_text()
    return {
        "bootstrap.min.css": Asset(_without_source_map(style).encode(), "text/css"),
        "app.css": Asset(slim_style((STATIC / "app.css").read_text()).encode(), "text/css"),
        **{name: _script(name) for name in (*SCRIPTS, *ROSTER_SCRIPTS)},
        "icons.svg": Asset(cut_sprite(sprite, ICONS).encode(), "image/svg+xml"),
        "icon.svg": Asset((STATIC / "icon.svg").read_bytes(), "image/svg+xml"),
    }


def _script(name: str) -> Asset:
    return Asset(slim_script((STATIC / name).read_text()).encode(), "text/javascript")


def _without_source_map(style: str) -> str:
    return re.sub(r"/\*# sourceMappingURL=.*?\*/", "", style)


def cut_sprite(sprite: str, names: tuple[str, ...]) -> str:
    """Return the sprite with the named symbols only; raises KeyError for a name that it lacks."""
    symbols = {found[2]: found[1] for found in _SYMBOL.finditer(sprite)}
    kept = (_CLASS.sub("<symbol", symbols[name]) for name in names)
    return f'<svg xmlns="http://www.w3.org/2000/svg">{"".join(kept)}</svg>'


def register_assets(app: Flask) -> None:
    """Serve the assets under /assets/<digest>/<name> and give templates asset("app.css")."""
    assets = load_assets()

    def asset(name: str) -> str:
        return url_for("asset", digest=assets[name].digest, name=name)

    @public
    def send(digest: str, name: str) -> AnyResponse:
        if name not in assets:
            abort(404)
        # A page from before an update asks for the former digest: the present file keeps it readable.
        return _answer(assets[name]) if digest == assets[name].digest else redirect(asset(name))

    app.add_url_rule("/assets/<digest>/<name>", "asset", send)
    app.add_url_rule("/favicon.ico", "favicon", public(lambda: redirect(asset("icon.svg"))))
    app.jinja_env.globals.update(asset=asset, ROSTER_SCRIPTS=ROSTER_SCRIPTS)


def _answer(asset: Asset) -> Response:
    is_gzipped = request.accept_encodings.quality("gzip") > 0
    response = Response(asset.gzipped if is_gzipped else asset.body, mimetype=asset.mimetype)
    if is_gzipped:
        response.content_encoding = "gzip"
    # A strong ETag names the bytes sent (RFC 9110 8.8.3), so the two encodings differ in it.
    response.set_etag(f"{asset.digest}-gzip" if is_gzipped else asset.digest)
    response.vary.add("Accept-Encoding")
    response.cache_control.public = True
    response.cache_control.max_age = CACHE_SECONDS
    response.cache_control.immutable = True
    response.make_conditional(request)
    return response
