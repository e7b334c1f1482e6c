"""From the form of a series to what the services take, and back."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Mapping
from datetime import time
from enum import StrEnum
from typing import TypeVar

from wtforms.fields import Field

from confsched.domain.kinds import ConferenceKind, HolidayRule, LateRule, StandardCare
from confsched.domain.recurrence import LAST, WORKDAYS, Rule, Shape
from confsched.services.series_drafts import MEMBERS, REQUIRED, Required, SeriesDraft, required_field
from confsched.web.ids import find_id
from confsched.web.instants import find_time
from confsched.web.series_form import ROWS, SeriesForm

MINUTES_AN_HOUR = 60
# The inputs at which what the services refuse is said, where they have other names.
FIELDS: Mapping[str, str] = {
    "rule": "pattern",
    "cutoff_minutes": "cutoff_hours",
    MEMBERS: "person_ids",
}
ANY_DAY = range(7)

Word = TypeVar("Word", bound=StrEnum)


def draft_of(form: SeriesForm) -> SeriesDraft:
    """Return what was typed, rows without a discipline left out; raises Refusal for a rule that is none."""
    return SeriesDraft(
        title=form.title.data or "",
        kind=_word(ConferenceKind, form.kind, ConferenceKind.CASE_CONFERENCE),
        rule=rule_of(form).to_text(),
        first_on=form.first_on.data,
        until_on=form.until_on.data,
        starts_at_local=form.starts_at_local.data,
        duration_minutes=form.duration_minutes.data or 0,
        capacity_minutes=form.capacity_minutes.data,
        holiday_rule=_word(HolidayRule, form.holiday_rule, HolidayRule.SKIP),
        resource_id=find_id(form.resource_id.data),
        join_link=form.join_link.data or "",
        chair_id=find_id(form.chair_id.data),
        deputy_id=find_id(form.deputy_id.data),
        member_ids=_ids(form.person_ids),
        required=tuple(one for _field, one in required_rows(form)),
        partner_site_ids=_ids(form.partner_ids),
        cutoff_minutes=_number(form.cutoff_hours) * MINUTES_AN_HOUR,
        late_rule=_word(LateRule, form.late_rule, LateRule.CHAIR_APPROVES),
        standard_care=_word(StandardCare, form.standard_care, StandardCare.LISTED),
        retime_minutes=_number(form.retime_minutes),
    )


def _word(words: type[Word], field: Field, usual: Word) -> Word:
    return words(field.data) if field.data in set(words) else usual


def _ids(field: Field) -> tuple[uuid.UUID, ...]:
    return tuple(dict.fromkeys(one for text in field.data or () if (one := find_id(text))))


def _number(field: Field) -> int:
    """Return the number that was typed; what is none is refused by its range."""
    return int(field.data) if field.data is not None else -1


def rule_of(form: SeriesForm) -> Rule:
    """Return the rule that the choices say; raises Refusal at the choice that is missing."""
    weekdays = [int(one) for one in form.weekdays.data or () if one in map(str, ANY_DAY)]
    shape = _word(Shape, form.pattern, Shape.WEEKLY)
    if shape is Shape.WEEKLY:
        return Rule.weekly(weekdays, interval_weeks=form.interval_weeks.data or 0)
    if shape is Shape.MONTH_DAY:
        return Rule.on_month_day(form.month_day.data or 0)
    if shape is Shape.LAST_WORKDAY:
        return Rule.last_workday()
    weeks = [int(one) for one in form.nths.data or () if one in ("1", "2", "3", "4", str(LAST))]
    return Rule.nth_weekday((week, day) for week in weeks for day in weekdays)


def required_rows(form: SeriesForm) -> Iterator[tuple[str, Required]]:
    """Give each requirement with the input that it comes from."""
    for discipline, count, specialist in form.rows:
        if discipline.data:
            yield discipline.name, Required(discipline.data, count.data or 0, bool(specialist.data))


def field_of(form: SeriesForm, refused: str | None) -> str | None:
    """Return the input at which a refusal of the draft is shown."""
    if refused is not None and refused.startswith(REQUIRED):
        places = {required_field(place): name for place, (name, _) in enumerate(required_rows(form))}
        return places.get(refused, "discipline_0")
    return FIELDS.get(refused, refused) if refused else None


def form_of(draft: SeriesDraft) -> SeriesForm:
    """Return the form with a series as it stands."""
    return SeriesForm(
        formdata=None, data={**_plain(draft), **_rule(Rule.from_text(draft.rule)), **_rows(draft)}
    )


def _plain(draft: SeriesDraft) -> dict[str, object]:
    same = ("title", "first_on", "until_on", "starts_at_local", "duration_minutes", "capacity_minutes")
    words = ("kind", "holiday_rule", "late_rule", "standard_care")
    people = [one for one in (draft.chair_id, draft.deputy_id, *draft.member_ids) if one]
    return {
        **{name: getattr(draft, name) for name in (*same, "join_link", "retime_minutes")},
        **{name: getattr(draft, name).value for name in words},
        "resource_id": str(draft.resource_id or ""),
        "chair_id": str(draft.chair_id or ""),
        "deputy_id": str(draft.deputy_id or ""),
        "person_ids": _texts(people),
        "partner_ids": _texts(draft.partner_site_ids),
        "cutoff_hours": draft.cutoff_minutes // MINUTES_AN_HOUR,
    }


def _texts(ids: Iterable[uuid.UUID]) -> list[str]:
    return [str(one) for one in ids]


def _rule(rule: Rule) -> dict[str, object]:
    days = rule.weekdays if rule.shape is Shape.WEEKLY else tuple(dict.fromkeys(day for _, day in rule.nths))
    return {
        "pattern": rule.shape.value,
        "weekdays": [str(day) for day in days],
        "interval_weeks": rule.interval_weeks,
        "nths": [str(week) for week in dict.fromkeys(week for week, _ in rule.nths)],
        "month_day": rule.month_day or None,
    }


def _rows(draft: SeriesDraft) -> dict[str, object]:
    values: dict[str, object] = {}
    for row, one in enumerate(draft.required[:ROWS]):
        values[f"discipline_{row}"], values[f"count_{row}"] = one.discipline, one.count
        values[f"specialist_{row}"] = one.specialists_only
    return values


def take_slot(form: SeriesForm, text: str) -> None:
    """Write a proposed weekday and hour into the form: "3-15:00" is Thursday at three."""
    day, _, at = text.partition("-")
    starts = find_time(at)
    if day in map(str, WORKDAYS) and starts is not None:
        form.pattern.data, form.weekdays.data, form.interval_weeks.data = Shape.WEEKLY.value, [day], 1
        form.starts_at_local.data = time(starts.hour, starts.minute)
        # What was typed before would be shown instead.
        form.interval_weeks.raw_data = form.starts_at_local.raw_data = None
