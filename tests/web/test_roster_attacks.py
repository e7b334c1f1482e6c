"""Words of others around a roster: none becomes a tag, a header, a line of a calendar or a formula."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from datetime import date, time, timedelta
from email import policy
from email.parser import BytesParser
from html.parser import HTMLParser
from io import BytesIO
from urllib.parse import urlsplit

import pytest
from flask.testing import FlaskClient
from icalendar import Calendar
from sqlalchemy import select

from confsched.db import Database
from confsched.domain.kinds import FeedPrivacy, FeedScope, WishKind
from confsched.domain.rosters import duty_span
from confsched.formats.tables import FORMULA_STARTS
from confsched.mail.compose import HEADERS, compose
from confsched.mail.envelopes import House, envelope_of
from confsched.models.duty_codes import DutyCodeRow
from confsched.models.duty_rosters import DutyRoster, RosterImport, WarningReason
from confsched.models.network import Department, Site
from confsched.models.outbox import OutboxMessage
from confsched.models.people import Person
from confsched.models.rosters import DeclaredGap, DutyLine
from confsched.models.rotations import DutyRotation, DutyRotationMember, DutyWish
from confsched.services import duty_rosters, feeds, rosters, swaps
from confsched.services.duty_rosters import CellEdit
from confsched.services.feed_scopes import Contents
from confsched.services.swaps import Proposal
from tests.formats.roster_books import workbook
from tests.support.rosters import DECEMBER, RosterWorld, build_department
from tests.support.web import SignIn
from tests.world import NOW, ZONE, World

# Each holds "pwn", which no page says of itself.
TAGS = (
    "<script>pwn()</script>",
    "<img src=x onerror=pwn()>",
    '"><svg/onload=pwn()>',
    "' onmouseover='pwn()' x='",
    '" autofocus onfocus="pwn()',
    "</textarea><pwn>",
    "</title><pwn>",
    "</option></select><pwn>",
    "<!-- pwn --><pwn>",
    "]]><pwn>",
    "{{ pwn }}{% raw %}",
    "%(pwn)s %s %",
    "${pwn}#{pwn}",
    "javascript:pwn()",
    "&lt;pwn&gt;&#x3c;pwn>",
    "<a href=javascript:pwn()>Dr. pwn</a>",
    "\u202e<pwn>\u2066",
    "＜pwn＞",
)
FORMULAS = (
    "=cmd|'/c pwn'!A1",
    "+pwn()",
    "-pwn()",
    "@pwn()",
    "\t=pwn()",
    "\r=pwn()",
    '=pwn();"pwn"',
    "＝pwn()",
)
HEADS = (
    "pwn\r\nBcc: pwn@evil.example",
    "pwn\nContent-Type: text/html\n\n<b>",
    "pwn\r\nATTENDEE:mailto:pwn@evil.example\r\nX-PWN:1",
    "pwn\x0bX-PWN:1\x85X-PWN:2\u2028X-PWN:3",
    'pwn\\nX-PWN:1;RSVP=TRUE:"',
    "=?utf-8?q?pwn=0D=0ABcc:_pwn@evil.example?=",
)
PAYLOADS = (*TAGS, *FORMULAS, *HEADS)
SHORT = ("<b>", "'\">", "=1+", "<i>", "&lt", "{{1", "%s", '"x=')
HOUSE = House("https://termine.example", "termine@haus.example")


class _Page(HTMLParser):
    """Note what in a page would run or lead somewhere because of a payload."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.inside_script = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.inside_script = tag in ("script", "style")
        for name, value in attrs:
            is_link = name in ("href", "src", "action", "formaction") and not (value or "").startswith(
                ("/", "#", "?", "http://localhost", "https://termine.example", "tel:", "mailto:")
            )
            if "pwn" in name or name.startswith("on") or (is_link and "pwn" in (value or "")):
                self.found.append(f"{tag} {name}={value}")
        if "pwn" in tag or (tag in ("svg",) and not dict(attrs).get("class")):
            self.found.append(tag)

    def handle_endtag(self, tag: str) -> None:
        del tag
        self.inside_script = False

    def handle_comment(self, data: str) -> None:
        if "pwn" in data:
            self.found.append(f"comment {data}")

    def handle_data(self, data: str) -> None:
        if self.inside_script and "pwn" in data:
            self.found.append(f"script {data}")


