"""The conference desk: series, cases, agendas, attendance, guests, polls, further education."""

import sqlalchemy as sa
from alembic import op
from alembic.operations import BatchOperations

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

FORMER_MAILS = (
    *("invitation", "update", "cancellation", "removal"),
    *("roster_change", "swap_proposal", "swap_result", "cover_request"),
    *("triage_request", "consult_news", "deadline_reminder", "meeting_reminder"),
    *("availability_question", "slot_offer", "roster_alarm"),
)
NEW_MAILS = ("agenda_block", "agenda_block_removal", "conference_news", "case_news", "date_poll")
FORMER_STATES = ("planned", "invited", "cancelled")
STATES = (
    *("planned", "registration_open", "frozen", "running", "minutes_draft"),
    *("released", "archived", "cancelled", "merged"),
)
FORMER_REPLIES = ("NEEDS-ACTION", "ACCEPTED", "DECLINED", "TENTATIVE")
# The first revision wrote the prefix twice.
FORMER_OWNER_NAME = "ck_requirement_ck_requirement_one_owner"
FORMER_OWNER = "(service_id IS NULL) <> (conference_id IS NULL)"
OWNER = (
    "(service_id IS NOT NULL AND conference_id IS NULL AND series_id IS NULL)"
    " OR (service_id IS NULL AND conference_id IS NOT NULL AND series_id IS NULL)"
    " OR (service_id IS NULL AND conference_id IS NULL AND series_id IS NOT NULL)"
)
# Columns of `conference`, in the order in which they are added.
CONFERENCE_COLUMNS = (
    *("kind", "series_id", "occurs_at", "chair_id", "deputy_id", "capacity_minutes", "cutoff_minutes"),
    *("late_rule", "standard_care", "retime_minutes", "merged_into_id"),
    *("started_at", "ended_at", "released_at", "minutes", "revision"),
)
# In the order in which they are dropped: who refers stands before what is referred to.
TABLES = (
    *("poll_reply", "poll_voter", "poll_time", "date_poll"),
    *("cme_report_entry", "cme_report", "check_in_code", "cme_event"),
    *("group_quorum_partner", "group_quorum", "conference_text", "conference_link", "decision"),
    *("guest", "partner", "minutes_release", "quorum_check", "attendance", "agenda_block"),
    *("case_step", "case_need", "case_item", "conference_step"),
    *("series_partner", "series_member", "conference_series"),
)


def upgrade() -> None:
    _create_tables()
    _extend_conferences()
    _extend_bookings()
    _extend_requirements()
    with op.batch_alter_table("outbox_message") as batch:
        _change_words(batch, "ck_outbox_message_kind", "kind", (*FORMER_MAILS, *NEW_MAILS))
        batch.add_column(sa.Column("series_id", sa.Uuid(), nullable=True))
        batch.create_foreign_key("fk_outbox_message_series_id", "conference_series", ["series_id"], ["id"])
    op.create_index("ix_outbox_message_series_id", "outbox_message", ["series_id"])
    # Written out: in a new table for the old one SQLite would lose the triggers against overlaps.
    uuid = "CHAR(32)" if op.get_bind().dialect.name == "sqlite" else "UUID"
    op.execute(
        f"ALTER TABLE claim ADD COLUMN poll_time_id {uuid}"
        " CONSTRAINT fk_claim_poll_time_id REFERENCES poll_time (id)"
    )
    op.create_index("ix_claim_poll_time_id", "claim", ["poll_time_id"])
    op.create_index("ix_urgent_step_figures", "urgent_step", ["consult_id", "code", "kind", "taken_at"])


def _words(name: str, *words: str) -> sa.Enum:
    return sa.Enum(*words, native_enum=False, create_constraint=True, length=24, name=name)


def _change_words(batch: BatchOperations, name: str, column: str, words: tuple[str, ...]) -> None:
    batch.drop_constraint(op.f(name), type_="check")
    batch.create_check_constraint(op.f(name), f"{column} IN {words}")


