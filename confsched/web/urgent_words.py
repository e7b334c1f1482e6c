"""What the parts of an urgent consult are called on its pages."""

from __future__ import annotations

from collections.abc import Mapping

from confsched.domain.escalation import PASSED_ON
from confsched.domain.kinds import EscalationTarget, Recommendation, TransferItem, Urgency, UrgentKind
from confsched.domain.kinds import UrgentState as State
from confsched.domain.urgent_clocks import ClockName, Milestone
from confsched.errors import Message, msg
from confsched.models.urgent import UrgentConsult, UrgentStep

KINDS: Mapping[str, Message] = {
    UrgentKind.TELESTROKE: msg("Stroke consult"),
    UrgentKind.TELERADIOLOGY: msg("Teleradiology"),
}
STATES: Mapping[str, Message] = {
    State.PRE_ALERT: msg("announced"),
    State.REQUESTED: msg("requested"),
    State.ALERTED: msg("alerted, not acknowledged"),
    State.ACKNOWLEDGED: msg("acknowledged"),
    State.CONNECTED: msg("connected"),
    State.RECOMMENDED: msg("recommendation given"),
    State.INDICATION_GIVEN: msg("indication given"),
    State.REFUSED: msg("examination refused"),
    State.MODALITY_CHANGED: msg("another examination asked for"),
    State.SCANNING: msg("examination runs"),
    State.IMAGES_RECEIVED: msg("images complete"),
    State.READING: msg("is being read"),
    State.PHONED: msg("result phoned"),
    State.REPORTED: msg("report is written"),
    State.CLOSED: msg("closed"),
    State.CANCELLED: msg("called off"),
}
CLOCKS: Mapping[str, Message] = {
    ClockName.ALERT: msg("Alert out"),
    ClockName.ACKNOWLEDGE: msg("Acknowledgement"),
    ClockName.VIDEO: msg("Video"),
    ClockName.EXPERTISE: msg("Expertise after arrival"),
    ClockName.CT: msg("CT after arrival"),
    ClockName.NEEDLE: msg("Thrombolysis after arrival"),
    ClockName.DOOR_OUT: msg("Departure after arrival"),
    ClockName.REPORT: msg("Report"),
    ClockName.INDICATION: msg("Indication"),
    ClockName.TURNAROUND: msg("Result after images"),
}
RECOMMENDATIONS: Mapping[str, Message] = {
    Recommendation.STAY: msg("Stay, treat on site"),
    Recommendation.THROMBOLYSIS: msg("Thrombolysis"),
    Recommendation.THROMBOLYSIS_AND_TRANSFER: msg("Thrombolysis and transfer"),
    Recommendation.TRANSFER: msg("Transfer"),
    Recommendation.TEAM_DISPATCHED: msg("Mobile team comes"),
    Recommendation.MIMIC: msg("No stroke"),
}
ITEMS: Mapping[str, Message] = {
    TransferItem.BED_ACCEPTED: msg("Bed accepted"),
    TransferItem.TEAM_INFORMED: msg("Intervention team informed"),
    TransferItem.TRANSPORT_ORDERED: msg("Transport ordered"),
    TransferItem.DEPARTED: msg("Departed"),
    Milestone.CT: msg("CT is there"),
    Milestone.NEEDLE: msg("Thrombolysis begun"),
}
URGENCIES: Mapping[str, Message] = {
    Urgency.STROKE: msg("Stroke"),
    Urgency.POLYTRAUMA: msg("Polytrauma"),
    Urgency.EMERGENCY: msg("Emergency"),
    Urgency.URGENT: msg("Urgent"),
    Urgency.ROUTINE: msg("Routine"),
}
TARGETS: Mapping[str, Message] = {
    EscalationTarget.DUTY_LINE: msg("Duty line"),
    EscalationTarget.PARALLEL_LINE: msg("Second line"),
    EscalationTarget.BACKGROUND_LINE: msg("Background duty"),
    EscalationTarget.HUB_ROTATION: msg("Hub whose turn it is"),
    EscalationTarget.FALLBACK_HUB: msg("Fallback hub"),
    EscalationTarget.PHONE_CARD: msg("Number to call"),
}
WAYS: Mapping[str, Message] = {
    "email": msg("Mail"),
    "push": msg("App"),
    "sms": msg("SMS"),
    "voice": msg("Call"),
    "matrix": msg("Matrix"),
    "ntfy": msg("ntfy"),
    "webhook": msg("Webhook"),
}
RESULTS: Mapping[str, Message] = {
    "waits": msg("on its way"),
    "tried": msg("refused, tried again"),
    "sent": msg("sent"),
    "seen": msg("opened"),
    "failed": msg("failed"),
    "stopped": msg("stopped"),
}
SKIPPED: Mapping[str, Message] = {
    "nobody_on_duty": msg("Nobody is on duty."),
    "nobody_reachable": msg("Nobody has a proven way to be reached."),
    "all_at_cap": msg("All have as many consults as they may."),
    "already_alerted": msg("Called by a step before."),
}
_STEPS: Mapping[str, Message] = {
    State.PRE_ALERT: msg("Announced"),
    State.REQUESTED: msg("Requested"),
    State.ALERTED: msg("First alert"),
    State.ACKNOWLEDGED: msg("Acknowledged"),
    State.CONNECTED: msg("Video stands"),
    State.INDICATION_GIVEN: msg("Indication given"),
    State.REFUSED: msg("Examination refused"),
    State.SCANNING: msg("Examination begun"),
    State.IMAGES_RECEIVED: msg("Images complete"),
    State.READING: msg("Reading begun"),
    State.REPORTED: msg("Report written"),
    State.CLOSED: msg("Closed"),
}
_ENDS: Mapping[str, Message] = {
    "false_alarm": msg("Called off: false alarm"),
    "duplicate": msg("Called off: duplicate"),
}
_BESIDE: Mapping[str, Message] = {
    "joined": msg("Joined as second consultant"),
    "escalated": msg("Next step of the ladder"),
    PASSED_ON: msg("Passed on"),
    "facts": msg("Facts completed"),
    "override": msg("Warning overridden"),
}
# The names of the steps on top of the page, in order, and the states that have come so far.
STAGES: Mapping[UrgentKind, tuple[tuple[Message, frozenset[State]], ...]] = {
    UrgentKind.TELESTROKE: (
        (msg("requested"), frozenset({State.PRE_ALERT})),
        (msg("Acknowledgement"), frozenset({State.REQUESTED, State.ALERTED})),
        (msg("Video"), frozenset({State.ACKNOWLEDGED})),
        (msg("Recommendation"), frozenset({State.CONNECTED})),
        (msg("Report"), frozenset({State.RECOMMENDED})),
    ),
    UrgentKind.TELERADIOLOGY: (
        (msg("requested"), frozenset({State.PRE_ALERT})),
        (msg("Acknowledgement"), frozenset({State.REQUESTED, State.ALERTED})),
        (msg("Indication"), frozenset({State.ACKNOWLEDGED, State.REFUSED, State.MODALITY_CHANGED})),
        (msg("Images"), frozenset({State.INDICATION_GIVEN, State.SCANNING})),
        (msg("Result"), frozenset({State.IMAGES_RECEIVED, State.READING})),
        (msg("Report"), frozenset({State.PHONED})),
    ),
}


