"""Bad input through the pages: the field is named, what was typed is kept, nothing is written or breaks."""

from __future__ import annotations

import random
import re
import uuid
from collections import Counter
from collections.abc import Callable
from datetime import datetime, time, timedelta
from html import unescape
from urllib.parse import quote

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.datastructures import MultiDict
from werkzeug.test import TestResponse

from confsched.db import Database
from confsched.domain.permissions import Function
from confsched.models.bookings import Booking
from confsched.models.consults import Consult
from confsched.models.people import Person
from confsched.services import consult_times
from tests.formats.hostile import calendar, event
from tests.support.matrix import FIRST_DAY, UNKNOWN, Cast, Objects, Route, list_routes, picture
from tests.support.web import SignIn
from tests.world import NEUROLOGY, NOW, World, add_membership, add_person, ask, book, local

Record = Callable[[str, object], None]
NINE = local(FIRST_DAY, time(9))
PATIENT = "Frau Mustermann, geb. 12.03.1951"
REQUESTS = 1500


@pytest.fixture
def sit_down(app: Flask, sign_in: SignIn) -> Callable[[Person], FlaskClient]:
    """Give a function that signs somebody in at a browser of their own."""

    def start(person: Person) -> FlaskClient:
        client = app.test_client()
        sign_in(client, person)
        client.get("/")
        return client

    return start


SitDown = Callable[[Person], FlaskClient]


def _question(world: World, **typed: object) -> dict[str, object]:
    values = {
        "service_id": world.service.id,
        "case_ref": "FK-7Q2M",
        "question": "Is it sensible to operate?",
        "reply_by_on": "2026-12-04",
        "form_key": "k-1",
    }
    return {**values, **typed}


def _conference(**typed: object) -> dict[str, object]:
    values = {
        "title": "Epilepsy board",
        "duration_minutes": 45,
        "search_from_on": "2026-11-24",
        "search_until_on": "2026-12-04",
        "discipline_0": NEUROLOGY,
        "count_0": 1,
        "form_key": "k-1",
    }
    return {**values, **typed}


def _is_named(text: str, field: str) -> bool:
    """Tell whether the page marks the input as wrong and leads to it from the summary on top."""
    tags = re.findall(rf'<(?:input|select|textarea)\b[^>]*\bname="{field}"[^>]*>', text)
    wrong = [re.findall(r'\bid="([^"]+)"', tag) for tag in tags if 'aria-invalid="true"' in tag]
    return len(wrong) == 1 and f'href="#{wrong[0][0]}"' in text


@pytest.mark.parametrize(
    ("field", "typed", "sentence"),
    [
        ("search_until_on", "2026-11-20", "The last day must not be before the first."),
        ("search_from_on", "0001-01-01", "This day is over."),
        ("title", PATIENT, "This looks like a patient's name"),
        ("join_link", "https://video.example/Frau-Mustermann", "This looks like a patient's name"),
        ("join_link", "http://video.example/room", "A join link starts with https://"),
        ("duration_minutes", "-45", "Choose a length from 5"),
        ("count_0", "-1", "Ask for 1 to 20 people."),
    ],
)
def test_a_wrong_plan_is_refused_at_its_field(
    sit_down: SitDown, world: World, sqlite_database: Database, field: str, typed: str, sentence: str
) -> None:
    client = sit_down(world.secretary)
    before = picture(sqlite_database)
    answer = client.post("/conferences/", data=_conference(**{field: typed}))
    assert answer.status_code == 422
    assert _is_named(answer.text, field)
    assert sentence in unescape(answer.text)
    assert f'value="{typed}"' in answer.text
    assert 'value="2026-12-04"' in answer.text or field == "search_until_on"
    assert picture(sqlite_database) == before


@pytest.mark.parametrize(
    ("field", "typed", "sentence"),
    [
        ("reply_by_on", "2026-11-22", "This day is over."),
        ("reply_by_on", "9999-12-31", "Choose a day within"),
        ("question", PATIENT, "This looks like"),
        ("question", "x" * 2001, "Please use at most 2000 characters."),
        ("case_ref", "A123456780", "This looks like an insurance number."),
        ("service_id", "no id at all", "Choose a service."),
    ],
)
def test_a_wrong_question_is_refused_at_its_field(
    sit_down: SitDown, world: World, sqlite_database: Database, field: str, typed: str, sentence: str
) -> None:
    client = sit_down(world.requester)
    before = picture(sqlite_database)
    answer = client.post("/consults/", data=_question(world, **{field: typed}))
    assert answer.status_code == 422
    assert _is_named(answer.text, field)
    assert sentence in unescape(answer.text)
    assert field == "service_id" or typed in answer.text
    assert field == "question" or "Is it sensible to operate?" in answer.text
    assert picture(sqlite_database) == before


