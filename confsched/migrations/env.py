"""Run revisions on the connection that Database.migrate hands over."""

from alembic import context

from confsched.models import Base

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=Base.metadata,
    compare_type=True,
)
context.run_migrations()
