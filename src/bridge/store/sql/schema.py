"""The schema's version: brought up by migrations, and checked before anything is read or written.

A version first only adds, and a later one takes away what nobody uses any more, so that the code before it runs on its
schema too: beside it while workers are replaced one by one, and again when an update is taken back. The database itself
says which code that is, for an older bridge cannot know: the oldest schema whose code may run on it stands beside its
version.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from bridge.errors import ConfigError
from bridge.store.sql.dialect import Dialect, cause_of, dialect_of
from bridge.store.sql.tables import metadata

if TYPE_CHECKING:
    from alembic.config import Config

HEAD = "0044"
OLDEST = "0040"
"""The oldest schema whose code runs on this one. A migration that does more than add raises it to itself at least."""
VOUCHES = "0043"
"""The schema since which the audit log vouches for all that it does by now."""


def migrate(url: str) -> None:
    """Bring the database at this URL up to this version of bridge; makes a SQLite file that is not there.

    Repeat: harmless. Two at once: the second waits for the first, and finds nothing to do.
    One that is ahead and lets this bridge run on it is left as it is.
    Raises: ConfigError (``store.schema``) when the database is of a newer bridge, which this one cannot work beside.
    """
    dialect = dialect_of(url)
    engine = dialect.engine()
    try:
        upgrade(dialect, engine)
    except dialect.errors as error:
        raise dialect.translate(cause_of(error)) from error
    finally:
        engine.dispose()


def upgrade(dialect: Dialect, engine: sa.Engine) -> str | None:
    """``migrate`` over an engine that is there already; the version before, None for a database without tables."""
    with dialect.transaction(engine, is_reading=False) as connection:
        dialect.lock(connection, "bridge/migrate")
        version = _version(connection)
        is_ahead = _is_ahead(connection, version)
        if version != HEAD and not is_ahead:
            from alembic import command  # slow to import, and seldom needed

            config = _config()
            config.attributes["connection"] = connection
            config.attributes["dialect"] = dialect
            command.upgrade(config, HEAD)
            connection.execute(sa.text("UPDATE alembic_version SET oldest = :oldest"), {"oldest": OLDEST})
        dialect.describe(connection, metadata)  # each time: somebody may have taken statistics of a young database
    return version


def check(dialect: Dialect, engine: sa.Engine) -> None:
    """Raises: ConfigError (``store.schema``) unless the database stands where this bridge does, or lets it run."""
    version = None
    if dialect.exists():
        with dialect.transaction(engine, is_reading=True) as connection:
            version = _version(connection)
            if version == HEAD or _is_ahead(connection, version):
                return
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


def _is_ahead(connection: sa.Connection, version: str | None) -> bool:
    """Whether a newer bridge made the schema, and says that this one may run on it. Raises: ConfigError if not so."""
    if version in (None, HEAD) or version in (known := _known()):
        return False
    columns = {column["name"] for column in sa.inspect(connection).get_columns("alembic_version")}
    if "oldest" not in columns:
        raise _newer()
    if connection.execute(sa.text("SELECT oldest FROM alembic_version")).scalar() not in known:
        raise _newer()
    return True


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
        "was made by a newer bridge, beside which this one cannot work",
        "Install that version of bridge, or restore a backup from before it",
        code="store.schema",
    )
