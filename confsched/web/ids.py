"""Ids out of addresses and forms, which may hold anything."""

from __future__ import annotations

import uuid


def find_id(text: str | None) -> uuid.UUID | None:
    """Return the id that a text is, None for any other text."""
    try:
        return uuid.UUID(text or "")
    except ValueError:
        return None
