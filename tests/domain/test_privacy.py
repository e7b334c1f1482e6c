"""Patient data in free text is found, and clinical language passes."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from confsched.domain.privacy import FindingKind, check_link, check_text, find_patient_data
from confsched.errors import Message, Refusal

BIRTH, INSURANCE, HOSPITAL = (
    FindingKind.BIRTH_DATE,
    FindingKind.INSURANCE_NUMBER,
    FindingKind.HOSPITAL_NUMBER,
)
NAME, INITIALS = FindingKind.PATIENT_NAME, FindingKind.INITIALS_WITH_DATE

PLANTED = (
    ("Muster, Hans *12.3.51", {NAME, BIRTH}),
    ("Hr. Meier", {NAME}),
    ("Frau Schulz, geb. 3.4.1960", {NAME, BIRTH}),
    ("Pat. Hans Muster", {NAME}),
    ("Versicherte A123456789", {INSURANCE}),
    ("M.S. 1951", {INITIALS}),
    ("Herr Özdemir zur Thrombektomie", {NAME}),
    ("Verlegung von Herrn Kowalczyk", {NAME}),
    ("FRAU LEHMANN, V. a. Stroke", {NAME}),
    ("Fr. von der Heide, Sturz", {NAME}),
    ("Mrs. O'Brien for transfer", {NAME}),
    ("Mr Smith, 74, LVO", {NAME}),
    ("Hr Tönnies, Pneumothorax", {NAME}),
    ("herr schmidt, 66", {NAME}),
    ("Herr v. Bülow, Hüft-TEP", {NAME}),
    ("Frau Dr. Schulz, geb. 3.4.1960", {BIRTH}),
    ("Stroke bei Karl-Heinz Petersen", {NAME}),
    ("MUSTER, HANS", {NAME}),
    ("Wagner, Anna-Lena: MRT-Befund", {NAME}),
    ("Thrombektomie für Erna Lindqvist", {NAME}),
    ("John Carter, second opinion", {NAME}),
    ("Yilmaz Fatma, Aszites", {NAME}),
    ("Lena M., 4 J., Fieber", {NAME}),
    ("H. Müller, 74 J.", {NAME}),
    ("Müller, 74 J., Hemiparese", {NAME}),
    ("Schmidt (66 Jahre) Lyse?", {NAME}),
    ("Patient: Brinkhoff", {NAME}),
    ("Patientin Voss, Pneumonie", {NAME}),
    ("Pat. Terhorst, Hirnblutung", {NAME}),
    ("Pat. Terhorst \nHirnblutung rechts", {NAME}),
    ("Patientin Hofstetter hat heute Fieber", {NAME}),
    ("Mr. van der Berg, seizure", {NAME}),
    ("Säugling Mia Jordan", {NAME}),
    ("Pt. Whitaker with aphasia", {NAME}),
    ("Name: Tillmanns", {NAME}),
    ("Bitte um Rückruf wegen Frau El Sayed", {NAME}),
    ("Frau geb. Wiechmann", {NAME}),
    ("Dr. Voss bittet um Zweitmeinung für Otto Brandt", {NAME}),
    ("Zweitmeinung Herr Wolff-Petersen", {NAME}),
    ("Hrn. Kessler vorstellen", {NAME}),
    ("Mamma-CA Frau Kessler", {NAME}),
    ("Notarzt: Herr Meier, Sturz", {NAME}),
    ("Mohammed Al Hariri, TIA", {NAME}),
    ("Tumorkonferenz: Ingrid Sandvoss", {NAME}),
    ("geb. 12.03.1951", {BIRTH}),
    ("Patient geboren am 1. April 1948", {BIRTH}),
    ("Pat. *1948, Aphasie", {BIRTH}),
    ("* 03/04/1960", {BIRTH}),
    ("DOB 04/03/1960", {BIRTH}),
    ("D.O.B.: 1960-04-03", {BIRTH}),
    ("date of birth April 3, 1960", {BIRTH}),
    ("born 3 April 1960", {BIRTH}),
    ("Geburtsdatum: 3.4.60", {BIRTH}),
    ("Geb.-Dat. 03.04.1960", {BIRTH}),
    ("Jahrgang 1951, Luftnot", {BIRTH}),
    ("Jg. 51, Luftnot", {BIRTH}),
    ("geb.12.03.1951", {BIRTH}),
    ("dob 5/24/33", {BIRTH}),
    ("Aphasie, 12.3.51", {BIRTH}),
    ("12.03.1951 Aphasie", {BIRTH}),
    ("1951-03-12 stroke", {BIRTH}),
    ("12. März 1951, weiblich", {BIRTH}),
    ("Neugeborenes, geb. 20.11.2026", {BIRTH}),
    ("born in 1948, smoker", {BIRTH}),
    ("KVNR A123456780", {INSURANCE}),
    ("kvnr: a123456780", {INSURANCE}),
    ("Karte A 123 456 780 liegt vor", {INSURANCE}),
    ("Versichertennummer 987654321", {INSURANCE}),
    ("Vers.-Nr. 12345678", {INSURANCE}),
    ("insurance number 55512345", {INSURANCE}),
    ("NHS number 943 476 5919", {INSURANCE}),
    ("65 170839 J 003", {INSURANCE}),
    ("Rente 65170839J003", {INSURANCE}),
    ("4711081500 bitte prüfen", {INSURANCE}),
    ("Pat.-Nr. 123456", {HOSPITAL}),
    ("Patienten-ID: 00812345", {HOSPITAL}),
    ("Patient-ID 77123", {HOSPITAL}),
    ("Fallnummer 20261234", {HOSPITAL}),
    ("Fall-Nr.: 884422", {HOSPITAL}),
    ("PID 445566", {HOSPITAL}),
    ("MRN: 1122334", {HOSPITAL}),
    ("hospital number 667788", {HOSPITAL}),
    ("M. S., 12.3.51", {INITIALS, BIRTH}),
    ("H.-J. K. *1951", {INITIALS, BIRTH}),
    ("K.L. geb. 1960", {INITIALS, BIRTH}),
    ("A.B. '48", {INITIALS}),
    ("T.W. (1972)", {INITIALS}),
    ("E.F. 01.02.1940", {INITIALS, BIRTH}),
)

HARMLESS = (
    "Parkinson, Therapieoptimierung",
    "Marcumar seit 12.3.",
    "Dr. Voss bittet um Zweitmeinung",
    "V. a. Morbus Crohn",
    "Tumorkonferenz Thorax 26.11.2026",
    "FK-2LM6",
    "Fallkonferenz Neurologie, Fall FK-7Q2M",
    "Prof. Dr. med. Anna Weber trägt vor",
    "Herr Dr. Meier ist bis 16 Uhr erreichbar",
    "Frau Prof. Schulz hat zugesagt",
    "Oberarzt Müller übernimmt ab 22:00",
    "OÄ Dr. Lena Schmidt, Neurologie",
    "Sehr geehrte Frau Kollegin",
    "Sehr geehrter Herr Kollege Petersen",
    "Dr. H. Müller, Radiologie",
    "Vortrag Peter Lang: Sepsis früh erkennen",
    "Moderation: Anna Weber",
    "Referentin: Frau Dr. Lena Schmidt",
    "Ansprechpartner: Herr Müller",
    "Schwester Anna informiert",
    "Consultant John Carter will call back",
    "Dr Smith asks for a second opinion",
    "Frau Anfang 50, Sehstörung",
    "Frau, 54 Jahre, Kopfschmerz",
    "Mann, 71 J., Hemiparese rechts",
    "Fr. Nachmittag frei",
    "74-jährige Patientin mit Aphasie",
    "Patient Blood Management",
    "Patient Transfer to the hub",
    "Pat. Verlegung geplant",
    "Pat. Zustand nach Lyse",
    "Patientin Intensivstation, beatmet",
    "Pat. ICU, NIHSS 14",
    "Pat. NIHSS 4",
    "Pat. Dialyse Mo/Mi/Fr",
    "Patient Reported Outcomes, Vortrag",
    "Herr der Lage bleiben: Katastrophenübung",
    "Hüft-TEP 3.4.1999 rechts",
    "Bypass-OP 12.5.1996",
    "Billroth II 1987, Anämie",
    "Raynaud, Sjögren, Behçet",
    "Mr-proANP 120",
    "Patient mit Schlaganfall, Lyse möglich?",
    "Z. n. Mammakarzinom 1998",
    "Z.n. CABG 2009, EF 35 %",
    "OP am 3.5.1998, seither Schmerzen",
    "CT vom 12.03.2024 liegt vor",
    "MRT 26.10.2026 ohne Befund",
    "Bypass 1994, Stent 2011",
    "seit 12.3.1997 unter Dialyse",
    "last known well 21:40, NIHSS 12",
    "Wake-up-Stroke, CT 03:10",
    "Stroke am 29.3.2026 um 01:30",
    "Frühgeborenes geb. mit 28+3 SSW",
    "newborn screening 12.3.2026",
    "MS seit 2019, Schub",
    "M. Parkinson, tiefe Hirnstimulation",
    "M. Crohn unter Biologikum",
    "S. aureus in der Blutkultur",
    "E. coli, Resistenz",
    "H. pylori positiv",
    "Charcot-Marie-Tooth, Verlauf",
    "Morbus Wilson, Leberwerte",
    "Guillain-Barré, IVIG",
    "Hashimoto, Cushing, Addison: Differenzialdiagnose",
    "Charles-Bonnet-Syndrom",
    "Frank-Starling-Kurve",
    "Polycythaemia vera, JAK2 positiv",
    "Melanom der Iris, Plaque-Brachytherapie",
    "Stenose der Carina",
    "ANCA, ANA und GRACE-Score",
    "Klinikum St. Elisabeth, Station 3",
    "Krankenhaus Maria Hilf",
    "Haus Martin, Raum 2",
    "Martin Luther Krankenhaus, Aufnahme",
    "Robert Koch Institut: Empfehlung",
    "Max-Planck-Platz 3, Eingang West",
    "Rückruf 0551 123456",
    "Rückruf 05511234567",
    "Tel. 4912345678",
    "1.2.840.113619.2.55.3.2831868886",
    "EFN 802761234567890",
    "VNR 2761234567890123456",
    "Fall 3 und Fall 4 tauschen",
    "ICD I63.4, OPS 8-981.1",
    "Kreatinin 1.2, Hb 9.8, CRP 120",
    "RR 180/95/70, HF 88",
    "5*10 mg, dann 2*5 mg",
    "2 * 20 mg, RR 95/70/85",
    "Software v2.3.45 auf 10.1.2.80",
    "Anna Weber (Sekretariat) lädt ein",
    "Hans Petersen, Oberarzt, sagt ab",
    "14 Jan Neurology board",
    "Georg August Universität, Hörsaal",
    "Pat. Männlich, 70-79",
    "Rev. 12.11.26, gültig ab 1.1.2027",
    "N.N. 2026 wird nachgemeldet",
    "U.S. 2019 guideline",
    "Apixaban 2x5 mg, letzte Einnahme 20:00",
    "Zweite Meinung: Resektion oder Bestrahlung?",
    "Regionalkonferenz Nord, 14. Januar 2027",
    "Age 70-79, female, aphasia since 08:15",
    "Rotation doctors, teaching session May 2026",
)


@pytest.mark.parametrize(("text", "kinds"), PLANTED)
def test_patient_data_is_found_and_named(text: str, kinds: set[FindingKind]) -> None:
    assert {finding.kind for finding in find_patient_data(text)} == kinds


@pytest.mark.parametrize("text", HARMLESS)
def test_clinical_language_passes(text: str) -> None:
    assert find_patient_data(text) == ()
    check_text(text, "question")


def test_precision_and_recall_of_the_two_lists(capsys: pytest.CaptureFixture[str]) -> None:
    """Print the figures, with which a change of the rules can be judged."""
    hits = sum(bool(find_patient_data(text)) for text, _ in PLANTED)
    alarms = sum(bool(find_patient_data(text)) for text in HARMLESS)
    precision, recall = hits / (hits + alarms), hits / len(PLANTED)
    with capsys.disabled():
        print(
            f"\nprivacy: {len(PLANTED)} planted, {len(HARMLESS)} harmless,"
            f" precision {precision:.3f}, recall {recall:.3f}"
        )
    assert len(PLANTED) >= 60
    assert len(HARMLESS) >= 60
    assert (precision, recall) == (1.0, 1.0)


def test_a_refusal_says_what_was_found_and_what_to_write_but_not_the_name_itself() -> None:
    with pytest.raises(Refusal) as refusal:
        check_text("Muster, Hans *12.3.51", "title")
    assert refusal.value.field == "title"
    assert str(refusal.value) == (
        "This looks like a patient's name and a date of birth,"
        " which mail and calendars would carry out of the house."
        " Write the case reference and the age in years instead;"
        " put the title, such as Dr., before a clinician's name."
    )


def test_only_a_name_brings_the_hint_on_clinicians() -> None:
    with pytest.raises(Refusal) as refusal:
        check_text("A123456789", "question")
    assert "an insurance number" in str(refusal.value)
    assert "clinician" not in str(refusal.value)


def test_each_kind_in_a_refusal_is_a_sentence_part_that_can_be_translated() -> None:
    with pytest.raises(Refusal) as refusal:
        check_text("Pat.-Nr. 123456, M.S. 1951, A123456789", "question")
    what = refusal.value.message.values["what"]
    assert isinstance(what, Message)
    assert all(isinstance(part, Message) for part in what.values.values())


def test_findings_point_at_the_text_in_order() -> None:
    text = "Pat. Hans Muster, geb. 12.3.1951"
    assert [text[finding.start : finding.end] for finding in find_patient_data(text)] == [
        "Pat. Hans Muster",
        "geb. 12.3.1951",
    ]


@pytest.mark.parametrize(
    ("number", "adds_up"),
    [("A 123 456 780", True), ("A 123 456 789", False), ("x 110 411 675", True), ("Z 000 000 008", False)],
)
def test_a_number_in_groups_is_an_insurance_number_when_its_last_digit_adds_up(
    number: str, adds_up: bool
) -> None:
    assert bool(find_patient_data(number)) is adds_up


@settings(deadline=None)
@given(st.text(max_size=200))
def test_any_text_gets_an_answer_with_findings_inside_it(text: str) -> None:
    for finding in find_patient_data(text):
        assert 0 <= finding.start < finding.end <= len(text)


@settings(deadline=None)
@given(st.sampled_from(HARMLESS), st.sampled_from([text for text, _ in PLANTED]))
def test_patient_data_is_found_after_any_harmless_sentence(harmless: str, planted: str) -> None:
    assert find_patient_data(f"{harmless}\n; {planted}")


@pytest.mark.parametrize(
    "link",
    [
        "https://video.example/Frau-Mustermann",
        "https://video.example/Herr%20Meier",
        "https://video.example/Hans_Muster_geb_12.3.1951",
        "https://video.example/room?name=12.03.1951",
        "https://video.example/1951-03-12",
    ],
)
def test_an_address_that_names_a_patient_is_refused(link: str) -> None:
    with pytest.raises(Refusal, match="This looks like") as caught:
        check_link(link, field="join_link")
    assert caught.value.field == "join_link"


@pytest.mark.parametrize(
    "link",
    [
        "",
        "https://video.example/j/1234567890?pwd=Abc",
        "https://video.example/Tumorboard-Nord-2026",
        "https://video.example/Dr-Okafor",
        "https://video.example/aZ3_x9-QwErTy",
        "https://video.example/l/meetup-join/19%3ameeting_NTg5ODg5@thread.v2/0?context=%7b%22Tid%22%3a%2212%22%7d",
    ],
)
def test_the_numbers_of_a_video_room_are_no_insurance_numbers(link: str) -> None:
    check_link(link, field="join_link")
