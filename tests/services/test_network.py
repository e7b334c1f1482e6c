"""Organisations, sites, departments, services and agreements."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date

import pytest
from sqlalchemy.orm import Session

from confsched.db import Database
from confsched.domain.kinds import RequirementKind, ResourceKind, SiteKind
from confsched.errors import Refusal
from confsched.models.network import Organisation, Site
from confsched.services import audit, catalogue, network
from confsched.services.catalogue import NewRequirement, NewService
from tests.world import NEUROLOGY, NOW, World, build_world

DAY = date(2026, 11, 23)
Arrange = Callable[[], None]


@pytest.fixture
def session(sqlite_database: Database) -> Iterator[Session]:
    with sqlite_database.transaction() as opened:
        yield opened


@pytest.fixture
def cast(session: Session) -> World:
    return build_world(session)


def _site(session: Session, organisation: Organisation, **more: str) -> Site:
    values = {"name": "Klinik Auental", "state": "DE-ST", "zone": "Europe/Berlin", **more}
    return network.add_site(
        session,
        None,
        organisation,
        name=values["name"],
        short_name="Auental",
        kind=SiteKind.HOSPITAL,
        state=values["state"],
        zone=values["zone"],
        phone="+49 5555 3000",
        now=NOW,
    )


def test_an_organisation_with_a_site_a_department_and_a_room_is_recorded_and_audited(
    sqlite_database: Database,
) -> None:
    with sqlite_database.transaction() as session:
        organisation = network.add_organisation(session, None, " Klinikverbund Auental ", now=NOW)
        site = _site(session, organisation)
        department = network.add_department(
            session, None, site, "Innere", discipline="internal medicine", now=NOW
        )
        room = network.add_resource(session, None, site, "Raum 1", kind=ResourceKind.ROOM, now=NOW)

    with sqlite_database.read() as session:
        assert session.get_one(Organisation, organisation.id).name == "Klinikverbund Auental"
        for row in (organisation, site, department, room):
            assert audit.count_events(session, "create", row.id) == 1


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"state": "DE-XX"}, "state"),
        ({"state": "FR-75"}, "state"),
        ({"zone": "Europe/Nowhere"}, "zone"),
        ({"zone": "../etc"}, "zone"),
        ({"name": "  "}, "name"),
        ({"name": "Krankenhaus Moorfeld"}, "name"),
    ],
)
def test_a_site_that_cannot_be_is_refused_at_its_field(
    session: Session, cast: World, more: dict[str, str], field: str
) -> None:
    with pytest.raises(Refusal) as refusal:
        _site(session, cast.hub.organisation, **more)

    assert refusal.value.field == field


def test_a_second_department_of_the_same_name_is_refused(session: Session, cast: World) -> None:
    with pytest.raises(Refusal, match="already has"):
        network.add_department(session, None, cast.hub, "Neurologie", discipline=NEUROLOGY, now=NOW)


def test_a_service_carries_what_it_needs_in_order(session: Session, cast: World) -> None:
    needs = [
        NewRequirement(RequirementKind.DISCIPLINE, discipline=NEUROLOGY, sites=(cast.hub,)),
        NewRequirement(RequirementKind.RESOURCE, resource=cast.room),
        NewRequirement(RequirementKind.PERSONS, persons=(cast.neurologist, cast.second_neurologist), count=2),
    ]
    service = catalogue.add_service(
        session, None, cast.hub, NewService("Sprechstunde", NEUROLOGY, 30), needs, now=NOW
    )
    last = catalogue.add_requirement(
        session, None, service, NewRequirement(RequirementKind.DUTY_LINE, line=cast.line), now=NOW
    )
    session.flush()
    session.expire(service)

    assert [need.position for need in service.requirements] == [0, 1, 2, 3]
    assert len(service.requirements[2].persons) == 2
    assert service.requirements[3].id == last.id


@pytest.mark.parametrize("minutes", [0, -5, 241])
def test_a_service_of_no_sensible_length_is_refused(session: Session, cast: World, minutes: int) -> None:
    with pytest.raises(Refusal) as refusal:
        catalogue.add_service(session, None, cast.hub, NewService("X", NEUROLOGY, minutes), [], now=NOW)

    assert refusal.value.field == "duration_minutes"


@pytest.mark.parametrize(
    "need",
    [
        NewRequirement(RequirementKind.DISCIPLINE),
        NewRequirement(RequirementKind.PERSONS),
        NewRequirement(RequirementKind.DUTY_LINE),
        NewRequirement(RequirementKind.RESOURCE),
        NewRequirement(RequirementKind.DISCIPLINE, discipline=NEUROLOGY, count=0),
    ],
)
def test_a_need_that_names_nobody_is_refused(session: Session, cast: World, need: NewRequirement) -> None:
    with pytest.raises(Refusal):
        catalogue.add_requirement(session, None, cast.service, need, now=NOW)


def test_an_agreement_for_days_that_one_covers_already_is_refused(session: Session, cast: World) -> None:
    with pytest.raises(Refusal, match="already has an agreement"):
        catalogue.agree(session, None, cast.service, cast.spoke, valid_from=DAY, now=NOW)


def test_an_agreement_may_follow_the_end_of_another(session: Session, cast: World) -> None:
    end = date(2026, 12, 1)
    site = cast.stranger_site
    catalogue.agree(session, None, cast.service, site, valid_from=DAY, valid_until=end, now=NOW)

    following = catalogue.agree(session, None, cast.service, site, valid_from=end, now=NOW)

    assert following.valid_until is None


def test_an_agreement_that_ends_before_it_begins_is_refused(session: Session, cast: World) -> None:
    with pytest.raises(Refusal) as refusal:
        catalogue.agree(
            session, None, cast.service, cast.stranger_site, valid_from=DAY, valid_until=DAY, now=NOW
        )

    assert refusal.value.field == "valid_until"
