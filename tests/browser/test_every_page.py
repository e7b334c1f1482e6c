"""Every page for every function: no barriers a machine can find, light enough, no sideways scrolling."""

from __future__ import annotations

import re
from html import unescape
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
PHONES = (390, 320)
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
    "/cases/",
    "/series/",
    "/feeds/",
    "/busy-calendars/",
    "/deliveries/",
    "/help",
)
MORE = {
    "requester": ("/urgent/back-entry", "/consults/new", "/cases/new", "/follow-ups/"),
    "consultant": ("/conferences/new", "/triage/", "/contact-points/", "/figures/", "/missions/"),
    "secretary": (
        "/conferences/new",
        "/series/new",
        "/consults/new",
        "/triage/",
        "/coverage",
        "/coverage/gaps",
        "/rosters/rules",
        "/rosters/rotations",
        "/swaps/others",
    ),
    "coordinator": (
        *("/guests/", "/guests/import", "/partners/", "/regional/", "/regional/new"),
        *("/coverage", "/proof/", "/proof/?show=partners"),
    ),
    "admin": ("/services/", "/services/new", "/gateways/", "/wall-displays/", "/figures/"),
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
    ("/conferences/?q=konferenz", "/conferences/"),
    ("/cases/", "/cases/"),
    ("/series/", "/series/"),
    ("/deliveries/", "/deliveries/"),
    ("/swaps/", "/swaps/"),
    ("/guests/", "/guests/"),
    ("/partners/", "/partners/"),
    ("/regional/", "/regional/"),
    ("/absences/?since=", "/absences/"),
    ("/services/", "/services/"),
    ("/services/", "/ladder"),
)


# A day a row and a duty a column; nobody is called so, and no duty either.
SHEET = "\n".join(["Datum\tNacht\tNeue Linie", *(f"{day}.\tSpringerin\tAushilfe" for day in range(1, 29))])


def pages_of(function: str) -> tuple[str, ...]:
    return EVERYBODY + MORE.get(function, ())


def first_links(visitor: Visitor) -> list[str]:
    """Return one meeting, one list of offered times and one message, as far as the person has them."""
    found = []
    for start, part in LISTS:
        main = visitor.page.request.get(start).text().partition("<main")[2]
        links = [unescape(link) for link in re.findall(r'<a\b[^>]*?\bhref="([^"]+)"', main)]
        fit = [link for link in links if part in link and link != start and "?" not in link]
        found += [link for link in fit if not link.endswith(("/new", "/others", "/guests/import"))][:1]
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
    scales = Scales(visitor)
    imported = import_pages(visitor) if function == "secretary" else ()
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
    """Weigh everything that a page needs as it comes over the wire, also what has come with one before.

    That has to be weighed too: a KeyError names what nobody saw coming.
    """

    def __init__(self, visitor: Visitor) -> None:
        self._addresses: dict[str, str] = {}
        self._sizes: dict[str, float] = {}
        self._on_it: list[str] = []
        session = visitor.context.new_cdp_session(visitor.page)
        session.send("Network.enable")
        session.on("Network.responseReceived", self._note_address)
        session.on("Network.loadingFinished", self._put_on)

    def _note_address(self, event: dict[str, Any]) -> None:
        self._addresses[event["requestId"]] = event["response"]["url"]

    def _put_on(self, event: dict[str, Any]) -> None:
        address = self._addresses[event["requestId"]]
        if address.startswith("data:"):
            return  # comes within a style sheet
        self._on_it.append(address)
        if event["encodedDataLength"]:
            self._sizes[address] = event["encodedDataLength"]

    @property
    def weight(self) -> int:
        return int(sum(self._sizes[address] for address in self._on_it))

    def empty(self) -> None:
        self._on_it.clear()


def test_no_page_scrolls_sideways_on_a_phone(visit: Any) -> None:
    visitor = visit(width=PHONES[0]).sign_in(PEOPLE["consultant"])
    for path in (*pages_of("consultant"), *first_links(visitor)):
        look_on_phones(visitor, path)
    visitor = visit(width=PHONES[0]).sign_in(PEOPLE["secretary"])
    for path in import_pages(visitor):
        look_on_phones(visitor, path)


def look_on_phones(visitor: Visitor, path: str) -> None:
    visitor.page.set_viewport_size({"width": PHONES[0], "height": 900})
    visitor.page.goto(path)
    for width in PHONES:
        visitor.page.set_viewport_size({"width": width, "height": 900})
        assert visitor.page.evaluate("document.documentElement.scrollWidth") <= width, f"{path} at {width}"
