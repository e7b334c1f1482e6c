"""A regional conference: held once, its groups, texts, documents, decisions and reminders."""

from __future__ import annotations

import uuid
from datetime import date, timedelta

import pytest
from sqlalchemy.orm import Session

from confsched.domain.group_quorum import Standing
from confsched.domain.invites import Kind
from confsched.domain.kinds import ConferenceState, PartnerKind, Partstat
from confsched.errors import Conflict, NotFound, Refusal
from confsched.models.conferences import Conference
from confsched.services import (
    audit,
    conference_texts,
    decisions,
    documents,
    group_quorum,
    guest_links,
    regional,
)
from confsched.services.findings import Unfit
from confsched.services.group_quorum import GroupDraft
from tests.support.guests import TEN, add_guest, hold, invite, mails_to, part_of
from tests.world import NOW, World

INSURERS = GroupDraft("one of the insurers", 1, partner_kind=PartnerKind.INSURER)


@pytest.fixture
def conference(session: Session, world: World) -> Conference:
    return hold(session, world)


def test_it_is_held_once_by_who_runs_it(session: Session, world: World, conference: Conference) -> None:
    assert hold(session, world).id == conference.id
    assert conference.state is ConferenceState.REGISTRATION_OPEN
    assert conference.booking is not None and conference.booking.starts_at == TEN
    assert part_of(conference, world.coordinator).partstat is Partstat.ACCEPTED
    with pytest.raises(Conflict, match="taken at this time"):
        hold(session, world, key="another")


def test_everything_that_is_wrong_is_said_at_once(session: Session, world: World) -> None:
    draft = regional.Draft("", None, 7, "http://video.example", uuid.uuid4())
    with pytest.raises(Unfit) as refused:
        regional.create(session, world.actor(world.coordinator), draft, now=NOW, key="x")
    fields = {problem.field for problem in refused.value.problems}
    assert fields == {"title", "duration_minutes", "join_link", "resource_id", "day"}


def test_only_the_desk_runs_it(session: Session, world: World, conference: Conference) -> None:
    for person in (world.stranger, world.neurologist, world.admin):
        with pytest.raises(NotFound):
            regional.get(session, world.actor(person), conference.id)
    assert regional.get(session, world.actor(world.secretary), conference.id) is conference


def test_a_reply_by_link_changes_the_quorum_of_its_group(
    session: Session, world: World, conference: Conference
) -> None:
    actor = world.actor(world.coordinator)
    group_quorum.add(session, actor, conference, INSURERS, now=NOW)
    group_quorum.add(session, actor, conference, INSURERS, now=NOW)  # sent twice
    assert [one.standing for one in group_quorum.forecast(session, conference)] == [Standing.MISSED]
    (part,) = invite(session, world, conference, add_guest(session, actor))
    standings = []
    for partstat in (None, Partstat.DECLINED, Partstat.TENTATIVE, Partstat.ACCEPTED):
        if partstat is not None:
            guest_links.reply(session, part.id, partstat, now=NOW)
        standings += [one.standing for one in group_quorum.forecast(session, conference)]
    assert standings == [Standing.OPEN, Standing.MISSED, Standing.OPEN, Standing.MET]
    guest_links.delegate(session, part.id, "Bo Tal", "bo@kasse.example", now=NOW)
    assert [one.standing for one in group_quorum.forecast(session, conference)] == [Standing.OPEN]


@pytest.mark.parametrize(
    "draft",
    [
        GroupDraft("", 1, partner_kind=PartnerKind.INSURER),
        GroupDraft("x", 0, partner_kind=PartnerKind.INSURER),
        GroupDraft("x", 1),
        GroupDraft("x", 1, partner_ids=(uuid.uuid4(),)),
    ],
)
def test_a_group_that_nobody_can_meet_is_refused(
    session: Session, world: World, conference: Conference, draft: GroupDraft
) -> None:
    with pytest.raises(Refusal):
        group_quorum.add(session, world.actor(world.coordinator), conference, draft, now=NOW)


def test_named_institutions_make_a_group_and_no_more_than_are_named(
    session: Session, world: World, conference: Conference
) -> None:
    actor = world.actor(world.coordinator)
    partner_id = add_guest(session, actor).partner_id
    assert partner_id is not None
    with pytest.raises(Refusal, match="no more institutions"):
        group_quorum.add(session, actor, conference, GroupDraft("x", 2, True, None, (partner_id,)), now=NOW)
    row = group_quorum.add(session, actor, conference, GroupDraft("x", 1, True, None, (partner_id,)), now=NOW)
    with pytest.raises(NotFound):
        group_quorum.remove(session, actor, conference, uuid.uuid4(), now=NOW)
    group_quorum.remove(session, actor, conference, row.id, now=NOW)
    assert group_quorum.forecast(session, conference) == ()


