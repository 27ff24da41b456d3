"""The vault: raw bytes by their hash, compressed in pieces, so that memory never holds a whole file."""

from __future__ import annotations

import zlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from hashlib import sha256

from bridge.errors import ConfigError, InvariantError, StaleError
from bridge.store.packing import Content, micros
from bridge.store.sql import tables
from bridge.store.sql.parts import in_parts
from bridge.store.sql.work import Work

_V = tables.vault.c
_P = tables.vault_chunk.c
_S = tables.seen_file.c


class SqlVault:
    """See ``store.api.Vault``."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def has(self, content_hash: str) -> bool:
        return self._pieces(content_hash) is not None

    def put(self, name: str, content: Content) -> bool:
        self._work.lock("vault", content.content_hash)
        if self.has(content.content_hash):
            return False
        for number, piece in enumerate(content.pieces, start=1):
            self._put_piece(content.content_hash, number, piece)
        if not self._work.add(
            tables.vault,
            content_hash=content.content_hash,
            name=name,
            size=content.size,
            pieces=content.piece_count,
            saved_at=self._work.clock.now(),
        ):
            raise StaleError(f"file {name}", "was kept by somebody else just now", "Run it again")
        self._work.note("vault.kept", content.content_hash, f"{content.size} bytes of {name}")
        return True

    def write_ahead(self, content_hash: str, number: int, pieces: Sequence[bytes]) -> None:
        for place, piece in enumerate(pieces, start=number):
            self._put_piece(content_hash, place, piece)
        self._work.count("vault.written", content_hash, len(pieces), "pieces")

    def contents(self, content_hashes: Sequence[str]) -> Mapping[str, bytes]:
        packed: dict[str, list[bytes]] = {content_hash: [] for content_hash in content_hashes}
        for some in in_parts(content_hashes):
            wanted = self._work.select(tables.vault_chunk, _P.content_hash, _P.piece).where(_P.content_hash.in_(some))
            for content_hash, piece in self._work.rows(wanted.order_by(_P.content_hash, _P.number)):
                packed[content_hash].append(piece)
        return {content_hash: self._whole(content_hash, pieces) for content_hash, pieces in packed.items()}

    def put_many(self, name: str, contents: Collection[Content]) -> int:
        self._work.lock("vault", "contents")  # one for all: a server has no room for a lock each
        by_hash = {content.content_hash: content for content in contents}
        new = [by_hash[content_hash] for content_hash in sorted(by_hash.keys() - self._known(list(by_hash)))]
        if not new:
            return 0
        mine, at = self._work.organisation_id, micros(self._work.clock.now())
        self._work.add_many(
            tables.vault_chunk,
            (
                (mine, content.content_hash, number, piece)
                for content in new
                for number, piece in enumerate(content.pieces, start=1)
            ),
        )
        heads = ((mine, one.content_hash, name, one.size, one.piece_count, at) for one in new)
        self._work.add_many(tables.vault, heads)
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

    def _put_piece(self, content_hash: str, number: int, piece: bytes) -> None:
        """Where it is not there: its hash and number say what it is."""
        self._work.add(tables.vault_chunk, content_hash=content_hash, number=number, piece=piece)

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
