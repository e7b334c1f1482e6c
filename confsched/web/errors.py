"""Pages for everything that goes wrong, a request id on every answer, and one log line per request."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

import structlog
from flask import Flask, Response, g, make_response, render_template, request
from flask_wtf.csrf import CSRFError
from jinja2 import Template
from werkzeug.exceptions import HTTPException

from confsched import logs
from confsched.errors import Message, NotFound, Refusal, msg
from confsched.web.context import now

REQUEST_ID_HEADER: Final = "X-Request-ID"
_QUIET = frozenset(
    {"asset", "favicon", "health.live", "health.ready", "health.engine_cycle", "urgent_live.live"}
)

SENTENCES = {
    400: msg("The browser sent something that cannot be read. Open the page again and send it once more."),
    401: msg("You are signed out. Sign in, then send it once more."),
    403: msg("This was not sent from a page of this application."),
    404: NotFound().message,
    405: msg("This address cannot be used in this way."),
    409: msg("Somebody else was faster. Open the page again to see how things stand."),
    413: msg("This is larger than 3 MB. Choose a smaller file."),
    422: msg("Something in the form is not right yet."),
    500: msg("Something went wrong on our side. Nothing was changed."),
}
_EXPIRED = msg("This page was open while you signed in or out. Open it again and send it once more.")

_log = structlog.get_logger(__name__)


def register_errors(app: Flask) -> None:
    """Answer every failure with a page; register first, so that everything later has a request id."""
    app.before_request(_begin)
    app.after_request(_end)
    app.register_error_handler(Refusal, _refusal_page)
    app.register_error_handler(CSRFError, _expired_page)
    app.register_error_handler(HTTPException, _http_page)
    app.register_error_handler(Exception, _crash_page)


def _begin() -> None:
    g.began_at = now()
    g.request_id = logs.request_id_from(request.headers.get(REQUEST_ID_HEADER))
    logs.bind_request(g.request_id)


def _end(answer: Response) -> Response:
    answer.headers[REQUEST_ID_HEADER] = g.request_id
    if request.endpoint not in _QUIET:
        # The rule instead of the path: it holds no token, no search word and no id.
        _log.info(
            "request",
            method=request.method,
            rule=request.url_rule.rule if request.url_rule else "",
            status=answer.status_code,
            milliseconds=(now() - g.began_at) // timedelta(milliseconds=1),
        )
    return answer


def _refusal_page(refusal: Refusal) -> Response:
    return _page(refusal.status, refusal.message)


def _expired_page(_error: CSRFError) -> Response:
    return _page(400, _EXPIRED)


def _http_page(error: HTTPException) -> Response:
    if error.response is not None:  # a redirect of the router, or an answer that a view has chosen
        return make_response(error.get_response())
    status = error.code or 500
    answer = _page(status, SENTENCES.get(status, SENTENCES[400 if status < 500 else 500]))
    if status == 405:
        answer.headers["Allow"] = dict(error.get_headers()).get("Allow", "")
    return answer


def _crash_page(error: Exception) -> Response:
    _log.error("crash", exc_info=error)
    return _page(500, SENTENCES[500], request_id=g.get("request_id", ""))


def _page(status: int, sentence: Message, request_id: str = "") -> Response:
    try:
        text = _render(status, sentence, request_id)
    except Exception as error:  # whatever broke the page must not break the page about it
        _log.error("error_page_failed", exc_info=error)
        return Response(f"{sentence} {request_id}\n", status, mimetype="text/plain")
    return make_response(text, status)


def _render(status: int, sentence: Message, request_id: str) -> str:
    names: list[str | Template] = [f"errors/{status}.html", "errors/error.html"]
    return render_template(names, status=status, sentence=sentence, request_id=request_id)
