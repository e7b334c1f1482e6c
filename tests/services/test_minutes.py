"""Minutes: drafted by several, frozen when released, corrected by a further release, due and reminded of."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from confsched.domain.invites import Kind
from confsched.domain.kinds import AttendanceMode, ConferenceState
from confsched.errors import Conflict, Refusal
from confsched.models.conferences import Conference
from confsched.models.outbox import OutboxMessage
from confsched.services import attendance, minutes, minutes_reminders
from confsched.services.cases import list_cases
from confsched.services.minutes_content import content_of
from confsched.services.shared_texts import TextChanged, text_mark
from tests.support.conference_run import REFS, add_case, begin, end, recommend
from tests.world import NOW, World

LATER = NOW + timedelta(hours=1)
ADVICE, TEXT = "Resection, then adjuvant therapy.", "Opened at nine."


def _held(session: Session, world: World) -> Conference:
    conference, actor = begin(session, world), world.actor(world.secretary)
    for case in list_cases(session, conference):
        recommend(session, world, case, f"{ADVICE} {case.case_ref}", now=NOW)
    mode = AttendanceMode.ON_SITE
    attendance.record(session, actor, conference, world.neurologist.id, mode=mode, now=NOW)
    end(session, world, conference, now=LATER)
    minutes.save(session, actor, conference, TEXT, mark=text_mark(""), now=LATER)
    return conference


def _mails(session: Session) -> list[OutboxMessage]:
    session.flush()
    return list(session.scalars(select(OutboxMessage).where(OutboxMessage.kind == Kind.CONFERENCE_NEWS)))


def test_a_release_freezes_text_attendance_and_recommendations_and_tells_by_link_only(
    session: Session, world: World
) -> None:
    conference, actor = _held(session, world), world.actor(world.secretary)
    row = minutes.release(session, actor, conference, now=LATER)
    assert minutes.release(session, actor, conference, now=LATER) is row
    assert (row.number, row.content["minutes"], row.reason) == (1, TEXT, "")
    assert [one["name"] for one in row.content["people"]] == [world.neurologist.name]
    assert [one["ref"] for one in row.content["cases"]] == list(REFS)
    assert (conference.state, conference.released_at) == (ConferenceState.RELEASED, LATER)
    mails = _mails(session)
    assert {mail.recipient_id for mail in mails} == {world.neurologist.id, world.requester.id}
    for mail in mails:
        assert mail.snapshot["path"] == f"/conferences/{conference.id}/minutes"
        assert not any(word in str(mail.snapshot) for word in (ADVICE, TEXT, *REFS))


def test_a_correction_makes_a_further_release_and_both_are_kept(session: Session, world: World) -> None:
    conference, actor = _held(session, world), world.actor(world.secretary)
    minutes.release(session, actor, conference, now=LATER)
    with pytest.raises(Refusal) as refused:
        minutes.correct(session, actor, conference, "  ", now=LATER)
    assert refused.value.field == "reason"
    minutes.correct(session, actor, conference, "Wrong stage", now=LATER)
    minutes.correct(session, actor, conference, "Wrong stage", now=LATER)
    minutes.save(session, actor, conference, "Opened at ten.", mark=text_mark(TEXT), now=LATER)
    after = LATER + timedelta(days=2)
    second = minutes.release(session, actor, conference, now=after)
    first, last = minutes.list_releases(session, conference)
    assert (first.content["minutes"], last.content["minutes"]) == (TEXT, "Opened at ten.")
    assert (last, last.number, last.reason) == (second, 2, "Wrong stage")
    assert conference.released_at == LATER, "a correction does not make the first release later"


def test_a_version_that_was_changed_behind_our_back_is_noticed(session: Session, world: World) -> None:
    conference, actor = _held(session, world), world.actor(world.secretary)
    minutes.release(session, actor, conference, now=LATER)
    minutes.correct(session, actor, conference, "Typing error", now=LATER)
    minutes.release(session, actor, conference, now=LATER)
    session.expire_all()
    releases = minutes.list_releases(session, conference)
    assert minutes.find_break(releases) is None
    releases[0].content = {**releases[0].content, "minutes": "Another text"}
    assert minutes.find_break(releases) == 1
    assert minutes.find_break(releases[1:]) == 1, "a version is missing"


def test_two_writers_of_minutes_see_each_other_and_a_name_is_refused(session: Session, world: World) -> None:
    conference, actor = _held(session, world), world.actor(world.secretary)
    with pytest.raises(TextChanged) as changed:
        minutes.save(session, actor, conference, "Mine", mark=text_mark(""), now=LATER)
    assert (changed.value.theirs, conference.minutes) == (TEXT, TEXT)
    with pytest.raises(Refusal) as refused:
        minutes.save(session, actor, conference, "Muster, Hans *12.3.51", mark=text_mark(TEXT), now=LATER)
    assert (refused.value.field, conference.minutes) == ("minutes", TEXT)


def test_minutes_are_not_released_before_the_conference_has_ended(session: Session, world: World) -> None:
    conference = begin(session, world)
    with pytest.raises(Conflict):
        minutes.release(session, world.actor(world.secretary), conference, now=NOW)
    assert minutes.list_releases(session, conference) == []


def test_who_only_brings_a_case_reads_of_that_case_alone(session: Session, world: World) -> None:
    conference = _held(session, world)
    own = add_case(session, world, conference, "FK-OWN1", presenter_id=world.stranger.id)
    own.registered_by_id, own.site_id = world.stranger.id, world.stranger_site.id
    session.flush()
    content = content_of(session, conference)
    whole = minutes.readable(session, world.actor(world.requester), conference, content)
    part = minutes.readable(session, world.actor(world.stranger), conference, content)
    assert len(whole["cases"]) == 4 and whole["minutes"] == TEXT
    assert ([one["ref"] for one in part["cases"]], part["minutes"]) == (["FK-OWN1"], "")


def test_chair_and_organiser_are_reminded_once_on_the_morning_of_the_day_when_minutes_are_due(
    session: Session, world: World
) -> None:
    conference = _held(session, world)  # Monday: due by the end of Tuesday
    assert minutes.minutes_due_at(conference) == datetime(2026, 11, 24, 23, tzinfo=UTC)
    eight = datetime(2026, 11, 24, 7, tzinfo=UTC)
    assert minutes_reminders.remind_due(session, now=eight - timedelta(seconds=1)) == 0
    assert minutes_reminders.remind_due(session, now=eight) == 1
    assert minutes_reminders.remind_due(session, now=eight + timedelta(days=3)) == 0
    assert {mail.recipient_id for mail in _mails(session)} == {world.neurologist.id, world.secretary.id}


def test_nobody_is_reminded_of_minutes_that_are_released(session: Session, world: World) -> None:
    conference = _held(session, world)
    minutes.release(session, world.actor(world.secretary), conference, now=LATER)
    assert minutes.minutes_due_at(conference) is None
    assert minutes_reminders.remind_due(session, now=NOW + timedelta(days=9)) == 0
