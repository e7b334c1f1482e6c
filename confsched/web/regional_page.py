"""The one page of a regional conference, and the small forms on it."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import DateField, IntegerField, SelectField, SelectMultipleField, StringField, TextAreaField
from wtforms.validators import Optional

from confsched.domain.kinds import AttendanceMode
from confsched.errors import Refusal, msg
from confsched.models.conferences import Conference
from confsched.services import (
    attendance,
    conference_texts,
    decisions,
    documents,
    group_quorum,
    guest_invitations,
    guests,
    partners,
    regional,
)
from confsched.web.context import current_actor, now, read_session
from confsched.web.forms import BaseForm
from confsched.web.guest_words import MODE_WORDS, PARTNER_WORDS, REPLY_WORDS, STANDING_WORDS
from confsched.web.ids import find_id
from confsched.web.pages import ANSWERABLE, sentence

BY_NAME = "named"


class TextForm(BaseForm):
    text = TextAreaField(
        msg("Words of the invitation"),
        description=msg("Stands in the mail and on the page of each guest. No data of patients."),
        id="invitation-text",
    )


class DocumentForm(BaseForm):
    label = StringField(msg("Name of the document"), id="document-label")
    url = StringField(
        msg("Address"),
        description=msg("Begins with https://. Who opens it needs the right to do so there."),
        id="document-url",
    )


class GroupForm(BaseForm):
    label = StringField(
        msg("Name of the group"), description=msg("Such as: one of the insurers"), id="group-label"
    )
    least = IntegerField(msg("How many at least"), default=1, validators=[Optional()], id="group-least")
    kind = SelectField(msg("Of which institutions"), validate_choice=False, id="group-kind")
    partner_ids = SelectMultipleField(
        msg("Institutions by name"),
        validate_choice=False,
        description=msg("Only where “by name” is chosen above. Hold Ctrl to choose several."),
        id="group-partners",
    )
    counts = SelectField(msg("What counts"), validate_choice=False, default="partners", id="group-counts")


class DecisionForm(BaseForm):
    text = TextAreaField(msg("What was decided"), id="decision-text")
    responsible = StringField(msg("Who does it"), id="decision-responsible")
    due_on = DateField(msg("Until when"), validators=[Optional()], id="decision-due")


class InviteForm(BaseForm):
    guest_ids = SelectMultipleField(msg("Guests"), validate_choice=False, id="guest-ids")


@dataclass(frozen=True)
class Forms:
    """Hold the forms of the page; one that was refused stands as it was typed."""

    text: TextForm = field(default_factory=lambda: TextForm(formdata=None))
    document: DocumentForm = field(default_factory=lambda: DocumentForm(formdata=None))
    group: GroupForm = field(default_factory=lambda: GroupForm(formdata=None))
    decision: DecisionForm = field(default_factory=lambda: DecisionForm(formdata=None))
    invite: InviteForm = field(default_factory=lambda: InviteForm(formdata=None))

    @property
    def refused(self) -> BaseForm:
        """Return the form that has something to say, for the summary on top."""
        forms = (self.text, self.document, self.group, self.decision, self.invite)
        return next((form for form in forms if form.findings), self.invite)


def show(regional_id: uuid.UUID, forms: Forms, status: int = 200) -> ResponseReturnValue:
    """Return the page."""
    session, actor = read_session(), current_actor()
    conference = regional.get(session, actor, regional_id)
    seats = guest_invitations.list_seats(conference)
    versions = conference_texts.list_versions(session, conference)
    invited = {part.person_id for part in seats}
    if versions and forms.text.text.data is None:
        forms.text.text.data = versions[0].text
    _offer_partners(forms.group)
    page = render_template(
        "regional/show.html",
        conference=conference,
        booking=conference.booking,
        seats=seats,
        entries=guest_invitations.entries_of(session, conference, invited),
        names={part.person_id: part.person.name for part in seats},
        got={part.id: conference_texts.version_got(part, versions) for part in seats},
        guests=[
            guest
            for guest in guests.list_all(session, actor, conference.organisation_id)
            if guest.person_id not in invited
        ],
        unanswered=regional.list_unanswered(conference),
        to_ask=regional.list_to_ask(session, conference, now=now()),
        behind=conference_texts.list_behind(conference, versions[0])
        if versions and not versions[0].sent_at
        else [],
        versions=versions,
        groups=list(
            zip(
                group_quorum.list_groups(session, conference),
                group_quorum.forecast(session, conference),
                strict=True,
            )
        ),
        documents=documents.list_links(session, conference),
        decisions=decisions.list_decisions(session, conference),
        roll=attendance.roll(session, conference),
        modes=list(AttendanceMode),
        is_open=_is_open(conference),
        forms=forms,
        reply_words=REPLY_WORDS,
        standing_words=STANDING_WORDS,
        mode_words=MODE_WORDS,
    )
    return page, status


def _is_open(conference: Conference) -> bool:
    """Tell whether people can still be asked to come."""
    try:
        guest_invitations.open_booking(conference, now())
    except Refusal:
        return False
    return True


def _offer_partners(form: GroupForm) -> None:
    kinds = [(kind.value, sentence(words)) for kind, words in PARTNER_WORDS.items()]
    form.kind.choices = [*kinds, (BY_NAME, sentence(msg("by name")))]
    known = partners.list_all(read_session(), current_actor())
    form.partner_ids.choices = [(str(one.id), one.name) for one in known]
    form.counts.choices = [
        ("partners", sentence(msg("institutions, each once"))),
        ("people", sentence(msg("people"))),
    ]


def refused(regional_id: uuid.UUID, forms: Forms, form: BaseForm, refusal: Refusal) -> ResponseReturnValue:
    """Return the page with what was typed and what is wrong with it; foreign rows stay not found."""
    if refusal.status not in ANSWERABLE:
        raise refusal
    form.add_refusal(refusal)
    return show(regional_id, forms, refusal.status)


def back(regional_id: uuid.UUID, place: str) -> ResponseReturnValue:
    """Return to a part of the page after a change."""
    return redirect(url_for("regional.show", regional_id=regional_id) + f"#{place}", 303)


def named(name: str) -> uuid.UUID:
    """Return the id that a button of the page sends; raises Refusal for anything else."""
    row_id = find_id(request.form.get(name))
    if row_id is None:
        raise Refusal(msg("Press one of the buttons of this page."))
    return row_id
