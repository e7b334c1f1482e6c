"""Texts that several people may write at once: no words are lost, and none are overwritten unseen."""

from __future__ import annotations

import hashlib

from confsched.errors import Conflict, msg

_MARK_LENGTH = 16


class TextChanged(Conflict):
    """Say that somebody else has written meanwhile; `theirs` is what stands there now, for the page."""

    def __init__(self, theirs: str, field: str) -> None:
        super().__init__(
            msg("Somebody else has changed this text meanwhile. Both are shown: join them, then save."),
            field=field,
        )
        self.theirs = theirs


def text_mark(text: str) -> str:
    """Return the mark of a text, for the form in which it is changed."""
    return hashlib.sha256(text.encode()).hexdigest()[:_MARK_LENGTH]


def demand_seen(current: str, typed: str, mark: str, field: str) -> None:
    """Raise TextChanged where what stands there is neither what the form has shown nor what was typed."""
    if typed != current and mark != text_mark(current):
        raise TextChanged(current, field)


def tidy(text: str) -> str:
    """Return a text as it is kept: lines as we end them, nothing around it."""
    return "\n".join(line.rstrip() for line in text.splitlines()).strip()
