"""The groups without which a conference cannot decide, as a table of replies and how they stand."""

from __future__ import annotations

import uuid

import pytest

from confsched.domain.group_quorum import Group, Invited, Standing, forecast, is_met
from confsched.domain.kinds import PartnerKind, Partstat

INSURER, OFFICE = PartnerKind.INSURER, PartnerKind.HEALTH_OFFICE
A, B, C = (uuid.UUID(int=number) for number in (1, 2, 3))
YES, NO, PERHAPS = Partstat.ACCEPTED, Partstat.DECLINED, Partstat.TENTATIVE
SILENT, SENT = Partstat.NEEDS_ACTION, Partstat.DELEGATED

ONE_INSURER = Group("one of the insurers", 1, partner_kind=INSURER)
TWO_INSURERS = Group("two insurers", 2, partner_kind=INSURER)
TWO_PEOPLE = Group("two people of insurers", 2, counts_partners=False, partner_kind=INSURER)
A_OR_B = Group("A or B", 1, partner_ids=frozenset({A, B}))
BOTH = Group("A and B", 2, partner_ids=frozenset({A, B}))


def people(*said: tuple[uuid.UUID | None, Partstat], kind: PartnerKind | None = INSURER) -> list[Invited]:
    return [
        Invited(uuid.UUID(int=100 + number), partner_id, kind if partner_id else None, partstat)
        for number, (partner_id, partstat) in enumerate(said)
    ]


TABLE = {
    "nobody is invited": (ONE_INSURER, [], 0, 0, Standing.MISSED),
    "nobody has answered": (ONE_INSURER, people((A, SILENT), (B, SILENT)), 0, 2, Standing.OPEN),
    "one comes": (ONE_INSURER, people((A, YES), (B, NO)), 1, 0, Standing.MET),
    "one perhaps": (ONE_INSURER, people((A, PERHAPS), (B, NO)), 0, 1, Standing.OPEN),
    "all decline": (ONE_INSURER, people((A, NO), (B, NO)), 0, 0, Standing.MISSED),
    "another kind comes": (ONE_INSURER, people((A, YES), kind=OFFICE), 0, 0, Standing.MISSED),
    "somebody without institution comes": (ONE_INSURER, people((None, YES)), 0, 0, Standing.MISSED),
    "who sends a substitute counts no more": (ONE_INSURER, people((A, SENT)), 0, 0, Standing.MISSED),
    "a substitute who is silent": (ONE_INSURER, people((A, SENT), (A, SILENT)), 0, 1, Standing.OPEN),
    "a substitute comes": (ONE_INSURER, people((A, SENT), (A, YES)), 1, 0, Standing.MET),
    "two of one institution count once": (TWO_INSURERS, people((A, YES), (A, YES)), 1, 0, Standing.MISSED),
    "one is sure and its colleague silent": (
        TWO_INSURERS,
        people((A, YES), (A, SILENT)),
        1,
        0,
        Standing.MISSED,
    ),
    "one is sure, another may come": (TWO_INSURERS, people((A, YES), (B, PERHAPS)), 1, 1, Standing.OPEN),
    "two institutions come": (TWO_INSURERS, people((A, YES), (B, YES), (C, NO)), 2, 0, Standing.MET),
    "two people of one institution": (TWO_PEOPLE, people((A, YES), (A, YES)), 2, 0, Standing.MET),
    "a named one comes": (A_OR_B, people((B, YES), (C, YES)), 1, 0, Standing.MET),
    "only one that is not named comes": (A_OR_B, people((C, YES)), 0, 0, Standing.MISSED),
    "one of two named is missing": (BOTH, people((A, YES), (B, NO)), 1, 0, Standing.MISSED),
}


@pytest.mark.parametrize("case", TABLE)
def test_a_group_stands_as_its_institutions_answer(case: str) -> None:
    group, invited, sure, maybe, standing = TABLE[case]
    (found,) = forecast([group], invited)
    assert (found.label, found.wanted) == (group.label, group.least)
    assert (found.sure, found.maybe, found.standing) == (sure, maybe, standing)
    assert is_met([found]) is (standing is Standing.MET)


def test_without_groups_nothing_is_missed_and_one_missed_group_is_enough() -> None:
    invited = people((A, YES))
    assert is_met(forecast([], invited))
    assert not is_met(forecast([ONE_INSURER, BOTH], invited))
