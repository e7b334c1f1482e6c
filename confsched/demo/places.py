"""The invented hospitals of the demo network, their departments and how many people work there."""

from __future__ import annotations

from dataclasses import dataclass

from confsched.domain.kinds import ResourceKind, SiteKind
from confsched.domain.permissions import Function

LOWER_SAXONY, SAXONY_ANHALT = "DE-NI", "DE-ST"


@dataclass(frozen=True)
class DepartmentPlan:
    """Hold a department with so many specialists and trainees, counted without the named people."""

    name: str
    discipline: str
    specialists: int
    trainees: int = 0


@dataclass(frozen=True)
class SitePlan:
    key: str
    organisation: str
    name: str
    short_name: str
    kind: SiteKind
    state: str
    phone: str
    function: Function
    departments: tuple[DepartmentPlan, ...]
    rooms: tuple[tuple[str, ResourceKind], ...] = ()

    @property
    def domain(self) -> str:
        return f"{self.key}.example"


@dataclass(frozen=True)
class NamedPerson:
    """Hold a person with a part to play; those with an account can sign in to the demo."""

    given_name: str
    family_name: str
    site: str
    department: str
    function: Function
    title: str = ""
    is_specialist: bool = False
    has_account: bool = True


_HOLDING = "Krankenhausverbund Moorheide"
_ROOM, _DEVICE = ResourceKind.ROOM, ResourceKind.DEVICE

SITES = (
    SitePlan(
        *("wendstadt", "Universitätsklinikum Wendstadt", "Universitätsklinikum Wendstadt", "Wendstadt"),
        kind=SiteKind.HOSPITAL,
        state=LOWER_SAXONY,
        phone="030 23125-100",
        function=Function.CONSULTANT,
        departments=(
            DepartmentPlan("Klinik für Neurologie", "Neurologie", 12, 6),
            DepartmentPlan("Epilepsiezentrum", "Epileptologie", 5, 1),
            DepartmentPlan("Sozialpädiatrisches Zentrum", "Kinderneurologie", 4, 2),
            DepartmentPlan("Klinik für Kardiologie", "Kardiologie", 7, 3),
            DepartmentPlan("Klinik für Gefäßchirurgie", "Gefäßchirurgie", 5, 2),
            DepartmentPlan("Institut für Radiologie", "Radiologie", 9, 3),
            DepartmentPlan("Tumorzentrum", "Onkologie", 5, 1),
            DepartmentPlan("Verwaltung", "Verwaltung", 0),
        ),
        rooms=(("Konferenzraum Neurologie", _ROOM), ("Videoraum 1", _ROOM), ("Videowagen 1", _DEVICE)),
    ),
    SitePlan(
        *("nordkamp", "Klinikum Nordkamp", "Klinikum Nordkamp", "Nordkamp"),
        kind=SiteKind.HOSPITAL,
        state=LOWER_SAXONY,
        phone="030 23125-200",
        function=Function.CONSULTANT,
        departments=(
            DepartmentPlan("Neurologie", "Neurologie", 4, 2),
            DepartmentPlan("Kardiologie", "Kardiologie", 6, 2),
            DepartmentPlan("Innere Medizin", "Innere Medizin", 5, 4),
            DepartmentPlan("Radiologie", "Radiologie", 4, 1),
            DepartmentPlan("Unfallchirurgie", "Unfallchirurgie", 5, 2),
        ),
        rooms=(("Konferenzraum A", _ROOM),),
    ),
    SitePlan(
        *("moorfeld", _HOLDING, "Krankenhaus Moorfeld", "Moorfeld"),
        kind=SiteKind.HOSPITAL,
        state=LOWER_SAXONY,
        phone="030 23125-300",
        function=Function.REQUESTER,
        departments=(
            DepartmentPlan("Notaufnahme", "Notfallmedizin", 2, 4),
            DepartmentPlan("Innere Medizin", "Innere Medizin", 5, 5),
            DepartmentPlan("Chirurgie", "Chirurgie", 3, 3),
        ),
        rooms=(("Videoraum Notaufnahme", _ROOM),),
    ),
    SitePlan(
        *("birkental", _HOLDING, "Kinderklinik Birkental", "Birkental"),
        kind=SiteKind.HOSPITAL,
        state=LOWER_SAXONY,
        phone="030 23125-400",
        function=Function.REQUESTER,
        departments=(DepartmentPlan("Pädiatrie", "Pädiatrie", 6, 3),),
        rooms=(("Besprechungsraum", _ROOM),),
    ),
    SitePlan(
        *("elmshagen", "Kreiskrankenhaus Elmshagen", "Kreiskrankenhaus Elmshagen", "Elmshagen"),
        kind=SiteKind.HOSPITAL,
        state=SAXONY_ANHALT,
        phone="030 23125-500",
        function=Function.REQUESTER,
        departments=(
            DepartmentPlan("Innere Medizin", "Innere Medizin", 5, 4),
            DepartmentPlan("Chirurgie", "Chirurgie", 4, 2),
        ),
        rooms=(("Besprechungsraum 2", _ROOM),),
    ),
    SitePlan(
        *("salzenbrueck", "MVZ Salzenbrück", "MVZ Salzenbrück", "Salzenbrück"),
        kind=SiteKind.OUTPATIENT_CENTRE,
        state=SAXONY_ANHALT,
        phone="030 23125-600",
        function=Function.REQUESTER,
        departments=(
            DepartmentPlan("Praxis für Neurologie", "Neurologie", 2),
            DepartmentPlan("Praxis für Kardiologie", "Kardiologie", 2),
            DepartmentPlan("Hausarztpraxis", "Allgemeinmedizin", 2),
        ),
    ),
    SitePlan(
        *("moorheide", "Landkreis Moorheide", "Gesundheitsamt Moorheide", "Gesundheitsamt"),
        kind=SiteKind.OFFICE,
        state=LOWER_SAXONY,
        phone="030 23125-700",
        function=Function.COORDINATOR,
        departments=(DepartmentPlan("Gesundheitskoordination", "Öffentliches Gesundheitswesen", 2),),
    ),
)

NAMED_PEOPLE = (
    NamedPerson("Julia", "Marquardt", "moorfeld", "Notaufnahme", Function.REQUESTER, "Dr."),
    NamedPerson("Mira", "Okafor", "wendstadt", "Epilepsiezentrum", Function.CONSULTANT, "Dr.", True),
    NamedPerson("Petra", "Lindholm", "wendstadt", "Verwaltung", Function.SECRETARY),
    NamedPerson("Jana", "Reuter", "moorheide", "Gesundheitskoordination", Function.COORDINATOR),
    NamedPerson("Uwe", "Falkner", "wendstadt", "Verwaltung", Function.ORGANISATION_ADMIN),
    NamedPerson("Inga", "Reimann", "wendstadt", "Verwaltung", Function.AUDITOR),
    NamedPerson("Thea", "Lohmann", "elmshagen", "Innere Medizin", Function.REQUESTER, "Dr.", True),
    NamedPerson("Viktor", "Harbke", "nordkamp", "Kardiologie", Function.CONSULTANT, "PD Dr.", True),
    NamedPerson(*("Silke", "Tornow", "nordkamp", "Innere Medizin", Function.SECRETARY), has_account=False),
    NamedPerson("Marlon", "Ebert", "wendstadt", "Klinik für Neurologie", Function.CONSULTANT, "Dr."),
)
# Works in the university hospital and, for half a year, in Moorfeld.
ROTATING_EMAIL, ROTATION_SITE = "marlon.ebert@wendstadt.example", "moorfeld"
