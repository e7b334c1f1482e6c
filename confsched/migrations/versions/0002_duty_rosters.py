"""The month of a department with its codes, editions, imports, swaps, rotations, wishes and declared gaps."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

MAILS = ("invitation", "update", "cancellation", "removal")
NOTICES = ("roster_change", "swap_proposal", "swap_result", "cover_request")
# Columns for tables that others refer to. Written out: SQLite adds a column with its checks in one statement
# only, and Alembic's way round it, a new table for the old one, would break the references.
COLUMNS = (
    ("department", "swaps_need_approval", "BOOLEAN NOT NULL DEFAULT true"),
    ("membership", "employment_percent", "INTEGER NOT NULL DEFAULT 100"),
    (
        *("feed", "scope"),
        "VARCHAR(24) NOT NULL DEFAULT 'own'"
        " CONSTRAINT ck_feed_scope CHECK (scope IN ('own', 'line', 'department'))",
    ),
    ("feed", "line_id", "{uuid} CONSTRAINT fk_feed_line_id REFERENCES duty_line (id)"),
    ("feed", "department_id", "{uuid} CONSTRAINT fk_feed_department_id REFERENCES department (id)"),
)


def upgrade() -> None:
    _limit_duties()  # before anything refers to them
    _create_tables()
    uuid = "CHAR(32)" if _is_sqlite() else "UUID"
    for table, column, definition in COLUMNS:
        op.execute(f"ALTER TABLE {table} ADD COLUMN {column} {definition.format(uuid=uuid)}")
    _change_mails((*MAILS, *NOTICES), method_may_be_missing=True)


def downgrade() -> None:
    # A mail about duties has no place in the former table.
    op.execute(f"DELETE FROM outbox_message WHERE kind IN {NOTICES}")
    _change_mails(MAILS, method_may_be_missing=False)
    _drop_columns()
    op.drop_table("duty_swap")
    op.drop_table("duty_rotation_member")
    op.drop_table("duty_code_hours")
    op.drop_table("warning_reason")
    op.drop_table("roster_import")
    op.drop_table("roster_edition")
    op.drop_table("roster_edit")
    op.drop_table("roster_cell")
    op.drop_table("line_qualification")
    op.drop_table("fill_run")
    op.drop_table("duty_rotation")
    op.drop_table("duty_code")
    op.drop_table("declared_gap")
    op.drop_table("import_memory")
    op.drop_table("duty_roster")
    op.drop_table("duty_wish")
    op.drop_table("duty_rules")
    with op.batch_alter_table("duty") as batch:
        batch.drop_constraint(op.f("ck_duty_length"), type_="check")


def _limit_duties() -> None:
    """Let a duty last 32 days at most: who looks for the duties of an instant looks back no further."""
    length = "julianday(ends_at) - julianday(starts_at)" if _is_sqlite() else "ends_at - starts_at"
    limit = "32.0001" if _is_sqlite() else "interval '32 days'"
    with op.batch_alter_table("duty") as batch:
        batch.create_check_constraint(op.f("ck_duty_length"), f"{length} <= {limit}")


def _drop_columns() -> None:
    with op.batch_alter_table("feed") as batch:  # nothing refers to feeds, so a new table is no harm
        batch.drop_constraint(op.f("ck_feed_scope"), type_="check")
        for column in ("scope", "line_id", "department_id"):
            batch.drop_column(column)
    op.execute("ALTER TABLE membership DROP COLUMN employment_percent")
    op.execute("ALTER TABLE department DROP COLUMN swaps_need_approval")


def _is_sqlite() -> bool:
    return op.get_bind().dialect.name == "sqlite"


def _change_mails(kinds: tuple[str, ...], *, method_may_be_missing: bool) -> None:
    """Let the outbox hold these kinds of mail; on SQLite in a new table, to which nothing refers."""
    if _is_sqlite():
        _renew_outbox(kinds, method_may_be_missing=method_may_be_missing)
        return
    op.drop_constraint(op.f("ck_outbox_message_kind"), "outbox_message")
    op.create_check_constraint(op.f("ck_outbox_message_kind"), "outbox_message", f"kind IN {kinds}")
    op.alter_column("outbox_message", "method", nullable=method_may_be_missing)


def _renew_outbox(kinds: tuple[str, ...], *, method_may_be_missing: bool) -> None:
    op.rename_table("outbox_message", "former_outbox")
    for name in ("ix_outbox_due", *(f"ix_outbox_message_{column}_id" for column in REFERENCES)):
        op.drop_index(name)
    op.create_table(
        "outbox_message",
        sa.Column("kind", _words("kind", *kinds), nullable=False),
        sa.Column("booking_id", sa.Uuid(), nullable=True),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("recipient_id", sa.Uuid(), nullable=False),
        sa.Column("recipient", sa.String(length=254), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("zone", sa.String(length=64), nullable=False),
        sa.Column("message_id", sa.String(length=200), nullable=False),
        sa.Column("snapshot", sa.JSON(), nullable=False),
        sa.Column("method", _words("method", "REQUEST", "CANCEL"), nullable=method_may_be_missing),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lease_key", sa.String(length=40), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sent_by", sa.String(length=24), nullable=True),
        sa.Column("failed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_error", sa.String(length=400), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["booking_id"], ["booking.id"], name="fk_outbox_message_booking_id"),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name="fk_outbox_message_organisation_id"
        ),
        sa.ForeignKeyConstraint(["recipient_id"], ["person.id"], name="fk_outbox_message_recipient_id"),
        sa.PrimaryKeyConstraint("id", name="pk_outbox_message"),
        sa.UniqueConstraint("message_id", name="uq_outbox_message_message_id"),
    )
    op.execute("INSERT INTO outbox_message SELECT * FROM former_outbox")
    op.drop_table("former_outbox")
    op.create_index("ix_outbox_due", "outbox_message", ["sent_at", "failed_at", "due_at"])
    for column in REFERENCES:
        op.create_index(f"ix_outbox_message_{column}_id", "outbox_message", [f"{column}_id"])


REFERENCES = ("booking", "organisation", "recipient")


def _words(name: str, *words: str) -> sa.Enum:
    return sa.Enum(*words, name=name, native_enum=False, create_constraint=True, length=24)


def _create_tables() -> None:
    op.create_table(
        "duty_rules",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("rest_hours", sa.Integer(), nullable=False),
        sa.Column("compensated_rest_hours", sa.Integer(), nullable=False),
        sa.Column("cap_hours", sa.Integer(), nullable=False),
        sa.Column("standby_limit", sa.Integer(), nullable=False),
        sa.Column("on_call_limit", sa.Integer(), nullable=False),
        sa.Column("free_weekends", sa.Integer(), nullable=False),
        sa.Column("notice_days", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name="fk_duty_rules_organisation_id"
        ),
        sa.PrimaryKeyConstraint("organisation_id", name="pk_duty_rules"),
    )
    op.create_table(
        "duty_wish",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("kind", _words("kind", "day_off", "rather_not", "rather"), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("weekday", sa.Integer(), nullable=True),
        sa.Column("note", sa.String(length=120), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("starts_on <= ends_on", name="ck_duty_wish_days"),
        sa.CheckConstraint("weekday BETWEEN 0 AND 6", name="ck_duty_wish_weekday"),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_duty_wish_person_id"),
        sa.PrimaryKeyConstraint("id", name="pk_duty_wish"),
    )
    op.create_index("ix_duty_wish_person_starts", "duty_wish", ["person_id", "starts_on"])

    op.create_table(
        "duty_roster",
        sa.Column("department_id", sa.Uuid(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["department_id"], ["department.id"], name="fk_duty_roster_department_id"),
        sa.PrimaryKeyConstraint("id", name="pk_duty_roster"),
        sa.UniqueConstraint("department_id", "month", name="uq_duty_roster_department_id_month"),
    )
    op.create_table(
        "import_memory",
        sa.Column("department_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("text", sa.String(length=120), nullable=False),
        sa.Column("meaning", sa.JSON(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("kind IN ('name', 'code', 'layout')", name="ck_import_memory_kind"),
        sa.ForeignKeyConstraint(["department_id"], ["department.id"], name="fk_import_memory_department_id"),
        sa.PrimaryKeyConstraint("id", name="pk_import_memory"),
        sa.UniqueConstraint("department_id", "kind", "text", name="uq_import_memory_department_id_kind_text"),
    )
    op.create_table(
        "declared_gap",
        sa.Column("line_id", sa.Uuid(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("declared_by_id", sa.Uuid(), nullable=False),
        sa.Column("declared_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("starts_at < ends_at", name="ck_declared_gap_span"),
        sa.ForeignKeyConstraint(["declared_by_id"], ["person.id"], name="fk_declared_gap_declared_by_id"),
        sa.ForeignKeyConstraint(["line_id"], ["duty_line.id"], name="fk_declared_gap_line_id"),
        sa.PrimaryKeyConstraint("id", name="pk_declared_gap"),
    )
    op.create_index("ix_declared_gap_line_starts", "declared_gap", ["line_id", "starts_at"])

    op.create_table(
        "duty_code",
        sa.Column("department_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(length=3), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("line_id", sa.Uuid(), nullable=True),
        sa.Column("absence", _words("absence", "leave", "sick", "training", "other"), nullable=True),
        sa.Column(
            "duty_type",
            _words("duty_type", "on_site_standby", "on_call_home", "background", "regular"),
            nullable=False,
        ),
        sa.Column(
            "counts_as",
            _words("counts_as", "day", "night", "on_call", "background", "nothing"),
            nullable=False,
        ),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("line_id IS NULL OR absence IS NULL", name="ck_duty_code_one_meaning"),
        sa.ForeignKeyConstraint(["department_id"], ["department.id"], name="fk_duty_code_department_id"),
        sa.ForeignKeyConstraint(["line_id"], ["duty_line.id"], name="fk_duty_code_line_id"),
        sa.PrimaryKeyConstraint("id", name="pk_duty_code"),
        sa.UniqueConstraint("department_id", "code", name="uq_duty_code_department_id_code"),
    )
    op.create_index("ix_duty_code_line_id", "duty_code", ["line_id"])

    op.create_table(
        "duty_rotation",
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("line_id", sa.Uuid(), nullable=True),
        sa.Column("service_id", sa.Uuid(), nullable=True),
        sa.Column("code", sa.String(length=3), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("every_days", sa.Integer(), nullable=False),
        sa.Column("at", sa.Time(), nullable=False),
        sa.Column("zone", sa.String(length=64), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("(line_id IS NULL) <> (service_id IS NULL)", name="ck_duty_rotation_one_subject"),
        sa.CheckConstraint("every_days BETWEEN 1 AND 92", name="ck_duty_rotation_every_days"),
        sa.ForeignKeyConstraint(["line_id"], ["duty_line.id"], name="fk_duty_rotation_line_id"),
        sa.ForeignKeyConstraint(["service_id"], ["service.id"], name="fk_duty_rotation_service_id"),
        sa.PrimaryKeyConstraint("id", name="pk_duty_rotation"),
    )
    op.create_index("ix_duty_rotation_line_id", "duty_rotation", ["line_id"])
    op.create_index("ix_duty_rotation_service_id", "duty_rotation", ["service_id"])

    op.create_table(
        "fill_run",
        sa.Column("roster_id", sa.Uuid(), nullable=False),
        sa.Column(
            "state", _words("state", "waiting", "running", "done", "stopped", "failed"), nullable=False
        ),
        sa.Column("requested_by_id", sa.Uuid(), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("stop_asked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lease_key", sa.String(length=40), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("applied_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("filled", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("result", sa.JSON(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["requested_by_id"], ["person.id"], name="fk_fill_run_requested_by_id"),
        sa.ForeignKeyConstraint(["roster_id"], ["duty_roster.id"], name="fk_fill_run_roster_id"),
        sa.PrimaryKeyConstraint("id", name="pk_fill_run"),
    )
    op.create_index("ix_fill_run_roster_id", "fill_run", ["roster_id"])
    op.create_index("ix_fill_run_state", "fill_run", ["state"])

    op.create_table(
        "line_qualification",
        sa.Column("line_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["line_id"], ["duty_line.id"], name="fk_line_qualification_line_id"),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_line_qualification_person_id"),
        sa.PrimaryKeyConstraint("line_id", "person_id", name="pk_line_qualification"),
    )
    op.create_index("ix_line_qualification_person_id", "line_qualification", ["person_id"])

    op.create_table(
        "roster_cell",
        sa.Column("roster_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("text", sa.String(length=11), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("edited_by_id", sa.Uuid(), nullable=True),
        sa.Column("edited_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["edited_by_id"], ["person.id"], name="fk_roster_cell_edited_by_id"),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_roster_cell_person_id"),
        sa.ForeignKeyConstraint(["roster_id"], ["duty_roster.id"], name="fk_roster_cell_roster_id"),
        sa.PrimaryKeyConstraint("roster_id", "person_id", "day", name="pk_roster_cell"),
    )
    op.create_table(
        "roster_edit",
        sa.Column("roster_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("edited_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changes", sa.JSON(), nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_roster_edit_person_id"),
        sa.ForeignKeyConstraint(["roster_id"], ["duty_roster.id"], name="fk_roster_edit_roster_id"),
        sa.PrimaryKeyConstraint("id", name="pk_roster_edit"),
        sa.UniqueConstraint("roster_id", "number", name="uq_roster_edit_roster_id_number"),
    )
    op.create_table(
        "roster_edition",
        sa.Column("roster_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("published_by_id", sa.Uuid(), nullable=True),
        sa.Column("cells", sa.JSON(), nullable=False),
        sa.Column("changed", sa.Integer(), nullable=False),
        sa.Column("restores", sa.Integer(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["published_by_id"], ["person.id"], name="fk_roster_edition_published_by_id"),
        sa.ForeignKeyConstraint(["roster_id"], ["duty_roster.id"], name="fk_roster_edition_roster_id"),
        sa.PrimaryKeyConstraint("id", name="pk_roster_edition"),
        sa.UniqueConstraint("roster_id", "number", name="uq_roster_edition_roster_id_number"),
    )
    op.create_table(
        "roster_import",
        sa.Column("roster_id", sa.Uuid(), nullable=False),
        sa.Column("filename", sa.String(length=120), nullable=False),
        sa.Column("tables", sa.JSON(), nullable=False),
        sa.Column("choices", sa.JSON(), nullable=False),
        sa.Column("created_by_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("taken_over_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("dropped_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["created_by_id"], ["person.id"], name="fk_roster_import_created_by_id"),
        sa.ForeignKeyConstraint(["roster_id"], ["duty_roster.id"], name="fk_roster_import_roster_id"),
        sa.PrimaryKeyConstraint("id", name="pk_roster_import"),
    )
    op.create_index("ix_roster_import_roster_id", "roster_import", ["roster_id"])

    op.create_table(
        "warning_reason",
        sa.Column("roster_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("rule", sa.String(length=24), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("given_by_id", sa.Uuid(), nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["given_by_id"], ["person.id"], name="fk_warning_reason_given_by_id"),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_warning_reason_person_id"),
        sa.ForeignKeyConstraint(["roster_id"], ["duty_roster.id"], name="fk_warning_reason_roster_id"),
        sa.PrimaryKeyConstraint("id", name="pk_warning_reason"),
        sa.UniqueConstraint(
            "roster_id", "person_id", "day", "rule", name="uq_warning_reason_roster_id_person_id_day_rule"
        ),
    )
    op.create_table(
        "duty_code_hours",
        sa.Column("code_id", sa.Uuid(), nullable=False),
        sa.Column(
            "day_class",
            _words("day_class", "workday", "friday", "saturday", "sunday", "holiday", "holiday_eve"),
            nullable=False,
        ),
        sa.Column("starts", sa.Time(), nullable=False),
        sa.Column("ends", sa.Time(), nullable=False),
        sa.ForeignKeyConstraint(["code_id"], ["duty_code.id"], name="fk_duty_code_hours_code_id"),
        sa.PrimaryKeyConstraint("code_id", "day_class", name="pk_duty_code_hours"),
    )
    op.create_table(
        "duty_rotation_member",
        sa.Column("rotation_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("line_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "(person_id IS NULL) <> (line_id IS NULL)", name="ck_duty_rotation_member_one_member"
        ),
        sa.ForeignKeyConstraint(["line_id"], ["duty_line.id"], name="fk_duty_rotation_member_line_id"),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_duty_rotation_member_person_id"),
        sa.ForeignKeyConstraint(
            ["rotation_id"], ["duty_rotation.id"], name="fk_duty_rotation_member_rotation_id"
        ),
        sa.PrimaryKeyConstraint("rotation_id", "position", name="pk_duty_rotation_member"),
    )
    op.create_table(
        "duty_swap",
        sa.Column("line_id", sa.Uuid(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("duty_id", sa.Uuid(), nullable=True),
        sa.Column("from_person_id", sa.Uuid(), nullable=True),
        sa.Column("to_person_id", sa.Uuid(), nullable=True),
        sa.Column("in_return_id", sa.Uuid(), nullable=True),
        sa.Column(
            "state",
            _words("state", "proposed", "accepted", "effective", "declined", "withdrawn"),
            nullable=False,
        ),
        sa.Column("note", sa.String(length=200), nullable=False),
        sa.Column("proposed_by_id", sa.Uuid(), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("taken_by_id", sa.Uuid(), nullable=True),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by_id", sa.Uuid(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decision_reason", sa.String(length=200), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "(duty_id IS NULL) = (from_person_id IS NULL)", name="ck_duty_swap_duty_has_holder"
        ),
        sa.CheckConstraint("starts_at < ends_at", name="ck_duty_swap_span"),
        sa.ForeignKeyConstraint(["decided_by_id"], ["person.id"], name="fk_duty_swap_decided_by_id"),
        sa.ForeignKeyConstraint(["duty_id"], ["duty.id"], name="fk_duty_swap_duty_id"),
        sa.ForeignKeyConstraint(["from_person_id"], ["person.id"], name="fk_duty_swap_from_person_id"),
        sa.ForeignKeyConstraint(["in_return_id"], ["duty.id"], name="fk_duty_swap_in_return_id"),
        sa.ForeignKeyConstraint(["line_id"], ["duty_line.id"], name="fk_duty_swap_line_id"),
        sa.ForeignKeyConstraint(["proposed_by_id"], ["person.id"], name="fk_duty_swap_proposed_by_id"),
        sa.ForeignKeyConstraint(["taken_by_id"], ["person.id"], name="fk_duty_swap_taken_by_id"),
        sa.ForeignKeyConstraint(["to_person_id"], ["person.id"], name="fk_duty_swap_to_person_id"),
        sa.PrimaryKeyConstraint("id", name="pk_duty_swap"),
    )
    op.create_index("ix_duty_swap_duty_id", "duty_swap", ["duty_id"])
    op.create_index("ix_duty_swap_from_person_id", "duty_swap", ["from_person_id"])
    op.create_index("ix_duty_swap_line_id", "duty_swap", ["line_id"])
    op.create_index("ix_duty_swap_state_starts", "duty_swap", ["state", "starts_at"])
    op.create_index("ix_duty_swap_taken_by_id", "duty_swap", ["taken_by_id"])
    op.create_index("ix_duty_swap_to_person_id", "duty_swap", ["to_person_id"])
