"""A sealed password opens with its key in its row, and nowhere else."""

from __future__ import annotations

import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from confsched.errors import Refusal
from confsched.models.busy import BusySource
from confsched.services.busy_calendars import MAX_PASSWORD
from confsched.services.sealed import Purpose, digits_for, seal, unseal

KEY = "a key of the tests, long enough to be one"
ROW = uuid.UUID(int=7)
TYPE_AGAIN = "Type the password again"


@given(st.text(max_size=MAX_PASSWORD).filter(lambda text: text.isprintable()))
def test_what_is_sealed_opens_again(password: str) -> None:
    assert unseal(seal(password, secret_key=KEY, row_id=ROW), secret_key=KEY, row_id=ROW) == password


def test_the_longest_password_fits_into_its_column() -> None:
    column = BusySource.__table__.c.sealed_password.type
    assert len(seal("\N{GRINNING FACE}" * MAX_PASSWORD, secret_key=KEY, row_id=ROW)) <= column.length  # type: ignore[attr-defined]


def test_the_same_password_never_looks_the_same() -> None:
    assert seal("geheim", secret_key=KEY, row_id=ROW) != seal("geheim", secret_key=KEY, row_id=ROW)


def test_a_changed_secret_key_asks_for_the_password_again() -> None:
    sealed = seal("geheim", secret_key=KEY, row_id=ROW)
    with pytest.raises(Refusal, match=TYPE_AGAIN):
        unseal(sealed, secret_key="another key, which is long enough too", row_id=ROW)


def test_a_password_moved_to_another_row_does_not_open() -> None:
    sealed = seal("geheim", secret_key=KEY, row_id=ROW)
    with pytest.raises(Refusal, match=TYPE_AGAIN):
        unseal(sealed, secret_key=KEY, row_id=uuid.UUID(int=8))


@pytest.mark.parametrize("text", ["", "short", "no base 64 \N{SNOWMAN}", "A" * 80, "A"])
def test_a_damaged_text_asks_for_the_password_again(text: str) -> None:
    with pytest.raises(Refusal, match=TYPE_AGAIN):
        unseal(text, secret_key=KEY, row_id=ROW)


def test_what_is_sealed_for_one_purpose_does_not_open_for_another() -> None:
    sealed = seal("ntfys://alerts.example/{address}", secret_key=KEY, row_id=ROW, purpose=Purpose.GATEWAY)
    assert unseal(sealed, secret_key=KEY, row_id=ROW, purpose=Purpose.GATEWAY).startswith("ntfys")
    with pytest.raises(Refusal, match="browser has to be added again"):
        unseal(sealed, secret_key=KEY, row_id=ROW, purpose=Purpose.BROWSER)


def test_the_code_of_a_row_is_always_the_same_six_digits_and_needs_the_secret_key() -> None:
    code = digits_for(ROW, secret_key=KEY)
    assert len(code) == 6
    assert code.isdigit()
    assert digits_for(ROW, secret_key=KEY) == code
    assert digits_for(uuid.UUID(int=8), secret_key=KEY) != code
    assert digits_for(ROW, secret_key="another key, which is long enough too") != code
