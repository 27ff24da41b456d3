"""A new sealing key for all that is sealed: secrets go over to the first key a few at a time, while work goes on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import islice
from typing import Final

import msgspec

from bridge.errors import ConfigError
from bridge.host.credentials import Sealer
from bridge.model.connections import Connection
from bridge.store.api import SealedCredential, Store

BATCH: Final = 100


class Lost(msgspec.Struct, frozen=True):
    """A connection whose secret no key opens."""

    organisation: str
    connection: str


class Rotation(msgspec.Struct, frozen=True):
    """How secrets are sealed now. opened: how many each key opens, the first one's first. resealed: by this run."""

    resealed: int
    opened: tuple[int, ...]
    lost: tuple[Lost, ...]

    @property
    def is_done(self) -> bool:
        """Whether the first key opens everything."""
        return not self.lost and not any(self.opened[1:])


def rotate(
    stores: Mapping[str, Store], sealer: Sealer, actor: str, *, is_dry_run: bool = False, batch: int = BATCH
) -> Rotation:
    """Seal with the first key what another one sealed, for these organisations; then see which key is needed for what.

    Repeat: harmless; what the first key sealed is left alone. Killed: what was saved stands, a next run does the rest.
    Beside: whoever refreshes a token saves it all the same; what they sealed with an older key is counted, and seen to
            by the next run. Raises: ConfigError when there is no key.
    """
    resealed = 0
    for store in stores.values() if not is_dry_run else ():
        for part in _batches(_connections(store), batch):
            resealed += _reseal(store, sealer, actor, part)
        _wrap_anew(store, sealer, actor)
    counts: Counter[int] = Counter()
    lost: list[Lost] = []
    for organisation, store in stores.items():
        for connection, kept in _sealed(store, _connections(store)):
            place = sealer.opener(kept)
            counts[place] += 1
            if not place:
                lost.append(Lost(organisation, connection.name))
    sealer.check()
    return Rotation(resealed, tuple(counts[place + 1] for place in range(sealer.key_count)), tuple(lost))


def _reseal(store: Store, sealer: Sealer, actor: str, connections: Sequence[Connection]) -> int:
    """Those of a batch that need it; where none does, nothing is written."""
    old = [kept for _, kept in _sealed(store, connections) if sealer.opener(kept) > 1]
    if not old:
        return 0
    with store.unit(actor) as unit:
        return sum(unit.connections.reseal(kept, sealer.resealed(kept)) for kept in old)


def _wrap_anew(store: Store, sealer: Sealer, actor: str) -> None:
    """Sign-ins that are under way, for the minutes they last."""
    with store.reading() as unit:
        old = {name: sealed for name, sealed in unit.consents.all().items() if not sealer.is_wrapped_anew(sealed)}
    if not old:
        return
    with store.unit(actor) as unit:
        for name, sealed in old.items():
            with suppress(ConfigError):  # which no key opens, and which lapses by itself
                unit.consents.reseal(name, sealed, sealer.wrap(sealer.unwrap(sealed)))


def _connections(store: Store) -> tuple[Connection, ...]:
    with store.reading() as unit:
        return unit.connections.all()


def _sealed(store: Store, connections: Sequence[Connection]) -> list[tuple[Connection, SealedCredential]]:
    with store.reading() as unit:
        found = [(one, unit.connections.credential(one.connection_id)) for one in connections]
    return [(one, kept) for one, kept in found if kept is not None]


def _batches(connections: Sequence[Connection], size: int) -> Iterator[tuple[Connection, ...]]:
    left = iter(connections)
    while part := tuple(islice(left, size)):
        yield part
