"""What protects every answer and every change: headers, host, origin, form tokens, local targets."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from flask import Flask, Response, abort, request
from flask_wtf import CSRFProtect

from confsched.settings import Settings

MAX_REQUEST_BYTES = 3 * 1024 * 1024
LONGEST_TARGET = 2000
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "manifest-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}
_HSTS = "max-age=31536000"
_PORTS = {"http": 80, "https": 443}
_NO_TEXT = re.compile("[\x00\ud800-\udfff]")
_HARMLESS_PATH = re.compile(r"/(?![/\\])[^\\\x00-\x20\x7f]*")


def register_security(app: Flask, settings: Settings) -> None:
    """Configure cookies and limits, and guard every request before any view sees it."""
    app.config.update(
        SECRET_KEY=settings.secret_key,
        MAX_CONTENT_LENGTH=MAX_REQUEST_BYTES,
        MAX_FORM_MEMORY_SIZE=MAX_REQUEST_BYTES,  # a pasted roster is a form field
        SESSION_COOKIE_NAME="__Host-confsched" if settings.is_https else "confsched",
        SESSION_COOKIE_SECURE=settings.is_https,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        WTF_CSRF_TIME_LIMIT=None,  # a form may stay open as long as its session lives
        WTF_CSRF_SSL_STRICT=False,  # it needs a Referer, which browsers do not send here
    )
    app.before_request(lambda: _check_host(settings))
    app.before_request(lambda: _check_origin(settings))
    CSRFProtect(app)
    app.before_request(_check_signs)
    app.after_request(lambda answer: add_headers(answer, settings))


def add_headers(answer: Response, settings: Settings) -> Response:
    """Put the security headers on an answer; what does not say that it may be kept may not be kept."""
    for name, value in HEADERS.items():
        answer.headers[name] = value
    if settings.is_https:
        answer.headers["Strict-Transport-Security"] = _HSTS
    answer.headers.setdefault("Cache-Control", "no-store")
    return answer


def is_local_path(target: str | None) -> bool:
    """Tell whether a browser would take the target for a path of this application."""
    if not target or len(target) > LONGEST_TARGET or not _HARMLESS_PATH.fullmatch(target):
        return False
    parts = urlsplit(target)
    return not parts.scheme and not parts.netloc and "//" not in parts.path


def local_path(target: str | None) -> str:
    """Return the target when it is one of our own paths, else the start page."""
    return target if target and is_local_path(target) else "/"


def _check_host(settings: Settings) -> None:
    if not _is_our_host(request.host, settings):
        abort(400)


def _check_signs() -> None:
    """Refuse signs that no field can hold: PostgreSQL stores no NUL, and UTF-8 has no lone surrogate."""
    for values in (request.args, request.form):
        for name, value in values.items(multi=True):
            if _NO_TEXT.search(name) or _NO_TEXT.search(value):
                abort(400)


def _is_our_host(host: str, settings: Settings) -> bool:
    ours = _origin(settings.public_url)
    theirs = _origin(f"{urlsplit(settings.public_url).scheme}://{host}")
    if theirs == ours:
        return theirs is not None
    return _is_loopback(ours) and _is_loopback(theirs)


def _origin(url: str) -> tuple[str, str, int] | None:
    """Return scheme, host and port (RFC 6454 4) of a URL without path; None where it is anything else."""
    try:
        parts = urlsplit(url)
        port = parts.port or _PORTS[parts.scheme]
    except (ValueError, KeyError):
        return None
    if not parts.hostname or "@" in url or parts.path or parts.query or parts.fragment:
        return None
    return parts.scheme, parts.hostname, port


def _is_loopback(origin: tuple[str, str, int] | None) -> bool:
    return origin is not None and origin[1] in LOOPBACK_NAMES


def _check_origin(settings: Settings) -> None:
    """Refuse a change that a page of another origin has sent.

    Under our own Referrer-Policy browsers say `Origin: null` even for our own forms (Fetch, "append a request
    Origin header"); then Sec-Fetch-Site tells, and where neither is sent the form token alone decides.
    """
    if request.method in SAFE_METHODS:
        return
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        abort(403)
    origin = request.headers.get("Origin", "null")
    if origin != "null" and not _is_our_origin(origin, settings):
        abort(403)


def _is_our_origin(origin: str, settings: Settings) -> bool:
    ours, theirs = _origin(settings.public_url), _origin(origin)
    if theirs == ours:
        return theirs is not None
    # The demo answers under every name of this machine; its pages then come from the name in the address bar.
    return _is_loopback(ours) and theirs == _origin(f"http://{request.host}")
