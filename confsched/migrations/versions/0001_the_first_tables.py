"""The first tables, and the guards that make an overlap of claims impossible."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "audit_head",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit_head"),
    )
    op.create_table(
        "engine_cycle",
        sa.Column("worker", sa.String(length=80), nullable=False),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("worker", name="pk_engine_cycle"),
    )
    op.create_index("ix_engine_cycle_completed_at", "engine_cycle", ["completed_at"], unique=False)
    op.create_table(
        "organisation",
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_organisation"),
        sa.UniqueConstraint("name", name="uq_organisation_name"),
    )
    op.create_table(
        "person",
        sa.Column("title", sa.String(length=40), nullable=False),
        sa.Column("given_name", sa.String(length=80), nullable=False),
        sa.Column("family_name", sa.String(length=80), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("phone", sa.String(length=40), nullable=False),
        sa.Column("discipline", sa.String(length=60), nullable=False),
        sa.Column("is_specialist", sa.Boolean(), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("zone", sa.String(length=64), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_person"),
        sa.UniqueConstraint("email", name="uq_person_email"),
    )
    op.create_index("ix_person_discipline", "person", ["discipline"], unique=False)
    op.create_index("ix_person_family_name", "person", ["family_name"], unique=False)
    op.create_table(
        "absence",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "leave",
                "sick",
                "training",
                "other",
                name="kind",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("starts_at < ends_at", name="ck_absence_span"),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_absence_person_id"),
        sa.PrimaryKeyConstraint("id", name="pk_absence"),
    )
    op.create_index("ix_absence_person_starts", "absence", ["person_id", "starts_at"], unique=False)
    op.create_table(
        "account",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("password_hash", sa.String(length=200), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failed_logins", sa.Integer(), nullable=False),
        sa.Column("last_failed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_account_person_id"),
        sa.PrimaryKeyConstraint("id", name="pk_account"),
        sa.UniqueConstraint("email", name="uq_account_email"),
        sa.UniqueConstraint("person_id", name="uq_account_person_id"),
    )
    op.create_table(
        "audit_event",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("organisation_id", sa.Uuid(), nullable=True),
        sa.Column("action", sa.String(length=40), nullable=False),
        sa.Column("object_kind", sa.String(length=40), nullable=False),
        sa.Column("object_id", sa.Uuid(), nullable=True),
        sa.Column("outcome", sa.String(length=24), nullable=False),
        sa.Column("detail", sa.String(length=200), nullable=False),
        sa.Column("previous_hash", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name="fk_audit_event_organisation_id"
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_audit_event_person_id"),
        sa.PrimaryKeyConstraint("number", name="pk_audit_event"),
    )
    op.create_index("ix_audit_event_organisation_id", "audit_event", ["organisation_id"], unique=False)
    op.create_index("ix_audit_event_person_id", "audit_event", ["person_id"], unique=False)
    op.create_index("ix_audit_object", "audit_event", ["object_kind", "object_id"], unique=False)
    op.create_table(
        "busy_source",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum("url", "upload", name="kind", native_enum=False, create_constraint=True, length=24),
            nullable=False,
        ),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("url", sa.String(length=1000), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("etag", sa.String(length=200), nullable=True),
        sa.Column("last_modified", sa.String(length=80), nullable=True),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("known_from", sa.DateTime(timezone=True), nullable=True),
        sa.Column("known_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tried_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_error", sa.String(length=400), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_busy_source_person_id"),
        sa.PrimaryKeyConstraint("id", name="pk_busy_source"),
    )
    op.create_index("ix_busy_source_due_at", "busy_source", ["due_at"], unique=False)
    op.create_index("ix_busy_source_person_id", "busy_source", ["person_id"], unique=False)
    op.create_table(
        "feed",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column(
            "privacy",
            sa.Enum(
                "kind_and_place",
                "kind",
                "busy",
                name="privacy",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("fetched_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("fetched_by", sa.String(length=80), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_feed_person_id"),
        sa.PrimaryKeyConstraint("id", name="pk_feed"),
        sa.UniqueConstraint("token_hash", name="uq_feed_token_hash"),
    )
    op.create_index("ix_feed_person_id", "feed", ["person_id"], unique=False)
    op.create_table(
        "site",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("short_name", sa.String(length=60), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "hospital",
                "outpatient_centre",
                "mobile_unit",
                "office",
                name="kind",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("zone", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("phone", sa.String(length=40), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name="fk_site_organisation_id"),
        sa.PrimaryKeyConstraint("id", name="pk_site"),
        sa.UniqueConstraint("name", name="uq_site_name"),
    )
    op.create_index("ix_site_organisation_id", "site", ["organisation_id"], unique=False)
    op.create_table(
        "busy_span",
        sa.Column("source_id", sa.Uuid(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("starts_at < ends_at", name="ck_busy_span_span"),
        sa.ForeignKeyConstraint(["source_id"], ["busy_source.id"], name="fk_busy_span_source_id"),
        sa.PrimaryKeyConstraint("id", name="pk_busy_span"),
    )
    op.create_index("ix_busy_span_source_starts", "busy_span", ["source_id", "starts_at"], unique=False)
    op.create_table(
        "department",
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("discipline", sa.String(length=60), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name="fk_department_site_id"),
        sa.PrimaryKeyConstraint("id", name="pk_department"),
        sa.UniqueConstraint("site_id", "name", name="uq_department_site_id_name"),
    )
    op.create_table(
        "idempotency_key",
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("purpose", sa.String(length=40), nullable=False),
        sa.Column("result_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name="fk_idempotency_key_account_id"),
        sa.PrimaryKeyConstraint("key", "account_id", "purpose", name="pk_idempotency_key"),
    )
    op.create_index("ix_idempotency_key_created_at", "idempotency_key", ["created_at"], unique=False)
    op.create_table(
        "login_session",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name="fk_login_session_account_id"),
        sa.PrimaryKeyConstraint("token_hash", name="pk_login_session"),
    )
    op.create_index("ix_login_session_account_id", "login_session", ["account_id"], unique=False)
    op.create_table(
        "resource",
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum("room", "device", name="kind", native_enum=False, create_constraint=True, length=24),
            nullable=False,
        ),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name="fk_resource_site_id"),
        sa.PrimaryKeyConstraint("id", name="pk_resource"),
    )
    op.create_index("ix_resource_site_id", "resource", ["site_id"], unique=False)
    op.create_table(
        "service",
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("discipline", sa.String(length=60), nullable=False),
        sa.Column("duration_minutes", sa.Integer(), nullable=False),
        sa.Column("buffer_before_minutes", sa.Integer(), nullable=False),
        sa.Column("buffer_after_minutes", sa.Integer(), nullable=False),
        sa.Column("notice_minutes", sa.Integer(), nullable=False),
        sa.Column("horizon_days", sa.Integer(), nullable=False),
        sa.Column("join_base", sa.String(length=200), nullable=False),
        sa.Column("is_urgent", sa.Boolean(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("duration_minutes > 0", name="ck_service_duration"),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name="fk_service_site_id"),
        sa.PrimaryKeyConstraint("id", name="pk_service"),
    )
    op.create_index("ix_service_site_id", "service", ["site_id"], unique=False)
    op.create_table(
        "working_hours",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("weekday", sa.Integer(), nullable=False),
        sa.Column("starts", sa.Time(), nullable=False),
        sa.Column("ends", sa.Time(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("weekday BETWEEN 0 AND 6", name="ck_working_hours_weekday"),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_working_hours_person_id"),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name="fk_working_hours_site_id"),
        sa.PrimaryKeyConstraint("id", name="pk_working_hours"),
    )
    op.create_index("ix_working_hours_person_id", "working_hours", ["person_id"], unique=False)
    op.create_table(
        "booking",
        sa.Column(
            "kind",
            sa.Enum(
                "teleconsult", "conference", name="kind", native_enum=False, create_constraint=True, length=24
            ),
            nullable=False,
        ),
        sa.Column(
            "state",
            sa.Enum(
                "proposed",
                "pending",
                "booked",
                "fulfilled",
                "cancelled",
                name="state",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("uid", sa.String(length=120), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=120), nullable=False),
        sa.Column("case_ref", sa.String(length=20), nullable=True),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("zone", sa.String(length=64), nullable=False),
        sa.Column("buffer_before_minutes", sa.Integer(), nullable=False),
        sa.Column("buffer_after_minutes", sa.Integer(), nullable=False),
        sa.Column("join_link", sa.String(length=400), nullable=False),
        sa.Column("resource_id", sa.Uuid(), nullable=True),
        sa.Column("organiser_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("starts_at < ends_at", name="ck_booking_span"),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name="fk_booking_organisation_id"),
        sa.ForeignKeyConstraint(["organiser_id"], ["person.id"], name="fk_booking_organiser_id"),
        sa.ForeignKeyConstraint(["resource_id"], ["resource.id"], name="fk_booking_resource_id"),
        sa.PrimaryKeyConstraint("id", name="pk_booking"),
        sa.UniqueConstraint("uid", name="uq_booking_uid"),
    )
    op.create_index("ix_booking_organisation_id", "booking", ["organisation_id"], unique=False)
    op.create_index("ix_booking_organiser_id", "booking", ["organiser_id"], unique=False)
    op.create_index("ix_booking_starts", "booking", ["starts_at"], unique=False)
    op.create_table(
        "cooperation_agreement",
        sa.Column("service_id", sa.Uuid(), nullable=False),
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["service_id"], ["service.id"], name="fk_cooperation_agreement_service_id"),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name="fk_cooperation_agreement_site_id"),
        sa.PrimaryKeyConstraint("id", name="pk_cooperation_agreement"),
        sa.UniqueConstraint(
            "service_id",
            "site_id",
            "valid_from",
            name="uq_cooperation_agreement_service_id_site_id_valid_from",
        ),
    )
    op.create_index("ix_cooperation_agreement_site_id", "cooperation_agreement", ["site_id"], unique=False)
    op.create_table(
        "duty_line",
        sa.Column("department_id", sa.Uuid(), nullable=False),
        sa.Column("service_id", sa.Uuid(), nullable=True),
        sa.Column("group_name", sa.String(length=80), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "primary",
                "parallel",
                "background",
                "on_site_arrival",
                "mobile_team",
                "technician",
                name="kind",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column(
            "duty_type",
            sa.Enum(
                "on_site_standby",
                "on_call_home",
                "background",
                "regular",
                name="duty_type",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("phone", sa.String(length=40), nullable=False),
        sa.Column("covered_from", sa.Time(), nullable=False),
        sa.Column("covered_until", sa.Time(), nullable=False),
        sa.Column("covered_workdays_only", sa.Boolean(), nullable=False),
        sa.Column("makes_available", sa.Boolean(), nullable=False),
        sa.Column("blocks", sa.Boolean(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["department_id"], ["department.id"], name="fk_duty_line_department_id"),
        sa.ForeignKeyConstraint(["service_id"], ["service.id"], name="fk_duty_line_service_id"),
        sa.PrimaryKeyConstraint("id", name="pk_duty_line"),
    )
    op.create_index("ix_duty_line_department_id", "duty_line", ["department_id"], unique=False)
    op.create_index("ix_duty_line_service_id", "duty_line", ["service_id"], unique=False)
    op.create_table(
        "membership",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("department_id", sa.Uuid(), nullable=True),
        sa.Column(
            "function",
            sa.Enum(
                "requester",
                "consultant",
                "secretary",
                "coordinator",
                "organisation_admin",
                "auditor",
                name="function",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["department_id"], ["department.id"], name="fk_membership_department_id"),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name="fk_membership_organisation_id"
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_membership_person_id"),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name="fk_membership_site_id"),
        sa.PrimaryKeyConstraint("id", name="pk_membership"),
    )
    op.create_index("ix_membership_organisation_id", "membership", ["organisation_id"], unique=False)
    op.create_index("ix_membership_person_id", "membership", ["person_id"], unique=False)
    op.create_index("ix_membership_site_id", "membership", ["site_id"], unique=False)
    op.create_table(
        "cancellation",
        sa.Column("booking_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(["booking_id"], ["booking.id"], name="fk_cancellation_booking_id"),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_cancellation_person_id"),
        sa.PrimaryKeyConstraint("booking_id", name="pk_cancellation"),
    )
    op.create_table(
        "conference",
        sa.Column("title", sa.String(length=120), nullable=False),
        sa.Column("duration_minutes", sa.Integer(), nullable=False),
        sa.Column("search_from_on", sa.Date(), nullable=False),
        sa.Column("search_until_on", sa.Date(), nullable=False),
        sa.Column("join_link", sa.String(length=400), nullable=False),
        sa.Column("resource_id", sa.Uuid(), nullable=True),
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("organiser_id", sa.Uuid(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "planned",
                "invited",
                "cancelled",
                name="state",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("booking_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("duration_minutes > 0", name="ck_conference_duration"),
        sa.ForeignKeyConstraint(["booking_id"], ["booking.id"], name="fk_conference_booking_id"),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name="fk_conference_organisation_id"
        ),
        sa.ForeignKeyConstraint(["organiser_id"], ["person.id"], name="fk_conference_organiser_id"),
        sa.ForeignKeyConstraint(["resource_id"], ["resource.id"], name="fk_conference_resource_id"),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name="fk_conference_site_id"),
        sa.PrimaryKeyConstraint("id", name="pk_conference"),
        sa.UniqueConstraint("booking_id", name="uq_conference_booking_id"),
    )
    op.create_index("ix_conference_organisation_id", "conference", ["organisation_id"], unique=False)
    op.create_index("ix_conference_organiser_id", "conference", ["organiser_id"], unique=False)
    op.create_table(
        "consult",
        sa.Column("service_id", sa.Uuid(), nullable=False),
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("requester_id", sa.Uuid(), nullable=False),
        sa.Column("case_ref", sa.String(length=20), nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("reply_by_on", sa.Date(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "requested",
                "held",
                "booked",
                "cancelled",
                name="state",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("booking_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["booking_id"], ["booking.id"], name="fk_consult_booking_id"),
        sa.ForeignKeyConstraint(["requester_id"], ["person.id"], name="fk_consult_requester_id"),
        sa.ForeignKeyConstraint(["service_id"], ["service.id"], name="fk_consult_service_id"),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name="fk_consult_site_id"),
        sa.PrimaryKeyConstraint("id", name="pk_consult"),
        sa.UniqueConstraint("booking_id", name="uq_consult_booking_id"),
    )
    op.create_index("ix_consult_case_ref", "consult", ["case_ref"], unique=False)
    op.create_index("ix_consult_requester_id", "consult", ["requester_id"], unique=False)
    op.create_index("ix_consult_service_id", "consult", ["service_id"], unique=False)
    op.create_index("ix_consult_site_id", "consult", ["site_id"], unique=False)
    op.create_table(
        "duty",
        sa.Column("line_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("origin", sa.String(length=24), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("superseded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("starts_at < ends_at", name="ck_duty_span"),
        sa.ForeignKeyConstraint(["line_id"], ["duty_line.id"], name="fk_duty_line_id"),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_duty_person_id"),
        sa.PrimaryKeyConstraint("id", name="pk_duty"),
    )
    op.create_index("ix_duty_line_starts", "duty", ["line_id", "starts_at"], unique=False)
    op.create_index("ix_duty_person_starts", "duty", ["person_id", "starts_at"], unique=False)
    op.create_table(
        "outbox_message",
        sa.Column(
            "kind",
            sa.Enum(
                "invitation",
                "update",
                "cancellation",
                "removal",
                name="kind",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("booking_id", sa.Uuid(), nullable=True),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("recipient_id", sa.Uuid(), nullable=False),
        sa.Column("recipient", sa.String(length=254), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("zone", sa.String(length=64), nullable=False),
        sa.Column("message_id", sa.String(length=200), nullable=False),
        sa.Column("snapshot", sa.JSON(), nullable=False),
        sa.Column(
            "method",
            sa.Enum("REQUEST", "CANCEL", name="method", native_enum=False, create_constraint=True, length=24),
            nullable=False,
        ),
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
    op.create_index("ix_outbox_due", "outbox_message", ["sent_at", "failed_at", "due_at"], unique=False)
    op.create_index("ix_outbox_message_booking_id", "outbox_message", ["booking_id"], unique=False)
    op.create_index("ix_outbox_message_organisation_id", "outbox_message", ["organisation_id"], unique=False)
    op.create_index("ix_outbox_message_recipient_id", "outbox_message", ["recipient_id"], unique=False)
    op.create_table(
        "participation",
        sa.Column("booking_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("serves", sa.String(length=120), nullable=False),
        sa.Column("is_optional", sa.Boolean(), nullable=False),
        sa.Column(
            "partstat",
            sa.Enum(
                "NEEDS-ACTION",
                "ACCEPTED",
                "DECLINED",
                "TENTATIVE",
                name="partstat",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("invited_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["booking_id"], ["booking.id"], name="fk_participation_booking_id"),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name="fk_participation_organisation_id"
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_participation_person_id"),
        sa.PrimaryKeyConstraint("id", name="pk_participation"),
        sa.UniqueConstraint("booking_id", "person_id", name="uq_participation_booking_id_person_id"),
    )
    op.create_index("ix_participation_organisation_id", "participation", ["organisation_id"], unique=False)
    op.create_index("ix_participation_person", "participation", ["person_id"], unique=False)
    op.create_table(
        "hold",
        sa.Column("consult_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("serving", sa.JSON(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("starts_at < ends_at", name="ck_hold_span"),
        sa.ForeignKeyConstraint(["consult_id"], ["consult.id"], name="fk_hold_consult_id"),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_hold_person_id"),
        sa.PrimaryKeyConstraint("id", name="pk_hold"),
        sa.UniqueConstraint("consult_id", name="uq_hold_consult_id"),
    )
    op.create_table(
        "requirement",
        sa.Column("service_id", sa.Uuid(), nullable=True),
        sa.Column("conference_id", sa.Uuid(), nullable=True),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "discipline",
                "duty_line",
                "persons",
                "resource",
                name="kind",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("discipline", sa.String(length=60), nullable=True),
        sa.Column("site_id", sa.Uuid(), nullable=True),
        sa.Column("duty_line_id", sa.Uuid(), nullable=True),
        sa.Column("resource_id", sa.Uuid(), nullable=True),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("is_optional", sa.Boolean(), nullable=False),
        sa.Column("specialists_only", sa.Boolean(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "(service_id IS NULL) <> (conference_id IS NULL)", name="ck_requirement_one_owner"
        ),
        sa.CheckConstraint("count > 0", name="ck_requirement_count"),
        sa.ForeignKeyConstraint(["conference_id"], ["conference.id"], name="fk_requirement_conference_id"),
        sa.ForeignKeyConstraint(["duty_line_id"], ["duty_line.id"], name="fk_requirement_duty_line_id"),
        sa.ForeignKeyConstraint(["resource_id"], ["resource.id"], name="fk_requirement_resource_id"),
        sa.ForeignKeyConstraint(["service_id"], ["service.id"], name="fk_requirement_service_id"),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name="fk_requirement_site_id"),
        sa.PrimaryKeyConstraint("id", name="pk_requirement"),
    )
    op.create_index("ix_requirement_conference_id", "requirement", ["conference_id"], unique=False)
    op.create_index("ix_requirement_service_id", "requirement", ["service_id"], unique=False)
    op.create_table(
        "claim",
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column(
            "subject_kind",
            sa.Enum(
                "person",
                "resource",
                name="subject_kind",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "held", "pending", "firm", name="state", native_enum=False, create_constraint=True, length=24
            ),
            nullable=False,
        ),
        sa.Column("blocking", sa.Boolean(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("booking_id", sa.Uuid(), nullable=True),
        sa.Column("hold_id", sa.Uuid(), nullable=True),
        sa.Column("absence_id", sa.Uuid(), nullable=True),
        sa.Column("override_reason", sa.String(length=200), nullable=True),
        sa.Column("override_by_id", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("(state = 'held') = (expires_at IS NOT NULL)", name="ck_claim_only_holds_expire"),
        sa.CheckConstraint("blocking OR override_reason IS NOT NULL", name="ck_claim_override_has_reason"),
        sa.CheckConstraint("starts_at < ends_at", name="ck_claim_span"),
        sa.ForeignKeyConstraint(["absence_id"], ["absence.id"], name="fk_claim_absence_id"),
        sa.ForeignKeyConstraint(["booking_id"], ["booking.id"], name="fk_claim_booking_id"),
        sa.ForeignKeyConstraint(["hold_id"], ["hold.id"], name="fk_claim_hold_id"),
        sa.ForeignKeyConstraint(["override_by_id"], ["person.id"], name="fk_claim_override_by_id"),
        sa.PrimaryKeyConstraint("id", name="pk_claim"),
    )
    op.create_index("ix_claim_absence_id", "claim", ["absence_id"], unique=False)
    op.create_index("ix_claim_booking_id", "claim", ["booking_id"], unique=False)
    op.create_index("ix_claim_hold_id", "claim", ["hold_id"], unique=False)
    op.create_index("ix_claim_subject_starts", "claim", ["subject_id", "starts_at"], unique=False)
    op.create_table(
        "requirement_person",
        sa.Column("requirement_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_requirement_person_person_id"),
        sa.ForeignKeyConstraint(
            ["requirement_id"], ["requirement.id"], name="fk_requirement_person_requirement_id"
        ),
        sa.PrimaryKeyConstraint("requirement_id", "person_id", name="pk_requirement_person"),
    )
    _guard_claims()
    op.execute(f"INSERT INTO audit_head (id, number, hash) VALUES (1, 0, '{'0' * 64}')")


def _guard_claims() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("CREATE EXTENSION IF NOT EXISTS btree_gist")
        op.execute(
            "ALTER TABLE claim ADD CONSTRAINT ex_claim_no_overlap EXCLUDE USING gist"
            " (subject_id WITH =, tstzrange(starts_at, ends_at) WITH &&) WHERE (blocking)"
        )
        return
    for name, moment in (("insert", "INSERT"), ("update", "UPDATE")):
        op.execute(_overlap_trigger(name, moment))


def _overlap_trigger(name: str, moment: str) -> str:
    return (
        f"CREATE TRIGGER claim_no_overlap_{name} BEFORE {moment} ON claim WHEN NEW.blocking"
        " BEGIN SELECT RAISE(ABORT, 'ex_claim_no_overlap') WHERE EXISTS"
        " (SELECT 1 FROM claim WHERE subject_id = NEW.subject_id AND blocking AND id <> NEW.id"
        " AND starts_at < NEW.ends_at AND ends_at > NEW.starts_at); END"
    )


def downgrade() -> None:
    op.drop_table("requirement_person")
    op.drop_index("ix_claim_subject_starts", table_name="claim")
    op.drop_index("ix_claim_hold_id", table_name="claim")
    op.drop_index("ix_claim_booking_id", table_name="claim")
    op.drop_index("ix_claim_absence_id", table_name="claim")
    op.drop_table("claim")
    op.drop_index("ix_requirement_service_id", table_name="requirement")
    op.drop_index("ix_requirement_conference_id", table_name="requirement")
    op.drop_table("requirement")
    op.drop_table("hold")
    op.drop_index("ix_participation_person", table_name="participation")
    op.drop_index("ix_participation_organisation_id", table_name="participation")
    op.drop_table("participation")
    op.drop_index("ix_outbox_message_recipient_id", table_name="outbox_message")
    op.drop_index("ix_outbox_message_organisation_id", table_name="outbox_message")
    op.drop_index("ix_outbox_message_booking_id", table_name="outbox_message")
    op.drop_index("ix_outbox_due", table_name="outbox_message")
    op.drop_table("outbox_message")
    op.drop_index("ix_duty_person_starts", table_name="duty")
    op.drop_index("ix_duty_line_starts", table_name="duty")
    op.drop_table("duty")
    op.drop_index("ix_consult_site_id", table_name="consult")
    op.drop_index("ix_consult_service_id", table_name="consult")
    op.drop_index("ix_consult_requester_id", table_name="consult")
    op.drop_index("ix_consult_case_ref", table_name="consult")
    op.drop_table("consult")
    op.drop_index("ix_conference_organiser_id", table_name="conference")
    op.drop_index("ix_conference_organisation_id", table_name="conference")
    op.drop_table("conference")
    op.drop_table("cancellation")
    op.drop_index("ix_membership_site_id", table_name="membership")
    op.drop_index("ix_membership_person_id", table_name="membership")
    op.drop_index("ix_membership_organisation_id", table_name="membership")
    op.drop_table("membership")
    op.drop_index("ix_duty_line_service_id", table_name="duty_line")
    op.drop_index("ix_duty_line_department_id", table_name="duty_line")
    op.drop_table("duty_line")
    op.drop_index("ix_cooperation_agreement_site_id", table_name="cooperation_agreement")
    op.drop_table("cooperation_agreement")
    op.drop_index("ix_booking_starts", table_name="booking")
    op.drop_index("ix_booking_organiser_id", table_name="booking")
    op.drop_index("ix_booking_organisation_id", table_name="booking")
    op.drop_table("booking")
    op.drop_index("ix_working_hours_person_id", table_name="working_hours")
    op.drop_table("working_hours")
    op.drop_index("ix_service_site_id", table_name="service")
    op.drop_table("service")
    op.drop_index("ix_resource_site_id", table_name="resource")
    op.drop_table("resource")
    op.drop_index("ix_login_session_account_id", table_name="login_session")
    op.drop_table("login_session")
    op.drop_index("ix_idempotency_key_created_at", table_name="idempotency_key")
    op.drop_table("idempotency_key")
    op.drop_table("department")
    op.drop_index("ix_busy_span_source_starts", table_name="busy_span")
    op.drop_table("busy_span")
    op.drop_index("ix_site_organisation_id", table_name="site")
    op.drop_table("site")
    op.drop_index("ix_feed_person_id", table_name="feed")
    op.drop_table("feed")
    op.drop_index("ix_busy_source_person_id", table_name="busy_source")
    op.drop_index("ix_busy_source_due_at", table_name="busy_source")
    op.drop_table("busy_source")
    op.drop_index("ix_audit_object", table_name="audit_event")
    op.drop_index("ix_audit_event_person_id", table_name="audit_event")
    op.drop_index("ix_audit_event_organisation_id", table_name="audit_event")
    op.drop_table("audit_event")
    op.drop_table("account")
    op.drop_index("ix_absence_person_starts", table_name="absence")
    op.drop_table("absence")
    op.drop_index("ix_person_family_name", table_name="person")
    op.drop_index("ix_person_discipline", table_name="person")
    op.drop_table("person")
    op.drop_table("organisation")
    op.drop_index("ix_engine_cycle_completed_at", table_name="engine_cycle")
    op.drop_table("engine_cycle")
    op.drop_table("audit_head")
