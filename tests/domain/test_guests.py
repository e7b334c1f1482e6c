"""Names, mailboxes and institutions of guests as people type them."""

from __future__ import annotations

import pytest

from confsched.domain.guests import NameParts, checked_mailbox, checked_name, likely_kind, split_name
from confsched.domain.kinds import PartnerKind
from confsched.errors import Refusal


@pytest.mark.parametrize(
    ("typed", "parts"),
    [
        ("Anna Berg", ("", "Anna", "Berg")),
        ("Berg", ("", "", "Berg")),
        ("Berg, Anna", ("", "Anna", "Berg")),
        ("Dr. med. Anna  Maria Berg", ("Dr. med.", "Anna Maria", "Berg")),
        ("von der Heide, Prof. Dr. Karl", ("Prof. Dr.", "Karl", "von der Heide")),
        ("Prof. Dr. Karl von der Heide", ("Prof. Dr.", "Karl", "von der Heide")),
        ("Frau Anna Berg-Tal", ("", "Anna", "Berg-Tal")),
        ("", ("", "", "")),
        ("Dr.", ("Dr.", "", "")),
    ],
)
def test_a_name_is_parted_as_it_is_read(typed: str, parts: tuple[str, str, str]) -> None:
    assert split_name(typed) == NameParts(*parts)


@pytest.mark.parametrize("name", [NameParts("", "Anna", ""), NameParts("", "", "x" * 81)])
def test_no_name_and_a_name_too_long_are_refused(name: NameParts) -> None:
    with pytest.raises(Refusal):
        checked_name(name)


@pytest.mark.parametrize(
    "typed",
    ["", "anna", "anna@", "anna@kasse", "a b@kasse.example", "a@b.example, c@d.example", "=?x?=@b.example"],
)
def test_what_is_no_mailbox_is_refused(typed: str) -> None:
    with pytest.raises(Refusal, match="no mail address"):
        checked_mailbox(typed)


def test_a_mailbox_has_one_spelling() -> None:
    assert checked_mailbox("  Anna.Berg@Kasse.EXAMPLE ") == "anna.berg@kasse.example"


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("Krankenkasse Nordheide", PartnerKind.INSURER),
        ("AOK Beispielland", PartnerKind.INSURER),
        ("Gesundheitsamt Moorkreis", PartnerKind.HEALTH_OFFICE),
        ("Landkreis Moorheide", PartnerKind.MUNICIPALITY),
        ("Rettungsdienst Ost", PartnerKind.RESCUE_SERVICE),
        ("Hochschule Wendstadt", PartnerKind.SCIENCE),
        ("Tal und Söhne", PartnerKind.OTHER),
    ],
)
def test_the_name_of_an_institution_mostly_says_what_it_is(name: str, kind: PartnerKind) -> None:
    assert likely_kind(name) is kind