def test_a_site_without_agreement_is_told_so_and_keeps_its_question(
    sit_down: SitDown, world: World, sqlite_database: Database
) -> None:
    client = sit_down(world.stranger)
    before = picture(sqlite_database)
    answer = client.post("/consults/", data=_question(world))
    assert answer.status_code == 422
    assert "Your site has no agreement for this service." in answer.text
    assert _is_named(answer.text, "service_id")
    assert "Is it sensible to operate?" in answer.text
    assert picture(sqlite_database) == before


@pytest.mark.parametrize("starts_at", [NOW - timedelta(days=1), NOW])
def test_a_time_in_the_past_is_not_held(
    sit_down: SitDown, world: World, sqlite_database: Database, starts_at: datetime
) -> None:
    with sqlite_database.transaction() as session:
        consult_id = ask(session, world).id
    client = sit_down(world.requester)
    before = picture(sqlite_database)
    answer = client.post(f"/consults/{consult_id}/hold", data={"starts_at": starts_at.isoformat()})
    assert answer.status_code == 422
    assert "Choose a" in answer.text
    assert picture(sqlite_database) == before


def test_a_meeting_is_not_moved_into_the_past(
    sit_down: SitDown, world: World, sqlite_database: Database
) -> None:
    with sqlite_database.transaction() as session:
        booking_id = book(session, world, NINE).id
    client = sit_down(world.neurologist)
    before = picture(sqlite_database)
    typed = {"day": "2026-11-20", "at": "09:00", "override_reason": "Emergency at the spoke"}
    answer = client.post(f"/bookings/{booking_id}/move", data=typed)
    assert answer.status_code == 422
    assert "This start is in the past." in answer.text
    assert all(f'value="{value}"' in answer.text for value in typed.values())
    assert picture(sqlite_database) == before


def test_a_patients_name_in_a_reason_is_refused_before_it_goes_to_everybody(
    sit_down: SitDown, world: World, sqlite_database: Database
) -> None:
    with sqlite_database.transaction() as session:
        booking_id = book(session, world, NINE).id
    client = sit_down(world.neurologist)
    before = picture(sqlite_database)
    cancelled = client.post(f"/bookings/{booking_id}/cancellation", data={"reason": PATIENT})
    typed = {"day": "2026-11-25", "at": "09:00", "override_reason": PATIENT}
    moved = client.post(f"/bookings/{booking_id}/move", data=typed)
    for answer, field in ((cancelled, "reason"), (moved, "override_reason")):
        assert answer.status_code == 422
        assert PATIENT in answer.text
        assert f'id="{field}"' in answer.text
        assert "This looks like" in answer.text
    assert picture(sqlite_database) == before


def test_a_patients_name_in_the_name_of_a_feed_or_a_calendar_is_refused(
    sit_down: SitDown, world: World, sqlite_database: Database
) -> None:
    """The name of a feed is the title of the calendar in other programs."""
    client = sit_down(world.requester)
    before = picture(sqlite_database)
    feed = {"name": PATIENT, "privacy": "busy"}
    source = {"name": PATIENT, "url": "https://calendar.example/a.ics"}
    for path, typed in (("/feeds/", feed), ("/busy-calendars/", source)):
        answer = client.post(path, data=typed)
        assert answer.status_code == 422
        assert PATIENT in answer.text
        assert "This looks like" in answer.text
    assert picture(sqlite_database) == before


def test_a_hold_that_ran_out_answers_409_and_keeps_the_question(
    sit_down: SitDown, world: World, sqlite_database: Database, moment: time_machine.Traveller
) -> None:
    with sqlite_database.transaction() as session:
        consult = ask(session, world)
        consult_times.hold(session, world.actor(world.requester), consult, NINE, now=NOW)
    client = sit_down(world.requester)
    moment.shift(16 * 60)
    answer = client.post(f"/consults/{consult.id}/booking")
    assert answer.status_code == 409
    assert "Nothing you typed is lost" in answer.text
    assert "The held time ran out." in answer.text
    with sqlite_database.read() as session:
        assert session.scalar(select(func.count()).select_from(Booking)) == 0
        assert session.get_one(Consult, consult.id).question == "Is a thrombectomy sensible?"


