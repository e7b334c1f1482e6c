"""Rules of series as hypothesis draws them: every shape that a series may have."""

from __future__ import annotations

from hypothesis import strategies as st

from confsched.domain.recurrence import LAST_MONTH_DAY, WEEKS_OF_MONTH, Rule


def rules() -> st.SearchStrategy[Rule]:
    """Draw a rule of any shape."""
    weekdays = st.integers(0, 6)
    nths = st.tuples(st.sampled_from(WEEKS_OF_MONTH), weekdays)
    return st.one_of(
        st.builds(
            lambda days, weeks: Rule.weekly(days, interval_weeks=weeks),
            st.sets(weekdays, min_size=1),
            st.integers(1, 6),
        ),
        st.builds(Rule.nth_weekday, st.sets(nths, min_size=1, max_size=4)),
        st.builds(Rule.on_month_day, st.integers(1, LAST_MONTH_DAY)),
        st.just(Rule.last_workday()),
    )
