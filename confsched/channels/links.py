"""Signed links of alerts: they name one alert and need no secret in the database."""

from __future__ import annotations

import uuid

from confsched.domain.signed_links import LinkPurpose
from confsched.mail import signed_links


def signed(alert_id: uuid.UUID, secret_key: str) -> str:
    """Return what stands for the alert in an address."""
    return signed_links.signed(LinkPurpose.ALERT, alert_id, secret_key)


def find_alert_id(text: str, secret_key: str) -> uuid.UUID | None:
    """Return the alert that the text names; None where somebody else has made it up."""
    return signed_links.find_id(LinkPurpose.ALERT, text, secret_key)
