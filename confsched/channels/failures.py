"""Why an alert did not leave, in one short line."""

from __future__ import annotations

from confsched.formats.plain_text import one_line

MAX_REASON = 200


class NotSent(Exception):
    """Say why an alert did not leave; a permanent refusal will not pass by waiting.

    `is_gone`: the address itself is no more, so that its proof counts no longer.
    """

    def __init__(self, reason: str, *, is_permanent: bool = False, is_gone: bool = False) -> None:
        self.reason = one_line(reason)[:MAX_REASON]
        super().__init__(self.reason)
        self.is_permanent = is_permanent or is_gone
        self.is_gone = is_gone
