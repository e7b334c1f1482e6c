"""Urgent consults: ladders, alerts, contact points, readiness, missions, link tests, wall displays."""

import sqlalchemy as sa
from alembic import op
from alembic.operations import BatchOperations

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

FORMER_MAILS = (
    *("invitation", "update", "cancellation", "removal"),
    *("roster_change", "swap_proposal", "swap_result", "cover_request"),
    *("triage_request", "consult_news", "deadline_reminder", "meeting_reminder"),
    *("availability_question", "slot_offer"),
)
NEW_MAIL = "roster_alarm"
OPEN = sa.text("ended_at IS NULL")
NOT_ENTERED = sa.text("entered_at IS NULL AND stopped_at IS NULL")
NOT_SENT = sa.text("sent_at IS NULL AND failed_at IS NULL AND stopped_at IS NULL")
# In the order in which they are dropped: who refers stands before what is referred to.
TABLES = (
    *("alert", "urgent_step", "urgent_rung", "team_mission", "readiness_check", "escalation_step"),
    *("urgent_consult", "link_test", "contact_point", "board_token", "alert_gateway", "push_key"),
    "engine_clock",
)


def upgrade() -> None:
    _create_contacts()
    _create_consults()
    _create_ladders()
    _create_alerts()
    op.create_table(
        "engine_clock",
        sa.Column("boot", sa.String(length=40), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("boot", name="pk_engine_clock"),
    )
    _let_services_and_sites_say_more()
    with op.batch_alter_table("outbox_message") as batch:
        _change_words(batch, (*FORMER_MAILS, NEW_MAIL))
    # Written out: in a new table for the old one SQLite would lose the triggers against overlaps.
    uuid = "CHAR(32)" if op.get_bind().dialect.name == "sqlite" else "UUID"
    op.execute(
        f"ALTER TABLE claim ADD COLUMN urgent_consult_id {uuid}"
        " CONSTRAINT fk_claim_urgent_consult_id REFERENCES urgent_consult (id)"
    )
    op.create_index("ix_claim_urgent_consult_id", "claim", ["urgent_consult_id"])


def _words(name: str, *words: str) -> sa.Enum:
    return sa.Enum(*words, native_enum=False, create_constraint=True, length=24, name=name)


def _change_words(batch: BatchOperations, words: tuple[str, ...]) -> None:
    batch.drop_constraint(op.f("ck_outbox_message_kind"), type_="check")
    batch.create_check_constraint(op.f("ck_outbox_message_kind"), f"kind IN {words}")


def _let_services_and_sites_say_more() -> None:
    op.add_column("service", sa.Column("urgent_kind", sa.String(length=24), nullable=True))
    op.add_column("service", sa.Column("consults_at_once", sa.Integer(), server_default="2", nullable=False))
    op.add_column("service", sa.Column("hotline", sa.String(length=40), server_default="", nullable=False))
    op.add_column("service", sa.Column("targets", sa.JSON(), server_default="{}", nullable=False))
    with op.batch_alter_table("service") as batch:
        batch.create_check_constraint(
            op.f("ck_service_urgent_kind"), "urgent_kind IN ('telestroke', 'teleradiology')"
        )
        batch.create_check_constraint(
            op.f("ck_service_consults_at_once"), "consults_at_once BETWEEN 1 AND 20"
        )
    op.add_column(
        "site",
        sa.Column("teleradiology", sa.String(length=24), server_default="out_of_hours", nullable=False),
    )
    op.add_column(
        "site", sa.Column("night_from", sa.Time(), server_default="18:00:00.000000", nullable=False)
    )
    op.add_column(
        "site", sa.Column("night_until", sa.Time(), server_default="07:00:00.000000", nullable=False)
    )
    with op.batch_alter_table("site") as batch:
        batch.create_check_constraint(
            op.f("ck_site_teleradiology"), "teleradiology IN ('none', 'out_of_hours', 'always')"
        )


def _create_contacts() -> None:
    _create_push_key()
    _create_alert_gateway()
    _create_contact_point()
    _create_board_token()
    _create_link_test()


def _create_push_key() -> None:
    op.create_table(
        "push_key",
        sa.Column("public_key", sa.String(length=120), nullable=False),
        sa.Column("sealed_private_key", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_push_key"),
    )


def _create_alert_gateway() -> None:
    op.create_table(
        "alert_gateway",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("kind", _words("kind", "sms", "voice", "matrix", "ntfy", "webhook"), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("sealed_url", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name="fk_alert_gateway_organisation_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_alert_gateway"),
    )
    op.create_index("ix_alert_gateway_organisation_id", "alert_gateway", ["organisation_id"], unique=False)


def _create_contact_point() -> None:
    op.create_table(
        "contact_point",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("channel", _words("channel", "email", "push", "gateway"), nullable=False),
        sa.Column("gateway_id", sa.Uuid(), nullable=True),
        sa.Column("address", sa.String(length=254), nullable=False),
        sa.Column("label", sa.String(length=80), nullable=False),
        sa.Column("sealed_secret", sa.Text(), nullable=True),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("quiet_from", sa.Time(), nullable=True),
        sa.Column("quiet_until", sa.Time(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("proof_hash", sa.String(length=64), nullable=True),
        sa.Column("proof_sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("proof_tries", sa.Integer(), server_default="0", nullable=False),
        sa.Column("proven_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_error", sa.String(length=400), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["gateway_id"], ["alert_gateway.id"], name="fk_contact_point_gateway_id"),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_contact_point_person_id"),
        sa.PrimaryKeyConstraint("id", name="pk_contact_point"),
    )
    op.create_index("ix_contact_point_person", "contact_point", ["person_id", "position"], unique=False)


def _create_board_token() -> None:
    op.create_table(
        "board_token",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("site_id", sa.Uuid(), nullable=True),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("created_by_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["created_by_id"], ["person.id"], name="fk_board_token_created_by_id"),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name="fk_board_token_organisation_id"
        ),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name="fk_board_token_site_id"),
        sa.PrimaryKeyConstraint("id", name="pk_board_token"),
        sa.UniqueConstraint("token_hash", name="uq_board_token_token_hash"),
    )
    op.create_index("ix_board_token_organisation_id", "board_token", ["organisation_id"], unique=False)


def _create_link_test() -> None:
    op.create_table(
        "link_test",
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("tested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("worked", sa.Boolean(), nullable=False),
        sa.Column("note", sa.String(length=200), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_link_test_person_id"),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name="fk_link_test_site_id"),
        sa.PrimaryKeyConstraint("id", name="pk_link_test"),
    )
    op.create_index("ix_link_test_site_tested", "link_test", ["site_id", "tested_at"], unique=False)


def _create_consults() -> None:
    _create_urgent_consult()
    _create_urgent_step()
    _create_team_mission()


def _create_urgent_consult() -> None:
    op.create_table(
        "urgent_consult",
        sa.Column("service_id", sa.Uuid(), nullable=False),
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("requester_id", sa.Uuid(), nullable=False),
        sa.Column("kind", _words("kind", "telestroke", "teleradiology"), nullable=False),
        sa.Column(
            "state",
            _words(
                "state",
                "pre_alert",
                "requested",
                "alerted",
                "acknowledged",
                "connected",
                "recommended",
                "indication_given",
                "refused",
                "modality_changed",
                "scanning",
                "images_received",
                "reading",
                "phoned",
                "reported",
                "closed",
                "cancelled",
            ),
            nullable=False,
        ),
        sa.Column("case_ref", sa.String(length=20), nullable=False),
        sa.Column("callback_phone", sa.String(length=40), nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column(
            "urgency",
            _words("urgency", "stroke", "polytrauma", "emergency", "urgent", "routine"),
            nullable=True,
        ),
        sa.Column(
            "legal_kind",
            _words("legal_kind", "teleradiology", "second_opinion", "image_transfer"),
            nullable=True,
        ),
        sa.Column(
            "recommendation",
            _words(
                "recommendation",
                "stay",
                "thrombolysis",
                "thrombolysis_transfer",
                "transfer",
                "team_dispatched",
                "mimic",
            ),
            nullable=True,
        ),
        sa.Column("join_link", sa.String(length=300), nullable=False),
        sa.Column("is_downtime", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("consultant_id", sa.Uuid(), nullable=True),
        sa.Column("second_consultant_id", sa.Uuid(), nullable=True),
        sa.Column("revision", sa.Integer(), server_default="1", nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["consultant_id"], ["person.id"], name="fk_urgent_consult_consultant_id"),
        sa.ForeignKeyConstraint(["requester_id"], ["person.id"], name="fk_urgent_consult_requester_id"),
        sa.ForeignKeyConstraint(
            ["second_consultant_id"], ["person.id"], name="fk_urgent_consult_second_consultant_id"
        ),
        sa.ForeignKeyConstraint(["service_id"], ["service.id"], name="fk_urgent_consult_service_id"),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name="fk_urgent_consult_site_id"),
        sa.PrimaryKeyConstraint("id", name="pk_urgent_consult"),
    )
    op.create_index("ix_urgent_consult_case_ref", "urgent_consult", ["case_ref"], unique=False)
    op.create_index(
        "ix_urgent_consult_consultant_open",
        "urgent_consult",
        ["consultant_id"],
        unique=False,
        postgresql_where=OPEN,
        sqlite_where=OPEN,
    )
    op.create_index("ix_urgent_consult_requester_id", "urgent_consult", ["requester_id"], unique=False)
    op.create_index(
        "ix_urgent_consult_service_requested", "urgent_consult", ["service_id", "requested_at"], unique=False
    )
    op.create_index(
        "ix_urgent_consult_site_requested", "urgent_consult", ["site_id", "requested_at"], unique=False
    )


def _create_urgent_step() -> None:
    op.create_table(
        "urgent_step",
        sa.Column("consult_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            _words(
                "kind",
                "state",
                "escalated",
                "handed_over",
                "joined",
                "facts",
                "transfer",
                "phoned_result",
                "override",
            ),
            nullable=False,
        ),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("is_reconstructed", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("other_id", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.String(length=400), nullable=False),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["consult_id"], ["urgent_consult.id"], name="fk_urgent_step_consult_id"),
        sa.ForeignKeyConstraint(["other_id"], ["person.id"], name="fk_urgent_step_other_id"),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_urgent_step_person_id"),
        sa.PrimaryKeyConstraint("id", name="pk_urgent_step"),
        sa.UniqueConstraint("consult_id", "number", name="uq_urgent_step_consult_id_number"),
    )


def _create_team_mission() -> None:
    op.create_table(
        "team_mission",
        sa.Column("line_id", sa.Uuid(), nullable=False),
        sa.Column("consult_id", sa.Uuid(), nullable=False),
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("requested_by_id", sa.Uuid(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("starts_at < until_at", name="ck_team_mission_span"),
        sa.ForeignKeyConstraint(["consult_id"], ["urgent_consult.id"], name="fk_team_mission_consult_id"),
        sa.ForeignKeyConstraint(["line_id"], ["duty_line.id"], name="fk_team_mission_line_id"),
        sa.ForeignKeyConstraint(["requested_by_id"], ["person.id"], name="fk_team_mission_requested_by_id"),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name="fk_team_mission_site_id"),
        sa.PrimaryKeyConstraint("id", name="pk_team_mission"),
    )
    op.create_index("ix_team_mission_consult_id", "team_mission", ["consult_id"], unique=False)
    op.create_index(
        "uq_team_mission_running",
        "team_mission",
        ["line_id"],
        unique=True,
        postgresql_where=OPEN,
        sqlite_where=OPEN,
    )


def _create_ladders() -> None:
    _create_escalation_step()
    _create_readiness_check()
    _create_urgent_rung()


def _create_escalation_step() -> None:
    op.create_table(
        "escalation_step",
        sa.Column("service_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column(
            "target",
            _words(
                "target",
                "duty_line",
                "parallel_line",
                "background_line",
                "hub_rotation",
                "fallback_hub",
                "phone_card",
            ),
            nullable=False,
        ),
        sa.Column("line_id", sa.Uuid(), nullable=True),
        sa.Column("phone", sa.String(length=40), nullable=False),
        sa.Column("delay_seconds", sa.Integer(), nullable=False),
        sa.Column("repeats", sa.Integer(), server_default="0", nullable=False),
        sa.Column("repeat_seconds", sa.Integer(), server_default="60", nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("delay_seconds BETWEEN 0 AND 3600", name="ck_escalation_step_delay_seconds"),
        sa.CheckConstraint("repeat_seconds BETWEEN 15 AND 600", name="ck_escalation_step_repeat_seconds"),
        sa.CheckConstraint("repeats BETWEEN 0 AND 5", name="ck_escalation_step_repeats"),
        sa.ForeignKeyConstraint(["line_id"], ["duty_line.id"], name="fk_escalation_step_line_id"),
        sa.ForeignKeyConstraint(["service_id"], ["service.id"], name="fk_escalation_step_service_id"),
        sa.PrimaryKeyConstraint("id", name="pk_escalation_step"),
        sa.UniqueConstraint("service_id", "position", name="uq_escalation_step_service_id_position"),
    )


def _create_readiness_check() -> None:
    op.create_table(
        "readiness_check",
        sa.Column("line_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("duty_starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("duty_ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answer_by", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("armed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["line_id"], ["duty_line.id"], name="fk_readiness_check_line_id"),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_readiness_check_person_id"),
        sa.PrimaryKeyConstraint("id", name="pk_readiness_check"),
        sa.UniqueConstraint(
            "line_id",
            "person_id",
            "duty_starts_at",
            name="uq_readiness_check_line_id_person_id_duty_starts_at",
        ),
    )
    op.create_index(
        "ix_readiness_check_line_starts", "readiness_check", ["line_id", "duty_starts_at"], unique=False
    )
    op.create_index("ix_readiness_check_person_id", "readiness_check", ["person_id"], unique=False)


def _create_urgent_rung() -> None:
    op.create_table(
        "urgent_rung",
        sa.Column("consult_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("repeat", sa.Integer(), server_default="0", nullable=False),
        sa.Column(
            "target",
            _words(
                "target",
                "duty_line",
                "parallel_line",
                "background_line",
                "hub_rotation",
                "fallback_hub",
                "phone_card",
            ),
            nullable=False,
        ),
        sa.Column("line_id", sa.Uuid(), nullable=True),
        sa.Column("label", sa.String(length=200), nullable=False),
        sa.Column("phone", sa.String(length=40), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("stopped_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "skipped",
            _words("skipped", "nobody_on_duty", "nobody_reachable", "all_at_cap", "already_alerted"),
            nullable=True,
        ),
        sa.Column("owner_alarmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["consult_id"], ["urgent_consult.id"], name="fk_urgent_rung_consult_id"),
        sa.ForeignKeyConstraint(["line_id"], ["duty_line.id"], name="fk_urgent_rung_line_id"),
        sa.PrimaryKeyConstraint("id", name="pk_urgent_rung"),
        sa.UniqueConstraint(
            "consult_id", "position", "repeat", name="uq_urgent_rung_consult_id_position_repeat"
        ),
    )
    op.create_index(
        "ix_urgent_rung_waiting",
        "urgent_rung",
        ["due_at"],
        unique=False,
        postgresql_where=NOT_ENTERED,
        sqlite_where=NOT_ENTERED,
    )


def _create_alerts() -> None:
    op.create_table(
        "alert",
        sa.Column(
            "purpose", _words("purpose", "urgent_consult", "readiness", "contact_proof"), nullable=False
        ),
        sa.Column("consult_id", sa.Uuid(), nullable=True),
        sa.Column("rung_id", sa.Uuid(), nullable=True),
        sa.Column("readiness_id", sa.Uuid(), nullable=True),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("contact_id", sa.Uuid(), nullable=False),
        sa.Column("snapshot", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lease_key", sa.String(length=40), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("stopped_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_error", sa.String(length=400), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["consult_id"], ["urgent_consult.id"], name="fk_alert_consult_id"),
        sa.ForeignKeyConstraint(["contact_id"], ["contact_point.id"], name="fk_alert_contact_id"),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_alert_person_id"),
        sa.ForeignKeyConstraint(["readiness_id"], ["readiness_check.id"], name="fk_alert_readiness_id"),
        sa.ForeignKeyConstraint(["rung_id"], ["urgent_rung.id"], name="fk_alert_rung_id"),
        sa.PrimaryKeyConstraint("id", name="pk_alert"),
    )
    op.create_index("ix_alert_consult_person", "alert", ["consult_id", "person_id"], unique=False)
    op.create_index("ix_alert_contact_id", "alert", ["contact_id"], unique=False)
    op.create_index("ix_alert_person_id", "alert", ["person_id"], unique=False)
    op.create_index("ix_alert_readiness_id", "alert", ["readiness_id"], unique=False)
    op.create_index("ix_alert_rung_id", "alert", ["rung_id"], unique=False)
    op.create_index(
        "ix_alert_waiting",
        "alert",
        ["due_at"],
        unique=False,
        postgresql_where=NOT_SENT,
        sqlite_where=NOT_SENT,
    )


def downgrade() -> None:
    op.execute("DELETE FROM claim WHERE urgent_consult_id IS NOT NULL")
    op.drop_index("ix_claim_urgent_consult_id", table_name="claim")
    _drop_column_of_claims()
    for table in TABLES:
        op.drop_table(table)
    # A mail of a kind that the former tables do not know has no place there.
    op.execute(f"DELETE FROM outbox_message WHERE kind = '{NEW_MAIL}'")
    with op.batch_alter_table("outbox_message") as batch:
        _change_words(batch, FORMER_MAILS)
    with op.batch_alter_table("service") as batch:
        batch.drop_constraint(op.f("ck_service_urgent_kind"), type_="check")
        batch.drop_constraint(op.f("ck_service_consults_at_once"), type_="check")
    with op.batch_alter_table("site") as batch:
        batch.drop_constraint(op.f("ck_site_teleradiology"), type_="check")
    for column in ("urgent_kind", "consults_at_once", "hotline", "targets"):
        op.drop_column("service", column)
    for column in ("teleradiology", "night_from", "night_until"):
        op.drop_column("site", column)


def _drop_column_of_claims() -> None:
    if op.get_bind().dialect.name != "sqlite":
        op.drop_column("claim", "urgent_consult_id")
        return
    triggers = op.get_bind().execute(
        sa.text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'claim'")
    )
    kept = triggers.all()
    with op.batch_alter_table("claim") as batch:
        batch.drop_column("urgent_consult_id")
    for _, statement in kept:
        op.execute(statement)
