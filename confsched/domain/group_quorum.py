"""Quorum of groups: "one of the insurers", "two of the district councils", by replies or by who is there."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from confsched.domain.kinds import PartnerKind, Partstat
from confsched.domain.quorum import Attendee, Chance, Line, Required

MAX_GROUPS = 12
SURE = frozenset({Partstat.ACCEPTED})
# Who sends somebody else counts no more: the substitute counts in their place.
MAYBE = frozenset({Partstat.TENTATIVE, Partstat.NEEDS_ACTION})


class Standing(StrEnum):
    """Say how a group stands: enough come, it is open, or too few can come still."""

    MET = "met"
    OPEN = "open"
    MISSED = "missed"


@dataclass(frozen=True)
class Group:
    """Ask for at least so many of a group: everybody of a kind of partner, or the partners named."""

    label: str
    least: int
    counts_partners: bool = True
    partner_kind: PartnerKind | None = None
    partner_ids: frozenset[UUID] = frozenset()

    def holds(self, one: Invited) -> bool:
        """Tell whether somebody stands for this group."""
        if one.partner_id is None:
            return False
        if self.partner_kind is not None:
            return one.partner_kind is self.partner_kind
        return one.partner_id in self.partner_ids


@dataclass(frozen=True)
class Invited:
    """Hold somebody who is invited, whom they come from, and what they have said."""

    person_id: UUID
    partner_id: UUID | None
    partner_kind: PartnerKind | None
    partstat: Partstat


@dataclass(frozen=True)
class GroupForecast:
    """Hold how many of a group are wanted, come for sure, and may come still."""

    label: str
    wanted: int
    sure: int
    maybe: int

    @property
    def standing(self) -> Standing:
        if self.sure >= self.wanted:
            return Standing.MET
        return Standing.OPEN if self.sure + self.maybe >= self.wanted else Standing.MISSED


def forecast(groups: Sequence[Group], invited: Iterable[Invited]) -> tuple[GroupForecast, ...]:
    """Return how each group stands; a partner counts once, however many come from it."""
    people = list(invited)
    return tuple(_forecast(group, [one for one in people if group.holds(one)]) for group in groups)


def line_of(key: str, group: Group, invited: Iterable[Invited], people: Mapping[UUID, Attendee]) -> Line:
    """Return the group as a line of the whole quorum: one person for each that counts."""
    members = [(one, people[one.person_id]) for one in invited if group.holds(one)]
    sure = {_counted(group, one): who for one, who in reversed(members) if who.chance is Chance.SURE}
    maybe = {_counted(group, one): who for one, who in reversed(members) if who.chance is Chance.MAYBE}
    return Line(
        Required(key, group.label, group.least, pool=frozenset(who.id for _, who in members)),
        sure=tuple(sure.values()),
        maybe=tuple(who for counted, who in maybe.items() if counted not in sure),
        out=tuple(who for _, who in members if who.chance is Chance.MISSING),
    )


def _forecast(group: Group, people: Sequence[Invited]) -> GroupForecast:
    sure = {_counted(group, one) for one in people if one.partstat in SURE}
    maybe = {_counted(group, one) for one in people if one.partstat in MAYBE} - sure
    return GroupForecast(group.label, group.least, len(sure), len(maybe))


def _counted(group: Group, one: Invited) -> Hashable:
    return one.partner_id if group.counts_partners else one.person_id


def is_met(forecasts: Iterable[GroupForecast]) -> bool:
    """Tell whether every group is there; without groups there is nothing to miss."""
    return all(one.standing is Standing.MET for one in forecasts)
