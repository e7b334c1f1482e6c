"""A month rendered in pieces; after an edit a script takes over those that differ from what it shows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b
from typing import Any

from flask import current_app, url_for
from flask_wtf.csrf import generate_csrf
from markupsafe import Markup

from confsched.services.duty_rosters import MonthView

DIGEST_BYTES = 6


@dataclass(frozen=True)
class Picture:
    """Hold the head of the table, a row for each person and line, and by their ids the parts around it."""

    head: Markup
    rows: list[Markup]
    lines: list[Markup]
    parts: dict[str, Markup]

    @cached_property
    def pieces(self) -> dict[str, Markup]:
        """Return everything under the names by which the script asks for it."""
        rows = {f"row-{place}": row for place, row in enumerate(self.rows)}
        lines = {f"line-{place}": line for place, line in enumerate(self.lines)}
        return {"head": self.head, **rows, **lines, **self.parts}

    @cached_property
    def digests(self) -> dict[str, str]:
        """Return a short name for the content of each piece; the token of its forms does not count."""
        token = generate_csrf()
        return {name: _digest(piece.replace(token, "")) for name, piece in self.pieces.items()}

    def news_for(self, seen: Mapping[str, object]) -> dict[str, Any]:
        """Return the pieces that differ from those seen, each with its digest, and the names of lost ones."""
        differ = ((name, digest) for name, digest in self.digests.items() if seen.get(name) != digest)
        return {
            "pieces": [[name, digest, self.pieces[name]] for name, digest in differ],
            "gone": [name for name in seen if name not in self.pieces],
        }


def _digest(text: str) -> str:
    return blake2b(text.encode(), digest_size=DIGEST_BYTES).hexdigest()


def picture_of(view: MonthView, tools: Mapping[str, Any]) -> Picture:
    """Render a month by the macros of its page; `tools` is what they need beside the view."""
    grid, month, below = (_macros(name, tools) for name in ("_grid", "_month", "_below"))
    look, here = tools["look"], tools["here"]
    return Picture(
        head=grid.roster_head(view, look),
        rows=[grid.name_row(row, view, look) for row in view.rows],
        lines=[grid.line_row(line, view, look) for line in view.lines],
        parts={
            "roster-state": month.month_state(view),
            "roster-publish": month.publish_button(view, url_for("duty_rosters.publish", **here)),
            "gaps": below.gaps_list(view, here),
            "warnings": below.warnings_list(view, here),
            "changes": below.changes_list(view),
            "roster-history": below.history_list(view, here),
        },
    )


def _macros(name: str, tools: Mapping[str, Any]) -> Any:
    return current_app.jinja_env.get_template(f"duty_rosters/{name}.html").make_module(dict(tools))
