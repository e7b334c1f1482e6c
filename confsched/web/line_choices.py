"""Whether the site and the service that an address asks for are among those a page of duty lines offers."""

from __future__ import annotations

import uuid

from confsched.errors import Message, msg
from confsched.services.coverage import Overview
from confsched.services.duty_board import Board


def unknown_choices(
    site_id: uuid.UUID | None, group: str | None, found: Board | Overview
) -> dict[str, Message]:
    """Name a site or a group that no line has, so that an empty page is never a mistake."""
    problems = {}
    if site_id and str(site_id) not in {site.value for site in found.sites}:
        problems["site"] = msg("Choose a site from the list.")
    if group and group not in found.group_names:
        problems["group"] = msg("Choose a service from the list.")
    return problems
