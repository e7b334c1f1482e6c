"""The demo network while it is built: who and what exists, by the keys of the plans."""

from __future__ import annotations

from dataclasses import dataclass, field

from confsched.domain.permissions import Actor, Function, Seat
from confsched.models.accounts import Account
from confsched.models.catalogue import Service
from confsched.models.network import Department, Resource, Site
from confsched.models.people import Person
from confsched.models.rosters import DutyLine


@dataclass
class Network:
    """Collect rows as they are added, so that later steps find them without a query."""

    sites: dict[str, Site] = field(default_factory=dict)
    departments: dict[tuple[str, str], Department] = field(default_factory=dict)
    staff: dict[tuple[str, str], list[Person]] = field(default_factory=dict)
    people: dict[str, Person] = field(default_factory=dict)
    seats: dict[str, list[Seat]] = field(default_factory=dict)
    part_timers: set[str] = field(default_factory=set)
    rooms: dict[str, Resource] = field(default_factory=dict)
    services: dict[str, Service] = field(default_factory=dict)
    lines: list[DutyLine] = field(default_factory=list)
    accounts: dict[str, Account] = field(default_factory=dict)

    def actor(self, email: str) -> Actor:
        """Return the person as the one who acts; without an account they can say yes or no, and no more."""
        person = self.people[email]
        account = self.accounts.get(email)
        return Actor(
            person_id=person.id,
            account_id=account.id if account else person.id,
            name=person.name,
            language=person.language,
            zone=person.zone,
            seats=tuple(self.seats[email]),
        )

    def add_seat(self, person: Person, site: Site, department: Department, function: Function) -> None:
        seat = Seat(site.organisation_id, site.id, department.id, function)
        self.seats.setdefault(person.email, []).append(seat)
