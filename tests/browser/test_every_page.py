"""Every page for every function: no barriers a machine can find, light enough, no sideways scrolling."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.browser.conftest import MAX_PAGE_BYTES, Visitor

PEOPLE = {
    "requester": "julia.marquardt@moorfeld.example",
    "consultant": "mira.okafor@wendstadt.example",
    "secretary": "petra.lindholm@wendstadt.example",
    "coordinator": "jana.reuter@moorheide.example",
    "admin": "uwe.falkner@wendstadt.example",
}
EVERYBODY = (
    "/",
    "/duty-board",
    "/swaps/",
    "/absences/",
    "/wishes/",
    "/working-hours/",
    "/rosters/",
    "/fairness/",
    "/consults/",
    "/bookings/",
    "/conferences/",
    "/feeds/",
    "/busy-calendars/",
    "/deliveries/",
    "/help",
)
MORE = {
    "requester": ("/consults/new",),
    "consultant": ("/conferences/new", "/triage/"),
    "secretary": (
        "/conferences/new",
        "/consults/new",
        "/triage/",
        "/coverage",
        "/coverage/gaps",
        "/rosters/rules",
        "/rosters/rotations",
    ),
    "coordinator": ("/coverage",),
    "admin": ("/services/", "/services/new"),
}


LISTS = (
    ("/rosters/", "/rosters/"),
    ("/bookings/", "/bookings/"),
    ("/consults/", "/times"),
    ("/consults/", "/consults/"),
    ("/consults/?show=booked", "/consults/"),
    ("/consults/?show=ended", "/consults/"),
    ("/triage/", "/triage/"),
    ("/conferences/", "/times"),
    ("/deliveries/", "/deliveries/"),
    ("/swaps/", "/swaps/"),
    ("/absences/?since=", "/absences/"),
    ("/services/", "/services/"),
)


# A day a row and a duty a column; nobody is called so, and no duty either.
SHEET = "\n".join(["Datum\tNacht\tNeue Linie", *(f"{day}.\tSpringerin\tAushilfe" for day in range(1, 29))])


def pages_of(function: str) -> tuple[str, ...]:
    return EVERYBODY + MORE.get(function, ())


def first_links(visitor: Visitor) -> list[str]:
    """Return one meeting, one list of offered times and one message, as far as the person has them."""
    found = []
    for start, part in LISTS:
        visitor.page.goto(start)
        links = visitor.page.eval_on_selector_all("main a", "all => all.map(a => a.getAttribute('href'))")
        fit = [link for link in links if link and part in link and link != start and "?" not in link]
        found += [link for link in fit if not link.endswith("/new")][:1]
    return [*found, *why_pages(found)]


def why_pages(links: list[str]) -> list[str]:
    """Return what the pages of offered times lead to: why not at a time, smaller wishes, the best weekday."""
    asked = "why?day=2027-01-12&at=09:00"
    pages = {"/consults/": (asked, "wished?change=shorter.20"), "/conferences/": (asked, "weekdays")}
    return [
        f"{link.removesuffix('times')}{page}"
        for link in links
        for start, more in pages.items()
        if link.startswith(start) and link.endswith("/times")
        for page in more
    ]


def import_pages(visitor: Visitor) -> list[str]:
    """Bring a sheet in which a name and a duty are unknown, and return the pages that it leads to."""
    (month,) = first_links(visitor)[:1]
    visitor.page.goto(f"{month}/import")
    visitor.page.locator("textarea[name=text]").fill(SHEET)
    visitor.page.locator("form:has(textarea[name=text]) button").last.click()
    visitor.page.wait_for_url("**/columns")
    columns = urlsplit(visitor.page.url).path
    return [f"{month}/import", columns, columns.removesuffix("/columns")]


@pytest.mark.parametrize("function", PEOPLE)
def test_no_page_has_barriers_or_weighs_more_than_150_kilobytes(
    visit: Any, function: str, record_property: Any
) -> None:
    visitor = visit().sign_in(PEOPLE[function])
    imported = import_pages(visitor) if function == "secretary" else ()
    scales = Scales(visitor)
    heaviest = (0, "")
    for path in (*pages_of(function), *first_links(visitor), *imported):
        scales.empty()
        answer = visitor.page.goto(path)
        assert answer is not None and answer.status == 200, path
        heaviest = max(heaviest, (scales.weight, path))
        assert scales.weight <= MAX_PAGE_BYTES, f"{path} weighs {scales.weight} bytes"
        visitor.assert_no_barriers_in_either_scheme()
    record_property(
        "figure",
        f"{function}: heaviest page {heaviest[1]}: {heaviest[0] / 1000:.0f} kB with styles and icons",
    )


class Scales:
    """Weigh everything that comes over the wire for a page, with nothing kept from the one before."""

    def __init__(self, visitor: Visitor) -> None:
        self._sizes: list[float] = []
        session = visitor.context.new_cdp_session(visitor.page)
        session.send("Network.enable")
        session.send("Network.setCacheDisabled", {"cacheDisabled": True})
        session.on("Network.loadingFinished", lambda event: self._sizes.append(event["encodedDataLength"]))

    @property
    def weight(self) -> int:
        return int(sum(self._sizes))

    def empty(self) -> None:
        self._sizes.clear()


@pytest.mark.parametrize("width", [320, 390])
def test_no_page_scrolls_sideways_on_a_phone(visit: Any, width: int) -> None:
    visitor = visit(width=width).sign_in(PEOPLE["consultant"])
    for path in (*pages_of("consultant"), *first_links(visitor)):
        visitor.page.goto(path)
        assert visitor.page.evaluate("document.documentElement.scrollWidth") <= width, path
    visitor = visit(width=width).sign_in(PEOPLE["secretary"])
    for path in import_pages(visitor):
        visitor.page.goto(path)
        assert visitor.page.evaluate("document.documentElement.scrollWidth") <= width, path