def test_the_last_text_counts_and_it_is_known_who_got_which(
    session: Session, world: World, conference: Conference
) -> None:
    actor = world.actor(world.coordinator)
    first = conference_texts.write(
        session, actor, conference, "Agenda follows.", now=NOW - timedelta(hours=2)
    )
    (early,) = invite(session, world, conference, add_guest(session, actor))
    assert mails_to(session, early.person)[0].snapshot["text"] == "Agenda follows."
    assert conference_texts.write(session, actor, conference, " Agenda follows.\n", now=NOW) is first
    second_at = NOW + timedelta(hours=1)
    second = conference_texts.write(session, actor, conference, "1. Report\n\n2. Plan", now=second_at)
    versions = conference_texts.list_versions(session, conference)
    assert (versions, conference_texts.version_got(early, versions)) == ([second, first], 1)
    for _ in range(2):  # pressed twice, sent once
        conference_texts.send_last(session, actor, conference, now=second_at)
    (news,) = mails_to(session, early.person, Kind.CONFERENCE_NEWS)
    assert [line["values"]["line"] for line in news.snapshot["lines"]] == ["1. Report", "2. Plan"]
    assert conference_texts.version_got(early, versions) == 2
    with pytest.raises(Refusal, match="Type what"):
        conference_texts.write(session, actor, conference, " \n", now=NOW)
    with pytest.raises(Refusal):
        conference_texts.write(session, actor, conference, "Muster, Hans *12.3.51", now=NOW)


@pytest.mark.parametrize(
    "url",
    [
        *(
            "",
            "http://files.example/a",
            "javascript:alert(1)",
            "https://u:p@files.example/",
            "webcal://x.example",
        ),
        *("https://files.example:8443/a", "https://files.example/a b", "https://" + "x" * 500 + ".example"),
    ],
)
def test_a_document_is_an_https_address(
    session: Session, world: World, conference: Conference, url: str
) -> None:
    with pytest.raises(Refusal) as refused:
        documents.add(session, world.actor(world.coordinator), conference, "Report", url, now=NOW)
    assert refused.value.field == "url"
    assert documents.list_links(session, conference) == []


def test_documents_are_listed_once_each_and_taken_off(
    session: Session, world: World, conference: Conference
) -> None:
    actor = world.actor(world.coordinator)
    for label in ("Report", "Annual report"):
        documents.add(session, actor, conference, label, "https://files.example/a", now=NOW)
    (link,) = documents.list_links(session, conference)
    assert link.label == "Annual report"
    with pytest.raises(NotFound):
        documents.remove(session, actor, conference, uuid.uuid4(), now=NOW)
    documents.remove(session, actor, conference, link.id, now=NOW)
    assert documents.list_links(session, conference) == []


def test_decisions_are_numbered_due_at_the_end_of_a_day_and_settled(
    session: Session, world: World, conference: Conference
) -> None:
    actor, due = world.actor(world.coordinator), date(2027, 3, 28)  # the clocks change that night
    first = decisions.add(session, actor, conference, "Buy", "Kasse Nord", due, now=NOW, key="1")
    assert decisions.add(session, actor, conference, "Buy", "", due, now=NOW, key="1") is first
    second = decisions.add(session, actor, conference, "Sell", "", None, now=NOW, key="2")
    assert [row.number for row in decisions.list_decisions(session, conference)] == [1, 2]
    assert first.due_at is not None and first.due_at.isoformat() == "2027-03-28T21:59:00+00:00"
    assert second.due_at is None
    for is_done, done_at in ((True, NOW), (True, NOW), (False, None)):
        decisions.settle(session, actor, conference, first.id, is_done, now=NOW)
        assert first.done_at == done_at
    with pytest.raises(NotFound):
        decisions.settle(session, actor, conference, uuid.uuid4(), True, now=NOW)
    for text, day in (("", None), ("x", date(2099, 1, 1)), ("x" * 1001, None)):
        with pytest.raises(Refusal):
            decisions.add(session, actor, conference, text, "", day, now=NOW, key="3")


def test_who_has_not_answered_is_asked_once_a_day(
    session: Session, world: World, conference: Conference
) -> None:
    actor, later = world.actor(world.coordinator), NOW + timedelta(hours=25)
    with pytest.raises(Conflict, match="Everybody has answered"):
        regional.remind(session, actor, conference, now=NOW)
    silent = add_guest(session, actor)
    coming = add_guest(session, actor, name="Bo Tal", email="bo@kasse.example")
    parts = invite(session, world, conference, silent, coming)
    guest_links.reply(session, parts[1].id, Partstat.ACCEPTED, now=NOW)
    with pytest.raises(Conflict, match="within the last day"):
        regional.remind(session, actor, conference, now=NOW + timedelta(hours=2))
    assert regional.remind(session, actor, conference, now=later) == [parts[0]]
    audit.write_pending(session)
    with pytest.raises(Conflict, match="within the last day"):
        regional.remind(session, actor, conference, now=later + timedelta(hours=1))
    (mail,) = mails_to(session, silent.person, Kind.CONFERENCE_NEWS)
    assert mail.snapshot["path"] == "/g/"
