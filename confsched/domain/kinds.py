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
    """How far one date of a conference has come; planned: no time has been found yet."""

    PLANNED = "planned"
    REGISTRATION_OPEN = "registration_open"
    FROZEN = "frozen"
    RUNNING = "running"
    MINUTES_DRAFT = "minutes_draft"
    RELEASED = "released"
    ARCHIVED = "archived"
    CANCELLED = "cancelled"
    MERGED = "merged"


class ConferenceKind(StrEnum):
    """What a conference is for: cases, further education, or a region's health."""

    CASE_CONFERENCE = "case_conference"
    CME_EVENT = "cme_event"
    REGIONAL_CONFERENCE = "regional_conference"


class HolidayRule(StrEnum):
    """What becomes of a date of a series on a public holiday of its host."""

    SKIP = "skip"
    MOVE = "move"
    KEEP = "keep"


class LateRule(StrEnum):
    """What becomes of a case that is registered after the cut-off."""

    CHAIR_APPROVES = "chair_approves"
    NEXT_DATE = "next_date"


class StandardCare(StrEnum):
    """What becomes of a case that standard of care decides: listed only, or discussed like any other."""

    LISTED = "listed"
    DISCUSSED = "discussed"


class CaseState(StrEnum):
    """How far a case has come on the one date it is registered for."""

    SUBMITTED = "submitted"
    INCOMPLETE = "incomplete"
    READY = "ready"
    SCHEDULED = "scheduled"
    IN_DISCUSSION = "in_discussion"
    RECOMMENDED = "recommended"
    NOTED = "noted"
    DEFERRED = "deferred"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    IMPLEMENTED = "implemented"
    NOT_IMPLEMENTED = "not_implemented"


class CaseTriage(StrEnum):
    """What the chair's triage of a case says."""

    DISCUSS = "discuss"
    NOTE_ONLY = "note_only"
    REJECT = "reject"


class CaseLane(StrEnum):
    """Where a case stands: discussed, waiting behind the cut-off, or listed as standard of care."""

    DISCUSSION = "discussion"
    LATE = "late"
    STANDARD_CARE = "standard_care"


class Lamp(StrEnum):
    """Whether something that a case needs is there."""

    THERE = "there"
    PARTLY = "partly"
    MISSING = "missing"
    UNKNOWN = "unknown"
    NOT_NEEDED = "not_needed"


class FollowUpState(StrEnum):
    """What became of a recommendation."""

    ONGOING = "ongoing"
    COMPLETED = "completed"
    NOT_DONE = "not_done"
    LOST = "lost"


class NotDoneReason(StrEnum):
    """Why a recommendation was not followed, as a code that names nobody."""

    PAYMENT_REFUSED = "payment_refused"
    PATIENTS_WISH = "patients_wish"
    DEATH = "death"
    MEDICAL_REASON = "medical_reason"
    OTHER = "other"


class AttendanceMode(StrEnum):
    ON_SITE = "on_site"
    REMOTE = "remote"


class PartnerKind(StrEnum):
    """What a partner is that is no hospital of the network."""

    HEALTH_OFFICE = "health_office"
    INSURER = "insurer"
    MEDICAL_ASSOCIATION = "medical_association"
    CARE_PROVIDER = "care_provider"
    RESCUE_SERVICE = "rescue_service"
    MUNICIPALITY = "municipality"
    SCIENCE = "science"
    NETWORK = "network"
    OTHER = "other"


class PollState(StrEnum):
    """How far a poll has come; a draft has been sent to nobody."""

    DRAFT = "draft"
    OPEN = "open"
    DECIDED = "decided"
    WITHDRAWN = "withdrawn"


class PollAnswer(StrEnum):
    YES = "yes"
    IF_NEED_BE = "if_need_be"
    NO = "no"


class CmeReportKind(StrEnum):
    """What is reported to the chamber: everybody once, who was found late, or who was reported wrongly."""

    FULL = "full"
    LATE = "late"
    DELETION = "deletion"


