"""Proof of a house: conferences and what partners used in a year, as sealed files, and the check of one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from flask import Blueprint, Response, render_template, request
from flask.typing import ResponseReturnValue

from confsched.clock import local_day, whole_minute
from confsched.domain.kinds import ConferenceKind
from confsched.domain.permissions import Permission
from confsched.errors import Message, Refusal, msg
from confsched.formats.minutes_sheet import Part, Sheet, Table, write_pdf
from confsched.formats.tables import harmless, read_table, write_table
from confsched.services import partner_figures, proof
from confsched.services.lists import page_of
from confsched.services.partner_figures import PartnerFigures
from confsched.services.proof import ConferenceProof, Verdict
from confsched.web.context import (
    current_actor,
    now,
    read_session,
    reader_language,
    reader_zone,
    transaction,
)
from confsched.web.minutes_sheets import reader_times
from confsched.web.pages import sentence
from confsched.web.policies import needs

blueprint = Blueprint("proof", __name__, url_prefix="/proof")

PAGE_SIZE = 100
YEARS = 10  # back from now
MOST_PAGES = 10_000
MAX_FILE = 2_000_000  # bytes
SHOWN_HASH = 12  # letters of a row's hash on paper; the whole one stands in the file
CONFERENCES, PARTNERS = "conferences", "partners"
DELIMITERS = {"de": ";", "en": ","}
KINDS: Mapping[ConferenceKind, Message] = {
    ConferenceKind.CASE_CONFERENCE: msg("case conference"),
    ConferenceKind.CME_EVENT: msg("further education"),
    ConferenceKind.REGIONAL_CONFERENCE: msg("regional conference"),
}
TITLES: Mapping[str, Message] = {
    CONFERENCES: msg("Conferences that took place"),
    PARTNERS: msg("What partner sites used"),
}
HEADS: Mapping[str, tuple[Message, ...]] = {
    CONFERENCES: (
        *(msg("Day"), msg("Conference"), msg("Kind"), msg("Disciplines present"), msg("People")),
        *(msg("Cases discussed"), msg("Noted"), msg("Deferred"), msg("Below quorum")),
        *(msg("Minutes released"), msg("Releases")),
    ),
    PARTNERS: (
        *(msg("Site"), msg("Teleconsults"), msg("Urgent consults"), msg("Acknowledged within target (%)")),
        *(msg("Conferences"), msg("Further education"), msg("Cases")),
    ),
}
WIDTHS: Mapping[str, tuple[int, ...]] = {
    CONFERENCES: (4, 7, 5, 8, 3, 3, 3, 3, 3, 4, 3, 5),
    PARTNERS: (9, 4, 4, 4, 4, 4, 3, 5),
}


@dataclass(frozen=True)
class Chosen:
    """Say of which year what is shown."""

    year: int
    show: str


def _chosen() -> Chosen:
    this = local_day(now(), reader_zone()).year
    year = request.values.get("year", this, type=int)
    show = request.values.get("show", CONFERENCES)
    return Chosen(year if this - YEARS <= year <= this else this, show if show in TITLES else CONFERENCES)


@blueprint.get("/")
@needs(Permission.SEE_PROOF)
def show() -> ResponseReturnValue:
    """Show the proof of a ?year=, of ?show= conferences or partners."""
    return _page(200)


def _page(
    status: int, *, verdict: Verdict | None = None, problem: Message | None = None
) -> ResponseReturnValue:
    chosen = _chosen()
    rows = list(_rows(chosen))
    number = max(1, min(MOST_PAGES, request.args.get("page", 1, type=int)))
    this = local_day(now(), reader_zone()).year
    page = render_template(
        "proof/show.html",
        chosen=chosen,
        years=range(this, this - YEARS - 1, -1),
        titles=TITLES,
        head=HEADS[chosen.show],
        listing=page_of(rows, number, PAGE_SIZE),
        house=proof.get_house(read_session(), current_actor()),
        verdict=verdict,
        problem=problem,
    )
    return page, status


def _rows(chosen: Chosen) -> Iterator[tuple[str, ...]]:
    """Give the cells of each row; nothing in them is a formula to a spreadsheet."""
    session, actor = read_session(), current_actor()
    house, span = proof.get_house(session, actor), proof.year_span(chosen.year, reader_zone())
    if chosen.show == PARTNERS:
        for site in partner_figures.list_partners(session, actor, house, span):
            yield _partner_cells(site)
        return
    for one in proof.list_conferences(session, house, span):
        yield _conference_cells(one)


def _conference_cells(one: ConferenceProof) -> tuple[str, ...]:
    released = local_day(one.released_at, reader_zone()).isoformat() if one.released_at else ""
    return (
        *(one.held_on.isoformat(), harmless(one.title), sentence(KINDS[one.kind])),
        *(harmless(", ".join(one.disciplines)), str(one.people)),
        *(str(one.discussed), str(one.noted), str(one.deferred)),
        sentence(msg("yes")) if one.is_below_quorum else "",
        *(released, str(one.versions)),
    )


def _partner_cells(one: PartnerFigures) -> tuple[str, ...]:
    share = "" if one.share is None else str(round(one.share * 100))
    counts = (one.conferences, one.trainings, one.cases)
    return (harmless(one.name), str(one.elective), str(one.urgent), share, *map(str, counts))


@blueprint.post("/export")
@needs(Permission.SEE_PROOF)
def export() -> ResponseReturnValue:
    """Give the list as a sealed file, CSV or PDF, and keep its last hash on record."""
    chosen, at = _chosen(), now()
    if request.form.get("format") not in ("csv", "pdf"):
        return _page(422, problem=msg("Choose one of the entries offered."))
    rows = list(_rows(chosen))
    actor = current_actor()
    head = tuple(map(sentence, HEADS[chosen.show]))
    with transaction() as session:
        house = proof.get_house(session, actor)
        times = reader_times()
        about = (
            *(sentence(TITLES[chosen.show]), house.name, str(chosen.year)),
            *(f"{times.day(at)}, {times.clock(at)}", actor.name),
        )
        sealed = proof.seal(session, actor, house, [about, head, *rows], now=at)
    name = f"proof-{chosen.show}-{chosen.year}"
    if request.form["format"] == "csv":
        return _file(
            write_table(sealed, DELIMITERS[reader_language()]), "text/csv; charset=utf-8", f"{name}.csv"
        )
    return _file(
        write_pdf(_sheet(chosen, sealed), made_at=whole_minute(at)), "application/pdf", f"{name}.pdf"
    )


def _sheet(chosen: Chosen, sealed: Sequence[tuple[str, ...]]) -> Sheet:
    about, head, *rows = sealed
    told = msg("Exported on %(time)s by %(name)s", time=about[3], name=about[4])
    short = tuple((*row[:-1], row[-1][:SHOWN_HASH]) for row in rows)
    table = Table((*head[:-1], sentence(msg("Seal"))), short, WIDTHS[chosen.show])
    last = msg("Seal of the whole list: %(seal)s", seal=sealed[-1][-1])
    return Sheet(
        language=reader_language(),
        title=f"{about[0]}, {about[2]}",
        subtitle=about[1],
        foot=f"{about[1]} · {sentence(told)}",
        facts=(),
        parts=(
            Part(sentence(msg("List")), (), table if rows else None),
            Part(sentence(msg("How this list is checked")), (sentence(last), sentence(_HOW))),
        ),
        is_wide=True,
    )


_HOW = msg(
    "Each seal is a hash (SHA-256) over its row and the seal before. Type the seal of the whole list on the "
    "page of proof: it is found there only if this list was exported as it stands."
)


@blueprint.post("/check")
@needs(Permission.SEE_PROOF)
def check() -> ResponseReturnValue:
    """Tell whether a file, or the seal of a list on paper, is as it was exported."""
    session = read_session()
    house = proof.get_house(session, current_actor())
    try:
        body = _sent_file()
        if body is not None:
            return _page(200, verdict=proof.verify(session, house, _read(body)))
    except Refusal as refusal:
        return _page(refusal.status, problem=refusal.message)
    seal = request.form.get("seal", "").strip().lower()
    if not seal:
        return _page(422, problem=msg("Choose the exported file, or type the seal of the list."))
    return _page(200, verdict=proof.verify_head(session, house, seal))


def _sent_file() -> bytes | None:
    sent = request.files.get("file")
    if sent is None or not sent.filename:
        return None
    with sent.stream:
        return sent.stream.read(MAX_FILE + 1)


def _read(body: bytes) -> list[list[str]]:
    """Return the rows of a file, by whichever delimiter makes a table of it."""
    if len(body) > MAX_FILE:
        raise Refusal(msg("This is larger than 2 MB. Choose the file as it was exported."))
    try:
        tables = [read_table(body, delimiter) for delimiter in DELIMITERS.values()]
    except ValueError as error:
        raise Refusal(
            msg("This is not a list exported here. Choose the CSV file as it was saved.")
        ) from error
    return max(tables, key=lambda rows: sum(map(len, rows)))


def _file(body: bytes, content_type: str, name: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response(body, headers=headers, content_type=content_type)
