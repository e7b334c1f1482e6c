"""Who asks is said as the server wants it, and what cannot be answered is left alone."""

from __future__ import annotations

import pytest

from confsched.formats.http_auth import Challenge, Login, basic, digest, find_digest

MUFASA = Login("Mufasa", "Circle of Life")
# The example of RFC 7616, 3.9.1.
NONCE = "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v"
CNONCE = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"
HEADER = (
    'Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm={}, nonce="' + NONCE + '", '
    'opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"'
)


@pytest.mark.parametrize(
    ("algorithm", "response"),
    [
        ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
        ("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
    ],
)
def test_the_proof_is_that_of_the_standard(algorithm: str, response: str) -> None:
    challenge = find_digest(HEADER.format(algorithm))
    assert challenge is not None
    header = digest(MUFASA, challenge, method="GET", path="/dir/index.html", cnonce=CNONCE)
    assert header is not None
    assert f'response="{response}"' in header
    assert 'uri="/dir/index.html"' in header
    assert "qop=auth, nc=00000001" in header
    assert "Circle" not in header


def test_an_old_server_gets_the_old_proof() -> None:
    """RFC 2069, without qop: the response hangs on the nonce alone."""
    challenge = find_digest('Digest realm="r", nonce="n"')
    assert challenge == Challenge("r", "n", "MD5", None, has_qop=False)
    header = digest(MUFASA, challenge, method="GET", path="/", cnonce="c")
    assert header is not None
    assert "qop" not in header
    assert "cnonce" not in header


@pytest.mark.parametrize(
    "header",
    [
        *("", "Basic realm=x", "Negotiate", 'Digest realm="r"', 'Digest nonce="n", algorithm=MD5-sess'),
        'Digest nonce="n", qop="auth-int"',
    ],
)
def test_a_challenge_that_cannot_be_answered_is_none(header: str) -> None:
    assert find_digest(header) is None


def test_a_name_cannot_break_out_of_its_quotation_marks() -> None:
    challenge = find_digest(HEADER.format("MD5"))
    assert challenge is not None
    assert digest(Login('a", uri="/x', "p"), challenge, method="GET", path="/", cnonce="c") is None


def test_name_and_password_are_sent_as_utf_8() -> None:
    assert basic(Login("Jörg", "Grüße")) == "Basic SsO2cmc6R3LDvMOfZQ=="


def test_a_login_does_not_show_its_password() -> None:
    assert "Circle" not in repr(MUFASA)
