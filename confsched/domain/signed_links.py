"""What a signed link stands for; the sender signs it, so no row and no service knows a secret."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID


class LinkPurpose(StrEnum):
    """Name what a link opens; a link that was signed for one purpose opens nothing of another."""

    ALERT = "an alert"
    PARTICIPATION = "a participation"
    VOTE = "a vote"


@dataclass(frozen=True)
class ToSign:
    """Name the row that a link of a mail is to be signed for, when the mail leaves."""

    purpose: LinkPurpose
    row_id: UUID

    def stored(self) -> list[str]:
        """Return it as JSON."""
        return [self.purpose.value, str(self.row_id)]

    @classmethod
    def read(cls, stored: list[str]) -> ToSign:
        """Return what stored() wrote."""
        purpose, row_id = stored
        return cls(LinkPurpose(purpose), UUID(row_id))
