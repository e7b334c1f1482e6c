"""Plots: well-formed, with words, without styles and scripts, and nothing typed becomes markup."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from confsched.formats.plots import Range, Words, bars, duration, named_bars, nice_step, ranges

WORDS = Words("times", "<b>Time & more</b>", '"6" consults', "Target 2:00")


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0:00"), (75, "1:15"), (3599.6, "1:00 h"), (7500, "2:05 h"), (59.4, "0:59")]
)
def test_a_length_of_time_is_written_as_on_a_clock(seconds: float, text: str) -> None:
    assert duration(seconds) == text


@pytest.mark.parametrize("highest", [0, 1, 3, 7, 95, 4000, 90_000, 5_000_000])
def test_few_round_levels_reach_the_highest_value(highest: float) -> None:
    assert nice_step(highest) * 4 >= highest


@pytest.mark.parametrize(
    "svg",
    [
        bars([0, 3, 9, 1], 60.0, 120.0, WORDS),
        bars([0], 1.0, None, WORDS),
        ranges([Range("0", 30.0, 60.0, 90.0), Range("1", None, 150.0, None)], 120.0, WORDS),
        ranges([Range("<0>", None, None, None)], None, WORDS),
        named_bars(
            [Range("<Haus> & Hof", 30.0, 60.0, 90.0), Range("B" * 60, None, 150.0, None)], 120.0, WORDS
        ),
        named_bars([], None, WORDS),
    ],
)
def test_a_plot_is_well_formed_and_says_in_words_what_it_shows(svg: str) -> None:
    root = ElementTree.fromstring(svg)
    assert root.get("role") == "img"
    assert [child.text for child in root[:2]] == [WORDS.title, WORDS.description]
    assert root.get("aria-labelledby") == f"{root[0].get('id')} {root[1].get('id')}"
    assert all("style" not in part.attrib and not part.tag.endswith("script") for part in root.iter())


def test_what_is_late_differs_in_shape_or_place_and_not_in_colour_alone() -> None:
    late = ranges([Range("0", None, 150.0, None)], 120.0, WORDS)
    met = ranges([Range("0", None, 100.0, None)], 120.0, WORDS)
    assert "<rect" in late and "<circle" not in late
    assert "<circle" in met and "<rect" not in met


def test_a_late_partner_ends_in_a_square_and_a_long_name_is_cut() -> None:
    met, late = (named_bars([Range("B" * 60, None, median, None)], 120.0, WORDS) for median in (100.0, 150.0))
    assert (met.count("<rect"), late.count("<rect")) == (1, 2)
    assert f">{'B' * 27}…<" in met
    assert 'text-anchor="end">Target 2:00<' in met, "the target at the edge is not cut"
