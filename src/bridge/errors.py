"""Every error bridge raises on purpose, arranged by what happens next.

A class carries a stable ``code`` (its heading in the errors reference) and one ``disposition``; whoever
drives the work reads that and nothing else. An error is built from facts and writes its own message: the
thing concerned, the cause, and the next step. No message ever holds a secret or a buyer's data.
"""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import Final

_OF_DISK: Final = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EIO}


class Disposition(StrEnum):
    """What happens next with the work that met the error."""

    RETRY = "retry"
    LOOK_UP = "look up"
    PARK = "park"
    HOLD = "hold"
    RECONNECT = "reconnect"
    FIX = "fix"
    HALT = "halt"


_LONGEST = 10_000


class BridgeError(Exception):
    """The root: ``thing: cause. next step.`` with a stable code.

    ``code`` may be narrowed by an instance (a vendor's refusal has many), the disposition never is. What somebody else
    says in it, a plugin or its vendor, is cut where nobody reads on: it is kept beside a voucher, and shown.
    """

    code: str = "bridge.error"
    disposition: Disposition = Disposition.HALT

    def __init__(self, thing: str, cause: str, next_step: str, *, code: str | None = None) -> None:
        self.thing, self.cause, self.next_step = _cut(thing), _cut(cause), _cut(next_step)
        if code is not None:
            self.code = code
        super().__init__(f"{self.thing}: {self.cause}. {self.next_step}.")

    def __reduce__(self) -> tuple[object, ...]:
        return _rebuild, (type(self), dict(self.__dict__), self.args)


def _cut(words: str) -> str:
    return words if len(words) <= _LONGEST else f"{words[:_LONGEST]} …"


def _rebuild(kind: type[BridgeError], state: dict[str, object], args: tuple[str, ...]) -> BridgeError:
    error = kind.__new__(kind)
    error.args = args
    error.__dict__.update(state)
    return error


class TransientError(BridgeError):
    """Nothing was changed on the far side; the same work may be tried again later."""

    code = "transient"
    disposition = Disposition.RETRY


class LockedError(TransientError):
    """Another process held the whole database too long: whoever asks next waits as long again."""

    code = "store.locked"


class MovedError(TransientError):
    """The database's file is not the one any more that was opened: another process may go on, this one may not."""

    code = "store.moved"


class RateLimitedError(TransientError):
    """The far side asked us to wait."""

    code = "rate_limited"

    def __init__(self, thing: str, *, retry_after_seconds: int) -> None:
        self.retry_after_seconds = retry_after_seconds
        super().__init__(thing, f"asked us to wait {retry_after_seconds} s", "Nothing to do: bridge waits and goes on")


class UnavailableError(TransientError):
    """The far side could not be reached, or said provably before doing anything that it cannot answer."""

    code = "unavailable"

    def __init__(
        self,
        thing: str,
        cause: str,
        next_step: str = "A worker tries again by itself; by hand, run it again later. If it lasts, check the network",
    ) -> None:
        super().__init__(thing, cause, next_step)


class DiskError(TransientError):
    """This machine's disk takes no more: nobody's fault who was about to write, and over when there is room."""

    code = "disk"

    def __init__(self, cause: OSError) -> None:
        super().__init__(
            "the disk",
            f"takes no more ({cause.strerror or type(cause).__name__})",
            "Make room, also where temporary files lie (TMPDIR); what was begun is then done again",
        )


def of_disk(error: BaseException | None) -> DiskError | None:
    """What it is where a full or failing disk is behind an error; None where it is none."""
    while error is not None and not isinstance(error, BridgeError):
        if isinstance(error, OSError) and error.errno in _OF_DISK:
            return DiskError(error)
        error = error.__cause__ or error.__context__
    return error if isinstance(error, DiskError) else None


@contextmanager
def disk_told() -> Iterator[None]:
    """Within, a full disk is told as ours. Raises: DiskError."""
    try:
        yield
    except Exception as error:
        if told := of_disk(error):
            raise told from error
        raise


class InDoubtError(BridgeError):
    """A write was sent and its outcome is not known: ask the ledger before anything is sent again."""

    code = "in_doubt"
    disposition = Disposition.LOOK_UP

    def __init__(self, thing: str, cause: str) -> None:
        super().__init__(thing, cause, "bridge looks it up in the ledger before it sends anything again")


class RejectedError(BridgeError):
    """The ledger refused; the same body will be refused again."""

    code = "rejected"
    disposition = Disposition.PARK


class DocumentError(BridgeError):
    """A channel's document or file contradicts itself or cannot be read."""

    code = "document"
    disposition = Disposition.PARK


class ConflictError(BridgeError):
    """Something else already stands where ours was to go."""

    code = "conflict"
    disposition = Disposition.PARK


class HoldError(BridgeError):
    """Our own work must wait for a fact or a person; nothing was sent and nothing is lost."""

    code = "held"
    disposition = Disposition.HOLD


class PausedError(HoldError):
    """A person stopped it, and a person lets it go on."""

    code = "paused"


class PluginError(BridgeError):
    """A plugin broke its contract: it raised, hung, returned a wrong type, or reached for an undeclared host."""

    code = "plugin"
    disposition = Disposition.PARK


class AuthorizationError(BridgeError):
    """This connection is no longer let in; it waits, the others go on."""

    code = "authorization"
    disposition = Disposition.RECONNECT


class ConfigError(BridgeError):
    """A setting or an argument is wrong; refused before anything is done."""

    code = "config"
    disposition = Disposition.FIX


class StaleError(BridgeError):
    """Somebody else moved the same thing first (a lost compare-and-swap or lease); read again and decide again."""

    code = "stale"
    disposition = Disposition.RETRY


class InvariantError(BridgeError):
    """Our own bug: a promise of the model does not hold. Nothing further is done."""

    code = "invariant"
    disposition = Disposition.HALT


class UnbalancedEntryError(InvariantError):
    """A journal entry whose postings do not add up to zero."""

    code = "invariant.unbalanced_entry"

    def __init__(self, *, entry: str, off_minor: int) -> None:
        super().__init__(
            f"entry {entry}",
            f"its postings are off by {off_minor} minor units",
            "Report this as a bug of bridge",
        )
