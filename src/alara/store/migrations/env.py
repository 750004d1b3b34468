"""Alembic runs this: over the connection that :mod:`alara.store.schema` hands in, or into text."""

from __future__ import annotations

from alembic import context

from alara.store.tables import METADATA

connection = context.config.attributes.get("connection")
if connection is None:
    context.configure(
        dialect_name=context.config.attributes["dialect_name"],
        target_metadata=METADATA,
        literal_binds=True,
        render_as_batch=True,
    )
else:
    # The caller's transaction holds the whole upgrade; SQLite can do that when it is begun by hand.
    context.configure(connection=connection, target_metadata=METADATA, render_as_batch=True, transactional_ddl=True)
with context.begin_transaction():
    context.run_migrations()
