"""What the parts of the figures are called."""

from __future__ import annotations

from collections.abc import Mapping

from confsched.domain.figures import Measure
from confsched.domain.kinds import UrgentKind
from confsched.errors import Message, msg
from confsched.i18n import translate
from confsched.web.context import reader_language

KINDS: Mapping[UrgentKind, Message] = {
    UrgentKind.TELESTROKE: msg("Stroke consults"),
    UrgentKind.TELERADIOLOGY: msg("Teleradiology"),
}
STEPS: Mapping[Measure, Message] = {
    Measure.ACKNOWLEDGE: msg("Request to acknowledgement"),
    Measure.VIDEO: msg("Request to video"),
    Measure.RECOMMENDATION: msg("Request to recommendation"),
    Measure.REPORT: msg("Recommendation to report"),
    Measure.DOOR_OUT: msg("Arrival to departure"),
    Measure.INDICATION: msg("Request to indication"),
    Measure.TURNAROUND: msg("Images to result"),
}
BY: Mapping[str, Message] = {
    "service": msg("By service"),
    "hub": msg("By hub"),
    "spoke": msg("By spoke"),
    "hour": msg("By hour"),
    "weekday": msg("By weekday"),
}
WEEKDAYS = (
    *(msg("Monday"), msg("Tuesday"), msg("Wednesday"), msg("Thursday")),
    *(msg("Friday"), msg("Saturday"), msg("Sunday")),
)


def say(message: Message) -> str:
    """Return words in the reader's language, for plots and tables, which no template translates."""
    return translate(message, reader_language())