def _extend_conferences() -> None:
    instant = sa.DateTime(timezone=True)
    with op.batch_alter_table("conference") as batch:
        batch.drop_constraint(op.f("ck_conference_state"), type_="check")
    op.execute("UPDATE conference SET state = 'registration_open' WHERE state = 'invited'")
    with op.batch_alter_table("conference") as batch:
        batch.create_check_constraint(op.f("ck_conference_state"), f"state IN {STATES}")
        batch.add_column(
            sa.Column("kind", sa.String(length=24), server_default="case_conference", nullable=False)
        )
        for name in ("series_id", "chair_id", "deputy_id", "merged_into_id"):
            batch.add_column(sa.Column(name, sa.Uuid(), nullable=True))
        for name in ("occurs_at", "started_at", "ended_at", "released_at"):
            batch.add_column(sa.Column(name, instant, nullable=True))
        batch.add_column(sa.Column("capacity_minutes", sa.Integer(), nullable=True))
        for name, value in (("cutoff_minutes", "1440"), ("retime_minutes", "5"), ("revision", "1")):
            batch.add_column(sa.Column(name, sa.Integer(), server_default=value, nullable=False))
        for name, value in (("late_rule", "chair_approves"), ("standard_care", "listed")):
            batch.add_column(sa.Column(name, sa.String(length=24), server_default=value, nullable=False))
        batch.add_column(sa.Column("minutes", sa.Text(), server_default="", nullable=False))
    with op.batch_alter_table("conference") as batch:
        _guard_conferences(batch)


def _guard_conferences(batch: BatchOperations) -> None:
    batch.create_check_constraint(
        op.f("ck_conference_kind"), "kind IN ('case_conference', 'cme_event', 'regional_conference')"
    )
    batch.create_check_constraint(
        op.f("ck_conference_late_rule"), "late_rule IN ('chair_approves', 'next_date')"
    )
    batch.create_check_constraint(
        op.f("ck_conference_standard_care"), "standard_care IN ('listed', 'discussed')"
    )
    batch.create_foreign_key("fk_conference_series_id", "conference_series", ["series_id"], ["id"])
    batch.create_foreign_key("fk_conference_chair_id", "person", ["chair_id"], ["id"])
    batch.create_foreign_key("fk_conference_deputy_id", "person", ["deputy_id"], ["id"])
    batch.create_foreign_key("fk_conference_merged_into_id", "conference", ["merged_into_id"], ["id"])
    batch.create_unique_constraint("uq_conference_series_id_occurs_at", ["series_id", "occurs_at"])


def _extend_bookings() -> None:
    with op.batch_alter_table("booking") as batch:
        batch.add_column(sa.Column("series_id", sa.Uuid(), nullable=True))
        batch.add_column(sa.Column("recurrence_at", sa.DateTime(timezone=True), nullable=True))
    with op.batch_alter_table("booking") as batch:
        batch.create_foreign_key("fk_booking_series_id", "conference_series", ["series_id"], ["id"])
        batch.create_unique_constraint("uq_booking_series_id_recurrence_at", ["series_id", "recurrence_at"])
        batch.create_check_constraint(
            op.f("ck_booking_instance_of_series"), "(series_id IS NULL) = (recurrence_at IS NULL)"
        )
    with op.batch_alter_table("participation") as batch:
        _change_words(batch, "ck_participation_partstat", "partstat", (*FORMER_REPLIES, "DELEGATED"))
        batch.add_column(sa.Column("is_of_series", sa.Boolean(), server_default=sa.false(), nullable=False))
        batch.add_column(sa.Column("delegated_to_id", sa.Uuid(), nullable=True))
        batch.create_foreign_key("fk_participation_delegated_to_id", "person", ["delegated_to_id"], ["id"])


def _extend_requirements() -> None:
    with op.batch_alter_table("requirement") as batch:
        batch.drop_constraint(op.f(FORMER_OWNER_NAME), type_="check")
        batch.add_column(sa.Column("series_id", sa.Uuid(), nullable=True))
    with op.batch_alter_table("requirement") as batch:
        batch.create_foreign_key("fk_requirement_series_id", "conference_series", ["series_id"], ["id"])
        batch.create_check_constraint(op.f("ck_requirement_one_owner"), OWNER)
    op.create_index("ix_requirement_series_id", "requirement", ["series_id"])


def _create_tables() -> None:
    _create_partner()
    _create_guest()
    _create_conference_series()
    _create_series_member()
    _create_series_partner()
    _create_agenda_block()
    _create_attendance()
    _create_case_item()
    _create_case_need()
    _create_case_step()
    _create_cme_event()
    _create_check_in_code()
    _create_cme_report()
    _create_cme_report_entry()
    _create_conference_link()
    _create_conference_step()
    _create_conference_text()
    _create_decision()
    _create_group_quorum()
    _create_group_quorum_partner()
    _create_quorum_check()
    _create_minutes_release()
    _create_date_poll()
    _create_poll_time()
    _create_poll_voter()
    _create_poll_reply()


