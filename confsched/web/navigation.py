"""The way through the application: by function only what one may use, and only what is there."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Flask, current_app, request, url_for

from confsched.domain.permissions import Actor, Permission
from confsched.errors import Message, msg
from confsched.web.context import find_actor
from confsched.web.policies import policy_of

MAIN = (
    ("/", msg("Today")),
    ("/urgent/", msg("Urgent")),
    ("/consults/", msg("Consults")),
    ("/conferences/", msg("Conferences")),
    ("/rosters/", msg("Rosters")),
    ("/services/", msg("Services")),
    ("/figures/", msg("Figures")),
    ("/deliveries/", msg("Network")),
)
SETTINGS = (
    ("/working-hours/", msg("Working hours")),
    ("/feeds/", msg("Calendar feeds")),
    ("/busy-calendars/", msg("Busy calendars")),
    ("/contact-points/", msg("How I am alerted")),
    ("/gateways/", msg("Alert gateways")),
    ("/wall-displays/", msg("Wall displays")),
)
ROSTERS = (
    ("duty_board.show", msg("Duty board")),
    ("duty_rosters.index", msg("Months")),
    ("swaps.index", msg("Swaps")),
    ("absences.index", msg("Absences")),
    ("working_hours.index", msg("Working hours")),
    ("coverage.show", msg("Coverage")),
    ("fairness.show", msg("Fairness")),
)
# The entry "Rosters" stays marked on every page about duties.
ROSTER_PARTS = frozenset(
    {
        *(endpoint.partition(".")[0] for endpoint, _ in ROSTERS),
        *("duty_codes", "duty_rules", "roster_imports", "roster_fill", "rotations", "wishes"),
        "absence_imports",
    }
)
CONSULT_PARTS = frozenset({"consults", "consult_times", "consult_reports", "triage", "waitlist"})
URGENT_PARTS = frozenset({"missions", "urgent_lists", "urgent_live", "urgent_moves", "urgent_requests"})
CONFERENCE_PARTS = frozenset(
    {
        *("conferences", "conference_needs", "conference_desk", "conference_details", "conference_run"),
        *("regional", "regional_papers", "guests", "partners", "cme"),
        *(
            "series",
            "series_changes",
            "series_dates",
            "cases",
            "case_desk",
            "agenda",
            "minutes",
            "polls",
            "follow_ups",
        ),
    }
)
FIGURE_PARTS = frozenset({"figures", "proof"})
_PARTS = (ROSTER_PARTS, CONSULT_PARTS, URGENT_PARTS, CONFERENCE_PARTS, FIGURE_PARTS)
_NAVIGATION = "confsched_navigation"


@dataclass(frozen=True)
class Link:
    """Hold one entry as the page shows it."""

    url: str
    label: Message
    is_current: bool


@dataclass(frozen=True)
class Tab:
    """Hold one of the pages about duties, by the name of its blueprint."""

    url: str
    label: Message
    name: str


@dataclass(frozen=True)
class _Place:
    url: str
    label: Message
    endpoint: str
    policy: str | None


def register_navigation(app: Flask) -> None:
    """Find the pages that exist; register after all blueprints."""
    app.extensions[_NAVIGATION] = {"main": _places(app, MAIN), "settings": _places(app, SETTINGS)}
    app.jinja_env.globals["roster_links"] = roster_links


def _places(app: Flask, entries: tuple[tuple[str, Message], ...]) -> list[_Place]:
    endpoints = {
        rule.rule.rstrip("/"): (rule.rule, rule.endpoint)
        for rule in app.url_map.iter_rules()
        if "GET" in (rule.methods or ())
    }
    found = [(label, endpoints[url.rstrip("/")]) for url, label in entries if url.rstrip("/") in endpoints]
    return [_Place(url, label, endpoint, policy_of(app, endpoint)) for label, (url, endpoint) in found]


def main_links(actor: Actor | None) -> list[Link]:
    """Return what stands on top of every page."""
    return _links("main", actor)


def settings_links(actor: Actor | None) -> list[Link]:
    """Return what stands in the menu of the person."""
    return _links("settings", actor)


def roster_links() -> list[Tab]:
    """Return the pages about duties that exist and that the reader may open."""
    actor = find_actor()
    if actor is None:
        return []
    policies = ((endpoint, label, policy_of(current_app, endpoint)) for endpoint, label in ROSTERS)
    return [
        Tab(url_for(endpoint), label, endpoint.partition(".")[0])
        for endpoint, label, policy in policies
        if policy in set(Permission) and actor.may(Permission(policy))
    ]


def _links(menu: str, actor: Actor | None) -> list[Link]:
    if actor is None:
        return []
    places: list[_Place] = current_app.extensions[_NAVIGATION][menu]
    return [Link(place.url, place.label, _is_current(place)) for place in places if _may_open(actor, place)]


def _may_open(actor: Actor, place: _Place) -> bool:
    return place.policy in set(Permission) and actor.may(Permission(place.policy))


def _is_current(place: _Place) -> bool:
    part = place.endpoint.partition(".")[0]
    if request.blueprint == "why":
        return request.path.startswith(f"/{part}/")
    shown = {request.blueprint, part}
    return request.blueprint == part or any(shown <= parts for parts in _PARTS)