class Partstat(StrEnum):
    """RFC 5545 3.2.12."""

    NEEDS_ACTION = "NEEDS-ACTION"
    ACCEPTED = "ACCEPTED"
    DECLINED = "DECLINED"
    TENTATIVE = "TENTATIVE"
    DELEGATED = "DELEGATED"


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


class UrgentKind(StrEnum):
    """What an urgent service is asked for."""

    TELESTROKE = "telestroke"
    TELERADIOLOGY = "teleradiology"


class UrgentState(StrEnum):
    """How far an urgent consult has come; each kind knows its own order of these."""

    PRE_ALERT = "pre_alert"
    REQUESTED = "requested"
    ALERTED = "alerted"
    ACKNOWLEDGED = "acknowledged"
    CONNECTED = "connected"
    RECOMMENDED = "recommended"
    INDICATION_GIVEN = "indication_given"
    REFUSED = "refused"
    MODALITY_CHANGED = "modality_changed"
    SCANNING = "scanning"
    IMAGES_RECEIVED = "images_received"
    READING = "reading"
    PHONED = "phoned"
    REPORTED = "reported"
    CLOSED = "closed"
    CANCELLED = "cancelled"


class UrgentStepKind(StrEnum):
    """What a step of an urgent consult says: a new state, or what happened on the side."""

    STATE = "state"
    ESCALATED = "escalated"
    HANDED_OVER = "handed_over"
    JOINED = "joined"
    FACTS = "facts"
    TRANSFER = "transfer"
    PHONED_RESULT = "phoned_result"
    OVERRIDE = "override"


class Recommendation(StrEnum):
    STAY = "stay"
    THROMBOLYSIS = "thrombolysis"
    THROMBOLYSIS_AND_TRANSFER = "thrombolysis_transfer"
    TRANSFER = "transfer"
    TEAM_DISPATCHED = "team_dispatched"
    MIMIC = "mimic"


class TransferItem(StrEnum):
    """What a transfer needs, in the usual order; each is done or undone by itself."""

    BED_ACCEPTED = "bed_accepted"
    TEAM_INFORMED = "team_informed"
    TRANSPORT_ORDERED = "transport_ordered"
    DEPARTED = "departed"


class Urgency(StrEnum):
    """How soon images have to be read."""

    STROKE = "stroke"
    POLYTRAUMA = "polytrauma"
    EMERGENCY = "emergency"
    URGENT = "urgent"
    ROUTINE = "routine"


class TeleradiologyKind(StrEnum):
    """On which legal ground images are read elsewhere (StrlSchG 14, StrlSchV 123)."""

    TELERADIOLOGY = "teleradiology"
    SECOND_OPINION = "second_opinion"
    IMAGE_TRANSFER = "image_transfer"


class TeleradiologyPermit(StrEnum):
    """When a site may scan on the word of a radiologist elsewhere."""

    NONE = "none"
    OUT_OF_HOURS = "out_of_hours"
    ALWAYS = "always"


class EscalationTarget(StrEnum):
    """Whom a step of a ladder reaches."""

    DUTY_LINE = "duty_line"
    PARALLEL_LINE = "parallel_line"
    BACKGROUND_LINE = "background_line"
    HUB_ROTATION = "hub_rotation"
    FALLBACK_HUB = "fallback_hub"
    PHONE_CARD = "phone_card"


class SkipReason(StrEnum):
    """Why a step of a ladder called nobody; the next one begins at once."""

    NOBODY_ON_DUTY = "nobody_on_duty"
    NOBODY_REACHABLE = "nobody_reachable"
    ALL_AT_CAP = "all_at_cap"
    ALREADY_ALERTED = "already_alerted"


class Channel(StrEnum):
    """By which way an alert reaches a person."""

    EMAIL = "email"
    PUSH = "push"
    GATEWAY = "gateway"


class GatewayKind(StrEnum):
    """What a gateway of a house hands alerts to."""

    SMS = "sms"
    VOICE = "voice"
    MATRIX = "matrix"
    NTFY = "ntfy"
    WEBHOOK = "webhook"


class AlertPurpose(StrEnum):
    """What an alert is for."""

    URGENT_CONSULT = "urgent_consult"
    READINESS = "readiness"
    CONTACT_PROOF = "contact_proof"
