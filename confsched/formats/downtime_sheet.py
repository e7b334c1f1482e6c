"""The downtime sheet of a site: who is reached by which number, day by day, as words on one sheet of paper.

The page and the PDF are written from the same words, so that both say the same.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime

from confsched.formats.paper import compile_pdf


@dataclass(frozen=True)
class SheetPart:
    """Hold who has a line for how long on one day; `text` says it, a gap stands out."""

    text: str
    is_gap: bool = False


@dataclass(frozen=True)
class SheetRow:
    """Hold one line: its number, and who has it on each day."""

    name: str
    place: str
    phone: str
    days: tuple[tuple[SheetPart, ...], ...]


@dataclass(frozen=True)
class SheetGroup:
    """Hold the lines of one service, or the own ones; `numbers` are the ways that always work, in order."""

    name: str
    numbers: tuple[str, ...]
    rows: tuple[SheetRow, ...]


@dataclass(frozen=True)
class DowntimeSheet:
    """Hold a sheet in the language of who reads it."""

    language: str
    title: str
    as_of: str
    hint: str
    line_word: str
    phone_word: str
    days: tuple[str, ...]
    groups: tuple[SheetGroup, ...]


def write_pdf(sheet: DowntimeSheet, *, made_at: datetime) -> bytes:
    """Return the sheet as PDF/UA on A4 across; letters shrink, while legible, to keep it on one page.

    What people typed travels as JSON and is never read as markup. Only typst's own fonts are used.
    """
    return compile_pdf(_LAYOUT, asdict(sheet), made_at=made_at)


_LAYOUT = """
#let sheet = json(bytes(sys.inputs.sheet))
#set document(title: sheet.title)
#set page(paper: "a4", flipped: true, margin: (x: 9mm, top: 9mm, bottom: 11mm),
  footer: align(right, text(7pt, sheet.as_of + " · " + context counter(page).display("1/1", both: true))))
#set text(font: "Libertinus Serif", lang: sheet.language, hyphenate: true)
#set par(leading: 0.4em, spacing: 0.5em)
#show heading.where(level: 1): set text(15pt)
#let cell(parts) = {
  for (number, part) in parts.enumerate() {
    if number > 0 { linebreak() }
    if part.is_gap { text(fill: rgb("#a11b12"), strong(part.text)) } else { part.text }
  }
}
#let group-cell(group) = table.cell(colspan: sheet.days.len() + 2, fill: luma(232), inset: 3pt,
  [#text(1.15em, strong(group.name)) #h(0.8em) #group.numbers.join("  ·  ")])
#let lines(group) = group.rows.map(row => (
  [#strong(row.name) #linebreak() #text(0.88em, row.place)],
  text(1.1em, strong(row.phone)),
  ..row.days.map(cell),
)).flatten()
#let body(size) = {
  set text(size)
  table(
    columns: (1.75fr, 1.2fr) + (1fr,) * sheet.days.len(),
    inset: (x: 2.5pt, y: 1.6pt), stroke: 0.4pt + luma(110),
    table.header(strong(sheet.line_word), strong(sheet.phone_word), ..sheet.days.map(day => strong(day))),
    ..sheet.groups.map(group => (group-cell(group), ..lines(group))).flatten(),
  )
}
#grid(columns: (1fr, auto), align: (left + bottom, right + bottom),
  heading(level: 1, sheet.title), text(15pt, strong(sheet.as_of)))
#block(above: 0.5em, below: 0.2em, text(9pt, sheet.hint))
#layout(space => {
  let room = space.height - 24mm
  let sizes = (9pt, 8pt, 7.5pt, 7pt, 6.5pt, 6pt, 5.5pt)
  let fits = size => measure(block(width: space.width, body(size))).height <= room
  let size = sizes.find(fits)
  body(if size == none { sizes.last() } else { size })
})
"""
