"""Guests: their names as people write them, what is wrong with an entry, how often a seat is passed on."""

from __future__ import annotations

import re
from dataclasses import dataclass

from confsched.domain.kinds import PartnerKind
from confsched.domain.mailboxes import is_plain_address
from confsched.domain.privacy import check_text
from confsched.errors import Refusal, msg

MAX_NAME, MAX_TITLE, MAX_ROLE, MAX_PARTNER = 80, 40, 120, 200
MAX_HANDOVERS = 2  # whom somebody sends may send one more, and then it ends


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_TITLES = _words("prof dr pd med dent habil rer nat phil pol jur hc dipl ing psych mag univ priv doz apl mph")
_ADDRESSED = _words("frau herr herrn mr mrs ms")
_PARTICLES = _words("von van vom zu zur zum de der den del della di da dos le la")
# What the name of an institution mostly gives away; whoever enters it may choose another.
_KIND_SIGNS = (
    (PartnerKind.HEALTH_OFFICE, r"gesundheitsamt|gesundheitsdienst|health office"),
    (PartnerKind.INSURER, r"kranken?kasse|\baok\b|\bbkk\b|\bikk\b|\bvdek\b|versicherung|knappschaft|insur"),
    (PartnerKind.MEDICAL_ASSOCIATION, r"ärztekammer|kassenärztlich|\bkv\b|ärzteverein|medical association"),
    (PartnerKind.RESCUE_SERVICE, r"rettungsdienst|leitstelle|feuerwehr|rescue|ambulance"),
    (PartnerKind.CARE_PROVIDER, r"pflege|hospiz|caritas|diakonie|nursing|care"),
    (
        PartnerKind.MUNICIPALITY,
        r"landkreis|\bstadt\b|gemeinde|landratsamt|\bkreis\b|district|municipal|\bcity\b",
    ),
    (PartnerKind.SCIENCE, r"universität|hochschule|institut|university|science"),
    (PartnerKind.NETWORK, r"netz|verbund|network"),
)


@dataclass(frozen=True)
class NameParts:
    """Hold a name as it is kept."""

    title: str
    given_name: str
    family_name: str


def split_name(text: str) -> NameParts:
    """Return the parts of "Prof. Dr. Anna von Berg" or "von Berg, Dr. Anna"; one name alone is the family."""
    family, comma, rest = text.partition(",")
    words = [*(rest if comma else text).split()]
    titles = [word for word in words if _plain(word) in _TITLES]
    names = [word for word in words if _plain(word) not in _TITLES | _ADDRESSED]
    if comma:
        return NameParts(" ".join(titles), " ".join(names), " ".join(family.split()))
    first = next((place for place, word in enumerate(names) if word.lower() in _PARTICLES), len(names) - 1)
    return NameParts(" ".join(titles), " ".join(names[: max(first, 0)]), " ".join(names[max(first, 0) :]))


def _plain(word: str) -> str:
    return word.lower().replace(".", "")


def checked_name(name: NameParts, *, field: str = "name") -> NameParts:
    """Return a name with single spaces; refuses none and one that is too long."""
    parts = NameParts(*(" ".join(part.split()) for part in (name.title, name.given_name, name.family_name)))
    if not parts.family_name:
        raise Refusal(msg("Type the name of the person."), field=field)
    longest = max(len(parts.given_name), len(parts.family_name))
    if longest > MAX_NAME or len(parts.title) > MAX_TITLE:
        raise Refusal(msg("Please use at most %(count)s characters.", count=MAX_NAME), field=field)
    return parts


def checked_mailbox(email: str, *, field: str = "email") -> str:
    """Return the one spelling of a mail address; refuses what no mail can be sent to."""
    email = email.strip().lower()
    if not is_plain_address(email) or "." not in email.rpartition("@")[2]:
        raise Refusal(msg("This is no mail address."), field=field)
    return email


def checked_words(text: str, most: int, *, field: str) -> str:
    """Return a role or the like on one line; refuses what is too long, and data of patients."""
    text = " ".join(text.split())
    if len(text) > most:
        raise Refusal(msg("Please use at most %(count)s characters.", count=most), field=field)
    check_text(text, field=field)
    return text


def likely_kind(institution: str) -> PartnerKind:
    """Return what an institution most likely is, by its name."""
    found = (kind for kind, signs in _KIND_SIGNS if re.search(signs, institution.lower()))
    return next(found, PartnerKind.OTHER)
