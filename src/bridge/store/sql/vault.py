"""The vault: raw bytes by their hash, compressed in pieces, so that memory never holds a whole file."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import sha256

from bridge.errors import ConfigError, InvariantError, StaleError
from bridge.store.sql import tables
from bridge.store.sql.codec import micros
from bridge.store.sql.parts import in_parts
from bridge.store.sql.work import Work

PIECE = 256 * 1024
_V = tables.vault.c
_P = tables.vault_chunk.c
_S = tables.seen_file.c


class SqlVault:
    """See ``store.api.Vault``."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def has(self, content_hash: str) -> bool:
        return self._pieces(content_hash) is not None

    def put(self, content_hash: str, name: str, chunks: Iterable[bytes]) -> bool:
        self._work.lock("vault", content_hash)
        if self.has(content_hash):
            return False
        digest, size, number = sha256(), 0, 0
        for number, piece in enumerate(_in_pieces(chunks), start=1):
            digest.update(piece)
            size += len(piece)
            row = (self._work.organisation_id, content_hash, number, zlib.compress(piece))
            self._work.add_many(tables.vault_chunk, [row])
        if digest.hexdigest() != content_hash:
            raise self._differs(content_hash, "what was to be kept")
        if not self._work.add(
            tables.vault,
            content_hash=content_hash,
            name=name,
            size=size,
            pieces=number,
            saved_at=self._work.clock.now(),
        ):
            raise StaleError(f"file {name}", "was kept by somebody else just now", "Run it again")
        self._work.note("vault.kept", content_hash, f"{size} bytes of {name}")
        return True

    def contents(self, content_hashes: Sequence[str]) -> Mapping[str, bytes]:
        packed: dict[str, list[bytes]] = {content_hash: [] for content_hash in content_hashes}
        for some in in_parts(content_hashes):
            wanted = self._work.select(tables.vault_chunk, _P.content_hash, _P.piece).where(_P.content_hash.in_(some))
            for content_hash, piece in self._work.rows(wanted.order_by(_P.content_hash, _P.number)):
                packed[content_hash].append(piece)
        return {content_hash: self._whole(content_hash, pieces) for content_hash, pieces in packed.items()}

    def put_many(self, name: str, contents: Mapping[str, bytes]) -> int:
        for content_hash, content in contents.items():
            if sha256(content).hexdigest() != content_hash:
                raise self._differs(content_hash, "what was to be kept")
        self._work.lock("vault", "contents")  # one for all: a server has no room for a lock each
        new = sorted(set(contents) - self._known(list(contents)))
        if not new:
            return 0
        mine, at = self._work.organisation_id, micros(self._work.clock.now())
        pieces = {content_hash: tuple(_in_pieces([contents[content_hash]])) for content_hash in new}
        self._work.add_many(
            tables.vault_chunk,
            (
                (mine, content_hash, number, zlib.compress(piece))
                for content_hash in new
                for number, piece in enumerate(pieces[content_hash], start=1)
            ),
        )
        self._work.add_many(
            tables.vault,
            (
                (mine, content_hash, name, len(contents[content_hash]), len(pieces[content_hash]), at)
                for content_hash in new
            ),
        )
        self._work.count("vault.kept", name, len(new), "contents")
        return len(new)

    def seen(self, connection_id: str, hashes: Sequence[str]) -> frozenset[str]:
        mine = self._work.select(tables.seen_file, _S.content_hash).where(_S.connection_id == connection_id)
        rows = (row for some in in_parts(hashes) for row in self._work.rows(mine.where(_S.content_hash.in_(some))))
        return frozenset(content_hash for (content_hash,) in rows)

    def has_seen(self, connection_id: str, content_hash: str) -> bool:
        wanted = self._work.select(tables.seen_file, _S.content_hash)
        mine = wanted.where(_S.connection_id == connection_id, _S.content_hash == content_hash)
        return self._work.row(mine) is not None

    def remember(self, connection_id: str, content_hash: str, name: str) -> None:
        at = self._work.clock.now()
        if self._work.add(
            tables.seen_file, connection_id=connection_id, content_hash=content_hash, name=name, seen_at=at
        ):
            self._work.note("file.seen", content_hash, name)

    def open(self, content_hash: str) -> Iterator[bytes]:
        pieces = self._pieces(content_hash)
        if pieces is None:
            raise ConfigError(
                f"raw file {content_hash[:12]}",
                "the vault has none of that hash",
                "Check the hash",
                code="vault.unknown",
            )
        return self._read(content_hash, pieces)

    def _whole(self, content_hash: str, pieces: Sequence[bytes]) -> bytes:
        try:
            content = b"".join([zlib.decompress(piece) for piece in pieces])
        except zlib.error as cause:
            raise self._differs(content_hash, "what the vault holds") from cause
        if sha256(content).hexdigest() != content_hash:
            raise self._differs(content_hash, "what the vault holds")
        return content

    def _read(self, content_hash: str, pieces: int) -> Iterator[bytes]:
        digest = sha256()
        wanted = self._work.select(tables.vault_chunk, _P.piece).where(_P.content_hash == content_hash)
        for number in range(1, pieces + 1):
            packed = self._work.value(wanted.where(_P.number == number))
            try:
                piece = zlib.decompress(packed or b"")
            except zlib.error as cause:
                raise self._differs(content_hash, f"piece {number} of {pieces}") from cause
            digest.update(piece)
            yield piece
        if digest.hexdigest() != content_hash:
            raise self._differs(content_hash, "what the vault holds")

    def _known(self, hashes: Sequence[str]) -> set[str]:
        found: set[str] = set()
        for some in in_parts(hashes):
            rows = self._work.rows(self._work.select(tables.vault, _V.content_hash).where(_V.content_hash.in_(some)))
            found |= {content_hash for (content_hash,) in rows}
        return found

    def _pieces(self, content_hash: str) -> int | None:
        known: int | None = self._work.value(
            self._work.select(tables.vault, _V.pieces).where(_V.content_hash == content_hash)
        )
        return known

    @staticmethod
    def _differs(content_hash: str, what: str) -> InvariantError:
        return InvariantError(
            f"raw file {content_hash[:12]}",
            f"{what} does not match its hash",
            "Restore it from a backup",
            code="vault.hash",
        )


def _in_pieces(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes in pieces of one size, whatever sizes they come in."""
    waiting = bytearray()
    for chunk in chunks:
        waiting += chunk
        while len(waiting) >= PIECE:
            yield bytes(waiting[:PIECE])
            del waiting[:PIECE]
    if waiting:
        yield bytes(waiting)
