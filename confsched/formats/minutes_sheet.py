"""Minutes, agendas and proof on paper: words in headed parts, paragraphs and tables, as PDF/UA.

What people typed travels as JSON and is never read as markup.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime

from confsched.formats.paper import compile_pdf


@dataclass(frozen=True)
class Table:
    """Hold a table: its head, its rows, and how wide each column is beside the others."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    widths: tuple[int, ...]


@dataclass(frozen=True)
class Part:
    """Hold a headed part of a sheet: paragraphs, then a table where there is one."""

    heading: str
    paragraphs: tuple[str, ...] = ()
    table: Table | None = None


@dataclass(frozen=True)
class Sheet:
    """Hold a sheet in the language of who reads it; `foot` stands on every page."""

    language: str
    title: str
    subtitle: str
    foot: str
    facts: tuple[tuple[str, str], ...]
    parts: tuple[Part, ...]
    is_wide: bool = False


def write_pdf(sheet: Sheet, *, made_at: datetime) -> bytes:
    """Return the sheet as PDF/UA on A4, across where it is wide; only typst's own fonts are used."""
    return compile_pdf(_LAYOUT, asdict(sheet), made_at=made_at)


_LAYOUT = """
#let sheet = json(bytes(sys.inputs.sheet))
#set document(title: sheet.title)
#set page(paper: "a4", flipped: sheet.is_wide, margin: (x: 18mm, top: 16mm, bottom: 18mm),
  footer: grid(columns: (1fr, auto), text(8pt, sheet.foot),
    text(8pt, context counter(page).display("1/1", both: true))))
#set text(font: "Libertinus Serif", size: if sheet.is_wide { 9pt } else { 10.5pt },
  lang: sheet.language, hyphenate: true)
#set par(leading: 0.55em, spacing: 0.8em)
#show heading.where(level: 1): set text(17pt)
#show heading.where(level: 2): set text(12pt)
#show heading.where(level: 2): set block(above: 1.4em, below: 0.7em)
#heading(level: 1, sheet.title)
#text(1.05em, sheet.subtitle)
#if sheet.facts.len() > 0 {
  terms(separator: h(0.6em), ..sheet.facts.map(fact => terms.item(fact.at(0), fact.at(1))))
}
#for part in sheet.parts {
  heading(level: 2, part.heading)
  for paragraph in part.paragraphs { par(paragraph) }
  if part.table != none {
    table(
      columns: part.table.widths.map(width => width * 1fr),
      inset: (x: 3pt, y: 3pt), stroke: (x: none, y: 0.4pt + luma(140)),
      table.header(..part.table.head.map(word => strong(word))),
      ..part.table.rows.flatten(),
    )
  }
}
"""
