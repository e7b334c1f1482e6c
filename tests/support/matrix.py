"""What tests of every route need: objects of every kind, the routes, and a picture of all tables."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, TypeVar
from urllib.parse import urlsplit

from flask import Flask
from sqlalchemy import Column, Table, select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from confsched.db import Database
from confsched.domain.intervals import Span
from confsched.domain.kinds import (
    AbsenceKind,
    AttendanceMode,
    BookingKind,
    BusySourceKind,
    CaseLane,
    CaseState,
    Channel,
    CmeReportKind,
    ConferenceKind,
    ConferenceState,
    ConsultState,
    FeedPrivacy,
    FillState,
    FollowUpState,
    GatewayKind,
    HolidayRule,
    Lamp,
    LateRule,
    LineKind,
    PartnerKind,
    PollState,
    RequirementKind,
    StandardCare,
    SwapState,
    UrgentKind,
    UrgentState,
    WishKind,
)
from confsched.domain.permissions import Actor, Function, Seat
from confsched.models.base import Base
from confsched.models.bookings import Booking
from confsched.models.busy import BusySource
from confsched.models.cases import CaseItem
from confsched.models.catalogue import Requirement, Service
from confsched.models.cme import CmeEvent, CmeReport, CmeReportEntry
from confsched.models.conferences import Attendance as AttendanceRow
from confsched.models.conferences import Conference
from confsched.models.consults import Consult
from confsched.models.contacts import AlertGateway, ContactPoint, ReadinessCheck
from confsched.models.duty_rosters import DutyRoster, FillRun, RosterImport
from confsched.models.feeds import Feed
from confsched.models.guests import Guest, Partner
from confsched.models.network import Department, Site
from confsched.models.outbox import OutboxMessage
from confsched.models.people import Person
from confsched.models.polls import DatePoll, PollTime, PollVoter
from confsched.models.rosters import Absence, DeclaredGap, Duty, DutyLine, WorkingHoursRow
from confsched.models.rotations import DutyRotation, DutyRotationMember, DutyWish
from confsched.models.series import ConferenceSeries, SeriesMember
from confsched.models.swaps import DutySwap
from confsched.models.urgent import BoardToken, TeamMission, UrgentConsult
from confsched.services import accounts, bookings, invitations, rosters
from confsched.services.bookings import Attendance, Meeting
from confsched.services.rosters import NewLine
from tests.world import NEUROLOGY, NOW, ZONE, World, add_agreement, add_person, add_service, local

Row = TypeVar("Row", bound=Base)

UNKNOWN = uuid.UUID("00000000-0000-4000-8000-000000000000")
CASE_REF, LINK = "FK-9XWT", "https://video.example/secret-room"
FIRST_DAY = date(2026, 11, 24)
MONTH = "2026-12"
STEP = timedelta(minutes=30)
ARGUMENTS = (
    *("booking_id", "consult_id", "conference_id", "message_id", "feed_id", "source_id", "gap_id"),
    *("swap_id", "absence_id", "wish_id", "department_id", "import_id", "run_id", "rotation_id"),
    "triage_id",
    *("urgent_id", "offered_id"),
    "mission_id",
    *("service_id", "hours_id"),
    *("point_id", "gateway_id", "check_id"),
    *("site_id", "board_id"),
    *("series_id", "date_id"),
    *("guest_id", "partner_id", "regional_id"),
    *("case_id", "desk_case_id", "follow_up_id"),
    *("report_id", "attendance_id", "poll_id"),
)
_UUID = re.compile(rb"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_CHANGING = re.compile(rb'(name="(?:csrf_token|form_key)"[^>]*value=")[^"]*')
# Written by reading, on purpose: when a session was last used, and which program fetched a feed.
TELEMETRY = {"login_session": {"seen_at"}, "feed": {"fetched_at", "fetched_by"}}


@dataclass(frozen=True)
class Route:
    """Hold one rule of the app for one method."""

    endpoint: str
    method: str
    argument: str | None

    def path(self, app: Flask, row_id: uuid.UUID | None) -> str:
        values: dict[str, object] = dict.fromkeys(("digest", "name", "token", "code"), "x")
        if self.argument:
            values = {self.argument: row_id, "month": MONTH}
        built = app.url_map.bind("localhost").build(self.endpoint, values, method=self.method)
        return urlsplit(built).path


def list_routes(app: Flask) -> list[Route]:
    """Return every rule, once for each of GET and POST; a kind of row without objects here fails."""
    return [
        Route(rule.endpoint, method, _argument(rule.arguments))
        for rule in app.url_map.iter_rules()
        for method in ("GET", "POST")
        if method in (rule.methods or ())
    ]


def _argument(names: set[str]) -> str | None:
    ids = {name for name in names if name.endswith("_id")}
    assert ids <= set(ARGUMENTS), f"add objects for {ids - set(ARGUMENTS)} to tests/support/matrix.py"
    return next(iter(ids), None)


def picture(database: Database) -> dict[str, list[str]]:
    """Return all rows of all tables, without telemetry."""
    with database.read() as session:
        return {table.name: _rows(session, table.name) for table in Base.metadata.sorted_tables}


class Watch:
    """Take pictures of a SQLite database, each only once: a new one when somebody has committed since."""

    def __init__(self, database: Database) -> None:
        self._connection = database.engine.raw_connection()
        self._queries = {table.name: _query(table) for table in Base.metadata.sorted_tables}
        self._version: object = None
        self._kept: Any = None
        self._picture: dict[str, list[tuple[object, ...]]] = {}

    def picture(self) -> dict[str, list[tuple[object, ...]]]:
        """Return all rows as SQLite holds them: hundreds of pictures are taken, and no value is looked at."""
        cursor = self._connection.cursor()
        # SQLite counts, for each connection, the commits that others have made: lang_pragma, data_version.
        version = cursor.execute("PRAGMA data_version").fetchone()
        if version != self._version:
            rows = {name: cursor.execute(query).fetchall() for name, query in self._queries.items()}
            self._version, self._picture = version, rows
        return self._picture

    def keep(self) -> None:
        """Remember the whole database as it is now."""
        source = self._connection.driver_connection
        assert source is not None, "a connection that is open has a driver below it"
        self._kept = type(source)(":memory:")
        source.backup(self._kept)

    def restore(self) -> None:
        """Put the whole database back: making hundreds of objects anew takes many times as long."""
        assert self._kept is not None, "what was kept can be put back"
        self._kept.backup(self._connection.driver_connection)
        self._version = None

    def close(self) -> None:
        self._connection.close()


def _rows(session: Session, name: str) -> list[str]:
    columns = _columns(Base.metadata.tables[name])
    return sorted(repr(tuple(row)) for row in session.execute(select(*columns)))


def _columns(table: Table) -> list[Column[object]]:
    """Return the columns of a table without telemetry."""
    return [column for column in table.columns if column.name not in TELEMETRY.get(table.name, ())]


def _query(table: Table) -> str:
    return f'SELECT {", ".join(column.name for column in _columns(table))} FROM "{table.name}"'


def without_marks(answer: TestResponse) -> tuple[int, list[tuple[str, str]], bytes]:
    """Return status, headers and body without what differs in any two answers: ids and form tokens."""
    headers = sorted((name, value) for name, value in answer.headers if name != "X-Request-ID")
    return answer.status_code, headers, _CHANGING.sub(rb"\1", _UUID.sub(b"ID", answer.data))


def actor_of(session: Session, person: Person, site: Site, function: Function) -> Actor:
    """Return a person as services take them."""
    credentials = accounts.find_credentials(session, person.email, now=NOW)
    assert credentials.account_id is not None
    seat = Seat(site.organisation_id, site.id, None, function)
    return Actor(person.id, credentials.account_id, person.name, "en", ZONE, (seat,))


class Cast:
    """Hold one person of each function at a site."""

    def __init__(self, session: Session, site: Site, prefix: str) -> None:
        self.people = {
            function: add_person(session, site, "", prefix, function.value.title(), function)
            for function in Function
        }
        self.actors = {
            function: actor_of(session, person, site, function) for function, person in self.people.items()
        }


class Objects:
    """Make one object of every kind for a person, each meeting at a time of its own."""

    def __init__(self, session: Session, world: World) -> None:
        self._session = session
        self._world = world
        self._starts = self._free_starts()

    def _free_starts(self) -> Iterator[datetime]:
        at = local(FIRST_DAY, time(8))
        while True:
            yield at
            at += STEP

    def make(self, actor: Actor, *beside: Person, title: str = "Epilepsy board") -> dict[str, uuid.UUID]:
        """Return the ids by the names that routes have for them."""
        booking = self.booking(actor, *beside, title=title)
        query = select(OutboxMessage.id).where(
            OutboxMessage.booking_id == booking.id, OutboxMessage.recipient_id == actor.person_id
        )
        return {
            "booking_id": booking.id,
            "consult_id": self.consult(actor).id,
            "triage_id": self._triage(actor).id,
            "conference_id": self._conference(actor, title).id,
            "message_id": self._session.scalars(query).one(),
            "feed_id": self._feed(actor).id,
            "source_id": self._busy_source(actor).id,
            "gap_id": self._intended_gap(actor).id,
            "department_id": self._department(actor).id,
            "import_id": self._import(actor).id,
            "run_id": self._fill_run(actor).id,
            "rotation_id": self._rotation(actor).id,
            "swap_id": self._swap(actor).id,
            "absence_id": self._absence(actor).id,
            "wish_id": self._wish(actor).id,
            "urgent_id": self._urgent(actor, *beside).id,
            "offered_id": self._offered(actor).id,
            "mission_id": self._mission(actor, *beside).id,
            "service_id": self._service(actor).id,
            "hours_id": self._working_hours(actor).id,
            "point_id": self._contact_point(actor).id,
            "gateway_id": self._gateway(actor).id,
            "check_id": self._readiness_check(actor).id,
            "site_id": actor.site_id,
            "board_id": self._board_token(actor).id,
            **self._guest(actor),
            "regional_id": self._regional(actor, title).id,
            "case_id": (case := self._case(actor, *beside)).id,
            "desk_case_id": case.id,
            **self._date_of_series(actor, *beside),
            "follow_up_id": self._recommended(actor, *beside).id,
            "report_id": (report := self._cme_report(actor, *beside)).id,
            "attendance_id": report.entries[0].attendance_id,
            "poll_id": self._poll(actor, *beside).id,
        }

    def booking(
        self, actor: Actor, *beside: Person, title: str, kind: BookingKind = BookingKind.CONFERENCE
    ) -> Booking:
        """Return a meeting that the actor organises and takes part in, with its messages."""
        starts_at = next(self._starts)
        meeting = Meeting(
            kind=kind,
            title=title,
            span=Span(starts_at, starts_at + STEP),
            zone=ZONE,
            organisation_id=actor.organisation_id,
            case_ref=CASE_REF,
            join_link=LINK,
        )
        ids = (actor.person_id, *(person.id for person in beside))
        attendances = [Attendance(person_id, NEUROLOGY) for person_id in ids]
        booking = bookings.create(self._session, actor, meeting, attendances, now=NOW)
        invitations.announce(self._session, booking, invitations.before(None), now=NOW)
        self._session.flush()
        return booking

    def consult(
        self, actor: Actor, question: str = "Is it sensible?", booking: Booking | None = None
    ) -> Consult:
        return self._add(
            Consult(
                service_id=self._world.service.id,
                site_id=actor.site_id,
                requester_id=actor.person_id,
                case_ref=CASE_REF,
                question=question,
                reply_by_on=date(2026, 12, 4),
                state=ConsultState.BOOKED if booking else ConsultState.OFFERED,
                booking_id=booking.id if booking else None,
                created_at=NOW,
            )
        )

    def _triage(self, actor: Actor) -> Consult:
        """Return a request to a service of the actor's house that waits for a decision there."""
        service = add_service(self._session, self._session.get_one(Site, actor.site_id))
        service.needs_triage = True
        consult = self.consult(actor)
        consult.service, consult.state = service, ConsultState.REQUESTED
        self._session.flush()
        return consult

    def _urgent(self, actor: Actor, *beside: Person) -> UrgentConsult:
        """Return an urgent consult that the actor's site asks of its own house, or of who is beside."""
        answering = self._world.hub if beside == (self._world.second_neurologist,) else None
        service = add_service(self._session, answering or self._session.get_one(Site, actor.site_id))
        service.urgent_kind = UrgentKind.TELESTROKE
        return self._add(
            UrgentConsult(
                service_id=service.id,
                site_id=actor.site_id,
                requester_id=actor.person_id,
                kind=UrgentKind.TELESTROKE,
                state=UrgentState.ALERTED,
                case_ref=CASE_REF,
                requested_at=NOW,
                recorded_at=NOW,
            )
        )

    def _mission(self, actor: Actor, *beside: Person) -> TeamMission:
        """Return a team of the actor's house on its way to the site of the actor."""
        department = self._department(actor)
        new = NewLine("Team", department.name, "+49 5555 8", kind=LineKind.MOBILE_TEAM)
        line = rosters.add_line(self._session, None, department, new, now=NOW)
        self._session.flush()
        return self._add(
            TeamMission(
                line_id=line.id,
                consult_id=self._urgent(actor, *beside).id,
                site_id=actor.site_id,
                requested_by_id=actor.person_id,
                starts_at=NOW,
                until_at=NOW + STEP,
            )
        )

    def _offered(self, actor: Actor) -> Service:
        """Return an urgent service that the site of the actor may ask."""
        site = self._session.get_one(Site, actor.site_id)
        service = add_service(self._session, site, name=uuid.uuid4().hex)
        service.urgent_kind = UrgentKind.TELESTROKE
        add_agreement(self._session, service, site)
        return service

    def _conference(self, actor: Actor, title: str) -> Conference:
        conference = Conference(
            title=title,
            duration_minutes=30,
            search_from_on=FIRST_DAY,
            search_until_on=FIRST_DAY + timedelta(days=3),
            site_id=actor.site_id,
            organisation_id=actor.organisation_id,
            organiser_id=actor.person_id,
            state=ConferenceState.PLANNED,
            created_at=NOW,
        )
        conference.requirements = [
            Requirement(kind=RequirementKind.DISCIPLINE, discipline=NEUROLOGY, count=1)
        ]
        return self._add(conference)

    def _date_of_series(self, actor: Actor, *beside: Person) -> dict[str, uuid.UUID]:
        """Return a series that the actor leads and to which those beside belong, with one date of it."""
        series = ConferenceSeries(
            title="Thorax board",
            kind=ConferenceKind.CASE_CONFERENCE,
            organisation_id=actor.organisation_id,
            site_id=actor.site_id,
            organiser_id=actor.person_id,
            chair_id=actor.person_id,
            zone=ZONE,
            rule="FREQ=WEEKLY;BYDAY=TU;WKST=MO",
            first_on=FIRST_DAY,
            until_on=FIRST_DAY,
            starts_at_local=time(8),
            duration_minutes=30,
            capacity_minutes=30,
            holiday_rule=HolidayRule.SKIP,
            late_rule=LateRule.CHAIR_APPROVES,
            standard_care=StandardCare.LISTED,
            uid=uuid.uuid4().hex,
            created_at=NOW,
            revised_at=NOW,
        )
        self._add(series)
        series.members = [
            SeriesMember(person_id=person_id, organisation_id=actor.organisation_id, serves=NEUROLOGY)
            for person_id in (actor.person_id, *(person.id for person in beside))
        ]
        date = self._conference(actor, "Thorax board")
        date.booking = self.booking(actor, *beside, title="Thorax board")
        date.state = ConferenceState.REGISTRATION_OPEN
        date.series_id, date.occurs_at = series.id, date.booking.starts_at
        date.booking.series_id, date.booking.recurrence_at = series.id, date.booking.starts_at
        self._session.flush()
        return {"series_id": series.id, "date_id": date.id}

    def _case(self, actor: Actor, *beside: Person) -> CaseItem:
        """Return a case of the actor's site for a conference that the actor runs."""
        conference = self._conference(actor, "Thorax board")
        conference.booking = self.booking(actor, *beside, title="Thorax board")
        conference.state = ConferenceState.REGISTRATION_OPEN
        return self._add(
            CaseItem(
                conference_id=conference.id,
                case_ref=f"FK-{uuid.uuid4().hex[:8]}".upper(),
                site_id=actor.site_id,
                presenter_id=actor.person_id,
                registered_by_id=actor.person_id,
                question="Is a resection sensible?",
                minutes=5,
                state=CaseState.SUBMITTED,
                lane=CaseLane.DISCUSSION,
                imaging=Lamp.UNKNOWN,
                pathology=Lamp.NOT_NEEDED,
                registered_at=NOW,
                first_registered_at=NOW,
            )
        )

    def _recommended(self, actor: Actor, *beside: Person) -> CaseItem:
        """Return a case of the actor's site for which a conference has recommended something."""
        case = self._case(actor, *beside)
        case.state, case.recommendation = CaseState.RECOMMENDED, "Watch."
        case.follow_up_state, case.follow_up_on = FollowUpState.ONGOING, FIRST_DAY
        self._session.flush()
        return case

    def _regional(self, actor: Actor, title: str) -> Conference:
        """Return a regional conference that the actor organises."""
        conference = self._conference(actor, title)
        conference.kind = ConferenceKind.REGIONAL_CONFERENCE
        conference.booking = self.booking(actor, title=title)
        conference.state = ConferenceState.REGISTRATION_OPEN
        self._session.flush()
        return conference

    def _guest(self, actor: Actor) -> dict[str, uuid.UUID]:
        """Return a guest of the actor's house, and an institution from which nobody comes."""
        name = uuid.uuid4().hex
        partner = self._add(
            Partner(organisation_id=actor.organisation_id, name=name, kind=PartnerKind.INSURER)
        )
        person = Person(given_name="Anna", family_name="Berg", email=f"{name}@kasse.example")
        entry = {"organisation_id": actor.organisation_id, "added_by_id": actor.person_id, "added_at": NOW}
        guest = self._add(Guest(person_id=self._add(person).id, **entry))
        return {"guest_id": guest.id, "partner_id": partner.id}

    def _cme_report(self, actor: Actor, *beside: Person) -> CmeReport:
        """Return a file that was made for the chamber."""
        conference = self._case(actor, *beside).conference
        self._add(CmeEvent(conference_id=conference.id, vnr="2761234567890123456", category="C", points=2))
        there = self._add(
            AttendanceRow(
                conference_id=conference.id,
                person_id=actor.person_id,
                mode=AttendanceMode.REMOTE,
                came_at=NOW,
            )
        )
        report = CmeReport(conference_id=conference.id, kind=CmeReportKind.FULL, person_id=actor.person_id)
        report.created_at = NOW
        report.entries = [CmeReportEntry(attendance_id=there.id, efn="802760100000017", points=2)]
        return self._add(report)

    def _poll(self, actor: Actor, *beside: Person) -> DatePoll:
        """Return an open poll of the actor's house that asks those beside."""
        starts_at = next(self._starts) + timedelta(days=30)
        poll = DatePoll(
            title="Thorax board",
            kind=ConferenceKind.CASE_CONFERENCE,
            organisation_id=actor.organisation_id,
            site_id=actor.site_id,
            organiser_id=actor.person_id,
            duration_minutes=30,
            join_link=LINK,
            state=PollState.OPEN,
            reply_by_at=starts_at - timedelta(days=7),
            created_at=NOW,
        )
        poll.times = [PollTime(starts_at=starts_at, ends_at=starts_at + STEP)]
        poll.voters = [
            PollVoter(person_id=person_id) for person_id in (actor.person_id, *(p.id for p in beside))
        ]
        return self._add(poll)

    def _feed(self, actor: Actor) -> Feed:
        return self._add(
            Feed(
                person_id=actor.person_id,
                name="Outlook at work",
                token_hash=uuid.uuid4().hex,
                privacy=FeedPrivacy.KIND,
                created_at=NOW,
            )
        )

    def _busy_source(self, actor: Actor) -> BusySource:
        return self._add(
            BusySource(
                person_id=actor.person_id,
                kind=BusySourceKind.UPLOAD,
                name="My practice",
                created_at=NOW,
                attempts=0,
            )
        )

    def _department(self, actor: Actor) -> Department:
        name = uuid.uuid4().hex
        return self._add(Department(site_id=actor.site_id, name=name, discipline=NEUROLOGY))

    def _line(self, actor: Actor) -> DutyLine:
        """Return a duty line of the actor's house."""
        department = self._department(actor)
        new = NewLine("Innere", department.name, "+49 5555 7")
        return rosters.add_line(self._session, None, department, new, now=NOW)

    def _intended_gap(self, actor: Actor) -> DeclaredGap:
        line = self._line(actor)
        self._session.flush()
        return self._add(
            DeclaredGap(
                line_id=line.id,
                starts_at=NOW + STEP,
                ends_at=NOW + 2 * STEP,
                reason="Ward closed",
                declared_by_id=actor.person_id,
                declared_at=NOW,
            )
        )

    def _import(self, actor: Actor) -> RosterImport:
        """Return a sheet on its way into a month of the actor's house."""
        roster = self._roster(actor)
        rows = [["Name", *map(str, range(1, 32))], ["Nobody", "N", *[""] * 30]]
        return self._add(
            RosterImport(
                roster_id=roster.id,
                filename="december.xlsx",
                tables=[{"name": "", "rows": rows}],
                choices={},
                created_by_id=actor.person_id,
                created_at=NOW,
            )
        )

    def _roster(self, actor: Actor) -> DutyRoster:
        department_id = self._department(actor).id
        return self._add(DutyRoster(department_id=department_id, month=date(2026, 12, 1), created_at=NOW))

    def _fill_run(self, actor: Actor) -> FillRun:
        """Return a filling of a month of the actor's house that waits for the worker."""
        return self._add(
            FillRun(
                roster_id=self._roster(actor).id,
                state=FillState.WAITING,
                requested_by_id=actor.person_id,
                requested_at=NOW,
                result={},
            )
        )

    def _rotation(self, actor: Actor) -> DutyRotation:
        """Return turns of the actor on a line of the house."""
        line = self._line(actor)
        self._session.flush()
        members = [DutyRotationMember(position=0, person_id=actor.person_id)]
        return self._add(
            DutyRotation(
                name="Week", line_id=line.id, code="H", starts_on=FIRST_DAY, zone=ZONE, members=members
            )
        )

    def _swap(self, actor: Actor) -> DutySwap:
        """Return a duty of the actor that everybody qualified is asked for."""
        line = self._line(actor)
        self._session.flush()
        span = {"starts_at": local(FIRST_DAY, time(22)), "ends_at": local(FIRST_DAY, time(23))}
        holder = {"line_id": line.id, "person_id": actor.person_id}
        duty = self._add(Duty(**holder, **span, day=FIRST_DAY, origin="plan", recorded_at=NOW))
        return self._add(
            DutySwap(
                line_id=line.id,
                duty_id=duty.id,
                from_person_id=actor.person_id,
                state=SwapState.PROPOSED,
                proposed_by_id=actor.person_id,
                proposed_at=NOW,
                **span,
            )
        )

    def _absence(self, actor: Actor) -> Absence:
        return self._add(
            Absence(
                person_id=actor.person_id,
                kind=AbsenceKind.LEAVE,
                starts_at=local(FIRST_DAY, time(0)),
                ends_at=local(FIRST_DAY, time(7)),
                recorded_at=NOW,
            )
        )

    def _wish(self, actor: Actor) -> DutyWish:
        return self._add(
            DutyWish(
                person_id=actor.person_id,
                kind=WishKind.RATHER_NOT,
                starts_on=FIRST_DAY,
                ends_on=FIRST_DAY,
                created_at=NOW,
            )
        )

    def _service(self, actor: Actor) -> Service:
        """Return a service of the actor's house."""
        site = self._session.get_one(Site, actor.site_id)
        return add_service(self._session, site, name=uuid.uuid4().hex)

    def _contact_point(self, actor: Actor) -> ContactPoint:
        address = f"{uuid.uuid4().hex}@wendstadt.example"
        return self._add(
            ContactPoint(person_id=actor.person_id, channel=Channel.EMAIL, address=address, created_at=NOW)
        )

    def _gateway(self, actor: Actor) -> AlertGateway:
        """Return a gateway of the actor's house."""
        return self._add(
            AlertGateway(
                organisation_id=actor.organisation_id,
                kind=GatewayKind.NTFY,
                name="ntfy",
                sealed_url="",
                created_at=NOW,
            )
        )

    def _readiness_check(self, actor: Actor) -> ReadinessCheck:
        line = self._line(actor)
        self._session.flush()
        return self._add(
            ReadinessCheck(
                line_id=line.id,
                person_id=actor.person_id,
                duty_starts_at=NOW + STEP,
                duty_ends_at=NOW + 2 * STEP,
                asked_at=NOW,
                answer_by=NOW,
            )
        )

    def _board_token(self, actor: Actor) -> BoardToken:
        """Return the address of a wall display of the actor's house."""
        return self._add(
            BoardToken(
                organisation_id=actor.organisation_id,
                name="Stroke unit",
                token_hash=uuid.uuid4().hex,
                created_by_id=actor.person_id,
                created_at=NOW,
            )
        )

    def _working_hours(self, actor: Actor) -> WorkingHoursRow:
        """Return hours of the actor that begin tomorrow."""
        return self._add(
            WorkingHoursRow(
                person_id=actor.person_id,
                site_id=actor.site_id,
                weekday=6,
                starts=time(8),
                ends=time(9),
                valid_from=FIRST_DAY,
            )
        )

    def _add(self, row: Row) -> Row:
        self._session.add(row)
        self._session.flush()
        return row