def assert_tame(html: str, *, at_least: int = 0) -> None:
    """Hold that payloads are text and nothing else, and that they are there to be looked at."""
    page = _Page()
    page.feed(html)
    page.close()
    assert page.found == []
    assert "Traceback" not in html and html.count("pwn") >= at_least, html[:2000]


@pytest.mark.parametrize("payload", [one for one in TAGS if "<" in one and "&lt" not in one])
def test_a_payload_that_is_not_escaped_would_be_noticed(payload: str) -> None:
    with pytest.raises(AssertionError):
        assert_tame(f'<p>Dr. {payload}</p><p title="{payload}">')


@pytest.fixture
def rw(sqlite_database: Database, world: World) -> RosterWorld:
    with sqlite_database.transaction() as session:
        return build_department(session, world)


@pytest.fixture
def secretary(client: FlaskClient, rw: RosterWorld, sign_in: SignIn) -> FlaskClient:
    sign_in(client, rw.world.secretary)
    return client


@pytest.fixture
def hostile(rw: RosterWorld, sqlite_database: Database) -> RosterWorld:
    """Write the payloads beneath every check, as an older version or another program may have done."""
    with sqlite_database.transaction() as session:
        department = session.get_one(Department, rw.department.id)
        people = [session.get_one(Person, person.id) for person in rw.people.values()]
        lines = [session.get_one(DutyLine, line.id) for line in rw.lines.values()]
        texts = iter(PAYLOADS * 3)
        for person in people:
            person.title, person.given_name, person.family_name = (
                next(texts)[:20],
                next(texts)[:40],
                next(texts),
            )
        for line in lines:
            line.name, line.group_name, line.phone = next(texts), next(texts), next(texts)[:40]
        for row in session.scalars(select(DutyCodeRow)):
            row.name = next(texts)[:60]
        department.name, session.get_one(Site, rw.world.hub.id).short_name = next(texts), next(texts)[:40]
        session.flush()
        for number, person in enumerate(people):
            span = duty_span(DECEMBER + timedelta(days=number), time(16), time(8), ZONE)
            rosters.record_duties(session, None, lines[0], [(person, span)], now=NOW, origin="plan")
            session.add(
                DutyWish(
                    person_id=person.id,
                    kind=WishKind.DAY_OFF,
                    starts_on=DECEMBER,
                    ends_on=DECEMBER,
                    note=next(texts)[:120],
                    created_at=NOW,
                )
            )
            session.add(
                DeclaredGap(
                    line_id=lines[1].id,
                    starts_at=NOW + timedelta(days=number),
                    ends_at=NOW + timedelta(days=number, hours=9),
                    reason=next(texts),
                    declared_by_id=rw.world.secretary.id,
                    declared_at=NOW,
                )
            )
        members = [DutyRotationMember(position=0, line_id=lines[0].id)]
        rotation = {
            "name": next(texts)[:80],
            "starts_on": DECEMBER,
            "every_days": 7,
            "at": time(8),
            "code": "",
        }
        session.add(DutyRotation(service_id=rw.world.service.id, zone=ZONE, members=members, **rotation))
        roster = DutyRoster(department_id=department.id, month=DECEMBER, edition=0, created_at=NOW)
        session.add(roster)
        session.flush()
        edits = [CellEdit(person.id, DECEMBER, text, 0) for person, text in zip(people, SHORT, strict=True)]
        duty_rosters.edit_cells(session, rw.actor, department, DECEMBER, edits, now=NOW)
        for person, text in zip(people, PAYLOADS, strict=False):
            reason = {"rule": "rest", "reason": text, "given_by_id": rw.world.secretary.id, "given_at": NOW}
            session.add(WarningReason(roster_id=roster.id, person_id=person.id, day=DECEMBER, **reason))
    return rw


