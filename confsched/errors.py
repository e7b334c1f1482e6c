"""What a person may be told: messages that can be translated, and refusals that carry them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Message:
    """Name a sentence by its English text and keep its values, so that each reader gets their language."""

    text: str
    values: Mapping[str, object] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.text % self.values if self.values else self.text


def msg(text: str, **values: object) -> Message:
    """Mark `text` for translation; values fill its %(name)s places."""
    return Message(text, values)


class Refusal(Exception):
    """Tell the user what cannot be done and what to do instead; `field` names the input at fault."""

    status = 422

    def __init__(self, message: Message, *, field: str | None = None) -> None:
        super().__init__(str(message))
        self.message = message
        self.field = field


class NotFound(Refusal):
    """Answer alike for a row that does not exist and for one that the actor may not see."""

    status = 404

    def __init__(self) -> None:
        super().__init__(msg("This page does not exist, or it is not meant for you."))


class Conflict(Refusal):
    """Say that somebody else was faster, or that the state has moved on."""

    status = 409


class Forbidden(Refusal):
    """Say that the function of this person does not include the action."""

    status = 403
