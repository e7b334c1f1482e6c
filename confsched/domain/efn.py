"""The numbers of further education, as chambers give them out: of who learns (EFN) and of an event (VNR)."""

from __future__ import annotations

from confsched.errors import Refusal, msg

EFN_DIGITS = 15
# 80: physicians, 276: Germany (ISO 3166); chamber and person follow.
EFN_START = "80276"
VNR_DIGITS = 19
# Code 39 stands between two asterisks, and some scanners send them; people group digits.
_BESIDE = str.maketrans("", "", "* -\t\r\n\u00a0")


def read_efn(text: str, *, field: str = "efn") -> str:
    """Return a physician's number as fifteen digits, typed or scanned; raises Refusal for anything else."""
    digits = text.translate(_BESIDE)
    if not _is_number(digits) or len(digits) != EFN_DIGITS:
        raise Refusal(
            msg("An EFN has %(count)s digits. It stands on the labels of the chamber.", count=EFN_DIGITS),
            field=field,
        )
    if not digits.startswith(EFN_START):
        raise Refusal(
            msg("An EFN begins with %(start)s. Check the first digits.", start=EFN_START), field=field
        )
    return digits


def read_vnr(text: str, *, field: str = "vnr") -> str:
    """Return the number of an event as nineteen digits; raises Refusal for anything else."""
    digits = text.translate(_BESIDE)
    if not _is_number(digits) or len(digits) != VNR_DIGITS:
        raise Refusal(
            msg("A VNR has %(count)s digits. It stands in the letter of the chamber.", count=VNR_DIGITS),
            field=field,
        )
    return digits


def grouped(digits: str) -> str:
    """Return a number in groups of five, as it is read aloud."""
    return " ".join(digits[at : at + 5] for at in range(0, len(digits), 5))


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit()