def _create_partner() -> None:
    op.create_table(
        "partner",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column(
            "kind",
            _words(
                "kind",
                "health_office",
                "insurer",
                "medical_association",
                "care_provider",
                "rescue_service",
                "municipality",
                "science",
                "network",
                "other",
            ),
            nullable=False,
        ),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name="fk_partner_organisation_id"),
        sa.PrimaryKeyConstraint("id", name="pk_partner"),
        sa.UniqueConstraint("organisation_id", "name", name="uq_partner_organisation_id_name"),
    )


def _create_guest() -> None:
    op.create_table(
        "guest",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("partner_id", sa.Uuid(), nullable=True),
        sa.Column("role", sa.String(length=120), nullable=False),
        sa.Column("added_by_id", sa.Uuid(), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["added_by_id"], ["person.id"], name="fk_guest_added_by_id"),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name="fk_guest_organisation_id"),
        sa.ForeignKeyConstraint(["partner_id"], ["partner.id"], name="fk_guest_partner_id"),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_guest_person_id"),
        sa.PrimaryKeyConstraint("id", name="pk_guest"),
        sa.UniqueConstraint("organisation_id", "person_id", name="uq_guest_organisation_id_person_id"),
    )
    op.create_index("ix_guest_partner_id", "guest", ["partner_id"], unique=False)
    op.create_index("ix_guest_person_id", "guest", ["person_id"], unique=False)


