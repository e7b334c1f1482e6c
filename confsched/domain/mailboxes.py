"""Mail addresses as people type them: those that a mail can safely be sent to."""

from __future__ import annotations

import re

MAX_ADDRESS = 254  # RFC 5321 4.5.3.1.3, without the angle brackets
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_ADDRESS = re.compile(rf"{_ATOM}(\.{_ATOM})*@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*")


def is_plain_address(address: str) -> bool:
    """Tell whether an address holds no second command, recipient or encoded word, and no quoted name."""
    return bool(_ADDRESS.fullmatch(address)) and "=?" not in address and len(address) <= MAX_ADDRESS
