"""Services with triage, seats and caps; steps of consults, questions, waitlist, travel, floating weeks."""

import sqlalchemy as sa
from alembic import op
from alembic.operations import BatchOperations

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

FORMER_STATES = ("requested", "held", "booked", "cancelled")
STATES = (
    *("requested", "triaged", "offered", "held", "booked", "took_place", "reported", "closed"),
    *("declined", "expired", "no_show", "cancelled"),
)
FORMER_MAILS = (
    *("invitation", "update", "cancellation", "removal"),
    *("roster_change", "swap_proposal", "swap_result", "cover_request"),
)
NEW_MAILS = (
    *("triage_request", "consult_news", "deadline_reminder", "meeting_reminder"),
    *("availability_question", "slot_offer"),
)
FORMER_CALENDARS = ("url", "upload")
NEW_CALENDARS = ("caldav", "free_busy")


# Columns come one by one: in one go with the new table, Alembic sorts them by a set, and fails now and then.


def upgrade() -> None:
    _let_services_say_more()
    _create_tables()
    _let_requirements_name_sites()
    op.add_column("consult", sa.Column("requested_by_id", sa.Uuid(), nullable=True))
    op.add_column("consult", sa.Column("no_show_side", sa.String(length=24), nullable=True))
    op.add_column("consult", sa.Column("report", sa.Text(), server_default="", nullable=False))
    op.add_column("consult", sa.Column("reminded_at", sa.DateTime(timezone=True), nullable=True))
    with op.batch_alter_table("consult") as batch:
        _change_words(batch, "ck_consult_state", "state", STATES)
        batch.create_check_constraint(
            op.f("ck_consult_no_show_side"), "no_show_side IN ('requester', 'consultant')"
        )
        batch.drop_constraint("uq_consult_booking_id", type_="unique")
        batch.create_foreign_key("fk_consult_requested_by_id", "person", ["requested_by_id"], ["id"])
        batch.create_index("ix_consult_booking_id", ["booking_id"])
    # Nobody had to accept a request so far, so each of them stands before its offered times.
    op.execute("UPDATE consult SET state = 'offered' WHERE state = 'requested'")
    op.add_column("hold", sa.Column("booking_id", sa.Uuid(), nullable=True))
    op.add_column("hold", sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True))
    with op.batch_alter_table("hold") as batch:
        batch.create_foreign_key("fk_hold_booking_id", "booking", ["booking_id"], ["id"])
        batch.create_index("ix_hold_booking_id", ["booking_id"])
    op.add_column("working_hours", sa.Column("every_weeks", sa.Integer(), server_default="1", nullable=False))
    op.add_column("working_hours", sa.Column("ordinal", sa.Integer(), nullable=True))
    with op.batch_alter_table("working_hours") as batch:
        for name, rule in HOURS_RULES:
            batch.create_check_constraint(op.f(f"ck_working_hours_{name}"), rule)
    op.add_column("busy_source", sa.Column("username", sa.String(length=200), nullable=True))
    op.add_column("busy_source", sa.Column("sealed_password", sa.String(length=600), nullable=True))
    op.add_column("busy_source", sa.Column("last_note", sa.String(length=400), nullable=True))
    with op.batch_alter_table("busy_source") as batch:
        _change_words(batch, "ck_busy_source_kind", "kind", (*FORMER_CALENDARS, *NEW_CALENDARS))
    with op.batch_alter_table("outbox_message") as batch:
        _change_words(batch, "ck_outbox_message_kind", "kind", (*FORMER_MAILS, *NEW_MAILS))
    op.add_column("participation", sa.Column("reminded_at", sa.DateTime(timezone=True), nullable=True))
    # Written out: in a new table for the old one SQLite would lose the triggers against overlaps.
    uuid = "CHAR(32)" if op.get_bind().dialect.name == "sqlite" else "UUID"
    op.execute(
        f"ALTER TABLE claim ADD COLUMN site_id {uuid} CONSTRAINT fk_claim_site_id REFERENCES site (id)"
    )


HOURS_RULES = (
    ("every_weeks", "every_weeks BETWEEN 1 AND 8"),
    ("ordinal", "ordinal BETWEEN 1 AND 5 OR ordinal = -1"),
    ("one_rhythm", "ordinal IS NULL OR every_weeks = 1"),
)
SERVICE_RULES = (("seats", "seats BETWEEN 1 AND 20"), ("cap_per_day", "cap_per_day > 0"))


def _change_words(batch: BatchOperations, name: str, column: str, words: tuple[str, ...]) -> None:
    batch.drop_constraint(op.f(name), type_="check")
    batch.create_check_constraint(op.f(name), f"{column} IN {words}")