def stage_of(consult: UrgentConsult) -> int:
    """Return the number of the present stage, from 1; one more than there are when all are done."""
    stages = STAGES[consult.kind]
    found = (number for number, (_, states) in enumerate(stages, start=1) if consult.state in states)
    return next(found, len(stages) + 1)


def step_words(step: UrgentStep) -> Message:
    """Return what a step is called."""
    code = str(step.details.get("code", ""))
    if step.code == State.RECOMMENDED:
        return RECOMMENDATIONS.get(code, STATES[State.RECOMMENDED])
    if step.code == State.CANCELLED:
        return _ENDS.get(code, STATES[State.CANCELLED])
    if step.code in (State.PHONED, "phoned"):
        return msg("Result phoned to %(name)s", name=step.details.get("to", ""))
    if step.code == State.MODALITY_CHANGED:
        return msg("Another examination: %(name)s", name=step.details.get("to", ""))
    if step.code == "handed_over":
        return msg("Handed over to %(name)s", name=step.other.name if step.other else "")
    if step.code in ITEMS:
        return _item_words(step)
    return _STEPS.get(step.code) or _BESIDE.get(step.code) or _BESIDE.get(step.kind.value) or msg(step.code)


def _item_words(step: UrgentStep) -> Message:
    if step.details.get("done", True):
        return ITEMS[step.code]
    return msg("Taken back: %(item)s", item=ITEMS[step.code])


SHOWS: tuple[tuple[str, Message], ...] = (
    ("all", msg("All")),
    ("open", msg("Open")),
    ("closed", msg("Closed")),
    ("cancelled", msg("Called off")),
)
HISTORY_COLUMNS: tuple[Message, ...] = (
    *(msg("Case"), msg("Kind"), msg("Service"), msg("Asks"), msg("Requested"), msg("Acknowledged")),
    *(msg("Seconds to the acknowledgement"), msg("Ended"), msg("State"), msg("Recommendation")),
)