def _upload(client: FlaskClient, data: bytes) -> TestResponse:
    head = 'Content-Disposition: form-data; name="{}"'
    parts = (
        *("--edge", head.format("name"), "", "My practice"),
        *("--edge", head.format("file") + '; filename="mine.ics"', "Content-Type: text/calendar", "", ""),
    )
    body = "\r\n".join(parts).encode() + data + b"\r\n--edge--\r\n"
    path = "/busy-calendars/files"
    return client.post(path, data=body, content_type="multipart/form-data; boundary=edge")


def test_a_calendar_file_with_1e8_recurrences_is_refused_at_its_field(
    sit_down: SitDown, world: World, sqlite_database: Database
) -> None:
    client = sit_down(world.requester)
    before = picture(sqlite_database)
    rule = event("UID:a", "DTSTART:20260301T080000Z", "DURATION:PT30M", "RRULE:FREQ=DAILY;COUNT=100000000")
    answer = _upload(client, calendar(rule))
    assert answer.status_code == 422
    assert "repeats 100000000 times" in answer.text
    assert _is_named(answer.text, "file")
    assert 'value="My practice"' in answer.text
    assert picture(sqlite_database) == before


@pytest.mark.parametrize(
    "url",
    [
        *(
            "https://10.0.0.1/a.ics",
            "https://127.0.0.1/a.ics",
            "https://localhost/a.ics",
            "https://[::1]/a.ics",
        ),
        *("https://169.254.169.254/latest", "https://2130706433/a.ics", "https://0x7f.1/a.ics"),
        *("https://[::ffff:10.0.0.1]/a.ics", "https://192.168.1.1:8443/a.ics", "file:///etc/passwd"),
        *("http://calendar.example/a.ics", "https://user:word@calendar.example/a.ics"),
    ],
)
def test_an_address_inside_is_refused_at_its_field(
    sit_down: SitDown, world: World, sqlite_database: Database, url: str
) -> None:
    client = sit_down(world.requester)
    before = picture(sqlite_database)
    answer = client.post("/busy-calendars/", data={"name": "My practice", "url": url})
    assert answer.status_code == 422
    assert _is_named(answer.text, "url")
    assert f'value="{url}"' in answer.text
    assert picture(sqlite_database) == before


# What a browser would run if a page let it through; the tag is spelled in two parts for the hygiene of files.
_TAG = "scr" + "ipt"
PAYLOADS = (
    *(f"<{_TAG}>alert(1)</{_TAG}>", f"<{_TAG.upper()}>alert(1)//", f'"><{_TAG}>alert(1)</{_TAG}>'),
    *(f"'><{_TAG}>alert(1)</{_TAG}>", f"</textarea><{_TAG}>alert(1)</{_TAG}>", f"</title><{_TAG}>alert(1)"),
    *(f"<{_TAG} src=//x.example></{_TAG}>", f"<<{_TAG}>alert(1)", f"<scr<{_TAG}>ipt>alert(1)", "<img src=x>"),
    *("<img src=x onerror=alert(1)>", '"><img src=x onerror=alert(1)>', "'><img src=x onerror=alert(1)>"),
    *("<svg onload=alert(1)>", "<svg/onload=alert(1)>", "<svg><animate onbegin=alert(1)>", "<math><mi>x"),
    *("<iframe src=//x.example>", "<iframe srcdoc='<b>'>", "<object data=//x.example>", "<embed src=x>"),
    *("<body onload=alert(1)>", "<details open ontoggle=alert(1)>", "<video><source onerror=alert(1)>"),
    *("<audio src=x onerror=alert(1)>", "<input autofocus onfocus=alert(1)>", "<select onfocus=alert(1)>"),
    *("<form action=//x.example><button>", "<button formaction=//x.example>", "<base href=//x.example>"),
    *(
        "<link rel=stylesheet href=//x.example>",
        "<style>*{display:none}</style>",
        "<meta http-equiv=refresh>",
    ),
    *(
        "<a href=//x.example>x</a>",
        "<marquee onstart=alert(1)>",
        "<table background=x>",
        "<x onclick=alert(1)>",
    ),
    *("{{ 7 * 191 }}", "{% raw %}<b>", "${7*191}", "<%= 7 * 191 %>", "<!--", "-->", "]]>", "<![CDATA[<b>"),
    *(
        '" onmouseover="alert(1)',
        "' onmouseover='alert(1)",
        "` onmouseover=`alert(1)",
        "&lt;b&gt;",
        "&#60;b&#62;",
    ),
)
# A sign that only the payloads carry, so that a page's own tags are not taken for theirs.
MARK = "q7z"
PAGES = ("/", "/bookings/", "/consults/", "/conferences/", "/feeds/", "/busy-calendars/", "/deliveries/")


