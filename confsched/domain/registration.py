"""How a case comes onto the list of a date: its lane, the minutes that are free, the first date that suits.

A case that the board has put off goes before new ones, and before one that was put off less often.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from confsched.domain.cases import DISCUSSED, WAITING
from confsched.domain.conferences import AHEAD, cutoff_at
from confsched.domain.intervals import Span, intersect
from confsched.domain.kinds import CaseLane, CaseState, ConferenceState, Lamp, LateRule, StandardCare
from confsched.errors import Message, msg

MAX_CASES = 60  # on one date
MAX_MINUTES = 60  # for one case
ON_THE_LIST = WAITING | DISCUSSED | {CaseState.IN_DISCUSSION}
OPEN_CASES = WAITING | {CaseState.IN_DISCUSSION}
_PATHOLOGY = "patholog"
_DONE = frozenset({Lamp.THERE, Lamp.NOT_NEEDED})


@dataclass(frozen=True)
class Needs:
    """What a case asks of a date; `window` is when its presenter is to be had, None: all the time."""

    disciplines: frozenset[str]
    minutes: int
    is_standard_care: bool = False
    window: Span | None = None


@dataclass(frozen=True)
class Date:
    """What one date has for cases; of `present` somebody is invited who has not declined."""

    span: Span
    state: ConferenceState
    cutoff_minutes: int
    late_rule: LateRule
    standard_care: StandardCare
    free_minutes: int
    cases: int
    present: frozenset[str]
    declined: frozenset[str]

    @property
    def closes_at(self) -> datetime:
        return cutoff_at(self.span.starts_at, self.cutoff_minutes)

    def is_late(self, now: datetime) -> bool:
        """Tell whether registration has closed: by its cut-off, or because the agenda is frozen."""
        return self.state is ConferenceState.FROZEN or now >= self.closes_at

    def has_begun(self, now: datetime) -> bool:
        return self.state not in AHEAD or now >= self.span.starts_at


class Obstacle(StrEnum):
    """Why a date does not suit a case."""

    BEGUN = "begun"
    AFTER_CUTOFF = "after_cutoff"
    NEEDS_APPROVAL = "needs_approval"
    NO_MINUTES = "no_minutes"
    TOO_MANY = "too_many"
    PRESENTER_AWAY = "presenter_away"
    PATHOLOGY_ABSENT = "pathology_absent"
    NOT_ASKED = "not_asked"
    DECLINED = "declined"


# With these a case cannot be registered; with the others it may be, knowingly.
_HARD = frozenset(
    {
        *(Obstacle.BEGUN, Obstacle.AFTER_CUTOFF, Obstacle.NO_MINUTES),
        *(Obstacle.TOO_MANY, Obstacle.PRESENTER_AWAY),
    }
)
_WORDS = {
    Obstacle.BEGUN: msg("It has begun, or it is over or called off."),
    Obstacle.AFTER_CUTOFF: msg("Registration has closed; what comes later goes to the next date."),
    Obstacle.NEEDS_APPROVAL: msg("Registration has closed; the chair would have to approve."),
    Obstacle.TOO_MANY: msg("As many cases are listed as one date takes."),
    Obstacle.PRESENTER_AWAY: msg("The presenter is not to be had long enough."),
}


@dataclass(frozen=True)
class Hindrance:
    """Hold one obstacle, the discipline it is about, and the minutes that are free."""

    obstacle: Obstacle
    discipline: str = ""
    minutes: int = 0

    @property
    def words(self) -> Message:
        """Return the reason in a sentence."""
        if self.obstacle is Obstacle.NO_MINUTES:
            return msg("Only %(count)s minutes are free.", count=max(0, self.minutes))
        if self.obstacle is Obstacle.PATHOLOGY_ABSENT:
            return msg("%(discipline)s is not present.", discipline=self.discipline)
        if self.obstacle is Obstacle.NOT_ASKED:
            return msg("%(discipline)s is not asked to come.", discipline=self.discipline)
        if self.obstacle is Obstacle.DECLINED:
            return msg("%(discipline)s has declined.", discipline=self.discipline)
        return _WORDS[self.obstacle]


@dataclass(frozen=True)
class Verdict:
    """Say in which lane a date would take a case, None: not at all, and what stands in the way."""

    lane: CaseLane | None
    hindrances: tuple[Hindrance, ...]

    @property
    def suits(self) -> bool:
        return not self.hindrances

    @property
    def may_register(self) -> bool:
        """Tell whether the case may be registered, although something may be missing."""
        return not any(one.obstacle in _HARD for one in self.hindrances)

    @property
    def mark(self) -> str:
        """Return what a page keeps of this verdict, to notice that it has changed meanwhile."""
        found = (f"{one.obstacle}:{one.discipline}" for one in self.hindrances)
        return "|".join((self.lane or "", *found))


def lane_of(date: Date, *, is_standard_care: bool, now: datetime) -> CaseLane | None:
    """Return the lane in which a date takes a case that is registered now; None where it takes none.

    Standard of care takes no minutes, so that it is listed until the conference begins.
    """
    if date.has_begun(now):
        return None
    if is_standard_care and date.standard_care is StandardCare.LISTED:
        return CaseLane.STANDARD_CARE
    if not date.is_late(now):
        return CaseLane.DISCUSSION
    return CaseLane.LATE if date.late_rule is LateRule.CHAIR_APPROVES else None


def judge(date: Date, needs: Needs, *, now: datetime) -> Verdict:
    """Return the lane of a case and every reason why the date does not suit it, the gravest first."""
    lane = lane_of(date, is_standard_care=needs.is_standard_care, now=now)
    if lane is None:
        obstacle = Obstacle.BEGUN if date.has_begun(now) else Obstacle.AFTER_CUTOFF
        return Verdict(None, (Hindrance(obstacle),))
    if lane is CaseLane.STANDARD_CARE:
        return Verdict(lane, tuple(_too_many(date)))
    late = [Hindrance(Obstacle.NEEDS_APPROVAL)] if lane is CaseLane.LATE else []
    return Verdict(lane, (*_too_many(date), *_time(date, needs), *late, *_people(date, needs.disciplines)))


def _too_many(date: Date) -> Iterable[Hindrance]:
    return [Hindrance(Obstacle.TOO_MANY)] if date.cases >= MAX_CASES else []


def _time(date: Date, needs: Needs) -> Iterable[Hindrance]:
    if date.free_minutes < needs.minutes:
        yield Hindrance(Obstacle.NO_MINUTES, minutes=date.free_minutes)
    if not is_there(date.span, needs.window, needs.minutes):
        yield Hindrance(Obstacle.PRESENTER_AWAY)


def is_there(meeting: Span, window: Span | None, minutes: int) -> bool:
    """Tell whether a presenter who is to be had in a window, None: all the time, can present so long."""
    common = intersect(meeting, window) if window else meeting
    return common is not None and common.duration >= timedelta(minutes=minutes)


def _people(date: Date, disciplines: Iterable[str]) -> Iterable[Hindrance]:
    for discipline in sorted(set(disciplines) - date.present):
        yield Hindrance(_absence(date, discipline), discipline)


def _absence(date: Date, discipline: str) -> Obstacle:
    if is_pathology(discipline):
        return Obstacle.PATHOLOGY_ABSENT
    return Obstacle.DECLINED if discipline in date.declined else Obstacle.NOT_ASKED


def is_pathology(discipline: str) -> bool:
    """Tell whether a discipline looks at tissue, so that a case that needs it needs its pathology ready."""
    return _PATHOLOGY in discipline.casefold()


def find_earliest(verdicts: Sequence[Verdict]) -> int | None:
    """Return the place of the first date that suits, None where none does; dates stand in order of time."""
    return next((place for place, verdict in enumerate(verdicts) if verdict.suits), None)


def free_minutes(capacity: int, cases: Iterable[tuple[CaseLane, CaseState, int]]) -> int:
    """Return the minutes that no case has; below zero where put-off cases have come on top."""
    taken = (
        minutes for lane, state, minutes in cases if lane is CaseLane.DISCUSSION and state in ON_THE_LIST
    )
    return capacity - sum(taken)


def seniority(
    *, is_urgent: bool, deferrals: int, first_registered_at: datetime
) -> tuple[bool, int, datetime]:
    """Return by what cases are put in order: urgent first, then how often put off, then how long waiting."""
    return (not is_urgent, -deferrals, first_registered_at)


def question_lamp(question: str) -> Lamp:
    """Return whether the question is there: one word says the subject, and not what is to be decided."""
    words = len(question.split())
    if not words:
        return Lamp.MISSING
    return Lamp.PARTLY if words == 1 else Lamp.THERE


def ready_state(imaging: Lamp, pathology: Lamp) -> CaseState:
    """Return whether a case that was accepted has all that it needs to be discussed."""
    return CaseState.READY if {imaging, pathology} <= _DONE else CaseState.INCOMPLETE


def may_change(
    state: CaseState, lane: CaseLane, conference: ConferenceState, *, is_late: bool, is_desk: bool
) -> bool:
    """Tell whether what was said of a case may be changed.

    Whoever brings it may until registration closes, and while it waits in the late lane; the desk may until
    the conference begins.
    """
    if state not in WAITING or conference not in AHEAD:
        return False
    return is_desk or not is_late or lane is CaseLane.LATE
