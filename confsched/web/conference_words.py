"""What the states of conferences and cases, lamps and looks at a quorum are called on pages."""

from __future__ import annotations

from collections.abc import Mapping

from confsched.domain.availability import Why
from confsched.domain.kinds import CaseState, Lamp, LateRule, Partstat, StandardCare
from confsched.domain.kinds import ConferenceState as State
from confsched.domain.quorum import Attendee, Chance, Unfit
from confsched.errors import Message, msg

STATES: Mapping[State, Message] = {
    State.PLANNED: msg("no time yet"),
    State.REGISTRATION_OPEN: msg("registration open"),
    State.FROZEN: msg("agenda frozen"),
    State.RUNNING: msg("running"),
    State.MINUTES_DRAFT: msg("minutes to write"),
    State.RELEASED: msg("minutes released"),
    State.ARCHIVED: msg("archived"),
    State.CANCELLED: msg("called off"),
    State.MERGED: msg("merged with another date"),
}
LOOKS: Mapping[State, str] = {
    State.PLANNED: "draft",
    State.REGISTRATION_OPEN: "act",
    State.RUNNING: "warn",
    State.MINUTES_DRAFT: "warn",
    State.RELEASED: "ok",
    State.CANCELLED: "now",
    State.MERGED: "now",
}
CLOSED = msg("registration closed")
LAMPS: Mapping[Lamp, tuple[Message, str]] = {
    Lamp.THERE: (msg("there"), "ok"),
    Lamp.PARTLY: (msg("partly"), "part"),
    Lamp.MISSING: (msg("missing"), "no"),
    Lamp.UNKNOWN: (msg("not known"), "unknown"),
}
CASES: Mapping[CaseState, Message] = {
    CaseState.SUBMITTED: msg("to be looked at"),
    CaseState.INCOMPLETE: msg("not ready"),
    CaseState.READY: msg("ready"),
    CaseState.SCHEDULED: msg("scheduled"),
    CaseState.IN_DISCUSSION: msg("in discussion"),
    CaseState.RECOMMENDED: msg("recommended"),
    CaseState.NOTED: msg("noted only"),
    CaseState.DEFERRED: msg("deferred"),
    CaseState.REJECTED: msg("rejected"),
    CaseState.WITHDRAWN: msg("withdrawn"),
    CaseState.IMPLEMENTED: msg("implemented"),
    CaseState.NOT_IMPLEMENTED: msg("not implemented"),
}
CHANCES: Mapping[Chance, tuple[Message, str]] = {
    Chance.SURE: (msg("quorum sure"), "ok"),
    Chance.MAYBE: (msg("quorum possible"), "part"),
    Chance.MISSING: (msg("no quorum"), "no"),
}
LATE_RULES: Mapping[LateRule, Message] = {
    LateRule.CHAIR_APPROVES: msg("The chair decides on it"),
    LateRule.NEXT_DATE: msg("It goes to the next date"),
}
STANDARD_CARES: Mapping[StandardCare, Message] = {
    StandardCare.LISTED: msg("Listed without discussion"),
    StandardCare.DISCUSSED: msg("Discussed like any other"),
}
_REPLIES: Mapping[Partstat, Message] = {
    Partstat.ACCEPTED: msg("accepted"),
    Partstat.TENTATIVE: msg("perhaps"),
    Partstat.DECLINED: msg("declined"),
    Partstat.DELEGATED: msg("sends somebody else"),
    Partstat.NEEDS_ACTION: msg("no reply yet"),
}
_AGAINST: Mapping[Why, Message] = {
    Why.ABSENCE: msg("absent then"),
    Why.DUTY: msg("on duty then"),
    Why.CLAIM: msg("in another meeting then"),
    Why.REST: msg("resting after a duty"),
    Why.ELSEWHERE: msg("at another site then"),
    Why.NOT_WORKING: msg("not at work then"),
    Why.ANSWER: msg("cannot come"),
}
_UNFIT: Mapping[Unfit, Message] = {
    Unfit.NO_SPECIALIST: msg("no specialist, does not count"),
    Unfit.OTHER_SITE: msg("of another site, does not count"),
}


def reply_words(person: Attendee) -> list[Message]:
    """Return why somebody is sure to come, or not: that they were seen, their reply, what is against it."""
    if person.is_there is not None:
        return [msg("is there") if person.is_there else msg("has left")]
    words = [_REPLIES[person.reply]]
    if person.reply is not Partstat.DECLINED and person.chance is not Chance.SURE and person.against:
        words += [_AGAINST[person.against]] if person.against in _AGAINST else []
    return words


def unfit_words(why: Unfit) -> Message:
    """Return why somebody of the discipline does not count."""
    return _UNFIT[why]
