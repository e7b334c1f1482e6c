"""Whether this process lives, its database answers, and a worker completes its cycles."""

from __future__ import annotations

import structlog
from flask import Blueprint, Response, jsonify

from confsched.db import schema_is_current
from confsched.services import engine
from confsched.web.context import now, read_session
from confsched.web.policies import public

health = Blueprint("health", __name__, url_prefix="/health")
_log = structlog.get_logger(__name__)


@health.get("/live")
@public
def live() -> Response:
    """Answer without the database: a process that cannot answer this must be restarted."""
    return jsonify(alive=True)


@health.get("/ready")
@public
def ready() -> tuple[Response, int]:
    """Answer 503 while the database is away or its tables are old, so that no requests are sent here."""
    try:
        is_ready = schema_is_current(read_session())
    except Exception as error:  # whatever it is that keeps the database from answering
        _log.warning("not_ready", exc_info=error)
        is_ready = False
    return jsonify(ready=is_ready), 200 if is_ready else 503


@health.get("/engine")
@public
def engine_cycle() -> tuple[Response, int]:
    """Answer 503 when no worker has completed a cycle for 10 seconds."""
    at = now()
    completed_at = engine.last_cycle(read_session())
    if completed_at is None:
        return jsonify(completed_at=None, age_seconds=None), 503
    age = at - completed_at
    body = jsonify(completed_at=completed_at.isoformat(), age_seconds=round(age.total_seconds(), 3))
    return body, 503 if age > engine.LATE_AFTER else 200
