"""Who may do what, written out once more by hand: a change of the table must be meant."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator

import pytest

from confsched.domain.permissions import PERMISSIONS, Actor, Function, Permission, Seat

FUNCTIONS = tuple(Function)
# One row per permission, one column per function in the order of Function:
# requester, consultant, secretary, coordinator, organisation admin, auditor.
DECISIONS = {
    Permission.USE: "yes yes yes yes yes yes",
    Permission.SEE_DUTY_BOARD: "yes yes yes yes yes no",
    Permission.REQUEST_CONSULT: "yes no yes no no no",
    Permission.BOOK_FOR_OTHERS: "no no yes no no no",
    Permission.TRIAGE_CONSULT: "no yes yes no no no",
    Permission.SEE_MEETINGS: "yes yes yes yes yes no",
    Permission.SEE_MEETINGS_OF_ORGANISATION: "no no yes yes no no",
    Permission.PLAN_CONFERENCE: "no yes yes yes no no",
    Permission.OVERRIDE_CONFLICT: "no yes yes no no no",
    Permission.SEE_DELIVERIES: "no no yes yes yes no",
    Permission.SEE_AUDIT: "no no no no yes yes",
    Permission.SEE_ROSTERS: "yes yes yes yes yes no",
    Permission.HOLD_DUTIES: "yes yes yes yes yes no",
    Permission.EDIT_ROSTER: "no no yes no no no",
    Permission.SEE_COVERAGE: "no no yes yes yes no",
    Permission.EDIT_SERVICES: "no no no no yes no",
    Permission.REQUEST_URGENT: "yes yes no no no no",
    Permission.SEE_URGENT: "yes yes no no no no",
    Permission.SEE_FIGURES: "no yes no yes yes yes",
    Permission.EDIT_ALERTING: "no no no no yes no",
    Permission.REGISTER_CASE: "yes yes yes no no no",
    Permission.RUN_CONFERENCES: "no no yes yes no no",
    Permission.SEE_PROOF: "no yes yes yes yes yes",
}
HOUSES = tuple(uuid.UUID(int=number) for number in range(1, 4))
SITES = tuple(uuid.UUID(int=number) for number in range(11, 14))


def _rows() -> Iterator[tuple[Function, Permission, bool]]:
    for permission, line in DECISIONS.items():
        for function, word in zip(FUNCTIONS, line.split(), strict=True):
            yield function, permission, word == "yes"


def _seat(number: int, function: Function) -> Seat:
    return Seat(HOUSES[number], SITES[number], None, function)


def _actor(*seats: Seat) -> Actor:
    return Actor(uuid.UUID(int=21), uuid.UUID(int=22), "Dr. Jana Okafor", "en", "Europe/Berlin", seats)


def test_the_table_speaks_of_every_permission_and_every_function(
    record_property: Callable[[str, object], None],
) -> None:
    assert set(DECISIONS) == set(Permission)
    assert set(PERMISSIONS) == set(Function)
    rows = list(_rows())
    assert len(rows) == len(Function) * len(Permission)
    record_property("figure", f"{len(rows)} decisions of function by permission")


@pytest.mark.parametrize(
    ("function", "permission", "expected"),
    [pytest.param(*row, id=f"{row[0]}-{row[1]}-{'yes' if row[2] else 'no'}") for row in _rows()],
)
def test_a_function_includes_the_permission_or_not(
    function: Function, permission: Permission, expected: bool
) -> None:
    actor = _actor(_seat(0, function))
    assert actor.may(permission) is expected
    assert actor.organisations_with(permission) == (frozenset({HOUSES[0]}) if expected else frozenset())
    assert actor.sites_with(permission) == (frozenset({SITES[0]}) if expected else frozenset())


def test_who_works_in_two_houses_holds_each_permission_only_where_the_function_does() -> None:
    actor = _actor(_seat(0, Function.CONSULTANT), _seat(1, Function.SECRETARY))
    assert actor.organisations_with(Permission.PLAN_CONFERENCE) == frozenset(HOUSES[:2])
    assert actor.organisations_with(Permission.SEE_MEETINGS_OF_ORGANISATION) == frozenset({HOUSES[1]})
    assert actor.sites_with(Permission.SEE_DELIVERIES) == frozenset({SITES[1]})
    assert actor.organisations_with(Permission.SEE_AUDIT) == frozenset()


def test_the_first_seat_says_where_a_person_works_today() -> None:
    actor = _actor(_seat(1, Function.REQUESTER), _seat(0, Function.AUDITOR))
    assert (actor.organisation_id, actor.site_id) == (HOUSES[1], SITES[1])
    assert actor.site_ids == frozenset(SITES[:2])
    assert actor.functions == {Function.REQUESTER, Function.AUDITOR}


def test_who_holds_no_seat_may_do_nothing() -> None:
    nobody = _actor()
    assert not any(nobody.may(permission) for permission in Permission)


def test_who_watches_over_a_house_reads_no_meetings_of_it() -> None:
    """Administrators and auditors keep the house in order; the cases are none of their business."""
    for function in (Function.ORGANISATION_ADMIN, Function.AUDITOR):
        assert Permission.SEE_MEETINGS_OF_ORGANISATION not in PERMISSIONS[function]