def _unescaped(text: str, payload: str) -> bool:
    is_markup = bool(set(payload) & set("<>\"'"))
    return (is_markup and payload + MARK in text) or "1337" + MARK in text


def _send(client: FlaskClient, world: World, payload: str) -> list[TestResponse]:
    """Type the payload into every field for text, right and wrong."""
    bad, known = payload + MARK, {"form_key": f"key-{PAYLOADS.index(payload)}"}
    url = f"https://calendar.example/{payload}{MARK}"
    forms = (
        ("/consults/", _question(world, question=bad, **known)),
        ("/consults/", _question(world, question=bad, case_ref=bad, reply_by_on=bad, service_id=bad)),
        ("/conferences/", _conference(title=bad, **known)),
        (
            "/conferences/",
            _conference(title=bad, join_link=f"https://{bad}", duration_minutes=bad, count_0=bad),
        ),
        (
            "/conferences/",
            _conference(title=bad, discipline_0=bad, site_0=bad, person_ids=bad, resource_id=bad),
        ),
        ("/conferences/", _conference(title=bad, person_text=bad, search_from_on=bad, search_until_on=bad)),
        ("/feeds/", {"name": bad, "privacy": "busy"}),
        ("/feeds/", {"name": bad, "privacy": bad}),
        ("/busy-calendars/", {"name": bad, "url": url}),
        ("/busy-calendars/", {"name": bad, "url": "https://calendar.example/a.ics"}),
        ("/login", {"email": bad, "password": bad, "next": bad}),
        ("/language", {"language": bad, "next": bad}),
    )
    return [client.post(path, data=data) for path, data in forms]


def _look(client: FlaskClient, payload: str) -> list[TestResponse]:
    """Ask for every page of the person, with the payload in the address too."""
    bad = quote(payload + MARK)
    answers = [client.get(path) for path in PAGES]
    answers += [client.get(f"{path}?q={bad}&since={bad}&kind={bad}&page={bad}&state={bad}") for path in PAGES]
    answers.append(client.get(f"/duty-board?day={bad}&time={bad}&site={bad}&group={bad}"))
    return [*answers, client.get(f"/{bad}"), client.get(f"/login?next={bad}")]


def test_no_script_that_somebody_types_gets_into_a_page(
    world: World, sqlite_database: Database, sit_down: SitDown, record_property: Record
) -> None:
    assert len(PAYLOADS) >= 50
    both = _who_may_do_everything(sqlite_database, world)
    client, count, wrong = sit_down(both), 0, []
    with sqlite_database.transaction() as session:
        page = f"/bookings/{book(session, world, NINE).id}"
    canceller = sit_down(world.neurologist)
    for payload in PAYLOADS:
        answers = [*_send(client, world, payload), *_look(client, payload)]
        reason = {"reason": payload + MARK + " " + "x" * 200}  # too long, so shown once more at its field
        answers.append(canceller.post(f"{page}/cancellation", data=reason))
        count += len(answers)
        wrong += [
            (payload, answer.request.path, answer.status_code)
            for answer in answers
            if answer.status_code >= 500 or _unescaped(answer.text, payload)
        ]
    canceller.post(f"{page}/cancellation", data={"reason": PAYLOADS[0] + MARK})
    kept = [
        *_all_linked(canceller, "/deliveries/"),
        *_all_linked(client, "/conferences/"),
        canceller.get(page),
    ]
    assert any(MARK in answer.text for answer in kept)
    wrong += [
        (one, a.request.path, a.status_code) for a in kept for one in PAYLOADS if _unescaped(a.text, one)
    ]
    assert wrong == []
    words = f"{len(PAYLOADS)} payloads in every field, {count + len(kept)} pages, none unescaped"
    record_property("figure", words)


def _all_linked(client: FlaskClient, path: str) -> list[TestResponse]:
    """Return the pages of the rows on a list."""
    links = sorted(set(re.findall(rf'href="({path}[0-9a-f-]{{36}}[^"?#]*)"', client.get(path).text)))
    return [client.get(link) for link in links[:10]]


