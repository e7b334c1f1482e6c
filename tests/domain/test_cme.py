"""Numbers of chambers are read strictly; reports lead the chamber from what it knows to what is true."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from confsched.domain.cme import (
    Attended,
    Credit,
    Reported,
    credit_of,
    entries,
    known_to_chamber,
    minutes_there,
)
from confsched.domain.efn import grouped, read_efn, read_vnr
from confsched.domain.intervals import Span
from confsched.domain.kinds import CmeReportKind
from confsched.errors import Refusal

START = datetime(2026, 11, 26, 16, tzinfo=UTC)
EVENT = Span(START, START + timedelta(minutes=90))
EFN, OTHER_EFN = "802760100000017", "802760200000025"
ANNA, BERT, CLARA = (UUID(int=number) for number in range(1, 4))


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("802760100000017", EFN),
        ("80276 01000 00017", EFN),
        ("*802760100000017*", EFN),  # a scanner of Code 39
        (" 80276-0100000017\n", EFN),
    ],
)
def test_an_efn_is_read_as_it_is_typed_or_scanned(typed: str, read: str) -> None:
    assert read_efn(typed) == read


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "80276010000001",  # fourteen
        "8027601000000177",  # sixteen
        "802750100000017",  # another country
        "812760100000017",  # another profession
        "80276010000001x",
        "٨٠٢٧٦٠١٠٠٠٠٠٠١٧",  # digits, but not those of a chamber
        "²02760100000017",
    ],
)
def test_a_wrong_efn_is_refused_at_its_field(typed: str) -> None:
    with pytest.raises(Refusal) as refusal:
        read_efn(typed)
    assert refusal.value.field == "efn"


@pytest.mark.parametrize(("typed", "fits"), [("2761234567890123456", True), ("276123456789012345", False)])
def test_a_vnr_has_nineteen_digits(typed: str, fits: bool) -> None:
    if fits:
        assert read_vnr(typed) == typed
        return
    with pytest.raises(Refusal):
        read_vnr(typed)


def test_a_number_is_grouped_to_be_read_aloud() -> None:
    assert grouped(EFN) == "80276 01000 00017"


def attended(key: UUID, efn: str = EFN, *, came: int = 0, left: int | None = None) -> Attended:
    left_at = None if left is None else START + timedelta(minutes=left)
    return Attended(key, efn, START + timedelta(minutes=came), left_at)


@pytest.mark.parametrize(
    ("came", "left", "minutes"),
    [
        (0, None, 90),
        (-10, 100, 90),  # before and after the event do not count
        (30, None, 60),
        (0, 45, 45),
        (95, None, 0),  # came when all was over
    ],
)
def test_only_minutes_of_the_event_count(came: int, left: int | None, minutes: int) -> None:
    assert minutes_there(attended(ANNA, came=came, left=left), EVENT) == minutes


@pytest.mark.parametrize(
    ("efn", "left", "least", "credit"),
    [
        (EFN, None, 0, Credit.CREDITED),
        (EFN, 45, 45, Credit.CREDITED),
        (EFN, 44, 45, Credit.TOO_SHORT),
        ("", None, 0, Credit.NO_EFN),
        ("", 10, 45, Credit.TOO_SHORT),
    ],
)
def test_who_was_there_for_long_enough_is_credited(
    efn: str, left: int | None, least: int, credit: Credit
) -> None:
    assert credit_of(attended(ANNA, efn, left=left), EVENT, least) is credit


FULL, LATE, DELETION = CmeReportKind.FULL, CmeReportKind.LATE, CmeReportKind.DELETION


@pytest.mark.parametrize(
    ("reports", "known"),
    [
        ([], {}),
        ([Reported(FULL, {ANNA: EFN})], {ANNA: EFN}),
        ([Reported(FULL, {ANNA: EFN}), Reported(FULL, {BERT: EFN})], {BERT: EFN}),
        ([Reported(FULL, {ANNA: EFN}), Reported(LATE, {BERT: EFN})], {ANNA: EFN, BERT: EFN}),
        ([Reported(FULL, {ANNA: EFN, BERT: EFN}), Reported(DELETION, {ANNA: EFN})], {BERT: EFN}),
        # deleted under the old number after the new one was reported: the new one stays
        ([Reported(FULL, {ANNA: OTHER_EFN}), Reported(DELETION, {ANNA: EFN})], {ANNA: OTHER_EFN}),
    ],
    ids=["nothing", "full", "full again replaces", "late adds", "deletion", "deletion of another number"],
)
def test_a_chamber_knows_what_the_reports_come_to(reports: list[Reported], known: dict[UUID, str]) -> None:
    assert known_to_chamber(reports) == known


KEYS = st.sampled_from([ANNA, BERT, CLARA])
EFNS = st.sampled_from(["", EFN, OTHER_EFN])


@given(st.dictionaries(KEYS, EFNS), st.dictionaries(KEYS, EFNS.filter(bool)))
def test_deleting_and_then_reporting_late_makes_the_chamber_know_the_truth(
    true: dict[UUID, str], known: dict[UUID, str]
) -> None:
    people = [attended(key, efn) for key, efn in true.items()]
    reports = [Reported(FULL, known)]
    for kind in (DELETION, LATE):
        made = entries(kind, people, EVENT, 0, known_to_chamber(reports))
        reports.append(Reported(kind, made))
    assert known_to_chamber(reports) == {key: efn for key, efn in true.items() if efn}
