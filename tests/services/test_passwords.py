"""Hashes that are dear, few at a time, and tell nothing by their time."""

from __future__ import annotations

import threading

import pytest

from confsched.errors import Refusal
from confsched.services import passwords
from confsched.services.passwords import FULL_COST, TRIFLING_COST, HashCost, hash_password, is_password


def test_a_real_hash_is_argon2id_with_64_mib_and_three_passes() -> None:
    assert hash_password("ein Satz als Passwort", FULL_COST).startswith("$argon2id$v=19$m=65536,t=3,p=1$")


def test_only_the_right_password_fits() -> None:
    kept = hash_password("Grüße aus Moorfeld", TRIFLING_COST)
    assert is_password("Grüße aus Moorfeld", kept, TRIFLING_COST)
    assert not is_password("Grüsse aus Moorfeld", kept, TRIFLING_COST)
    assert kept != hash_password("Grüße aus Moorfeld", TRIFLING_COST)


@pytest.mark.parametrize("password", ["", "anything"])
def test_without_a_hash_nothing_fits(password: str) -> None:
    """The stand-in hash is made of the empty password: that one must not fit either."""
    assert not is_password(password, None, TRIFLING_COST)


@pytest.mark.parametrize("damaged", ["", "plain text", "$argon2id$v=19$m=64,t=1,p=1$x$y"])
def test_a_damaged_hash_fits_nothing(damaged: str) -> None:
    assert not is_password("anything", damaged, TRIFLING_COST)


def test_never_more_than_two_hashes_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    running, most, both = 0, 0, threading.Barrier(2)
    guard = threading.Lock()

    class SlowHasher:
        def hash(self, password: str) -> str:
            nonlocal running, most
            with guard:
                running += 1
                most = max(most, running)
            both.wait(timeout=10)  # a turn ends only when two are at it
            with guard:
                running -= 1
            return password

    def slow(_cost: HashCost) -> SlowHasher:
        return SlowHasher()

    monkeypatch.setattr(passwords, "_hasher", slow)
    threads = [threading.Thread(target=hash_password, args=("x",)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert most == 2


def test_a_flood_of_logins_is_sent_away_instead_of_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "WAIT_SECONDS", 0)
    with passwords._turn(), passwords._turn(), pytest.raises(Refusal, match="Try again"):
        is_password("x", None, TRIFLING_COST)
    assert not is_password("x", None, TRIFLING_COST)