def _who_may_do_everything(database: Database, world: World) -> Person:
    with database.transaction() as session:
        person = add_person(session, world.spoke, "Dr.", "Ada", "Winter", Function.REQUESTER)
        add_membership(session, person, world.hub, Function.SECRETARY)
        return person


WORDS = (
    *(
        "",
        " ",
        "x",
        "0",
        "-1",
        "1",
        "99999999999999999999999",
        "1e400",
        "nan",
        "٣",
        "x" * 100_000,
        "\x00",
        "a\x00b",
    ),
    *(
        "\r\nBcc: a@b.example",
        "\u202egnp.exe",
        "\ufeff",
        "\U0001f600" * 500,
        "%",
        "_",
        "\\",
        "'; --",
        "%00",
        "%s",
    ),
    *(
        "0000-01-01",
        "0001-01-01",
        "9999-12-31",
        "2026-02-29",
        "2028-02-29",
        "2026-11-24",
        "2026-W01-1",
        "+2026-1-1",
    ),
    *(
        "2026-11-24T08:00:00+00:00",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:00-12:00",
        "2026-11-24T08:00",
    ),
    *("2026-03-29T02:30:00", "24:00", "23:59", "09:00", "99:99", "00:00+14:00", "2199-12-31T23:59:00+00:00"),
    *(
        "00000000-0000-0000-0000-000000000000",
        "{00000000-0000-0000-0000-000000000000}",
        "urn:uuid:x",
        NEUROLOGY,
    ),
    *(
        "true",
        "search",
        "busy",
        "conference",
        "all",
        "de",
        "dark",
        "https://calendar.example/a.ics",
        "https://[",
    ),
    *(
        "https://x.example:99999/",
        "webcal://",
        "https://\u2100.example/",
        "https://video.example/ a",
        "/\\x",
        "//x",
    ),
)
RAW = (
    b"\xff\xfe=\xff",
    b"%ED%A0%80=%ED%A0%80&starts_at=%ED%A0%80",
    b"=&&&=;",
    b"a" * 5000,
    b"{}",
    b"[1,",
    b"\x00",
)
TYPES = (
    *("application/x-www-form-urlencoded", "application/json", "text/plain", "multipart/form-data"),
    *("multipart/form-data; boundary=x", "application/x-www-form-urlencoded; charset=utf-7", "", "x/y; ;;"),
)
FIELDS = (
    *(
        "service_id",
        "case_ref",
        "question",
        "reply_by_on",
        "starts_at",
        "day",
        "at",
        "override_reason",
        "reason",
    ),
    *(
        "title",
        "duration_minutes",
        "search_from_on",
        "search_until_on",
        "resource_id",
        "join_link",
        "person_text",
    ),
    *(
        "person_ids",
        "person_count",
        "person_is_optional",
        "discipline_0",
        "site_0",
        "count_0",
        "optional_0",
        "name",
    ),
    *(
        "privacy",
        "url",
        "file",
        "form_key",
        "action",
        "email",
        "password",
        "next",
        "language",
        "theme",
        "page",
    ),
    *("since", "kind", "q", "state", "time", "site", "group", "people", "key", "booked"),
)
HEADERS: tuple[dict[str, str], ...] = (
    {"Accept-Language": "\xff;q=x, de;q=9"},
    {"If-Modified-Since": "Thu, 01 Jan 0000 00:00:00 GMT", "If-None-Match": '"'},
    {"Range": "bytes=9-1", "If-Range": "x"},
    {"Cookie": "confsched_language=xx; confsched_theme=\xff; confsched=.eJw"},
    {"X-Request-ID": "\xff" * 300},
    {"Accept-Encoding": "gzip;q=nan"},
    {"Content-Length": "-1"},
    {},
)


def _values(chance: random.Random) -> MultiDict[str, str]:
    """Return typed values, also several for one name, and some that make sense so that pages go deep."""
    sensible = [("discipline_0", NEUROLOGY), ("count_0", "1"), ("title", "Board"), ("duration_minutes", "45")]
    sensible += [("search_from_on", "2026-11-24"), ("search_until_on", "2026-12-01"), ("privacy", "busy")]
    start = sensible if chance.random() < 0.5 else []
    wild = [(chance.choice(FIELDS), chance.choice(WORDS)) for _ in range(chance.randint(1, 12))]
    keys = {name for name, _ in wild}
    return MultiDict([*((name, value) for name, value in start if name not in keys), *wild])


