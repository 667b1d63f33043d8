"""Alembic's entry: runs on the connection that `registry.platform.migrate` hands over."""

import re

from alembic import context

from registry.metadata import metadata

# Partitions are made by functions, as months come: the code declares their table alone.
PARTITIONS = re.compile(r"lookups_(default|\d{4}_\d\d)")

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=metadata,
    compare_type=True,
    compare_server_default=True,
    include_name=lambda name, type_, _: not (type_ == "table" and PARTITIONS.fullmatch(name or "")),
    transaction_per_migration=False,
)
with context.begin_transaction():
    context.run_migrations()
