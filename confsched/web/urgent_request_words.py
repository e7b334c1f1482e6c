"""What the choices of urgent requests are called."""

from __future__ import annotations

from collections.abc import Mapping

from confsched.domain.kinds import TeleradiologyKind, UrgentKind
from confsched.domain.urgent_facts import (
    AgeBand,
    Anticoagulant,
    BodyRegion,
    ImagingStatus,
    Modality,
    Onset,
    Presence,
    Sex,
)
from confsched.errors import Message, msg

TITLES: Mapping[str, Message] = {
    UrgentKind.TELESTROKE: msg("Request a stroke consult"),
    UrgentKind.TELERADIOLOGY: msg("Request teleradiology"),
}
PRESENCE: Mapping[str, Message] = {
    Presence.YES: msg("Yes"),
    Presence.NO: msg("No"),
    Presence.UNCLEAR: msg("Unclear"),
}
ONSET: Mapping[str, Message] = {
    Onset.WOKE_UP: msg("Noticed on waking up"),
    Onset.UNKNOWN: msg("Not known"),
}
AGES: Mapping[str, Message] = {
    AgeBand.UNDER_18: msg("under 18"),
    AgeBand.UNDER_50: msg("18–49"),
    AgeBand.UNDER_60: msg("50–59"),
    AgeBand.UNDER_70: msg("60–69"),
    AgeBand.UNDER_80: msg("70–79"),
    AgeBand.UNDER_90: msg("80–89"),
    AgeBand.FROM_90: msg("90 and over"),
}
SEXES: Mapping[str, Message] = {
    Sex.FEMALE: msg("female"),
    Sex.MALE: msg("male"),
    Sex.OTHER: msg("other"),
}
ANTICOAGULANTS: Mapping[str, Message] = {
    Anticoagulant.NONE: msg("none"),
    Anticoagulant.PLATELETS: msg("Platelet inhibitor"),
    Anticoagulant.VITAMIN_K: msg("Vitamin K antagonist"),
    Anticoagulant.DIRECT: msg("Direct oral anticoagulant"),
    Anticoagulant.HEPARIN: msg("Heparin"),
    Anticoagulant.UNKNOWN: msg("not known"),
}
IMAGING: Mapping[str, Message] = {
    ImagingStatus.NOT_DONE: msg("not done"),
    ImagingStatus.RUNNING: msg("is running"),
    ImagingStatus.SENT: msg("sent"),
    ImagingStatus.READ: msg("read"),
}
MODALITIES: Mapping[str, Message] = {
    Modality.CT: msg("CT"),
    Modality.MR: msg("MR"),
    Modality.CR: msg("X-ray (CR)"),
    Modality.DX: msg("X-ray (DX)"),
    Modality.XA: msg("Angiography (XA)"),
}
REGIONS: Mapping[str, Message] = {
    BodyRegion.HEAD: msg("Head"),
    BodyRegion.NECK: msg("Neck"),
    BodyRegion.SPINE: msg("Spine"),
    BodyRegion.CHEST: msg("Chest"),
    BodyRegion.ABDOMEN: msg("Abdomen"),
    BodyRegion.PELVIS: msg("Pelvis"),
    BodyRegion.LIMBS: msg("Limbs"),
    BodyRegion.WHOLE_BODY: msg("Whole body"),
}
LEGAL_KINDS: Mapping[str, Message] = {
    TeleradiologyKind.TELERADIOLOGY: msg("Teleradiology (radiation protection act)"),
    TeleradiologyKind.SECOND_OPINION: msg("Second opinion"),
    TeleradiologyKind.IMAGE_TRANSFER: msg("Transfer of images only"),
}
