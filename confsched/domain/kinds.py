"""The closed lists of words that tables, pages and mails share; FHIR and iCalendar terms where they exist."""

from __future__ import annotations

from enum import StrEnum


class SiteKind(StrEnum):
    HOSPITAL = "hospital"
    OUTPATIENT_CENTRE = "outpatient_centre"
    MOBILE_UNIT = "mobile_unit"
    OFFICE = "office"


class LineKind(StrEnum):
    PRIMARY = "primary"
    PARALLEL = "parallel"
    BACKGROUND = "background"
    ON_SITE_ARRIVAL = "on_site_arrival"
    MOBILE_TEAM = "mobile_team"
    TECHNICIAN = "technician"


class DutyType(StrEnum):
    ON_SITE_STANDBY = "on_site_standby"
    ON_CALL_HOME = "on_call_home"
    BACKGROUND = "background"
    REGULAR = "regular"


class AbsenceKind(StrEnum):
    LEAVE = "leave"
    SICK = "sick"
    TRAINING = "training"
    OTHER = "other"


class RequirementKind(StrEnum):
    DISCIPLINE = "discipline"
    DUTY_LINE = "duty_line"
    PERSONS = "persons"
    RESOURCE = "resource"


class ResourceKind(StrEnum):
    ROOM = "room"
    DEVICE = "device"


class SubjectKind(StrEnum):
    PERSON = "person"
    RESOURCE = "resource"


class BookingKind(StrEnum):
    TELECONSULT = "teleconsult"
    CONFERENCE = "conference"


class ConsultState(StrEnum):
    """How far an elective teleconsult has come; triaged: accepted, and no time is to be had yet."""

    REQUESTED = "requested"
    TRIAGED = "triaged"
    OFFERED = "offered"
    HELD = "held"
    BOOKED = "booked"
    TOOK_PLACE = "took_place"
    REPORTED = "reported"
    CLOSED = "closed"
    DECLINED = "declined"
    EXPIRED = "expired"
    NO_SHOW = "no_show"
    CANCELLED = "cancelled"


class NoShowSide(StrEnum):
    """Who did not come to a consult that was booked."""

    REQUESTER = "requester"
    CONSULTANT = "consultant"


class QuestionAnswer(StrEnum):
    """What somebody of unknown time says to one time."""

    YES = "yes"
    NO = "no"
    OTHER = "other"


class SlotAnswer(StrEnum):
    """How the offer of a freed time ended."""

    TAKEN = "taken"
    DECLINED = "declined"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"


class ConferenceState(StrEnum):
    PLANNED = "planned"
    INVITED = "invited"
    CANCELLED = "cancelled"


class Partstat(StrEnum):
    """RFC 5545 3.2.12."""

    NEEDS_ACTION = "NEEDS-ACTION"
    ACCEPTED = "ACCEPTED"
    DECLINED = "DECLINED"
    TENTATIVE = "TENTATIVE"


class FeedPrivacy(StrEnum):
    KIND_AND_PLACE = "kind_and_place"
    KIND = "kind"
    BUSY = "busy"


class BusySourceKind(StrEnum):
    URL = "url"
    UPLOAD = "upload"
    CALDAV = "caldav"
    FREE_BUSY = "free_busy"


class DayClass(StrEnum):
    """What a duty code asks of a day before it says its times."""

    WORKDAY = "workday"
    FRIDAY = "friday"
    SATURDAY = "saturday"
    SUNDAY = "sunday"
    HOLIDAY = "holiday"
    HOLIDAY_EVE = "holiday_eve"


class CountsAs(StrEnum):
    """The column of the fairness ledger that a duty adds to."""

    DAY = "day"
    NIGHT = "night"
    ON_CALL = "on_call"
    BACKGROUND = "background"
    NOTHING = "nothing"


class WishKind(StrEnum):
    """What a person wants of a day: a fixed day off is kept, the other two are weighed."""

    DAY_OFF = "day_off"
    RATHER_NOT = "rather_not"
    RATHER = "rather"


class SwapState(StrEnum):
    """Proposed, taken by a colleague, and in effect; or ended without effect."""

    PROPOSED = "proposed"
    ACCEPTED = "accepted"
    EFFECTIVE = "effective"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"


class FillState(StrEnum):
    """How far an automatic filling of a draft has come."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    STOPPED = "stopped"
    FAILED = "failed"


class FeedScope(StrEnum):
    """Whose entries a feed holds."""

    OWN = "own"
    LINE = "line"
    DEPARTMENT = "department"
