"""What institutions, groups and replies are called on pages."""

from __future__ import annotations

from confsched.domain.group_quorum import Standing
from confsched.domain.kinds import AttendanceMode, PartnerKind, Partstat
from confsched.errors import Message, msg

PARTNER_WORDS: dict[PartnerKind, Message] = {
    PartnerKind.HEALTH_OFFICE: msg("Health office"),
    PartnerKind.INSURER: msg("Health insurer"),
    PartnerKind.MEDICAL_ASSOCIATION: msg("Medical association"),
    PartnerKind.CARE_PROVIDER: msg("Care provider"),
    PartnerKind.RESCUE_SERVICE: msg("Rescue service"),
    PartnerKind.MUNICIPALITY: msg("District or municipality"),
    PartnerKind.SCIENCE: msg("Science"),
    PartnerKind.NETWORK: msg("Local network"),
    PartnerKind.OTHER: msg("Other institution"),
}
REPLY_WORDS: dict[Partstat, tuple[Message, str]] = {
    Partstat.ACCEPTED: (msg("accepted"), "ok"),
    Partstat.TENTATIVE: (msg("perhaps"), "part"),
    Partstat.NEEDS_ACTION: (msg("no reply yet"), "unknown"),
    Partstat.DECLINED: (msg("declined"), "no"),
    Partstat.DELEGATED: (msg("sends a substitute"), "no"),
}
STANDING_WORDS: dict[Standing, tuple[Message, str]] = {
    Standing.MET: (msg("enough come"), "ok"),
    Standing.OPEN: (msg("still open"), "part"),
    Standing.MISSED: (msg("too few come"), "no"),
}
MODE_WORDS: dict[AttendanceMode, Message] = {
    AttendanceMode.ON_SITE: msg("on site"),
    AttendanceMode.REMOTE: msg("remote"),
}