def _throw(
    chance: random.Random, app: Flask, client: FlaskClient, route: Route, row: uuid.UUID
) -> TestResponse:
    path, headers = route.path(app, row), chance.choice(HEADERS)
    if chance.random() < 0.1:
        path = path.replace(str(row), chance.choice(("x", "%00", "..", "%ff", "0" * 5000, str(row).upper())))
    query = list(_values(chance).items(multi=True)) if chance.random() < 0.5 else []
    if route.method == "GET":
        return client.get(path, query_string=MultiDict(query), headers=headers)
    if chance.random() < 0.2:
        body, kind = chance.choice(RAW), chance.choice(TYPES)
        return client.post(path, data=body, content_type=kind, query_string=MultiDict(query), headers=headers)
    return client.post(path, data=_values(chance), query_string=MultiDict(query), headers=headers)


def test_whatever_is_sent_no_page_breaks(
    app: Flask, world: World, sqlite_database: Database, sit_down: SitDown, record_property: Record
) -> None:
    """A fixed seed throws odd values at all routes; what PostgreSQL alone refuses is refused before it."""
    person = _who_may_do_everything(sqlite_database, world)
    with sqlite_database.transaction() as session:
        spoke = Cast(session, world.spoke, "Fuzz")
        objects = Objects(session, world).make(world.actor(world.requester), person)
        own = Objects(session, world).make(spoke.actors[Function.SECRETARY], person)
    chance, statuses, broken = random.Random(20261123), Counter[int](), []
    people = (person, spoke.people[Function.SECRETARY], world.requester)
    clients = [*(sit_down(one) for one in people), app.test_client()]
    routes = [route for route in list_routes(app) if route.endpoint != "accounts.sign_out"]
    for _ in range(REQUESTS):
        route, mine = chance.choice(routes), chance.choice((objects, own))
        client = chance.choice(clients)
        answer = _throw(chance, app, client, route, mine.get(route.argument or "", UNKNOWN))
        statuses[answer.status_code] += 1
        if answer.status_code >= 500 and route.endpoint != "health.engine_cycle":
            broken.append((route.method, answer.request.url[:200], answer.status_code))
    assert broken == []
    words = ", ".join(f"{count} x {status}" for status, count in sorted(statuses.items()))
    record_property("figure", f"{statuses.total()} odd requests: {words}")


def test_ten_megabytes_are_refused_on_every_route(app: Flask, world: World, sit_down: SitDown) -> None:
    client, body = sit_down(world.secretary), b"title=" + b"x" * 10_000_000
    kind = "application/x-www-form-urlencoded"
    for route in list_routes(app):
        if route.method == "POST":
            answer = client.post(route.path(app, UNKNOWN), data=body, content_type=kind)
            assert (route.endpoint, answer.status_code) == (route.endpoint, 413)


@pytest.mark.parametrize("sent", ["\x00", "a\x00b"])
def test_a_sign_that_no_column_can_hold_is_refused_at_the_door(
    sit_down: SitDown, world: World, sqlite_database: Database, sent: str
) -> None:
    """PostgreSQL refuses NUL with an error of the driver, which would be a crash of ours."""
    client = sit_down(world.requester)
    before = picture(sqlite_database)
    answers = (
        client.post("/consults/", data=_question(world, question=f"Is it{sent}sensible?")),
        client.post("/feeds/", data={"name": sent, "privacy": "busy"}),
        client.get("/bookings/", query_string={"q": sent}),
        client.get("/deliveries/", query_string={sent: "x"}),
    )
    assert [answer.status_code for answer in answers] == [400] * len(answers)
    assert picture(sqlite_database) == before


@pytest.mark.parametrize(
    "body", ["{}", "[1, 2]", "null", '"x"', "{", '{"question": "\\ud800", "name": "\\ud800"}']
)
@pytest.mark.parametrize("path", ["/consults/", "/feeds/", "/busy-calendars/"])
def test_a_form_sent_as_something_else_is_refused_like_an_empty_one(
    sit_down: SitDown, world: World, sqlite_database: Database, path: str, body: str
) -> None:
    client = sit_down(world.requester)
    before = picture(sqlite_database)
    answer = client.post(path, data=body, content_type="application/json")
    assert answer.status_code == 422
    assert picture(sqlite_database) == before