def _let_services_say_more() -> None:
    op.add_column("service", sa.Column("is_open", sa.Boolean(), server_default=sa.true(), nullable=False))
    op.add_column(
        "service", sa.Column("needs_triage", sa.Boolean(), server_default=sa.false(), nullable=False)
    )
    op.add_column("service", sa.Column("seats", sa.Integer(), server_default="1", nullable=False))
    op.add_column("service", sa.Column("cap_per_day", sa.Integer(), nullable=True))
    op.add_column(
        "service", sa.Column("cancel_notice_minutes", sa.Integer(), server_default="0", nullable=False)
    )
    op.add_column(
        "service", sa.Column("reminder_minutes", sa.Integer(), server_default="1440", nullable=False)
    )
    op.add_column(
        "service", sa.Column("preferred_hours", sa.String(length=60), server_default="", nullable=False)
    )
    op.add_column("service", sa.Column("revision", sa.Integer(), server_default="1", nullable=False))
    with op.batch_alter_table("service") as batch:
        for name, rule in SERVICE_RULES:
            batch.create_check_constraint(op.f(f"ck_service_{name}"), rule)


def _let_requirements_name_sites() -> None:
    op.create_table(
        "requirement_site",
        sa.Column("requirement_id", sa.Uuid(), nullable=False),
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["requirement_id"], ["requirement.id"], name="fk_requirement_site_requirement_id"
        ),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name="fk_requirement_site_site_id"),
        sa.PrimaryKeyConstraint("requirement_id", "site_id", name="pk_requirement_site"),
    )
    op.execute(
        "INSERT INTO requirement_site (requirement_id, site_id)"
        " SELECT id, site_id FROM requirement WHERE site_id IS NOT NULL"
    )
    op.add_column(
        "requirement", sa.Column("may_double", sa.Boolean(), server_default=sa.false(), nullable=False)
    )
    op.add_column(
        "requirement", sa.Column("is_on_site", sa.Boolean(), server_default=sa.false(), nullable=False)
    )
    with op.batch_alter_table("requirement") as batch:
        batch.drop_constraint("fk_requirement_site_id", type_="foreignkey")
        batch.drop_column("site_id")


