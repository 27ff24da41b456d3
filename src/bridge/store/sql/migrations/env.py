"""Run by Alembic for every command: over the connection it was handed, in that connection's transaction."""

from alembic import context

from bridge.store.sql.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
context.run_migrations()
