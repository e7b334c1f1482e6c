"""A signed link opens one row for one purpose, in one spelling."""

from __future__ import annotations

import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from confsched.domain.signed_links import LinkPurpose, ToSign
from confsched.mail.signed_links import find_id, signed

KEY = "tests-only-" + "0123456789abcdef" * 2
ROW = uuid.UUID("6f1c2f7e-8a52-4f5b-9c0e-2f6a1d3b4c5d")
LINK = signed(LinkPurpose.PARTICIPATION, ROW, KEY)
SIGNS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_."


@pytest.mark.parametrize("purpose", LinkPurpose)
def test_a_link_opens_its_row_for_its_purpose_only(purpose: LinkPurpose) -> None:
    found = {other: find_id(other, signed(purpose, ROW, KEY), KEY) for other in LinkPurpose}
    assert found == {other: ROW if other is purpose else None for other in LinkPurpose}
    assert find_id(purpose, signed(purpose, ROW, "another" * 6), KEY) is None


@given(st.integers(0, len(LINK) - 1), st.sampled_from(SIGNS))
def test_a_link_with_any_sign_changed_opens_nothing(place: int, sign: str) -> None:
    changed = LINK[:place] + sign + LINK[place + 1 :]
    assert find_id(LinkPurpose.PARTICIPATION, changed, KEY) == (ROW if changed == LINK else None)


@given(st.text(max_size=120))
def test_whatever_is_typed_opens_nothing(text: str) -> None:
    assert find_id(LinkPurpose.PARTICIPATION, text, KEY) is None


def test_what_is_to_be_signed_is_kept_as_plain_words() -> None:
    to_sign = ToSign(LinkPurpose.VOTE, ROW)
    assert ToSign.read(to_sign.stored()) == to_sign
