"""Services are saved as a whole, refused with everything that is wrong, and never over somebody's back."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import replace
from datetime import time, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from confsched.db import Database
from confsched.domain.kinds import ConsultState, RequirementKind
from confsched.errors import NotFound
from confsched.models.audit import AuditEvent
from confsched.models.catalogue import Requirement, Service
from confsched.models.consults import Consult
from confsched.services import audit, catalogue, consults, service_previews
from confsched.services.catalogue import NewRequirement, NewService, Stale, Unfit, save_service
from confsched.services.service_changes import list_differences, requirement_words
from confsched.services.service_choices import find_needs, list_choices, typed_of
from tests.world import NEUROLOGY, NOW, World, book, build_world, local

NEW = NewService(name="Kopfschmerz", discipline=NEUROLOGY, duration_minutes=30)


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    with database.transaction() as opened:
        yield opened


@pytest.fixture
def cast(session: Session) -> World:
    return build_world(session)


def _need(cast: World, **more: Any) -> NewRequirement:
    return NewRequirement(RequirementKind.DISCIPLINE, discipline=NEUROLOGY, sites=(cast.hub,), **more)


def _save(
    session: Session, cast: World, place: Any, new: NewService, *needs: NewRequirement, **more: Any
) -> Service:
    seen = more.get("seen", getattr(place, "revision", 0))
    key = more.get("key") or uuid.uuid4().hex
    actor = cast.actor(cast.admin)
    return save_service(session, actor, place, new, needs, seen_revision=seen, now=NOW, key=key)


def test_a_service_is_created_as_a_whole_and_once_for_a_key(session: Session, cast: World) -> None:
    new = replace(NEW, seats=4, cap_per_day=2, needs_triage=True, preferred_hours="09:00-12:00")

    made = _save(session, cast, cast.hub, new, _need(cast, specialists_only=True), key="once")
    again = _save(session, cast, cast.hub, new, _need(cast), key="once")

    assert again.id == made.id
    assert (made.seats, made.cap_per_day, made.needs_triage, made.preferred_hours) == (
        4,
        2,
        True,
        "09:00-12:00",
    )
    assert [one.specialists_only for one in made.requirements] == [True]


def test_a_change_raises_the_revision_keeps_the_rows_that_stay_and_is_audited(
    session: Session, cast: World
) -> None:
    service = session.get_one(Service, cast.service.id)
    kept = service.requirements[0].id
    needs = [
        NewRequirement(RequirementKind.RESOURCE, resource=cast.room),
        _need(cast, id=kept, count=2, is_on_site=True),
    ]

    _save(session, cast, service, replace(NEW, duration_minutes=45), *needs)
    audit.write_pending(session)
    session.expire_all()

    assert service.revision == 2
    assert service.duration_minutes == 45
    assert [one.kind for one in service.requirements] == [
        RequirementKind.RESOURCE,
        RequirementKind.DISCIPLINE,
    ]
    assert (service.requirements[1].id, service.requirements[1].count) == (kept, 2)
    event = session.scalars(select(AuditEvent).where(AuditEvent.object_id == service.id)).one()
    assert event.action == "change"
    assert event.detail == "name, duration_minutes, requirements"


def test_saving_what_stands_changes_nothing(session: Session, cast: World) -> None:
    service = session.get_one(Service, cast.service.id)
    same = replace(NEW, name=service.name)
    need = _need(cast, id=service.requirements[0].id)

    assert _save(session, cast, service, same, need).revision == 1


def test_who_saw_an_older_revision_is_told_so_and_changes_nothing(session: Session, cast: World) -> None:
    service = session.get_one(Service, cast.service.id)
    _save(session, cast, service, NEW, _need(cast))

    with pytest.raises(Stale):
        _save(session, cast, service, replace(NEW, name="Schwindel"), _need(cast), seen=1)

    assert service.name == "Kopfschmerz"


def test_a_requirement_of_another_service_is_never_taken_over(session: Session, cast: World) -> None:
    foreign = session.get_one(Service, cast.service.id).requirements[0].id

    made = _save(session, cast, cast.hub, NEW, _need(cast, id=foreign))

    assert made.requirements[0].id != foreign
    assert session.get_one(Requirement, foreign).service_id == cast.service.id


def test_the_service_of_another_house_is_not_found(session: Session, cast: World) -> None:
    service = session.get_one(Service, cast.service.id)
    for person in (cast.secretary, cast.stranger):
        with pytest.raises(NotFound):
            catalogue.get_service(session, cast.actor(person), service.id, to="change")


WRONG: tuple[tuple[str, dict[str, Any]], ...] = (
    ("name", {"name": ""}),
    ("name", {"name": "x" * 121}),
    ("name", {"name": "Neurologie-Konsil"}),
    ("name", {"name": "Muster, Hans *12.3.51"}),
    ("discipline", {"discipline": ""}),
    ("duration_minutes", {"duration_minutes": 0}),
    ("duration_minutes", {"duration_minutes": 32}),
    ("duration_minutes", {"duration_minutes": 245}),
    ("buffer_before_minutes", {"buffer_before_minutes": -5}),
    ("buffer_after_minutes", {"buffer_after_minutes": 7}),
    ("notice_minutes", {"notice_minutes": -1}),
    ("notice_minutes", {"notice_minutes": 2000, "horizon_days": 1}),
    ("cancel_notice_minutes", {"cancel_notice_minutes": 20161}),
    ("reminder_minutes", {"reminder_minutes": -1}),
    ("horizon_days", {"horizon_days": 0}),
    ("horizon_days", {"horizon_days": 366}),
    ("seats", {"seats": 0}),
    ("seats", {"seats": 21}),
    ("cap_per_day", {"cap_per_day": 0}),
    ("preferred_hours", {"preferred_hours": "9 to 5"}),
    ("preferred_hours", {"preferred_hours": "08:00-12:00, 11:00-13:00"}),
    ("preferred_hours", {"preferred_hours": ", ".join(["08:00-08:05"] * 9)}),
    ("join_base", {"join_base": "http://video.example"}),
)


def test_what_cannot_be_meant_is_said_at_its_field(session: Session, cast: World) -> None:
    for field, changed in WRONG:
        with pytest.raises(Unfit) as refusal:
            _save(session, cast, cast.hub, replace(NEW, **changed), _need(cast))

        assert field in {problem.field for problem in refusal.value.problems}, changed


def test_everything_that_is_wrong_is_said_at_once(session: Session, cast: World) -> None:
    with pytest.raises(Unfit) as refusal:
        _save(
            session, cast, cast.hub, replace(NEW, name="", seats=0), NewRequirement(RequirementKind.PERSONS)
        )

    assert [problem.field for problem in refusal.value.problems] == ["name", "seats", "need-0"]


def _wrong_needs(cast: World) -> dict[str, tuple[str, list[NewRequirement]]]:
    alone = NewRequirement(RequirementKind.PERSONS, persons=(cast.neurologist,))
    return {
        "nobody named": ("need-0", [NewRequirement(RequirementKind.DUTY_LINE)]),
        "an empty pool": ("need-0", [NewRequirement(RequirementKind.DISCIPLINE, discipline="alchemy")]),
        "more than there are": ("need-1", [alone, _need(cast, count=3)]),
        "a count of none": ("need-0", [_need(cast, count=0)]),
        "wishes alone": ("requirements", [_need(cast, is_optional=True)]),
        "nothing at all": ("requirements", []),
        "the same person alone twice": ("requirements", [alone, alone]),
        "thirteen": ("requirements", [_need(cast)] * 13),
    }


def test_requirements_that_nobody_can_meet_are_refused_in_words(session: Session, cast: World) -> None:
    for case, (field, needs) in _wrong_needs(cast).items():
        with pytest.raises(Unfit) as refusal:
            _save(session, cast, cast.hub, NEW, *needs)

        assert field in {problem.field for problem in refusal.value.problems}, case


def test_a_duty_line_that_is_not_planned_yet_may_be_required(session: Session, cast: World) -> None:
    line = NewRequirement(RequirementKind.DUTY_LINE, line=cast.line)

    made = _save(session, cast, cast.hub, NEW, line, _need(cast))

    found = service_previews.preview(session, made, None, now=NOW)
    assert [str(finding) for finding in found.findings] == [f"Nobody is entered for {cast.line.name}."]


def test_a_service_that_is_closed_keeps_its_bookings_and_takes_no_new_questions(
    session: Session, cast: World
) -> None:
    booking = book(session, cast, local(NOW.date(), time(10)))
    service = session.get_one(Service, cast.service.id)

    _save(session, cast, service, replace(NEW, is_open=False), _need(cast))

    session.flush()
    consult = session.scalars(select(Consult).where(Consult.booking_id == booking.id)).one()
    assert consult.state is ConsultState.BOOKED
    assert consults.list_services(session, cast.actor(cast.requester), now=NOW) == []


def test_a_preview_finds_the_next_offers_of_what_is_typed_and_writes_nothing(
    session: Session, cast: World
) -> None:
    service = session.get_one(Service, cast.service.id)
    new = replace(NEW, name=service.name, notice_minutes=60, preferred_hours="14:00-16:00")
    wanted = catalogue.draft_service(service, new, [_need(cast, id=service.requirements[0].id)])

    found = service_previews.preview(session, wanted, service, now=NOW)

    assert not session.new and not session.dirty
    assert found.first_before == local(NOW.date(), time(9))
    assert found.first_now == local(NOW.date(), time(14))
    assert [(str(one.label), one.before, one.after) for one in found.differences] == [
        ("Preferred hours", found.differences[0].before, "14:00-16:00")
    ]
    starts = [offer.span.starts_at for offer in found.offers]
    assert starts == sorted(starts) and len(starts) == 5


def test_a_preview_says_why_nothing_is_found(session: Session, cast: World) -> None:
    everybody = NewRequirement(
        RequirementKind.PERSONS, persons=(cast.neurologist, cast.second_neurologist), count=2
    )
    long = replace(NEW, duration_minutes=240, buffer_after_minutes=0, horizon_days=1, notice_minutes=1200)
    wanted = catalogue.draft_service(cast.hub, long, [everybody])

    found = service_previews.preview(session, wanted, None, now=NOW + timedelta(hours=2))

    assert found.offers == () or found.explanation is None
    nobody = catalogue.draft_service(cast.hub, NEW, [NewRequirement(RequirementKind.RESOURCE)])
    assert not service_previews.preview(session, nobody, None, now=NOW).is_searched
    broken = catalogue.draft_service(cast.hub, replace(NEW, duration_minutes=7), [_need(cast)])
    assert not service_previews.preview(session, broken, None, now=NOW).is_searched


def test_requirements_are_told_in_words_and_read_back_as_they_are(session: Session, cast: World) -> None:
    needs = [
        _need(cast, count=2, specialists_only=True, is_optional=True),
        NewRequirement(RequirementKind.RESOURCE, resource=cast.room),
        NewRequirement(RequirementKind.PERSONS, persons=(cast.neurologist,), may_double=True),
        NewRequirement(RequirementKind.DUTY_LINE, line=cast.line),
    ]
    made = catalogue.draft_service(cast.hub, NEW, needs)

    words = [str(requirement_words(session, one)) for one in made.requirements]
    assert words[:2] == ["2 of neurology, Wendstadt (specialist, if possible)", "Demoraum 2"]
    choices = list_choices(session, cast.hub)
    back = find_needs(session, choices, [typed_of(one) for one in made.requirements])
    again = catalogue.draft_service(cast.hub, NEW, back)
    for one, other in zip(made.requirements, again.requirements, strict=True):
        other.id = one.id
    assert list_differences(session, made, again) == []


def test_the_list_names_who_may_ask_and_the_next_time(session: Session, cast: World) -> None:
    (row,) = service_previews.list_rows(session, cast.actor(cast.admin), now=NOW).items

    assert (row.asked_by, row.next_at) == (("Moorfeld",), local(NOW.date(), time(9)))