def _sheet() -> str:
    """Return a matrix whose names, codes and title are payloads, as a CSV file."""
    text = io.StringIO()
    rows = csv.writer(text, delimiter=";")
    rows.writerow(["Plan", PAYLOADS[0], PAYLOADS[1]])
    rows.writerow(["Name", *range(1, 32)])
    for number, payload in enumerate(PAYLOADS):
        rows.writerow([f"Dr. {payload}", "N", payload, payload[:11], SHORT[number % len(SHORT)]])
    rows.writerow(["Kolb", *PAYLOADS[:20]])
    rows.writerow([f"Summe {PAYLOADS[2]}"])
    return text.getvalue()


def _plan() -> bytes:
    """Return days by duties whose headings and names are payloads, as a workbook with such a title."""
    texts = [text for text in PAYLOADS if text.isprintable() and not text.startswith("=")]
    rows = [
        [f"{day}.12.", *(texts[(day + place) % len(texts)] for place in range(len(TAGS)))]
        for day in range(1, 20)
    ]
    return workbook([["Datum", *TAGS], *rows], name="<b pwn=1>&\"'")


@pytest.mark.parametrize("shape", ["matrix", "plan"])
def test_a_hostile_sheet_is_shown_as_text_and_taken_over_without_it(
    secretary: FlaskClient, rw: RosterWorld, sqlite_database: Database, shape: str
) -> None:
    start = f"/rosters/{rw.department.id}/2026-12/import"
    data, ending = (_sheet().encode(), "csv") if shape == "matrix" else (_plan(), "xlsx")
    fields = {"file": (BytesIO(data), f"{PAYLOADS[1]}.{ending}"), "form_key": "k"}
    answer = secretary.post(start, data=fields, content_type="multipart/form-data")
    assert answer.status_code == 303, answer.text
    columns = secretary.get(answer.location)
    assert_tame(columns.text, at_least=40)

    path = urlsplit(answer.location).path.removesuffix("/columns")
    fields = dict(_first_answers(columns.text, rw))
    explained = secretary.post(f"{path}/columns", data={**fields, "names_seen": "1"})
    assert explained.status_code == 303
    run = secretary.get(path)
    assert_tame(run.text, at_least=20)
    seen = re.search(r'name="seen" value="(\w+)"', run.text)
    assert seen
    done = secretary.post(f"{path}/takeover", data={"seen": seen[1]})
    assert done.status_code == 303
    assert_tame(secretary.get(done.location).text)
    with sqlite_database.read() as session:
        assert session.scalars(select(RosterImport)).one().tables == []


def _first_answers(html: str, rw: RosterWorld) -> Iterator[tuple[str, str]]:
    """Say that the first name means somebody and that the first code is to be passed over."""
    for kind, value in (("name", str(rw.person("Voss").id)), ("code", "-")):
        if f'name="{kind}-0-text"' in html:
            yield f"{kind}-0-text", PAYLOADS[0]
            yield f"{kind}-0", value


def test_no_page_of_the_rosters_runs_what_stands_in_names_reasons_and_notes(
    secretary: FlaskClient, hostile: RosterWorld
) -> None:
    department = f"/rosters/{hostile.department.id}"
    pages = (
        *("/rosters/", f"{department}/2026-12", f"{department}/codes", f"{department}/rotations"),
        *("/rosters/rotations", f"/rosters/rotations?service={hostile.world.service.id}"),
        f"/rosters/rotations?reach={hostile.world.service.id}&reach_day=2026-12-02&reach_time=03:00",
        *("/duty-board?day=2026-12-02&time=03:00", "/coverage", "/coverage/gaps", "/fairness/", "/wishes/"),
        *("/absences/", "/swaps/", f"{department}/2026-12/import", f"{department}/2026-12/fill"),
    )
    for page in pages:
        answer = secretary.get(page)
        assert answer.status_code == 200, page
        assert_tame(answer.text, at_least=1)


