"""What audit rows name the digests of themselves: who may do what, what is connected to what, and what is stopped.

Each is a note of its own, ``sealed seat``, beside the one for people. Versions of bridge from before, which may work
beside this one or after it, write such things without: what they wrote last is known by their notes, and not compared.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final

from bridge.model.organisations import OWN
from bridge.store.api import SEALED, Unvouched
from bridge.store.sql import seals
from bridge.store.sql.sealed import NAMED, Key, Sealed
from bridge.store.sql.work import Work

Note = tuple[str, str, str]
_BEGINS: Final = f"{SEALED} "
_KINDS: Final = {f"{_BEGINS}{kind}": kind for kind in NAMED}
_IN_BRACKETS: Final = re.compile(r"\(([^()]*)\)$")
_EVERYWHERE: Final = " everywhere"
_ANY: Final = ""


def note(kind: Sealed, subject: str, digest: str) -> Note:
    """What an audit row says of a thing that its unit wrote; no digest of one that it took out."""
    return f"{_BEGINS}{kind}", subject, digest


def is_in_log_of(organisation_id: str, kind: Sealed) -> bool:
    """Whether the log of an organisation tells of such things: stops for all stand in the operator's."""
    return kind is not Sealed.STOP or organisation_id == OWN


class Told:
    """What a log says of such things, row by row."""

    def __init__(self) -> None:
        self._newest: dict[Sealed, dict[str, tuple[str, int]]] = {kind: {} for kind in NAMED}
        self._without: dict[tuple[Sealed, str], int] = {}

    def hear(self, seq: int, notes: Iterable[Note]) -> None:
        """The next row."""
        named, said = set[Sealed](), list[tuple[Sealed, str]]()
        for action, subject, detail in notes:
            if (kind := _KINDS.get(action)) is not None:
                self._newest[kind][subject] = detail, seq
                named.add(kind)
            elif (meant := _MEANT.get(action)) is not None:
                said.append(meant(subject))
        for kind, subject in said:
            if kind not in named:
                self._without[kind, subject] = seq

    def unknown(self, work: Work, kind: Sealed) -> list[Key]:
        """Things of a kind whose digests no row names."""
        return [key for key in seals.keys(work, kind) if seals.subject_of(key) not in self._newest[kind]]

    def unvouched(self, work: Work) -> Iterator[Unvouched]:
        """What does not stand as it was left. Memory: the keys and digests of one kind."""
        for kind in NAMED:
            if is_in_log_of(work.organisation_id, kind):
                now = {
                    seals.subject_of(key): digest for key, digest in seals.digests(work, kind, seals.keys(work, kind))
                }
                yield from self._differing(kind, now)

    def _differing(self, kind: Sealed, now: Mapping[str, str]) -> Iterator[Unvouched]:
        newest = self._newest[kind]
        for subject in sorted(now.keys() | newest.keys()):
            said, seq = newest.get(subject, ("", 0))
            found = now.get(subject, "")
            without = max(self._without.get((kind, one), 0) for one in (subject, _ANY))
            if found == said:
                continue
            if without > seq:
                fault = "was last written by a version of bridge from before, and is not compared"
                yield Unvouched(kind, _shown(subject), fault, without, is_compared=False)
            elif not seq:
                yield Unvouched(kind, _shown(subject), seals.UNKNOWN, 0)
            else:
                yield Unvouched(kind, _shown(subject), seals.fault(found), seq)


def _shown(subject: str) -> str:
    return seals.shown(seals.key_of(subject))


def _of(kind: Sealed) -> Callable[[str], tuple[Sealed, str]]:
    return lambda subject: (kind, seals.subject_of((subject,)))


def _of_seat(subject: str) -> tuple[Sealed, str]:
    """As ``Ann (person_1)``, or the id alone."""
    found = _IN_BRACKETS.search(subject)
    return Sealed.SEAT, seals.subject_of((found[1] if found else subject,))


def _of_pause(subject: str) -> tuple[Sealed, str]:
    """As ``deliveries quickbooks everywhere``."""
    scope, _, rest = subject.removesuffix(_EVERYWHERE).partition(" ")
    return Sealed.STOP if subject.endswith(_EVERYWHERE) else Sealed.PAUSE, seals.subject_of((scope, rest))


_MEANT: Final[Mapping[str, Callable[[str], tuple[Sealed, str]]]] = {
    "connection.put": _of(Sealed.CONNECTION),
    "connection.state": _of(Sealed.CONNECTION),
    "credential.saved": _of(Sealed.CREDENTIAL),
    "credential.resealed": _of(Sealed.CREDENTIAL),
    "credential.forgotten": _of(Sealed.CREDENTIAL),
    "route.put": _of(Sealed.ROUTE),
    "seat.given": _of_seat,
    "seat.taken": _of_seat,
    "invitation.made": lambda _: (Sealed.INVITATION, _ANY),
    "invitation.ended": lambda _: (Sealed.INVITATION, _ANY),
    "pause.added": _of_pause,
    "pause.lifted": _of_pause,
    "organisation.added": _of(Sealed.ORGANISATION),
    "organisation.leaves": _of(Sealed.ORGANISATION),
    "assigned": _of(Sealed.ASSIGNMENT),
}
"""Of which thing each note for people is; of an invitation it does not say."""
