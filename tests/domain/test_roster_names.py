from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from confsched.domain.roster_names import NOBODY, KnownName, Match, match_name, short_names


def _person(number: int, title: str, given_name: str, family_name: str) -> KnownName:
    return KnownName(UUID(int=number), title, given_name, family_name)


PEOPLE = (
    _person(1, "Dr.", "Katrin", "Sölle"),
    _person(2, "", "Hans-Peter", "Meier-Kunz"),
    _person(3, "Dr.", "Anna", "Voss"),
    _person(4, "", "Anton Karl", "Voss"),
    _person(5, "PD Dr.", "Jürgen", "von Berg"),
    _person(6, "", "Renée", "Straßer"),
    _person(7, "", "Paul", "Martin"),
    _person(8, "", "Martin", "Paul"),
    _person(9, "", "Ole", "O'Brian"),
)


def _match(text: str, people: Sequence[KnownName] = PEOPLE) -> tuple[bool, list[int]]:
    found = match_name(text, people)
    assert found.certain == (found.person_id is not None)
    return found.certain, [person_id.int for person_id in found.candidates]


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("Sölle", 1),
        ("SÖLLE", 1),
        ("Soelle K.", 1),
        ("K. Sölle", 1),
        ("Sölle, Katrin", 1),
        ("Sölle,K", 1),
        ("Dr. Sölle", 1),
        ("Fr. Prof. Dr. med. Katrin Sölle", 1),
        ("So\u0308lle", 1),
        ("Sölle (OÄ)*", 1),
        ("Meier-Kunz", 2),
        ("Meier Kunz, Hans Peter", 2),
        ("H.-P. Meier-Kunz", 2),
        ("HP Meierkunz", 2),
        ("Voss Anna", 3),
        ("Anton Voss", 4),
        ("A.K. Voss", 4),
        ("Voss, Karl", 4),
        ("von Berg J.", 5),
        ("Hr. PD Dr. von Berg", 5),
        ("STRASSER", 6),
        ("Renee Straßer", 6),
        ("Martin, Paul", 7),
        ("O’Brian", 9),
    ],
)
def test_a_name_that_fits_one_person_is_certain(text: str, number: int) -> None:
    assert _match(text) == (True, [number])


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("Voss", [3, 4]),
        ("Voss A.", [3, 4]),
        ("Dr. Voss", [3, 4]),
        ("Paul Martin", [7, 8]),
        ("Sölle, Maria", [1]),
        ("Voss, Berta", [3, 4]),
        ("Meier", [2]),
        ("Berg", [5]),
        ("Solle", [1]),
        ("Söle", [1]),
        ("Slöle K.", [1]),
        ("Stresser", [6]),
    ],
)
def test_a_name_that_fits_several_or_only_nearly_gives_candidates(text: str, numbers: list[int]) -> None:
    assert _match(text) == (False, numbers)


@pytest.mark.parametrize("text", ["", " ", "Dr.", "Unbekannt", "N", "123", "=", "\u0308", "日本"])
def test_a_name_of_nobody_gives_nobody(text: str) -> None:
    assert match_name(text, PEOPLE) == NOBODY
    assert match_name("Sölle", []) == NOBODY


def test_two_people_of_one_name_are_never_certain() -> None:
    twins = (_person(1, "", "Eva", "Rieger"), _person(2, "", "Eva", "Rieger"))
    assert _match("Rieger, Eva", twins) == (False, [1, 2])


def test_one_person_listed_twice_is_one_person() -> None:
    assert _match("Sölle", (*PEOPLE, *PEOPLE)) == (True, [1])


NAMES = st.text("abcdeäöüßéABCÄÖ-' ", min_size=1, max_size=12)


@given(text=st.text(max_size=60), names=st.lists(st.tuples(NAMES, NAMES), max_size=5))
@settings(deadline=None, max_examples=60)
def test_whatever_stands_there_certain_means_one_candidate(text: str, names: list[tuple[str, str]]) -> None:
    people = [_person(number, "", given_name, family) for number, (given_name, family) in enumerate(names)]
    found = match_name(text, people)
    assert found == Match(found.person_id, found.person_id is not None, found.candidates)
    assert not found.certain or found.candidates == (found.person_id,)


def test_short_names_carry_as_much_of_the_given_name_as_tells_two_apart() -> None:
    people = [
        KnownName(UUID(int=number), title, given, family)
        for number, (title, given, family) in enumerate(
            [
                ("Dr.", "Katrin", "Sölle"),
                ("", "Anna", "Voss"),
                ("PD Dr.", "Nils", "Voss"),
                ("", "Jan", "Kolb"),
                ("Dr.", "Jana", "Kolb"),
            ]
        )
    ]
    assert list(short_names(people).values()) == [
        *("Dr. Sölle", "A. Voss", "PD Dr. N. Voss"),
        *("Jan Kolb", "Dr. Jana Kolb"),
    ]