def test_remarks_of_swaps_are_text_on_every_page_and_no_header_in_any_mail(
    secretary: FlaskClient, hostile: RosterWorld, sqlite_database: Database
) -> None:
    givers = list(hostile.people.values())
    with sqlite_database.transaction() as session:
        line = session.get_one(DutyLine, hostile.lines["N"].id)
        made = []
        for number, payload in enumerate(PAYLOADS):
            giver = session.get_one(Person, givers[number % 7].id)
            span = duty_span(date(2027, 1, 1) + timedelta(days=2 * number), time(16), time(8), ZONE)
            (duty,) = rosters.record_duties(session, None, line, [(giver, span)], now=NOW, origin="plan")
            proposal = Proposal(to_person_id=givers[7].id, note=payload)
            actor = hostile.world.actor(giver)
            made.append(swaps.propose(session, actor, duty, proposal, now=NOW, key=f"{number}").id)
    for swap_id in made:
        assert_tame(secretary.get(f"/swaps/{swap_id}").text, at_least=1)
    with sqlite_database.read() as session:
        mails = [compose(envelope_of(row, HOUSE)) for row in session.scalars(select(OutboxMessage))]
    assert len(mails) >= len(PAYLOADS)
    for mail in mails:
        _assert_no_header_more(mail)


def _assert_no_header_more(mail: bytes) -> None:
    message = BytesParser(policy=policy.default).parsebytes(mail)
    assert set(message.keys()) <= set(HEADERS)
    assert "evil" not in str(message["To"]) and "evil" not in str(message["From"])
    html = message.get_body(("html",))
    assert html is not None
    assert_tame(html.get_content(), at_least=1)


def test_no_line_of_a_feed_comes_from_a_name(
    client: FlaskClient, hostile: RosterWorld, sqlite_database: Database
) -> None:
    with sqlite_database.transaction() as session:
        scopes = ((FeedScope.LINE, hostile.lines["N"].id), (FeedScope.DEPARTMENT, hostile.department.id))
        tokens = [
            feeds.create_feed(
                session,
                hostile.actor,
                "x",
                privacy=FeedPrivacy.KIND_AND_PLACE,
                contents=Contents(scope, row_id),
                now=NOW,
            )[1]
            for scope, row_id in scopes
        ]
    for token in tokens:
        answer = client.get(f"/feeds/{token}/confsched.ics")
        assert answer.status_code == 200
        assert not any(re.search(r"[\r\n]", f"{value}") for value in answer.headers.values())
        lines = re.sub(r"\r\n[ \t]", "", answer.text).split("\r\n")
        assert not any("\n" in line or "\r" in line for line in lines)
        names = {re.split("[;:]", line, maxsplit=1)[0] for line in lines if line}
        assert not {name for name in names if "PWN" in name.upper() or name in ("ATTENDEE", "BCC")}
        events = Calendar.from_ical(answer.data).walk("VEVENT")
        assert len(events) >= len(hostile.people)
        assert any("pwn" in str(event["SUMMARY"]) + str(event.get("DESCRIPTION")) for event in events)


def test_no_cell_of_a_download_is_a_formula(secretary: FlaskClient, hostile: RosterWorld) -> None:
    answer = secretary.get(f"/fairness/table?department={hostile.department.id}")
    assert answer.status_code == 200
    rows = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"), newline="")))
    cells = [cell for row in rows for cell in row]
    assert sum("pwn" in cell for cell in cells) >= len(hostile.people)
    assert not [cell for cell in cells if cell.startswith(FORMULA_STARTS) and "pwn" in cell]
    assert len({len(row) for row in rows}) == 1, "no name breaks a row"
