"""The filter of the coverage pages, as it stands in the URL: site, service, first day, and as known when."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from flask import request

from confsched.errors import Message, msg
from confsched.web.ids import find_id
from confsched.web.instants import find_day
from confsched.web.known import KNOWN_FIELDS, read_known

PERIOD = ("day", *KNOWN_FIELDS)
NARROWING = ("site", "group", *PERIOD)
FILTERS = (*NARROWING, "gaps", "page")


@dataclass(frozen=True)
class Asked:
    """Hold the filter as typed, what it means, and what is wrong with it by field."""

    first_day: date | None
    known_at: datetime | None
    site_id: uuid.UUID | None
    group: str | None
    only_gaps: bool
    page: int
    typed: dict[str, str]
    problems: dict[str, Message] = field(default_factory=dict)

    @property
    def is_of_another_time(self) -> bool:
        """Tell whether another period or another knowledge was asked for than those of now."""
        return any(self.typed[name] for name in PERIOD)


def read_filter(present: datetime) -> Asked:
    """Read the filter from the address; what is wrong with it is named and asks for nothing."""
    typed = {name: request.args.get(name, "") for name in NARROWING}
    first_day, site_id, known = find_day(typed["day"]), find_id(typed["site"]), read_known(present)
    problems = dict(known.problems)
    if typed["day"] and first_day is None:
        problems["day"] = msg("Choose a day, such as 2026-11-25.")
    if typed["site"] and site_id is None:
        problems["site"] = msg("Choose a site from the list.")
    return Asked(
        first_day=first_day,
        known_at=known.at,
        site_id=site_id,
        group=typed["group"] or None,
        only_gaps=request.args.get("gaps") == "only",
        page=max(1, request.args.get("page", 1, type=int)),
        typed=typed,
        problems=problems,
    )


def kept(*names: str) -> dict[str, Any]:
    """Return what of the filter stands in the address, for the links of the page."""
    return {name: value for name in names if (value := request.args.get(name))}
