"""The month of a department: reading it, working on its draft, publishing it. The way in for all who do."""

from confsched.services.roster_edits import (
    MAX_EDITS,
    MAX_PEOPLE,
    CellConflict,
    CellEdit,
    CellProblem,
    EditResult,
    SavedCell,
    check_size,
    edit_cells,
    fill_cells,
)
from confsched.services.roster_months import load_month
from confsched.services.roster_publication import Handed, Publication, follow_swaps, publish, restore
from confsched.services.roster_steps import give_reason, redo, undo
from confsched.services.roster_view import (
    CellChange,
    CellView,
    DayHead,
    EditionView,
    LineDay,
    LineGap,
    LineRow,
    MonthView,
    PersonRow,
    RosterWarningView,
    Unanswered,
)

__all__ = [
    "MAX_EDITS",
    "MAX_PEOPLE",
    "CellChange",
    "CellConflict",
    "CellEdit",
    "CellProblem",
    "CellView",
    "DayHead",
    "EditResult",
    "EditionView",
    "Handed",
    "LineDay",
    "LineGap",
    "LineRow",
    "MonthView",
    "PersonRow",
    "Publication",
    "RosterWarningView",
    "SavedCell",
    "Unanswered",
    "check_size",
    "edit_cells",
    "fill_cells",
    "follow_swaps",
    "give_reason",
    "load_month",
    "publish",
    "redo",
    "restore",
    "undo",
]
