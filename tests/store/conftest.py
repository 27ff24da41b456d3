"""One suite over both databases."""

from tests.fakes.stores import (
    another,
    clock,
    database_url,
    empty_url,
    migrated_database,
    migrated_file,
    sqlite_store,
    store,
)

__all__ = [
    "another",
    "clock",
    "database_url",
    "empty_url",
    "migrated_database",
    "migrated_file",
    "sqlite_store",
    "store",
]