def _create_conference_series() -> None:
    op.create_table(
        "conference_series",
        sa.Column("title", sa.String(length=120), nullable=False),
        sa.Column(
            "kind", _words("kind", "case_conference", "cme_event", "regional_conference"), nullable=False
        ),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("organiser_id", sa.Uuid(), nullable=False),
        sa.Column("chair_id", sa.Uuid(), nullable=False),
        sa.Column("deputy_id", sa.Uuid(), nullable=True),
        sa.Column("resource_id", sa.Uuid(), nullable=True),
        sa.Column("join_link", sa.String(length=400), nullable=False),
        sa.Column("zone", sa.String(length=64), nullable=False),
        sa.Column("rule", sa.String(length=200), nullable=False),
        sa.Column("first_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=False),
        sa.Column("starts_at_local", sa.Time(), nullable=False),
        sa.Column("duration_minutes", sa.Integer(), nullable=False),
        sa.Column("holiday_rule", _words("holiday_rule", "skip", "move", "keep"), nullable=False),
        sa.Column("capacity_minutes", sa.Integer(), nullable=False),
        sa.Column("cutoff_minutes", sa.Integer(), nullable=False),
        sa.Column("late_rule", _words("late_rule", "chair_approves", "next_date"), nullable=False),
        sa.Column("standard_care", _words("standard_care", "listed", "discussed"), nullable=False),
        sa.Column("retime_minutes", sa.Integer(), nullable=False),
        sa.Column("uid", sa.String(length=120), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("former_id", sa.Uuid(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("duration_minutes > 0", name="ck_conference_series_duration"),
        sa.CheckConstraint("first_on <= until_on", name="ck_conference_series_days"),
        sa.ForeignKeyConstraint(["chair_id"], ["person.id"], name="fk_conference_series_chair_id"),
        sa.ForeignKeyConstraint(["deputy_id"], ["person.id"], name="fk_conference_series_deputy_id"),
        sa.ForeignKeyConstraint(
            ["former_id"], ["conference_series.id"], name="fk_conference_series_former_id"
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name="fk_conference_series_organisation_id"
        ),
        sa.ForeignKeyConstraint(["organiser_id"], ["person.id"], name="fk_conference_series_organiser_id"),
        sa.ForeignKeyConstraint(["resource_id"], ["resource.id"], name="fk_conference_series_resource_id"),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name="fk_conference_series_site_id"),
        sa.PrimaryKeyConstraint("id", name="pk_conference_series"),
        sa.UniqueConstraint("uid", name="uq_conference_series_uid"),
    )
    op.create_index("ix_conference_series_chair_id", "conference_series", ["chair_id"], unique=False)
    op.create_index(
        "ix_conference_series_organisation_id", "conference_series", ["organisation_id"], unique=False
    )
    op.create_index("ix_conference_series_organiser_id", "conference_series", ["organiser_id"], unique=False)


def _create_series_member() -> None:
    op.create_table(
        "series_member",
        sa.Column("series_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("serves", sa.String(length=120), nullable=False),
        sa.Column("is_optional", sa.Boolean(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name="fk_series_member_organisation_id"
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_series_member_person_id"),
        sa.ForeignKeyConstraint(["series_id"], ["conference_series.id"], name="fk_series_member_series_id"),
        sa.PrimaryKeyConstraint("id", name="pk_series_member"),
        sa.UniqueConstraint("series_id", "person_id", name="uq_series_member_series_id_person_id"),
    )
    op.create_index("ix_series_member_person_id", "series_member", ["person_id"], unique=False)


def _create_series_partner() -> None:
    op.create_table(
        "series_partner",
        sa.Column("series_id", sa.Uuid(), nullable=False),
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["series_id"], ["conference_series.id"], name="fk_series_partner_series_id"),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name="fk_series_partner_site_id"),
        sa.PrimaryKeyConstraint("series_id", "site_id", name="pk_series_partner"),
    )
    op.create_index("ix_series_partner_site_id", "series_partner", ["site_id"], unique=False)


def _create_agenda_block() -> None:
    op.create_table(
        "agenda_block",
        sa.Column("conference_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("uid", sa.String(length=120), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("revised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_from", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sent_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("starts_at < ends_at", name="ck_agenda_block_span"),
        sa.ForeignKeyConstraint(["conference_id"], ["conference.id"], name="fk_agenda_block_conference_id"),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_agenda_block_person_id"),
        sa.PrimaryKeyConstraint("id", name="pk_agenda_block"),
        sa.UniqueConstraint("conference_id", "person_id", name="uq_agenda_block_conference_id_person_id"),
        sa.UniqueConstraint("uid", name="uq_agenda_block_uid"),
    )
    op.create_index("ix_agenda_block_person_id", "agenda_block", ["person_id"], unique=False)


def _create_attendance() -> None:
    op.create_table(
        "attendance",
        sa.Column("conference_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("institution", sa.String(length=200), nullable=False),
        sa.Column("serves", sa.String(length=120), nullable=False),
        sa.Column("mode", _words("mode", "on_site", "remote"), nullable=False),
        sa.Column("came_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("left_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("efn", sa.String(length=15), nullable=False),
        sa.Column("recorded_by_id", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("left_at IS NULL OR left_at >= came_at", name="ck_attendance_span"),
        sa.ForeignKeyConstraint(["conference_id"], ["conference.id"], name="fk_attendance_conference_id"),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_attendance_person_id"),
        sa.ForeignKeyConstraint(["recorded_by_id"], ["person.id"], name="fk_attendance_recorded_by_id"),
        sa.PrimaryKeyConstraint("id", name="pk_attendance"),
        sa.UniqueConstraint("conference_id", "person_id", name="uq_attendance_conference_id_person_id"),
    )
    op.create_index("ix_attendance_person_id", "attendance", ["person_id"], unique=False)


def _create_case_item() -> None:
    op.create_table(
        "case_item",
        sa.Column("conference_id", sa.Uuid(), nullable=False),
        sa.Column("case_ref", sa.String(length=20), nullable=False),
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("presenter_id", sa.Uuid(), nullable=False),
        sa.Column("registered_by_id", sa.Uuid(), nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column(
            "state",
            _words(
                "state",
                "submitted",
                "incomplete",
                "ready",
                "scheduled",
                "in_discussion",
                "recommended",
                "noted",
                "deferred",
                "rejected",
                "withdrawn",
                "implemented",
                "not_implemented",
            ),
            nullable=False,
        ),
        sa.Column("lane", _words("lane", "discussion", "late", "standard_care"), nullable=False),
        sa.Column("triage", _words("triage", "discuss", "note_only", "reject"), nullable=True),
        sa.Column("is_urgent", sa.Boolean(), nullable=False),
        sa.Column("needs_pathology", sa.Boolean(), nullable=False),
        sa.Column(
            "imaging",
            _words("imaging", "there", "partly", "missing", "unknown", "not_needed"),
            nullable=False,
        ),
        sa.Column(
            "pathology",
            _words("pathology", "there", "partly", "missing", "unknown", "not_needed"),
            nullable=False,
        ),
        sa.Column("present_from", sa.DateTime(timezone=True), nullable=True),
        sa.Column("present_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("registered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("first_registered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("deferrals", sa.Integer(), nullable=False),
        sa.Column("former_id", sa.Uuid(), nullable=True),
        sa.Column("position", sa.Integer(), nullable=True),
        sa.Column("is_pinned", sa.Boolean(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("discussed_from", sa.DateTime(timezone=True), nullable=True),
        sa.Column("discussed_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("recommendation", sa.Text(), nullable=False),
        sa.Column(
            "follow_up_state",
            _words("follow_up_state", "ongoing", "completed", "not_done", "lost"),
            nullable=True,
        ),
        sa.Column("follow_up_on", sa.Date(), nullable=True),
        sa.Column(
            "not_done_reason",
            _words("not_done_reason", "payment_refused", "patients_wish", "death", "medical_reason", "other"),
            nullable=True,
        ),
        sa.Column("reminded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("minutes BETWEEN 1 AND 60", name="ck_case_item_minutes"),
        sa.ForeignKeyConstraint(["conference_id"], ["conference.id"], name="fk_case_item_conference_id"),
        sa.ForeignKeyConstraint(["former_id"], ["case_item.id"], name="fk_case_item_former_id"),
        sa.ForeignKeyConstraint(["presenter_id"], ["person.id"], name="fk_case_item_presenter_id"),
        sa.ForeignKeyConstraint(["registered_by_id"], ["person.id"], name="fk_case_item_registered_by_id"),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name="fk_case_item_site_id"),
        sa.PrimaryKeyConstraint("id", name="pk_case_item"),
        sa.UniqueConstraint("former_id", name="uq_case_item_former_id"),
    )
    op.create_index("ix_case_item_case_ref", "case_item", ["case_ref"], unique=False)
    op.create_index("ix_case_item_conference", "case_item", ["conference_id", "position"], unique=False)
    op.create_index("ix_case_item_follow_up", "case_item", ["follow_up_state", "follow_up_on"], unique=False)
    op.create_index("ix_case_item_presenter_id", "case_item", ["presenter_id"], unique=False)
    op.create_index("ix_case_item_site_id", "case_item", ["site_id"], unique=False)


def _create_check_in_code() -> None:
    op.create_table(
        "check_in_code",
        sa.Column("conference_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(length=12), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["conference_id"], ["conference.id"], name="fk_check_in_code_conference_id"),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_check_in_code_person_id"),
        sa.PrimaryKeyConstraint("id", name="pk_check_in_code"),
        sa.UniqueConstraint("code", name="uq_check_in_code_code"),
        sa.UniqueConstraint("conference_id", "person_id", name="uq_check_in_code_conference_id_person_id"),
    )


def _create_cme_event() -> None:
    op.create_table(
        "cme_event",
        sa.Column("conference_id", sa.Uuid(), nullable=False),
        sa.Column("vnr", sa.String(length=19), nullable=False),
        sa.Column("sealed_password", sa.String(length=400), nullable=False),
        sa.Column("category", sa.String(length=8), nullable=False),
        sa.Column("points", sa.Integer(), nullable=False),
        sa.Column("least_minutes", sa.Integer(), nullable=False),
        sa.CheckConstraint("points BETWEEN 0 AND 200", name="ck_cme_event_points"),
        sa.ForeignKeyConstraint(["conference_id"], ["conference.id"], name="fk_cme_event_conference_id"),
        sa.PrimaryKeyConstraint("conference_id", name="pk_cme_event"),
    )


def _create_cme_report() -> None:
    op.create_table(
        "cme_report",
        sa.Column("conference_id", sa.Uuid(), nullable=False),
        sa.Column("kind", _words("kind", "full", "late", "deletion"), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["conference_id"], ["conference.id"], name="fk_cme_report_conference_id"),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_cme_report_person_id"),
        sa.PrimaryKeyConstraint("id", name="pk_cme_report"),
    )
    op.create_index("ix_cme_report_conference_id", "cme_report", ["conference_id"], unique=False)


def _create_conference_link() -> None:
    op.create_table(
        "conference_link",
        sa.Column("conference_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("label", sa.String(length=120), nullable=False),
        sa.Column("url", sa.String(length=400), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["conference_id"], ["conference.id"], name="fk_conference_link_conference_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_conference_link"),
    )
    op.create_index("ix_conference_link_conference_id", "conference_link", ["conference_id"], unique=False)


def _create_conference_step() -> None:
    op.create_table(
        "conference_step",
        sa.Column("conference_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column(
            "state",
            _words(
                "state",
                "planned",
                "registration_open",
                "frozen",
                "running",
                "minutes_draft",
                "released",
                "archived",
                "cancelled",
                "merged",
            ),
            nullable=False,
        ),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.String(length=400), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["conference_id"], ["conference.id"], name="fk_conference_step_conference_id"
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_conference_step_person_id"),
        sa.PrimaryKeyConstraint("id", name="pk_conference_step"),
        sa.UniqueConstraint("conference_id", "number", name="uq_conference_step_conference_id_number"),
    )


def _create_conference_text() -> None:
    op.create_table(
        "conference_text",
        sa.Column("conference_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("text", sa.String(length=4000), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["conference_id"], ["conference.id"], name="fk_conference_text_conference_id"
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_conference_text_person_id"),
        sa.PrimaryKeyConstraint("id", name="pk_conference_text"),
        sa.UniqueConstraint("conference_id", "version", name="uq_conference_text_conference_id_version"),
    )


def _create_date_poll() -> None:
    op.create_table(
        "date_poll",
        sa.Column("title", sa.String(length=120), nullable=False),
        sa.Column(
            "kind", _words("kind", "case_conference", "cme_event", "regional_conference"), nullable=False
        ),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("organiser_id", sa.Uuid(), nullable=False),
        sa.Column("duration_minutes", sa.Integer(), nullable=False),
        sa.Column("join_link", sa.String(length=400), nullable=False),
        sa.Column("resource_id", sa.Uuid(), nullable=True),
        sa.Column("text", sa.String(length=2000), nullable=False),
        sa.Column("state", _words("state", "draft", "open", "decided", "withdrawn"), nullable=False),
        sa.Column("reply_by_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("conference_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("duration_minutes > 0", name="ck_date_poll_duration"),
        sa.ForeignKeyConstraint(["conference_id"], ["conference.id"], name="fk_date_poll_conference_id"),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name="fk_date_poll_organisation_id"
        ),
        sa.ForeignKeyConstraint(["organiser_id"], ["person.id"], name="fk_date_poll_organiser_id"),
        sa.ForeignKeyConstraint(["resource_id"], ["resource.id"], name="fk_date_poll_resource_id"),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name="fk_date_poll_site_id"),
        sa.PrimaryKeyConstraint("id", name="pk_date_poll"),
        sa.UniqueConstraint("conference_id", name="uq_date_poll_conference_id"),
    )
    op.create_index("ix_date_poll_organisation_id", "date_poll", ["organisation_id"], unique=False)
    op.create_index("ix_date_poll_organiser_id", "date_poll", ["organiser_id"], unique=False)


def _create_decision() -> None:
    op.create_table(
        "decision",
        sa.Column("conference_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("text", sa.String(length=1000), nullable=False),
        sa.Column("responsible", sa.String(length=200), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["conference_id"], ["conference.id"], name="fk_decision_conference_id"),
        sa.PrimaryKeyConstraint("id", name="pk_decision"),
        sa.UniqueConstraint("conference_id", "number", name="uq_decision_conference_id_number"),
    )


def _create_group_quorum() -> None:
    op.create_table(
        "group_quorum",
        sa.Column("conference_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("label", sa.String(length=120), nullable=False),
        sa.Column("least", sa.Integer(), nullable=False),
        sa.Column("counts_partners", sa.Boolean(), nullable=False),
        sa.Column(
            "partner_kind",
            _words(
                "partner_kind",
                "health_office",
                "insurer",
                "medical_association",
                "care_provider",
                "rescue_service",
                "municipality",
                "science",
                "network",
                "other",
            ),
            nullable=True,
        ),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("least > 0", name="ck_group_quorum_least"),
        sa.ForeignKeyConstraint(["conference_id"], ["conference.id"], name="fk_group_quorum_conference_id"),
        sa.PrimaryKeyConstraint("id", name="pk_group_quorum"),
    )
    op.create_index("ix_group_quorum_conference_id", "group_quorum", ["conference_id"], unique=False)


def _create_quorum_check() -> None:
    op.create_table(
        "quorum_check",
        sa.Column("conference_id", sa.Uuid(), nullable=False),
        sa.Column("occasion", sa.String(length=24), nullable=False),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("has_quorum", sa.Boolean(), nullable=False),
        sa.Column("missing", sa.JSON(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["conference_id"], ["conference.id"], name="fk_quorum_check_conference_id"),
        sa.PrimaryKeyConstraint("id", name="pk_quorum_check"),
    )
    op.create_index(
        "ix_quorum_check_conference", "quorum_check", ["conference_id", "checked_at"], unique=False
    )


def _create_minutes_release() -> None:
    op.create_table(
        "minutes_release",
        sa.Column("conference_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("released_by_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.String(length=400), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("previous_hash", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["conference_id"], ["conference.id"], name="fk_minutes_release_conference_id"
        ),
        sa.ForeignKeyConstraint(["released_by_id"], ["person.id"], name="fk_minutes_release_released_by_id"),
        sa.PrimaryKeyConstraint("id", name="pk_minutes_release"),
        sa.UniqueConstraint("conference_id", "number", name="uq_minutes_release_conference_id_number"),
    )


def _create_case_need() -> None:
    op.create_table(
        "case_need",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("discipline", sa.String(length=60), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case_item.id"], name="fk_case_need_case_id"),
        sa.PrimaryKeyConstraint("case_id", "discipline", name="pk_case_need"),
    )


def _create_case_step() -> None:
    op.create_table(
        "case_step",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column(
            "state",
            _words(
                "state",
                "submitted",
                "incomplete",
                "ready",
                "scheduled",
                "in_discussion",
                "recommended",
                "noted",
                "deferred",
                "rejected",
                "withdrawn",
                "implemented",
                "not_implemented",
            ),
            nullable=False,
        ),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.String(length=400), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case_item.id"], name="fk_case_step_case_id"),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_case_step_person_id"),
        sa.PrimaryKeyConstraint("id", name="pk_case_step"),
        sa.UniqueConstraint("case_id", "number", name="uq_case_step_case_id_number"),
    )


def _create_cme_report_entry() -> None:
    op.create_table(
        "cme_report_entry",
        sa.Column("report_id", sa.Uuid(), nullable=False),
        sa.Column("attendance_id", sa.Uuid(), nullable=False),
        sa.Column("efn", sa.String(length=15), nullable=False),
        sa.Column("points", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["attendance_id"], ["attendance.id"], name="fk_cme_report_entry_attendance_id"
        ),
        sa.ForeignKeyConstraint(["report_id"], ["cme_report.id"], name="fk_cme_report_entry_report_id"),
        sa.PrimaryKeyConstraint("report_id", "attendance_id", name="pk_cme_report_entry"),
    )


def _create_group_quorum_partner() -> None:
    op.create_table(
        "group_quorum_partner",
        sa.Column("group_id", sa.Uuid(), nullable=False),
        sa.Column("partner_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["group_id"], ["group_quorum.id"], name="fk_group_quorum_partner_group_id"),
        sa.ForeignKeyConstraint(["partner_id"], ["partner.id"], name="fk_group_quorum_partner_partner_id"),
        sa.PrimaryKeyConstraint("group_id", "partner_id", name="pk_group_quorum_partner"),
    )


def _create_poll_time() -> None:
    op.create_table(
        "poll_time",
        sa.Column("poll_id", sa.Uuid(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("starts_at < ends_at", name="ck_poll_time_span"),
        sa.ForeignKeyConstraint(["poll_id"], ["date_poll.id"], name="fk_poll_time_poll_id"),
        sa.PrimaryKeyConstraint("id", name="pk_poll_time"),
        sa.UniqueConstraint("poll_id", "starts_at", name="uq_poll_time_poll_id_starts_at"),
    )


def _create_poll_voter() -> None:
    op.create_table(
        "poll_voter",
        sa.Column("poll_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("is_optional", sa.Boolean(), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reminded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("note", sa.String(length=400), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_poll_voter_person_id"),
        sa.ForeignKeyConstraint(["poll_id"], ["date_poll.id"], name="fk_poll_voter_poll_id"),
        sa.PrimaryKeyConstraint("id", name="pk_poll_voter"),
        sa.UniqueConstraint("poll_id", "person_id", name="uq_poll_voter_poll_id_person_id"),
    )
    op.create_index("ix_poll_voter_person", "poll_voter", ["person_id"], unique=False)


def _create_poll_reply() -> None:
    op.create_table(
        "poll_reply",
        sa.Column("voter_id", sa.Uuid(), nullable=False),
        sa.Column("time_id", sa.Uuid(), nullable=False),
        sa.Column("answer", _words("answer", "yes", "if_need_be", "no"), nullable=False),
        sa.ForeignKeyConstraint(["time_id"], ["poll_time.id"], name="fk_poll_reply_time_id"),
        sa.ForeignKeyConstraint(["voter_id"], ["poll_voter.id"], name="fk_poll_reply_voter_id"),
        sa.PrimaryKeyConstraint("voter_id", "time_id", name="pk_poll_reply"),
    )


def downgrade() -> None:
    op.drop_index("ix_urgent_step_figures", table_name="urgent_step")
    op.execute("DELETE FROM claim WHERE poll_time_id IS NOT NULL")
    op.drop_index("ix_claim_poll_time_id", table_name="claim")
    _drop_column_of_claims()
    # A mail of a kind that the former tables do not know has no place there.
    op.execute(f"DELETE FROM outbox_message WHERE kind IN {NEW_MAILS}")
    op.drop_index("ix_outbox_message_series_id", table_name="outbox_message")
    with op.batch_alter_table("outbox_message") as batch:
        _change_words(batch, "ck_outbox_message_kind", "kind", FORMER_MAILS)
        batch.drop_constraint("fk_outbox_message_series_id", type_="foreignkey")
        batch.drop_column("series_id")
    _shorten_requirements()
    _shorten_bookings()
    _shorten_conferences()
    for table in TABLES:
        op.drop_table(table)


def _shorten_requirements() -> None:
    of_series = "(SELECT id FROM requirement WHERE series_id IS NOT NULL)"
    for table in ("requirement_person", "requirement_site"):
        op.execute(f"DELETE FROM {table} WHERE requirement_id IN {of_series}")
    op.execute("DELETE FROM requirement WHERE series_id IS NOT NULL")
    op.drop_index("ix_requirement_series_id", table_name="requirement")
    with op.batch_alter_table("requirement") as batch:
        batch.drop_constraint(op.f("ck_requirement_one_owner"), type_="check")
        batch.drop_constraint("fk_requirement_series_id", type_="foreignkey")
    with op.batch_alter_table("requirement") as batch:
        batch.drop_column("series_id")
        batch.create_check_constraint(op.f(FORMER_OWNER_NAME), FORMER_OWNER)


def _shorten_bookings() -> None:
    op.execute("UPDATE participation SET partstat = 'DECLINED' WHERE partstat = 'DELEGATED'")
    with op.batch_alter_table("participation") as batch:
        _change_words(batch, "ck_participation_partstat", "partstat", FORMER_REPLIES)
        batch.drop_constraint("fk_participation_delegated_to_id", type_="foreignkey")
        batch.drop_column("delegated_to_id")
        batch.drop_column("is_of_series")
    with op.batch_alter_table("booking") as batch:
        batch.drop_constraint(op.f("ck_booking_instance_of_series"), type_="check")
        batch.drop_constraint("uq_booking_series_id_recurrence_at", type_="unique")
        batch.drop_constraint("fk_booking_series_id", type_="foreignkey")
    with op.batch_alter_table("booking") as batch:
        batch.drop_column("recurrence_at")
        batch.drop_column("series_id")


def _shorten_conferences() -> None:
    """Keep every conference: what was invited to a time is invited, what was merged is off."""
    with op.batch_alter_table("conference") as batch:
        for name in ("state", "kind", "late_rule", "standard_care"):
            batch.drop_constraint(op.f(f"ck_conference_{name}"), type_="check")
        batch.drop_constraint("uq_conference_series_id_occurs_at", type_="unique")
        for name in ("series_id", "chair_id", "deputy_id", "merged_into_id"):
            batch.drop_constraint(f"fk_conference_{name}", type_="foreignkey")
    op.execute("UPDATE conference SET state = 'cancelled' WHERE state = 'merged'")
    op.execute("UPDATE conference SET state = 'invited' WHERE state NOT IN ('planned', 'cancelled')")
    with op.batch_alter_table("conference") as batch:
        batch.create_check_constraint(op.f("ck_conference_state"), f"state IN {FORMER_STATES}")
        for name in CONFERENCE_COLUMNS:
            batch.drop_column(name)


def _drop_column_of_claims() -> None:
    if op.get_bind().dialect.name != "sqlite":
        op.drop_column("claim", "poll_time_id")
        return
    triggers = op.get_bind().execute(
        sa.text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'claim'")
    )
    kept = triggers.all()
    with op.batch_alter_table("claim") as batch:
        batch.drop_column("poll_time_id")
    for _, statement in kept:
        op.execute(statement)
