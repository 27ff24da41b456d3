"""What it means that a database failed, and what to do about it: never with a value of a row in it. Pure."""

from __future__ import annotations

from pathlib import Path

from bridge.errors import BridgeError, ConfigError, InvariantError, LockedError, MovedError, TransientError

WAIT_SECONDS = 30
"""How long another process is waited for."""
_WAIT = "Wait for it to end, then run it again; if nothing else of bridge runs, see what has the database open"
TAKEN, DANGLING, MOVED = "store.taken", "store.dangling", MovedError.code
DAMAGED, NO_DATABASE = "store.damaged", "store.not_a_database"
OF_FILE = frozenset({MOVED, DAMAGED, NO_DATABASE})
"""What is said of the file itself."""
RESTORE = "Copy it away, then restore a backup; check the disk it lies on"
NOT_READ_BACK = (BridgeError, ValueError, TypeError, LookupError, OverflowError)
"""What is raised where a stored value is not what was stored: values check themselves when they are made again."""


def damaged(thing: str, said: str) -> ConfigError:
    """Pages that contradict each other, a table that is gone, a text that is none."""
    return ConfigError(thing, f"is damaged ({said})", RESTORE, code=DAMAGED)


def unreadable(kind: str, name: str = "") -> ConfigError:
    """A value that was sound when it was saved and is not now: damaged, or changed by other hands."""
    cause = "is not what was saved: the database is damaged, or was changed by something else than bridge"
    return ConfigError(f"stored {kind} {name}".rstrip(), cause, RESTORE, code="store.unreadable")


def no_database(path: Path) -> ConfigError:
    return ConfigError(
        f"database {path}",
        "is no SQLite database, or is encrypted by something else than bridge",
        "Check the path in database_url; if it is the right file, restore a backup",
        code=NO_DATABASE,
    )


def no_access(path: Path, said: str) -> ConfigError:
    return ConfigError(
        f"database {path}",
        f"cannot be opened for writing ({said})",
        "Check the path in database_url, and that this user may write the file and its folder",
        code="store.unreachable",
    )


def not_let_in(said: str) -> ConfigError:
    """The server's own words on why it does not let us in, or work; it never repeats a password."""
    words = " ".join(said.removeprefix("connection failed:").split())[:200]
    return ConfigError(
        "the database",
        f"cannot be opened: {words}",
        "Check host, port, user, password and database name of database_url, and what the user may do there",
        code="store.unreachable",
    )


def takes_no_changes() -> ConfigError:
    return ConfigError(
        "the database",
        "takes no changes: the server is a standby, or is set to be read only",
        "Name the primary server in database_url, or end its read-only mode",
        code="store.standby",
    )


def gone(said: str) -> TransientError:
    """A server that does not answer, or stopped in the middle: what was not saved yet is as if it never was."""
    words = " ".join(said.removeprefix("connection failed:").split())[:200]
    return TransientError(
        "the database",
        f"does not answer: {words}",
        "Check that the server runs, and host and port in database_url; then run it again",
        code="store.gone",
    )


def busy() -> TransientError:
    cause = f"another process held a row for {WAIT_SECONDS} s"
    return TransientError("the database", cause, _WAIT, code="store.busy")


def locked() -> LockedError:
    return LockedError("the database", f"another process held it for {WAIT_SECONDS} s", _WAIT)


def disk(said: str) -> TransientError:
    return TransientError(
        "the database",
        f"the disk did not do its part ({said})",
        "Make room or repair the disk, then run it again; nothing that was saved is lost",
        code="store.disk",
    )


def moved(path: Path) -> MovedError:
    return MovedError(
        f"database {path}",
        "was deleted, moved or replaced, or the file beside it that ends in -wal, while it was in use",
        "Put the file or a backup back, and start bridge again, where nothing does; see that nobody tidies its folder",
    )


def broke_off(said: str) -> TransientError:
    return TransientError("the database", f"broke off ({said})", "Run it again; nothing was saved", code="store.gone")


def wrote_in_a_reading() -> InvariantError:
    return InvariantError("a reading", "tried to write", "Report this as a bug of bridge", code="store.read_only")


def refused(said: str, code: str = "store.refused") -> InvariantError:
    return InvariantError("the database", f"refused a change ({said})", "Report this as a bug of bridge", code=code)


def taken(said: str) -> InvariantError:
    """A row of that key is there already."""
    return refused(said, code=TAKEN)


def dangling(said: str) -> InvariantError:
    """A row names another that is not there."""
    return refused(said, code=DANGLING)
