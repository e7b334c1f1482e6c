"""What the demo network offers: services, who may ask them, and the duty lines behind them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, time

from confsched.demo.turns import daily, daily_beside_weekly, day_and_night, weekly
from confsched.domain.kinds import DutyType, LineKind
from confsched.models.people import Person
from confsched.services.catalogue import NewService
from confsched.services.rosters import NewLine

EVENING = time(16)
CLOSED_ON = 20  # days from today: a night that is left to nobody on purpose


@dataclass(frozen=True)
class ServicePlan:
    key: str
    site: str
    new: NewService
    asked_by: tuple[str, ...]


@dataclass(frozen=True)
class Shift:
    """Hold a stretch of duty in local time, and its code; an end up to the start means the next day."""

    starts: time
    ends: time
    code: str
    workdays_only: bool = False

    @property
    def is_night(self) -> bool:
        """Tell whether somebody stands up for it: from evening to morning."""
        return self.starts >= EVENING and self.ends <= self.starts


Turns = Callable[[date, bool], int]  # a day, and whether it is about its night -> a number of the pool


@dataclass(frozen=True)
class LinePlan:
    """Hold a duty line and the parts of a department's people (from, until) that take turns on it.

    They follow each other as they come, or by `turns`, which know the day only.
    """

    site: str
    department: str
    new: NewLine
    shifts: tuple[Shift, ...]
    pool: tuple[int, ...]
    days_a_turn: int = 1
    turns: Turns | None = None
    service: str | None = None
    gap_on: int | None = None  # days from today: nobody takes the shifts of this day before `gap_until`
    gap_until: time = time.max

    def people(self, staff: Sequence[Person]) -> list[Person]:
        """Return who takes turns, out of everybody in the department."""
        parts = zip(self.pool[::2], self.pool[1::2], strict=True)
        return [person for start, end in parts for person in staff[start:end]]


def _elective(name: str, discipline: str, minutes: int, site: str) -> NewService:
    return NewService(
        name=name,
        discipline=discipline,
        duration_minutes=minutes,
        buffer_after_minutes=5,
        cancel_notice_minutes=240,
        join_base=f"https://video.{site}.example",
    )


def _urgent(name: str, discipline: str) -> NewService:
    return NewService(name=name, discipline=discipline, duration_minutes=30, notice_minutes=0, is_urgent=True)


SERVICES = (
    ServicePlan(
        "epilepsy",
        "wendstadt",
        _elective("Epileptologie", "Epileptologie", 30, "wendstadt"),
        ("moorfeld", "elmshagen", "birkental", "nordkamp"),
    ),
    ServicePlan(
        "neurology",
        "wendstadt",
        _elective("Neurologie, Zweitmeinung", "Neurologie", 45, "wendstadt"),
        ("moorfeld", "elmshagen", "salzenbrueck"),
    ),
    ServicePlan(
        "child_neurology",
        "wendstadt",
        replace(_elective("Kinderneurologie", "Kinderneurologie", 30, "wendstadt"), needs_triage=True),
        ("birkental", "moorfeld", "nordkamp"),
    ),
    ServicePlan(
        "cardiology",
        "nordkamp",
        _elective("Kardiologie", "Kardiologie", 20, "nordkamp"),
        ("moorfeld", "elmshagen", "salzenbrueck"),
    ),
    ServicePlan(
        "vascular",
        "wendstadt",
        _elective("Gefäßchirurgie", "Gefäßchirurgie", 30, "wendstadt"),
        ("moorfeld", "elmshagen", "nordkamp"),
    ),
    ServicePlan(
        "oncology",
        "wendstadt",
        replace(_elective("Onkologie", "Onkologie", 30, "wendstadt"), needs_triage=True),
        ("moorfeld", "nordkamp", "salzenbrueck"),
    ),
    ServicePlan(
        "paediatrics",
        "birkental",
        _elective("Pädiatrie", "Pädiatrie", 20, "birkental"),
        ("moorfeld", "elmshagen", "wendstadt"),
    ),
    ServicePlan("stroke", "wendstadt", _urgent("Schlaganfall", "Neurologie"), ("moorfeld", "elmshagen")),
    ServicePlan("radiology", "wendstadt", _urgent("Teleradiologie", "Radiologie"), ("moorfeld", "elmshagen")),
)

DAY_AND_NIGHT = (Shift(time(8), time(20), "T"), Shift(time(20), time(8), "N"))
WHOLE_DAY = (Shift(time(8), time(8), "H"),)
NIGHTS = (Shift(time(16), time(8), "N"),)

STROKE, RADIOLOGY, ELECTIVE = "Schlaganfall", "Teleradiologie", "Elektive Konsile"
HEART, INNER, CHILDREN, SURGERY = "Kardiologie", "Innere Medizin", "Pädiatrie", "Chirurgie"


def _shift_line(group: str, name: str, extension: str, **more: object) -> NewLine:
    line = NewLine(group, name, f"030 23125-{extension}", duty_type=DutyType.ON_SITE_STANDBY)
    return replace(line, **more)  # type: ignore[arg-type]


def _home_line(group: str, name: str, extension: str) -> NewLine:
    return NewLine(
        group,
        name,
        f"030 23125-{extension}",
        kind=LineKind.BACKGROUND,
        duty_type=DutyType.ON_CALL_HOME,
        blocks=False,
    )


def _arrival_line(name: str, extension: str) -> NewLine:
    return replace(_home_line(RADIOLOGY, name, extension), kind=LineKind.ON_SITE_ARRIVAL)


def _elective_line(
    site: str, department: str, service: str, name: str, extension: str, ends: time, pool: tuple[int, int]
) -> LinePlan:
    new = NewLine(
        ELECTIVE,
        name,
        f"030 23125-{extension}",
        covered_from=time(8),
        covered_until=ends,
        covered_workdays_only=True,
        makes_available=True,
        blocks=False,
    )
    return LinePlan(site, department, new, (Shift(time(8), ends, "E", True),), pool, service=service)


NEUROLOGY, _RADIOLOGY = "Klinik für Neurologie", "Institut für Radiologie"
_NIGHT = {"covered_from": time(16), "covered_until": time(8)}

LINES = (
    LinePlan(
        *("wendstadt", NEUROLOGY, _shift_line(STROKE, "Erste Linie", "110"), DAY_AND_NIGHT),
        (0, 7, 13, 18),
        turns=day_and_night,
        service="stroke",
    ),
    LinePlan(
        "wendstadt",
        NEUROLOGY,
        NewLine(
            *(STROKE, "Parallele Linie", "030 23125-111"),
            kind=LineKind.PARALLEL,
            covered_from=time(12),
            covered_until=time(18),
            covered_workdays_only=True,
        ),
        (Shift(time(12), time(18), "P", True),),
        (11, 13),
        turns=daily,
        service="stroke",
    ),
    LinePlan(
        *("wendstadt", NEUROLOGY, _home_line(STROKE, "Hintergrund", "112"), WHOLE_DAY, (7, 11)),
        turns=weekly,
        service="stroke",
    ),
    LinePlan(
        "nordkamp",
        "Neurologie",
        _shift_line(STROKE, "Neurointerventions-Team mobil", "190", kind=LineKind.MOBILE_TEAM),
        (Shift(time(6), time(18), "T"), Shift(time(18), time(6), "N")),
        (0, 5),
        service="stroke",
        gap_on=0,
        gap_until=time(12),
    ),
    LinePlan(
        *("wendstadt", _RADIOLOGY, _shift_line(RADIOLOGY, "Befundung", "130"), DAY_AND_NIGHT, (0, 7)),
        service="radiology",
    ),
    LinePlan(
        *("wendstadt", _RADIOLOGY, _home_line(RADIOLOGY, "Hintergrund", "131")),
        (Shift(time(0), time(6), "RF"), Shift(time(6), time(0), "R")),
        (7, 10),
        service="radiology",
        gap_on=1,
        gap_until=time(3),
    ),
    LinePlan(
        "wendstadt",
        _RADIOLOGY,
        _shift_line(RADIOLOGY, "MTR CT", "132", kind=LineKind.TECHNICIAN, **_NIGHT),
        (Shift(time(16), time(8), "M"),),
        (10, 12),
        gap_on=CLOSED_ON,
    ),
    LinePlan(
        "moorfeld",
        "Notaufnahme",
        _arrival_line("Anwesenheit vor Ort, Moorfeld", "314"),
        DAY_AND_NIGHT,
        (0, 5),
    ),
    LinePlan(
        "elmshagen",
        "Chirurgie",
        _arrival_line("Anwesenheit vor Ort, Elmshagen", "514"),
        DAY_AND_NIGHT,
        (0, 5),
    ),
    _elective_line("wendstadt", "Epilepsiezentrum", "epilepsy", "Epileptologie", "145", time(18), (0, 5)),
    replace(
        _elective_line(
            "wendstadt", NEUROLOGY, "neurology", "Neurologie, Zweitmeinung", "146", time(16), (7, 11)
        ),
        turns=daily_beside_weekly,
    ),
    _elective_line(
        *("wendstadt", "Sozialpädiatrisches Zentrum", "child_neurology", "Kinderneurologie", "147"),
        time(16),
        (0, 4),
    ),
    _elective_line("nordkamp", "Kardiologie", "cardiology", "Kardiologie", "245", time(16), (4, 7)),
    _elective_line(
        *("wendstadt", "Klinik für Gefäßchirurgie", "vascular", "Gefäßchirurgie", "148"), time(17), (3, 6)
    ),
    _elective_line("wendstadt", "Tumorzentrum", "oncology", "Onkologie", "149", time(16), (0, 5)),
    _elective_line("birkental", "Pädiatrie", "paediatrics", "Pädiatrie", "445", time(16), (5, 8)),
    LinePlan(
        *("wendstadt", "Klinik für Kardiologie", _home_line(HEART, "Herzkatheter", "175")),
        *(WHOLE_DAY, (0, 4), 7),
    ),
    LinePlan("nordkamp", "Kardiologie", _home_line(HEART, "Hintergrund", "275"), WHOLE_DAY, (0, 4), 7),
    LinePlan("nordkamp", "Innere Medizin", _shift_line(INNER, "Nordkamp", "220", **_NIGHT), NIGHTS, (0, 7)),
    LinePlan("moorfeld", "Innere Medizin", _shift_line(INNER, "Moorfeld", "320", **_NIGHT), NIGHTS, (0, 8)),
    LinePlan("elmshagen", "Innere Medizin", _shift_line(INNER, "Elmshagen", "520", **_NIGHT), NIGHTS, (0, 7)),
    LinePlan("birkental", "Pädiatrie", _shift_line(CHILDREN, "Birkental", "420", **_NIGHT), NIGHTS, (0, 5)),
    LinePlan(
        *("wendstadt", "Klinik für Gefäßchirurgie", _home_line(SURGERY, "Gefäßchirurgie", "178")),
        *(WHOLE_DAY, (0, 3), 7),
    ),
    LinePlan(
        "nordkamp", "Unfallchirurgie", _shift_line(SURGERY, "Nordkamp", "230", **_NIGHT), NIGHTS, (0, 6)
    ),
    LinePlan("moorfeld", "Chirurgie", _shift_line(SURGERY, "Moorfeld", "330", **_NIGHT), NIGHTS, (0, 5)),
)
