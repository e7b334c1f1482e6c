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
    """The elective teleconsult as far as it is built: asked for, a time held, booked, withdrawn."""

    REQUESTED = "requested"
    HELD = "held"
    BOOKED = "booked"
    CANCELLED = "cancelled"


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
