"""Builds consults and conferences around today."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from confsched.demo.network import Network


def add_meetings(session: Session, network: Network, now: datetime) -> None:
    """Book consults and plan conferences as their people would."""
