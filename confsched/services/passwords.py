"""Password hashes: argon2id, dear enough to slow an attacker, few at a time to keep pages alive."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError

from confsched.errors import Refusal, msg

HASHES_AT_A_TIME = 2  # each takes 64 MiB and a core
WAIT_SECONDS = 3  # a flood of logins must not hold every thread of the pages
_turns = threading.BoundedSemaphore(HASHES_AT_A_TIME)


@dataclass(frozen=True)
class HashCost:
    """Hold the price of one hash; the hash names its own, so several prices live together."""

    memory_kib: int = 64 * 1024
    passes: int = 3


FULL_COST = HashCost()
TRIFLING_COST = HashCost(memory_kib=64, passes=1)  # for invented accounts, whose passwords everybody knows


def hash_password(password: str, cost: HashCost = FULL_COST) -> str:
    """Return the salted argon2id hash (RFC 9106) as text."""
    with _turn():
        return _hasher(cost).hash(password)


def is_password(password: str, password_hash: str | None, cost: HashCost = FULL_COST) -> bool:
    """Tell whether the password is right; without a hash, take as long and say no."""
    with _turn():
        try:
            matches = _hasher(cost).verify(password_hash or _hash_of_nobody(cost), password)
        except (VerificationError, InvalidHashError):
            return False
    return matches and password_hash is not None


@contextmanager
def _turn() -> Iterator[None]:
    if not _turns.acquire(timeout=WAIT_SECONDS):
        raise Refusal(msg("Many people are signing in just now. Try again in a few seconds."))
    try:
        yield
    finally:
        _turns.release()


@cache
def _hasher(cost: HashCost) -> PasswordHasher:
    return PasswordHasher(time_cost=cost.passes, memory_cost=cost.memory_kib, parallelism=1, type=Type.ID)


@cache
def _hash_of_nobody(cost: HashCost) -> str:
    return _hasher(cost).hash("")
