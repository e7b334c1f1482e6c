"""Today: what to start, what waits, what comes next, who is on duty."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, current_app, render_template, url_for
from flask.typing import ResponseReturnValue

from confsched.domain.kinds import UrgentKind
from confsched.domain.permissions import Actor, Permission
from confsched.errors import Message, msg
from confsched.services import today as today_service
from confsched.services import urgent_requests
from confsched.services.tasks import Task, TaskKind
from confsched.web.context import current_actor, now, read_session
from confsched.web.policies import needs

blueprint = Blueprint("today", __name__)


@dataclass(frozen=True)
class Start:
    """Hold one big button."""

    label: Message
    note: Message
    icon: str
    endpoint: str
    permission: Permission
    urgent: UrgentKind | None = None

    @property
    def href(self) -> str:
        return url_for(self.endpoint, kind=self.urgent) if self.urgent else url_for(self.endpoint)

    @property
    def kind(self) -> str:
        """Return the look of the button: red starts an urgent consult, and nothing else."""
        return "now" if self.urgent else "line"


STARTS = (
    Start(
        msg("Stroke consult now"),
        msg("Four fields, then it rings"),
        "lightning-charge-fill",
        "urgent_requests.choose",
        Permission.REQUEST_URGENT,
        UrgentKind.TELESTROKE,
    ),
    Start(
        msg("Teleradiology now"),
        msg("Indication and reading by the hub"),
        "image",
        "urgent_requests.choose",
        Permission.REQUEST_URGENT,
        UrgentKind.TELERADIOLOGY,
    ),
    Start(
        msg("Book a consult"),
        msg("Ask a question, choose a time"),
        "calendar-plus",
        "consults.new",
        Permission.REQUEST_CONSULT,
    ),
    Start(
        msg("Register a case"),
        msg("Five fields, the earliest board"),
        "clipboard-plus",
        "cases.new",
        Permission.REGISTER_CASE,
    ),
    Start(
        msg("Plan a case conference"),
        msg("Find a time for several hospitals"),
        "folder-plus",
        "conferences.new",
        Permission.PLAN_CONFERENCE,
    ),
    Start(
        msg("Duty board"),
        msg("Who is on duty, and how to reach them"),
        "telephone",
        "duty_board.show",
        Permission.SEE_DUTY_BOARD,
    ),
)
TASK_PAGES = {
    TaskKind.TAKE_URGENT: ("urgent_live.show", "urgent_id"),
    TaskKind.FINISH_URGENT: ("urgent_live.show", "urgent_id"),
    TaskKind.SAY_READY: ("contact_points.index", "check"),
    TaskKind.FIX_CONTACT: ("contact_points.index", "point"),
    TaskKind.COLLIDES: ("bookings.show", "booking_id"),
    TaskKind.END_MISSION: ("missions.index", "mission"),
    TaskKind.TAKE_TIME: ("waitlist.show", "consult_id"),
    TaskKind.CONFIRM_CONSULT: ("consult_times.times", "consult_id"),
    TaskKind.CHOOSE_TIME: ("consult_times.times", "consult_id"),
    TaskKind.TRIAGE: ("triage.show", "triage_id"),
    TaskKind.SAY_OUTCOME: ("consults.show", "consult_id"),
    TaskKind.WRITE_REPORT: ("consults.show", "consult_id"),
    TaskKind.READ_REPORT: ("consults.show", "consult_id"),
    **dict.fromkeys(
        (TaskKind.TRIAGE_CASE, TaskKind.APPROVE_CASE, TaskKind.COMPLETE_CASE), ("cases.show", "case_id")
    ),
    TaskKind.WRITE_MINUTES: ("minutes.show", "conference_id"),
    TaskKind.FOLLOW_UP: ("follow_ups.show", "follow_up_id"),
    TaskKind.INVITE: ("conferences.times", "conference_id"),
    TaskKind.GIVE_PLACE: ("conference_desk.show", "conference_id"),
    TaskKind.ANSWER: ("bookings.show", "booking_id"),
    TaskKind.ANSWER_SWAP: ("swaps.show", "swap_id"),
    TaskKind.APPROVE_SWAP: ("swaps.show", "swap_id"),
}


@blueprint.get("/")
@needs(Permission.USE)
def show() -> ResponseReturnValue:
    """Show the person's day."""
    moment, actor = now(), current_actor()
    today = today_service.my_day(read_session(), actor, now=moment)
    return render_template(
        "today/show.html",
        today=today,
        tasks=[(task, _task_url(task)) for task in today.tasks],
        starts=_starts(actor, urgent_requests.list_kinds(read_session(), actor, moment)),
        moment=moment,
    )


def _task_url(task: Task) -> str:
    endpoint, name = TASK_PAGES[task.kind]
    values: dict[str, Any] = {name: task.id}
    return url_for(endpoint, **values)


def _starts(actor: Actor, urgent: Collection[UrgentKind]) -> list[Start]:
    """Return what this person may start, of what this installation has and their site may ask."""
    return [
        start
        for start in STARTS
        if start.endpoint in current_app.view_functions
        and actor.may(start.permission)
        and (start.urgent is None or start.urgent in urgent)
    ]
