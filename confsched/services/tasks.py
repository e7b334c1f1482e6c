"""What waits for a person, in one shape whatever it is."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

MAX_TASKS = 10  # of each kind


class TaskKind(StrEnum):
    TAKE_URGENT = "take_urgent"
    FINISH_URGENT = "finish_urgent"
    SAY_READY = "say_ready"
    FIX_CONTACT = "fix_contact"
    COLLIDES = "collides"
    END_MISSION = "end_mission"
    TAKE_TIME = "take_time"
    CONFIRM_CONSULT = "confirm_consult"
    CHOOSE_TIME = "choose_time"
    TRIAGE = "triage"
    SAY_OUTCOME = "say_outcome"
    WRITE_REPORT = "write_report"
    READ_REPORT = "read_report"
    TRIAGE_CASE = "triage_case"
    APPROVE_CASE = "approve_case"
    COMPLETE_CASE = "complete_case"
    WRITE_MINUTES = "write_minutes"
    FOLLOW_UP = "follow_up"
    INVITE = "invite"
    GIVE_PLACE = "give_place"
    ANSWER = "answer"
    ANSWER_SWAP = "answer_swap"
    APPROVE_SWAP = "approve_swap"


@dataclass(frozen=True)
class Task:
    """Hold one thing that waits for the person; `id` is that of the consult, conference, booking or swap."""

    kind: TaskKind
    id: uuid.UUID
    title: str
    case_ref: str | None = None
    due_at: datetime | None = None
    due_on: date | None = None
    starts_at: datetime | None = None
    person_name: str = ""
