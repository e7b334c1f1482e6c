"""The daily proof that images of a site arrive: recorded with one tap, kept, and asked for by requests."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from confsched import clock
from confsched.domain.permissions import Actor, Permission
from confsched.domain.privacy import check_text
from confsched.errors import NotFound, Refusal, msg
from confsched.models.network import Site
from confsched.models.urgent import LinkTest
from confsched.services import audit, idempotency

HISTORY = timedelta(days=30)
MAX_NOTE = 200
MAX_TESTS = 400  # shown of one site


@dataclass(frozen=True)
class SiteTests:
    """Hold the tests of a site, the last first; `today` is the one that counts now."""

    site: Site
    tests: tuple[LinkTest, ...]
    today: LinkTest | None


def list_tests(session: Session, actor: Actor, *, now: datetime) -> list[SiteTests]:
    """Return the tests of the last 30 days, for each site at which the actor works as a clinician."""
    sites = session.scalars(select(Site).where(Site.id.in_(_sites(actor))).order_by(Site.name))
    return [_tests_of(session, site, now) for site in sites]


def _sites(actor: Actor) -> Collection[uuid.UUID]:
    return actor.sites_with(Permission.REQUEST_URGENT)


def _tests_of(session: Session, site: Site, now: datetime) -> SiteTests:
    query = (
        select(LinkTest)
        .where(LinkTest.site_id == site.id, LinkTest.tested_at > now - HISTORY)
        .options(joinedload(LinkTest.person))
        .order_by(LinkTest.tested_at.desc(), LinkTest.id)
        .limit(MAX_TESTS)
    )
    tests = tuple(session.scalars(query))
    return SiteTests(site, tests, next((test for test in tests if _is_today(test, site, now)), None))


def _is_today(test: LinkTest, site: Site, now: datetime) -> bool:
    return clock.local_day(test.tested_at, site.zone) == clock.local_day(now, site.zone)


def record(
    session: Session,
    actor: Actor,
    site_id: uuid.UUID,
    *,
    worked: bool,
    note: str,
    key: str,
    now: datetime,
) -> LinkTest:
    """Keep whether images arrived; the last test of a local day counts, the others stay on record.

    Raises NotFound for a site at which the actor is no clinician, Refusal for a note that cannot be kept.
    """
    known = idempotency.find_result(session, actor, "link_test", key)
    if known is not None:
        return session.get_one(LinkTest, known)
    if site_id not in _sites(actor):
        raise NotFound
    note = note.strip()
    if len(note) > MAX_NOTE:
        raise Refusal(msg("Please use at most %(count)s characters.", count=MAX_NOTE), field="note")
    check_text(note, field="note")
    test = LinkTest(site_id=site_id, person_id=actor.person_id, tested_at=now, worked=worked, note=note)
    session.add(test)
    session.flush()
    idempotency.remember(session, actor, "link_test", key, test.id, now=now)
    audit.record(session, actor, "link_test.record", test, now=now, detail="worked" if worked else "failed")
    return test


def has_worked_today(session: Session, site: Site, now: datetime) -> bool:
    """Tell whether the last test of the site's local day worked."""
    query = (
        select(LinkTest.worked)
        .where(LinkTest.site_id == site.id, LinkTest.tested_at <= now)
        .where(LinkTest.tested_at >= clock.start_of_day(clock.local_day(now, site.zone), site.zone))
        .order_by(LinkTest.tested_at.desc(), LinkTest.id)
        .limit(1)
    )
    return session.scalar(query) is True
