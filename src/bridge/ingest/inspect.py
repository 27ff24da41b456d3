"""Says what files hold, and saves nothing: the same reading as an import, for a person or a script to look at."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack

import msgspec

from bridge.errors import DocumentError, PluginError
from bridge.ingest.joining import read_order
from bridge.ingest.shapes import Shape, shape_of
from bridge.ingest.spool import Spool
from bridge.ingest.survey import Surveyed, walk
from bridge.model.documents import DocumentKind, Problem, Witness
from bridge.plugin import DocumentCheck, Source, SourceFile

CLEAN, WOULD_BE_HELD, UNREADABLE = 0, 3, 2


class Sum(msgspec.Struct, frozen=True):
    """All documents of a kind in a currency: what each kind of line comes to, in minor units, and all of them."""

    kind: DocumentKind
    currency: str
    count: int
    by_kind: tuple[tuple[str, int], ...]

    @property
    def total_minor(self) -> int:
        return sum(minor for _, minor in self.by_kind)


class Inspection(msgspec.Struct, frozen=True):
    """What some files hold. unreadable: the names of files that cannot be read whole; nothing of them is listed."""

    documents: tuple[tuple[DocumentKind, Shape], ...]
    problems: tuple[Problem, ...]
    unreadable: tuple[str, ...]
    checks: tuple[DocumentCheck, ...] = ()

    @property
    def exit_code(self) -> int:
        """0 when all would be booked, 3 when something would be held, 2 when a file cannot be read."""
        if self.unreadable:
            return UNREADABLE
        return WOULD_BE_HELD if any(problem.blocking for problem in self.problems) else CLEAN

    def sums(self) -> tuple[Sum, ...]:
        """What the documents come to, by kind and currency."""
        found: dict[tuple[DocumentKind, str], list[Shape]] = {}
        for kind, shape in self.documents:
            found.setdefault((kind, shape.currency), []).append(shape)
        order = list(DocumentKind)
        places = sorted(found, key=lambda place: (order.index(place[0]), place[1]))
        return tuple(Sum(*place, len(found[place]), _by_kind(found[place])) for place in places)

    def json(self) -> bytes:
        """``settlements`` and ``problems``; the plural of another kind of document only where there are some."""
        content: dict[str, object] = {"settlements": []}
        for kind in DocumentKind:
            if found := [document for each, document in self.documents if each is kind]:
                content[f"{kind}s"] = found
        if self.checks:
            content["checks"] = self.checks
        content["problems"] = self.problems
        return msgspec.json.format(msgspec.json.encode(content), indent=2)


def _by_kind(shapes: Sequence[Shape]) -> tuple[tuple[str, int], ...]:
    added: Counter[str] = Counter()
    for shape in shapes:
        added.update(shape.by_kind)
    return tuple(sorted(added.items()))


def inspect_files(source: Source, files: Sequence[SourceFile], *, joins_orders: bool = False) -> Inspection:
    """Read the files one after the other; one that cannot be read becomes a blocking problem, and the others go on.

    A document that comes more than once (recorded pages overlap) is shown as an import of all files would leave it;
    but every settlement is, for of those each file is one. joins_orders: as the source declares it.
    """
    spools: list[Spool] = []
    checks: list[DocumentCheck] = []
    problems: list[Problem] = []
    unreadable: list[str] = []
    with ExitStack() as opened:
        for file in files:
            spool = opened.enter_context(Spool())
            try:
                stated = _read(source, file, spool)
            except (DocumentError, PluginError) as error:
                message = f"{error.cause}. {error.next_step}."
                problems.append(Problem(code=error.code, message=message, where=error.thing, blocking=True))
                unreadable.append(file.name)
                continue
            checks += stated
            problems += spool.notes
            spools.append(spool)
        if joins_orders:
            spools.append(_joined(source, spools, opened.enter_context(Spool())))
        documents = _newest(spools)
    problems += dict.fromkeys(problem for surveyed in documents for problem in surveyed.problems)
    return Inspection(
        tuple((surveyed.start.kind, shape_of(surveyed)) for surveyed in documents),
        tuple(problems),
        tuple(unreadable),
        tuple(checks),
    )


def _read(source: Source, file: SourceFile, spool: Spool) -> list[DocumentCheck]:
    parts = spool.take(walk(source.read_file(file), f"file {file.name}"))
    return [part for part in parts if isinstance(part, DocumentCheck)]


def _joined(source: Source, spools: Sequence[Spool], joined: Spool) -> Spool:
    """Orders of which several files tell something, read together as an import of all of them would."""
    holders: dict[str, list[Spool]] = {}
    for spool in spools:
        for order_id in spool.order_ids:
            holders.setdefault(order_id, []).append(spool)
    for order_id, some in holders.items():
        if len(some) > 1:
            payloads = {
                content.content_hash: content.whole()
                for spool in some
                for spooled in spool.of_order(order_id)
                if (content := spool.payload(spooled)) is not None
            }
            for spool in some:
                spool.drop(order_id)
            read_order(source, order_id, tuple(payloads.values()), joined)
    return joined


def _newest(spools: Sequence[Spool]) -> tuple[Surveyed, ...]:
    """Every document once, in the content that counts; but every settlement."""
    documents: dict[tuple[str, ...], Surveyed] = {}
    for number, spool in enumerate(spools):
        for surveyed in (spooled.surveyed for spooled in spool.documents()):
            key: tuple[str, ...] = (surveyed.start.kind, surveyed.start.external_id)
            if surveyed.start.kind is DocumentKind.SETTLEMENT:
                key += (str(number), str(len(documents)))
            if key not in documents or _is_later(surveyed, documents[key]):
                documents[key] = surveyed
    return tuple(documents.values())


def _is_later(one: Surveyed, other: Surveyed) -> bool:
    """Whether one content of a document counts, and not the other that was read before it."""
    if one.start.witness is not other.start.witness:
        return one.start.witness is Witness.API
    return one.start.as_of is None or other.start.as_of is None or one.start.as_of >= other.start.as_of
