"""Help: what each job takes and what the words mean, for everybody, since no data stands in it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from confsched.domain.availability import FILE_STALE_AFTER, STALE_AFTER
from confsched.domain.bookings import HOLD_MINUTES
from confsched.domain.consults import CLOSED_BY_ITSELF_AFTER, SAID_BY_ITSELF_AFTER
from confsched.domain.permissions import Permission
from confsched.errors import Message, msg
from confsched.services import busy_readings, coverage, duty_board, engine, feed_entries, today
from confsched.web.policies import public

blueprint = Blueprint("help", __name__)


@dataclass(frozen=True)
class Way:
    """Hold the page that a section speaks of, and the permission it asks for."""

    endpoint: str
    label: Message
    permission: Permission


@dataclass(frozen=True)
class Section:
    """Hold one section: its anchor, which names its template as well, and the way to its page."""

    anchor: str
    title: Message
    way: Way | None = None

    @property
    def template(self) -> str:
        return f"help/_{self.anchor.replace('-', '_')}.html"


SECTIONS = (
    Section(
        "consult",
        msg("Book a consult"),
        Way("consults.new", msg("Book a consult"), Permission.REQUEST_CONSULT),
    ),
    Section(
        "request",
        msg("A consult from request to report"),
        Way("consults.index", msg("Consults"), Permission.SEE_MEETINGS),
    ),
    Section("states", msg("What held, unknown and called off mean")),
    Section(
        "change", msg("Move or call off"), Way("bookings.index", msg("Meetings"), Permission.SEE_MEETINGS)
    ),
    Section(
        "conference",
        msg("Plan a conference"),
        Way("conferences.index", msg("Conferences"), Permission.SEE_MEETINGS),
    ),
    Section(
        "series",
        msg("A conference that comes back"),
        Way("series.index", msg("Series"), Permission.SEE_MEETINGS),
    ),
    Section(
        "cases", msg("Cases for a conference"), Way("cases.index", msg("Cases"), Permission.SEE_MEETINGS)
    ),
    Section("desk", msg("The page of a conference: quorum, freezing, merging")),
    Section("agenda", msg("The agenda of a conference, and your own minutes of it")),
    Section(
        "run",
        msg("Run a conference, write its minutes"),
        Way("follow_ups.index", msg("Recommendations to follow up"), Permission.SEE_MEETINGS),
    ),
    Section(
        "guests",
        msg("Guests and regional conferences"),
        Way("regional.index", msg("Regional conferences"), Permission.RUN_CONFERENCES),
    ),
    Section(
        "polls",
        msg("Find a date with many people"),
        Way("polls.index", msg("Polls for a date"), Permission.RUN_CONFERENCES),
    ),
    Section("cme", msg("Further education: check-in, points, certificates")),
    Section("calendar", msg("My calendar"), Way("feeds.index", msg("Calendar feeds"), Permission.USE)),
    Section(
        "own-calendar",
        msg("Bring your own calendar"),
        Way("busy_calendars.index", msg("Busy calendars"), Permission.USE),
    ),
    Section(
        "duty-board",
        msg("The duty board and the downtime sheet"),
        Way("duty_board.show", msg("Duty board"), Permission.SEE_DUTY_BOARD),
    ),
    Section(
        "alerts",
        msg("How you are alerted"),
        Way("contact_points.index", msg("How I am alerted"), Permission.USE),
    ),
    Section(
        "roster",
        msg("Plan the duties of a month"),
        Way("duty_rosters.index", msg("Months"), Permission.SEE_ROSTERS),
    ),
    Section("import", msg("Take a month over from Excel")),
    Section("swaps", msg("Swap a duty"), Way("swaps.index", msg("Swaps"), Permission.HOLD_DUTIES)),
    Section(
        "absences",
        msg("Absences and wishes"),
        Way("absences.index", msg("Absences"), Permission.HOLD_DUTIES),
    ),
    Section(
        "working-hours",
        msg("Working hours"),
        Way("working_hours.index", msg("Working hours"), Permission.HOLD_DUTIES),
    ),
    Section(
        "services", msg("Edit services"), Way("services.index", msg("Services"), Permission.EDIT_SERVICES)
    ),
    Section(
        "coverage", msg("Coverage and gaps"), Way("coverage.show", msg("Coverage"), Permission.SEE_COVERAGE)
    ),
    Section("patient-data", msg("What may never stand in a title or a question")),
    Section("keyboard", msg("Keyboard")),
    Section("red-banner", msg("When the red banner stands on top")),
    Section("glossary", msg("What the words mean")),
)


@blueprint.get("/help")
@public
def show() -> ResponseReturnValue:
    """Show the whole help on one page; its numbers are those that the rules use."""
    return render_template(
        "help/show.html",
        sections=SECTIONS,
        hold_minutes=HOLD_MINUTES,
        silent_hours=SAID_BY_ITSELF_AFTER // timedelta(hours=1),
        closed_days=CLOSED_BY_ITSELF_AFTER.days,
        trust_hours=STALE_AFTER // timedelta(hours=1),
        file_days=FILE_STALE_AFTER.days,
        read_minutes=busy_readings.EVERY // timedelta(minutes=1),
        keep_days=feed_entries.TOMBSTONE.days,
        soon_hours=duty_board.SOON // timedelta(hours=1),
        coverage_days=coverage.DAYS_AHEAD,
        join_minutes=today.JOIN_EARLY // timedelta(minutes=1),
        late_seconds=engine.LATE_AFTER // timedelta(seconds=1),
    )
