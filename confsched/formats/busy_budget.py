"""What the events of one foreign calendar cost together."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from confsched.errors import Refusal, msg
from confsched.formats.busy_limits import MAX_INSTANCES, MAX_LISTED_DATES, MAX_STEPS
from confsched.formats.busy_rules import Rule


@dataclass
class Budget:
    """Count what the events of one file cost, and refuse the file before the work is done, not after."""

    steps: float = 0
    instances: int = 0
    listed_dates: int = 0

    def spend_rule(self, rule: Rule, since: timedelta, window: timedelta) -> None:
        """Charge a rule that runs for `since` until its end, of which `window` is of interest."""
        day = timedelta(days=1)
        self.steps += min(max(since / day, 0) * rule.steps_per_day(), rule.counted_steps())
        expected = min(window, max(since, timedelta())) / day * rule.instances_per_day()
        if self.steps > MAX_STEPS or min(expected, rule.count or expected) > MAX_INSTANCES:
            raise Refusal(
                msg("The events in this calendar repeat too often to be read. Export fewer and try again.")
            )

    def spend_instances(self, number: int) -> None:
        self.instances += number
        if self.instances > MAX_INSTANCES:
            raise Refusal(
                msg(
                    "This calendar has more than %(limit)s appointments in the time that is needed. "
                    "Export fewer of them and try again.",
                    limit=MAX_INSTANCES,
                )
            )

    def spend_listed_dates(self, number: int) -> None:
        self.listed_dates += number
        if self.listed_dates > MAX_LISTED_DATES:
            raise Refusal(
                msg(
                    "The events in this calendar list more than %(limit)s single dates. "
                    "Export fewer of them and try again.",
                    limit=MAX_LISTED_DATES,
                )
            )
