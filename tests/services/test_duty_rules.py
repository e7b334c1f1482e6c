"""The rules of a house: the law until somebody says otherwise, sane numbers only, each change on record."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy.orm import Session

from confsched.domain.roster_rules import DutyRules, Rule
from confsched.errors import Forbidden, Refusal
from confsched.services import audit, duty_rosters, duty_rules
from confsched.services.duty_rosters import CellEdit
from confsched.services.duty_rules import ALLOWED, LAW_LIMITS, Limits
from tests.support.rosters import DECEMBER, build_department
from tests.world import NOW, World


def _save(session: Session, world: World, limits: Limits) -> None:
    duty_rules.save_rules(session, world.actor(world.secretary), limits, now=NOW)


def test_a_house_that_has_said_nothing_goes_by_the_law(session: Session, world: World) -> None:
    assert duty_rules.rules_of(session, world.hub.organisation_id) == DutyRules()


def test_a_house_goes_by_its_own_numbers_and_the_next_house_does_not(session: Session, world: World) -> None:
    _save(session, world, Limits(rest_hours=12, cap_hours=16, free_weekends=1, notice_days=21))

    rules = duty_rules.rules_of(session, world.hub.organisation_id)
    assert (rules.rest_hours, rules.cap_hours, rules.free_weekends, rules.notice_days) == (12, 16, 1, 21)
    assert (rules.standby_limit, rules.mixed_limits) == (4, (13, 10, 7, 4, 0))
    assert duty_rules.rules_of(session, world.spoke.organisation_id) == DutyRules()


@pytest.mark.parametrize("name", ALLOWED)
@pytest.mark.parametrize("end", [0, 1])
def test_both_ends_of_what_is_allowed_make_rules_and_the_next_number_is_refused(
    session: Session, world: World, name: str, end: int
) -> None:
    allowed = ALLOWED[name][end]
    kept = {"compensated_rest_hours": 1} if name == "rest_hours" else {"rest_hours": 24}
    _save(session, world, replace(Limits(**kept), **{name: allowed}))
    assert getattr(duty_rules.rules_of(session, world.hub.organisation_id), name) == allowed

    with pytest.raises(Refusal) as refused:
        _save(session, world, replace(LAW_LIMITS, **{name: allowed + (1 if end else -1)}))
    assert refused.value.field == name


def test_a_shortened_rest_is_never_longer_than_the_usual_one(session: Session, world: World) -> None:
    with pytest.raises(Refusal) as refused:
        _save(session, world, Limits(rest_hours=9, compensated_rest_hours=10))
    assert refused.value.field == "compensated_rest_hours"


def test_a_change_is_on_record_once_and_the_way_back_to_the_law_as_well(
    session: Session, world: World
) -> None:
    limits = Limits(standby_limit=3)
    for _ in range(2):
        _save(session, world, limits)
    for _ in range(2):
        duty_rules.restore_law(session, world.actor(world.secretary), now=NOW)

    assert duty_rules.rules_of(session, world.hub.organisation_id) == DutyRules()
    audit.write_pending(session)
    house = world.hub.organisation_id
    assert audit.count_events(session, "save_duty_rules", house) == 1
    assert audit.count_events(session, "restore_duty_rules", house) == 1


def test_a_month_is_checked_by_the_numbers_of_the_house(session: Session, world: World) -> None:
    roster = build_department(session, world)
    voss = roster.person("Voss").id
    edits = [CellEdit(voss, DECEMBER.replace(day=day), "T", 0) for day in (1, 2)]
    duty_rosters.edit_cells(session, roster.actor, roster.department, DECEMBER, edits, now=NOW)

    def broken() -> list[Rule]:
        month = duty_rosters.load_month(session, roster.actor, roster.department, DECEMBER, now=NOW)
        return [warning.rule for warning in month.warnings]

    assert broken() == []
    _save(session, world, Limits(rest_hours=24, compensated_rest_hours=24))
    assert broken() == [Rule.REST]


def test_who_plans_no_rosters_sets_no_rules(session: Session, world: World) -> None:
    with pytest.raises(Forbidden):
        duty_rules.save_rules(session, world.actor(world.neurologist), LAW_LIMITS, now=NOW)
