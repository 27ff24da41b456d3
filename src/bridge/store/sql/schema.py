"""The schema's version: brought up by migrations, and checked before anything is read or written."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from bridge.errors import ConfigError
from bridge.store.sql.dialect import Dialect, cause_of, dialect_of
from bridge.store.sql.tables import metadata

if TYPE_CHECKING:
    from alembic.config import Config

HEAD = "0033"


def migrate(url: str) -> None:
    """Bring the database at this URL up to this version of bridge; makes a SQLite file that is not there.

    Repeat: harmless. Two at once: the second waits for the first, and finds nothing to do.
    Raises: ConfigError (``store.schema``) when the database is newer than this bridge.
    """
    dialect = dialect_of(url)
    engine = dialect.engine()
    try:
        upgrade(dialect, engine)
    except dialect.errors as error:
        raise dialect.translate(cause_of(error)) from error
    finally:
        engine.dispose()


def upgrade(dialect: Dialect, engine: sa.Engine) -> None:
    """``migrate`` over an engine that is there already."""
    with dialect.transaction(engine, is_reading=False) as connection:
        dialect.lock(connection, "bridge/migrate")
        version = _version(connection)
        if version not in (None, HEAD) and version not in _known():
            raise _newer()
        if version != HEAD:
            from alembic import command  # slow to import, and seldom needed

            config = _config()
            config.attributes["connection"] = connection
            config.attributes["dialect"] = dialect
            command.upgrade(config, HEAD)
        dialect.describe(connection, metadata)  # each time: somebody may have taken statistics of a young database


def check(dialect: Dialect, engine: sa.Engine) -> None:
    """Raises: ConfigError (``store.schema``) unless the database stands exactly where this bridge does."""
    version = None
    if dialect.exists():
        with dialect.transaction(engine, is_reading=True) as connection:
            version = _version(connection)
    if version == HEAD:
        return
    if version is not None and version not in _known():
        raise _newer()
    raise ConfigError(
        "the database",
        "has no tables yet" if version is None else "stands at an older version",
        "Run `bridge apply`, which brings it up to date",
        code="store.empty" if version is None else "store.schema",
    )


def _version(connection: sa.Connection) -> str | None:
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()
    return found


def _known() -> set[str]:
    """Every version this bridge knows."""
    from alembic.script import ScriptDirectory  # slow to import, and seldom needed

    return {script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()}


def _config() -> Config:
    from alembic.config import Config  # slow to import, and seldom needed

    config = Config()
    config.set_main_option("script_location", "bridge.store.sql:migrations")
    config.set_main_option("path_separator", "os")
    return config


def _newer() -> ConfigError:
    return ConfigError(
        "the database",
        "was made by a newer bridge",
        "Install that version of bridge, or restore a backup",
        code="store.schema",
    )