def _create_tables() -> None:
    op.create_table(
        "travel_time",
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("other_site_id", sa.Uuid(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.CheckConstraint("minutes BETWEEN 1 AND 600", name=op.f("ck_travel_time_minutes")),
        sa.CheckConstraint("site_id < other_site_id", name=op.f("ck_travel_time_order")),
        sa.ForeignKeyConstraint(["other_site_id"], ["site.id"], name="fk_travel_time_other_site_id"),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name="fk_travel_time_site_id"),
        sa.PrimaryKeyConstraint("site_id", "other_site_id", name="pk_travel_time"),
    )
    op.create_table(
        "consult_step",
        sa.Column("consult_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("state", _words("state", *STATES), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.String(length=400), nullable=False),
        sa.Column("alternative", sa.String(length=400), nullable=False),
        sa.Column("former_service_id", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["consult_id"], ["consult.id"], name="fk_consult_step_consult_id"),
        sa.ForeignKeyConstraint(
            ["former_service_id"], ["service.id"], name="fk_consult_step_former_service_id"
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_consult_step_person_id"),
        sa.PrimaryKeyConstraint("id", name="pk_consult_step"),
        sa.UniqueConstraint("consult_id", "number", name="uq_consult_step_consult_id_number"),
    )
    op.create_table(
        "availability_question",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("consult_id", sa.Uuid(), nullable=True),
        sa.Column("conference_id", sa.Uuid(), nullable=True),
        sa.Column("asked_by_id", sa.Uuid(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answer", _words("answer", "yes", "no", "other"), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("other_starts_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["asked_by_id"], ["person.id"], name="fk_availability_question_asked_by_id"),
        sa.ForeignKeyConstraint(
            ["conference_id"], ["conference.id"], name="fk_availability_question_conference_id"
        ),
        sa.ForeignKeyConstraint(["consult_id"], ["consult.id"], name="fk_availability_question_consult_id"),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_availability_question_person_id"),
        sa.PrimaryKeyConstraint("id", name="pk_availability_question"),
        sa.UniqueConstraint("token_hash", name="uq_availability_question_token_hash"),
    )
    op.create_index("ix_availability_question_conference_id", "availability_question", ["conference_id"])
    op.create_index("ix_availability_question_consult_id", "availability_question", ["consult_id"])
    op.create_index("ix_availability_question_person", "availability_question", ["person_id", "starts_at"])
    op.create_table(
        "waitlist_entry",
        sa.Column("consult_id", sa.Uuid(), nullable=False),
        sa.Column("service_id", sa.Uuid(), nullable=False),
        sa.Column("joined_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("left_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["consult_id"], ["consult.id"], name="fk_waitlist_entry_consult_id"),
        sa.ForeignKeyConstraint(["service_id"], ["service.id"], name="fk_waitlist_entry_service_id"),
        sa.PrimaryKeyConstraint("id", name="pk_waitlist_entry"),
    )
    op.create_index("ix_waitlist_entry_consult_id", "waitlist_entry", ["consult_id"])
    op.create_index("ix_waitlist_entry_line", "waitlist_entry", ["service_id", "left_at", "joined_at"])
    op.create_table(
        "slot_offer",
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("offered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answer", _words("answer", "taken", "declined", "expired", "withdrawn"), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["entry_id"], ["waitlist_entry.id"], name="fk_slot_offer_entry_id"),
        sa.PrimaryKeyConstraint("id", name="pk_slot_offer"),
    )
    op.create_index("ix_slot_offer_entry_id", "slot_offer", ["entry_id"])
    op.create_index("ix_slot_offer_expires_at", "slot_offer", ["expires_at"])


def _words(name: str, *words: str) -> sa.Enum:
    return sa.Enum(*words, name=name, native_enum=False, create_constraint=True, length=24)


def downgrade() -> None:
    op.drop_table("slot_offer")
    op.drop_table("waitlist_entry")
    op.drop_table("availability_question")
    op.drop_table("consult_step")
    op.drop_table("travel_time")
    _drop_column_of_claims()
    op.drop_column("participation", "reminded_at")
    # A mail of a kind, and a calendar, that the former tables do not know have no place there.
    op.execute(f"DELETE FROM outbox_message WHERE kind IN {NEW_MAILS}")
    with op.batch_alter_table("outbox_message") as batch:
        _change_words(batch, "ck_outbox_message_kind", "kind", FORMER_MAILS)
    op.execute(
        f"DELETE FROM busy_span WHERE source_id IN (SELECT id FROM busy_source WHERE kind IN {NEW_CALENDARS})"
    )
    op.execute(f"DELETE FROM busy_source WHERE kind IN {NEW_CALENDARS}")
    with op.batch_alter_table("busy_source") as batch:
        _change_words(batch, "ck_busy_source_kind", "kind", FORMER_CALENDARS)
        batch.drop_column("username")
        batch.drop_column("sealed_password")
        batch.drop_column("last_note")
    _let_hours_come_weekly()
    with op.batch_alter_table("hold") as batch:
        batch.drop_index("ix_hold_booking_id")
        batch.drop_constraint("fk_hold_booking_id", type_="foreignkey")
        batch.drop_column("booking_id")
        batch.drop_column("confirmed_at")
    _forget_steps()
    _let_requirements_name_one_site()
    with op.batch_alter_table("service") as batch:
        for name, _ in SERVICE_RULES:
            batch.drop_constraint(op.f(f"ck_service_{name}"), type_="check")
        for column in ("is_open", "needs_triage", "seats", "cap_per_day", "cancel_notice_minutes"):
            batch.drop_column(column)
        for column in ("reminder_minutes", "preferred_hours", "revision"):
            batch.drop_column(column)


def _drop_column_of_claims() -> None:
    if op.get_bind().dialect.name != "sqlite":
        op.drop_column("claim", "site_id")
        return
    triggers = op.get_bind().execute(
        sa.text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'claim'")
    )
    kept = triggers.all()
    with op.batch_alter_table("claim") as batch:
        batch.drop_column("site_id")
    for _, statement in kept:
        op.execute(statement)


def _let_hours_come_weekly() -> None:
    # Hours of another rhythm would read as weekly ones.
    op.execute("DELETE FROM working_hours WHERE every_weeks > 1 OR ordinal IS NOT NULL")
    with op.batch_alter_table("working_hours") as batch:
        for name, _ in HOURS_RULES:
            batch.drop_constraint(op.f(f"ck_working_hours_{name}"), type_="check")
        batch.drop_column("every_weeks")
        batch.drop_column("ordinal")


def _forget_steps() -> None:
    op.execute("UPDATE consult SET state = 'requested' WHERE state IN ('triaged', 'offered')")
    op.execute("UPDATE consult SET state = 'cancelled' WHERE state IN ('declined', 'expired')")
    op.execute(f"UPDATE consult SET state = 'booked' WHERE state NOT IN {FORMER_STATES}")
    # Of several requesters in one meeting the first keeps it as theirs.
    op.execute(
        "UPDATE consult SET booking_id = NULL WHERE EXISTS (SELECT 1 FROM consult AS other"
        " WHERE other.booking_id = consult.booking_id AND other.id < consult.id)"
    )
    with op.batch_alter_table("consult") as batch:
        _change_words(batch, "ck_consult_state", "state", FORMER_STATES)
        batch.drop_index("ix_consult_booking_id")
        batch.drop_constraint("fk_consult_requested_by_id", type_="foreignkey")
        batch.drop_constraint(op.f("ck_consult_no_show_side"), type_="check")
        for column in ("requested_by_id", "no_show_side", "report", "reminded_at"):
            batch.drop_column(column)
        batch.create_unique_constraint("uq_consult_booking_id", ["booking_id"])


def _let_requirements_name_one_site() -> None:
    op.add_column("requirement", sa.Column("site_id", sa.Uuid(), nullable=True))
    with op.batch_alter_table("requirement") as batch:
        batch.create_foreign_key("fk_requirement_site_id", "site", ["site_id"], ["id"])
        batch.drop_column("may_double")
        batch.drop_column("is_on_site")
    op.execute(
        "UPDATE requirement SET site_id = (SELECT site_id FROM requirement_site"
        " WHERE requirement_id = requirement.id ORDER BY site_id LIMIT 1)"
    )
    op.drop_table("requirement_site")
