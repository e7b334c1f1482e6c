"""Invented people: common names, combined by counting, so that every build has the same ones."""

from __future__ import annotations

import unicodedata

GIVEN_NAMES = (
    *("Aaron", "Adrian", "Alina", "Amelie", "Anke", "Annika", "Arne", "Aylin", "Beate", "Bernd", "Birte"),
    *("Carla", "Cem", "Clara", "Dana", "Daniel", "David", "Elif", "Emil", "Esther", "Fabian", "Farid"),
    *("Felix", "Frauke", "Georg", "Greta", "Hanna", "Henning", "Ida", "Imke", "Ines", "Jakob", "Jasmin"),
    *("Jonas", "Jule", "Karim", "Karsten", "Katrin", "Kira", "Lars", "Lea", "Leon", "Lina", "Maike"),
    *("Malte", "Marta", "Milan", "Nele", "Nils", "Olga", "Paul", "Piet", "Rieke", "Ruth", "Simon"),
    *("Sören", "Tarek", "Tomasz", "Ulrike", "Yara"),
)
FAMILY_NAMES = (
    *("Ahlers", "Albers", "Althoff", "Arslan", "Bahr", "Behrens", "Bergmann", "Blum", "Bodin", "Brandt"),
    *("Brinkmann", "Cordes", "Demirbas", "Diekmann", "Drewes", "Ebeling", "Eggers", "Engelke", "Falke"),
    *("Farahani", "Fischer", "Flemming", "Franke", "Gerdes", "Grabow", "Grote", "Haddad", "Hagedorn"),
    *("Harms", "Heidmann", "Helmke", "Hinrichs", "Hollmann", "Horvat", "Ivanova", "Jacobsen", "Janssen"),
    *("Jepsen", "Kaminski", "Kessler", "Kolb", "Kranz", "Kruse", "Lenz", "Lindner", "Lorenzen", "Maurer"),
    *("Meinders", "Möhring", "Nagel", "Nowak", "Oltmanns", "Ostermann", "Özkan", "Petzold", "Pohlmann"),
    *("Quast", "Rademacher", "Rieger", "Rohde", "Sander", "Scholl", "Seidel", "Sölle", "Steffens"),
    *("Sunder", "Tamm", "Thiele", "Uhlig", "Vasquez", "Vogt", "Voss", "Wagenknecht", "Wedekind", "Wessels"),
    *("Wiebke", "Wulff", "Yilmaz", "Zander"),
)
_FAMILY_STRIDE = 13  # shares no divisor with the number of family names, so that all of them are used


def name_of(number: int) -> tuple[str, str]:
    """Return given and family name of the invented person with this number; 2,000 numbers differ."""
    given = GIVEN_NAMES[number % len(GIVEN_NAMES)]
    return given, FAMILY_NAMES[(number * _FAMILY_STRIDE) % len(FAMILY_NAMES)]


def email_of(given_name: str, family_name: str, domain: str) -> str:
    """Return given.family@domain in plain letters."""
    return f"{_plain(given_name)}.{_plain(family_name)}@{domain}"


def _plain(name: str) -> str:
    spelled = name.lower().replace("ä", "ae").replace("ö", "oe").replace("ü", "ue").replace("ß", "ss")
    return unicodedata.normalize("NFKD", spelled).encode("ascii", "ignore").decode()
