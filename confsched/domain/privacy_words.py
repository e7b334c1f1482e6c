"""The words by which the privacy check tells patients from clinicians, institutions and diseases."""

from __future__ import annotations

import re

UPPER = "A-ZÀ-ÖØ-ÞĆČĐĞİŁŃŚŞŠŹŻŽ"
LOWER = "a-zß-öø-ÿąćčđęěğıłńřśşšůźżž"

# Words that also name a disease, an organ, a month or a score (Iris, Carina, Rosa, Grace) are left out.
_FIRST_NAMES = """
achim adam adelheid agnes ahmed ahmet alexander alexandra alfred ali alice amelie andrea andreas andrzej
angela anja anke anna anne annegret anneliese annette anni anton antonia armin arno arthur astrid axel
aylin ayse barbara beate ben benjamin bernd bernhard bettina birgit björn brigitte britta bruno burkhard
carl carla carmen carsten charlotte christa christian christiane christina christine christoph clara
claudia cornelia dagmar daniel daniela david dennis detlef diana dieter dietmar dirk dominik doris
dorothea eberhard eckhard edith eduard elena elfriede elias elisabeth elke ella elli elsa else emil emilia
emily emine emma emre erich erik erika erna erwin esther eugen eva evelyn fabian fatima fatma felix
ferdinand finn florian frank franz franziska frieda friedrich fritz gabriele georg gerald gerd gerda
gerhard gerlinde gertrud gisela gregor greta gudrun guido gustav günter günther hanna hannah hanne
hannelore hans harald hartmut hasan hedwig heike heiko heiner heinrich heinz helene helga helmut henning
henri henry herbert heribert hermann hilde hildegard holger horst hubert hussein ida ilse ines inga inge
ingeborg ingo ingrid irene irina irmgard isabel isabella ivan jakob james jan jana jane janina jasmin
jennifer jens jessica joachim jochen johann johanna johannes john jonas josef josefine joseph julia julian
jutta jörg jürgen kai karin karl karla karoline katharina kathrin katja katrin kerstin klara klaus konrad
kristina kurt lara lars laura lea lena leni leo leon leonie lina lisa liselotte lothar louis louisa luca
luisa lukas lutz magdalena manfred manuela marcel marco margarete margarethe margot maria marianne marie
marina mario marion markus marlene marta martha martin martina mary mathilde matthias max maximilian
mehmet melanie mia michael michaela miriam mohamed mohammed monika moritz mustafa nadine natalie nicole
niklas nina noah norbert olaf olga oliver otto patricia patrick paul paula peter petra philipp pia rainer
ralf ramona rebecca regina reinhard reinhold renate richard rita robert roland rolf rosemarie roswitha
rudi rudolf ruth rüdiger sabine sabrina samuel sandra sarah sascha sebastian siegfried sigrid silke silvia
simon simone sofia sonja sophia sophie stefan stefanie steffen stephan susan susanne sven svenja svetlana
sylvia tanja theodor theresa thomas thorsten tim timo tobias tom torsten traudel ulrich ulrike ursula ute
uwe valentina vanessa verena veronika viktoria volker walter waltraud waltraut werner wilfried wilhelm
wilhelmine willi william willy wolfgang yasmin yusuf yvonne zeynep
"""
# Surnames that no disease, sign or test is named after.
_SURNAMES = """
albrecht bauer friedrich hahn hansen hartmann hoffmann jansen kaya kowalski krause krüger lehmann maier
mayer meier meyer mueller muster musterfrau mustermann möller müller neumann nowak peters petersen schmid
schmidt schmitt schmitz schneider schröder schulz schulze schumacher schäfer vogel yilmaz zimmermann
"""
FIRST_NAMES = frozenset(_FIRST_NAMES.split())
SURNAMES = frozenset(_SURNAMES.split())

# Regular expressions without blanks: what stands before the name of somebody who treats.
_DEGREES = r"""
Dres Dr Prof PD Priv\.-Doz med rer nat phil habil Doktor Doctor Professor(?:in)? OA OÄ CA CÄ FA FÄ LOA LOÄ
(?:[Ll]eitende[r]?\s|Ltd\.\s)?(?:Ober|Chef|Assistenz|Fach|Haus|Stations)?(?:[Aa]rzt|[Ää]rztin)
Koll(?:ege|egin|egen)? Schwester Pfleger(?:in)? [Cc]onsultant [Rr]egistrar [Nn]urse
"""
# And before somebody who speaks, leads or can be reached.
_ROLES = r"""
Referent(?:in)? Moderation Moderator(?:in)? Vortrag Leitung Leiter(?:in)? Vorsitz Koordinator(?:in)?
Sekretariat Ansprechpartner(?:in)? Kontakt Rückfragen\san Konsiliar(?:ius|ia) Chair Speaker
[Pp]resented\sby [Cc]haired\sby
"""
# After "Pat." these words and endings make a noun and no name.
_NOUNS = """
Zustand Verdacht Verlauf Befund Transfer Transport Rückfrage Wunsch Wach Alter Männlich Weiblich Anfang
Mitte Ende Bett Zimmer Intensiv Notaufnahme Schlaganfall Kind Mann Frau Herr Aus In Im Mit Ohne Nach Vor
Hat Ist Wird Soll Kommt Ab Am Bei Jetzt Seit Beide Keine? Des Der Die Das Zur Zum Und Oder Bitte Nicht
Blood Safety Flow Care Journey With Has Is For From Needs On Not
"""
_NOUN_ENDINGS = """
ung ungen ion ionen tät heit keit schaft itis ose osis ismus infarkt syndrom anfall zeit station klinik
therapie plegie ämie pathie ektomie skopie graphie ment ence ance ity logy lyse psis
"""
# After "Frau" or "Fr." these are no name.
_NOT_ADDRESSED = """
anfang mitte ende nachmittag vormittag mittag abend früh morgen nacht kollege kollegin doktor doktorin
professor professorin oberarzt oberärztin chefarzt chefärztin station lage dr prof und in mit aus
"""
# Institutions, places and eponyms bear the names of people.
_NAMED_AFTER_PEOPLE = """
krankenhaus klinik klinikum hospital stift straße haus saal institut platz syndrome? zeichen test score
krankheit disease schule zentrum stiftung hilf universität
"""


def _any_of(words: str) -> str:
    return "(?:" + "|".join(words.split()) + ")"


DEGREE = _any_of(_DEGREES)
ROLE = _any_of(_ROLES)
NOUN = re.compile(rf"{_any_of(_NOUNS)}|\w{{4,}}{_any_of(_NOUN_ENDINGS)}")
NOT_ADDRESSED = frozenset(_NOT_ADDRESSED.split())
INSTITUTION_AFTER = re.compile(rf"[\s-]+(?:\w+[\s-]+)?\w*{_any_of(_NAMED_AFTER_PEOPLE)}\b", re.IGNORECASE)
# A digit stands for a day: "14 Jan" is a month.
INSTITUTION_BEFORE = re.compile(
    r"(?:\bSt\.|\bSankt|haus|klinik|klinikum|station|hospital|saal|\braum|\bmorbus|stift|\bpraxis|zentrum"
    r"|\d\.?)[\s-]+$",
    re.IGNORECASE,
)
