"""Checks of owners: whole, of one instant, with all that hangs on them."""

from __future__ import annotations

from collections.abc import Iterator

from bridge.model.documents import Witness
from bridge.plugin import (
    DocumentCheck,
    DocumentEnd,
    DocumentLines,
    DocumentStart,
    FileNotes,
    FilePage,
    Gone,
    OwnerEnd,
    OwnerStart,
    Page,
    PagePart,
    Pending,
)
from bridge.testing.plugin import needs
from bridge.testing.pulls.bench import Asked, PulledBench
from bridge.testing.verdict import none_of

_MOST_ANSWERS = 60


class OwnerChecks(PulledBench):
    """An order with its refunds, a payout with its rows: as it was at one instant, and not in parts."""

    def test_owners_stand_around_every_document(self) -> None:
        none_of(self._astray())

    def test_an_owner_holds_all_that_hangs_on_it(self) -> None:
        none_of(self._bare())

    def test_a_stream_brings_the_kinds_that_it_declares(self) -> None:
        none_of(self._undeclared())

    @needs("nested")
    def test_an_owner_is_never_torn_by_an_edit(self) -> None:
        none_of(self._torn())

    @needs("moving")
    def test_what_still_moves_is_not_final(self) -> None:
        none_of(self._final())

    def test_every_document_says_who_told_it_and_when(self) -> None:
        none_of(self._untold())

    def test_one_thing_comes_with_its_whole_owner(self) -> None:
        none_of(self._alone())

    @needs("deleting")
    def test_what_is_deleted_is_gone(self) -> None:
        none_of(self._undead())

    # Inside

    def _astray(self) -> Iterator[str]:
        with self.asked() as asked:
            source, facts = asked.source(), asked.facts()
            for stream in self.streams:
                for page in asked.drain(stream):
                    if fault := _fault(list(asked.parts(source, asked.content(source, page), facts))):
                        yield f"{stream.name}: {fault}"

    def _undeclared(self) -> Iterator[str]:
        """A day waits for the streams that declare to bring what it is made of, and for no other."""
        with self.asked() as asked:
            for stream in self.streams:
                for owner in asked.owners(asked.drain(stream)):
                    for kind in sorted({document.start.kind for document in owner.documents} - stream.kinds):
                        yield f"{stream.name}: {owner.called} brings {kind} documents, which it does not declare"
                    if owner.pending and not stream.tells_pending:
                        yield f"{stream.name}: {owner.called} holds money that waits, which it does not declare"

    def _bare(self) -> Iterator[str]:
        with self.asked() as asked:
            for stream in self.streams:
                for owner in asked.owners(asked.drain(stream)):
                    hanging = asked.channel.documents(*owner.name)
                    if owner.start.is_whole and owner.names != hanging:
                        yield f"{owner.called}: is whole, and holds {sorted(owner.names)}, not {sorted(hanging)}"
                    if not owner.start.is_whole and owner.is_final:
                        yield f"{owner.called}: is not whole, and final: nobody asks for the rest"

    def _torn(self) -> Iterator[str]:
        for stream in self.streams:
            for number in range(1, _MOST_ANSWERS):
                with self.asked() as asked:
                    before = {owner.name: owner for owner in asked.owners(asked.drain(stream))}
                with self.asked() as asked:
                    counter = _Counter(asked, number)
                    asked.channel.on_answer(counter.count)
                    owners = asked.drain(stream)
                    asked.channel.on_answer(lambda: None)
                    if counter.edited is None:
                        break
                    came = [owner for owner in asked.owners(owners) if owner.name == counter.edited]
                    after = asked.one(*counter.edited)
                    sound = [before[counter.edited].facts] if counter.edited in before else []
                    sound += [owner.facts for owner in asked.read(after)] if isinstance(after, Page | FilePage) else []
                    if any(owner.start.is_whole and owner.facts not in sound for owner in came):
                        yield f"{came[0].called}: was edited at answer {number}, neither as before nor as after"
                        break

    def _final(self) -> Iterator[str]:
        with self.asked() as asked:
            moving = asked.channel.moving()
            owners = [owner for stream in self.streams for owner in asked.owners(asked.drain(stream))]
            if not moving & {owner.name for owner in owners}:
                yield "the fake has nothing that still moves: leave 'moving' out where the channel has not"
            for owner in owners:
                if owner.is_final and owner.name in moving:
                    yield f"{owner.called}: still moves, and is final: nobody would ask for it again"
                if not owner.is_final and owner.start.is_whole and owner.name not in moving:
                    yield f"{owner.called}: moves no more, and is not final: it would be asked for for ever"

    def _untold(self) -> Iterator[str]:
        with self.asked() as asked:
            for stream in self.streams:
                for owner in asked.owners(asked.drain(stream)):
                    for start in (document.start for document in owner.documents):
                        if start.witness is not Witness.API:
                            yield f"{owner.called}: its {start.kind} does not say that the API told it"
                        if start.as_of is None or start.as_of > owner.start.as_of:
                            yield f"{owner.called}: its {start.kind} is as of {start.as_of}, not of its owner's instant"

    def _alone(self) -> Iterator[str]:
        with self.asked() as asked:
            names = {name for stream in self.streams for name in asked.channel.owners(stream.name)}
            for name in sorted(names):
                answer = asked.one(*name)
                if not isinstance(answer, Page | FilePage):
                    yield f"{name[0]} {name[1]}: is there, and asked for by its id it is {type(answer).__name__}"
                    continue
                found = [owner for owner in asked.read(answer) if owner.name == name]
                if len(found) != 1 or not found[0].start.is_whole:
                    yield f"{name[0]} {name[1]}: does not come whole when it is asked for by its id"

    def _undead(self) -> Iterator[str]:
        with self.asked() as asked:
            name = asked.channel.delete()
            answer = asked.one(*name)
            if not isinstance(answer, Gone):
                yield f"{name[0]} {name[1]}: was deleted, and asked for by its id it is {type(answer).__name__}"
            elif answer.as_of > asked.clock.now():
                yield f"{name[0]} {name[1]}: is gone as of {answer.as_of}, which is not yet"


class _Counter:
    """Edits the channel before its n-th answer. edited: what, once it has."""

    def __init__(self, asked: Asked, number: int) -> None:
        self._asked, self._left = asked, number
        self.edited: tuple[str, str] | None = None

    def count(self) -> None:
        self._left -= 1
        if self._left == 0:
            self.edited = self._asked.channel.edit()


def _fault(parts: list[PagePart]) -> str:
    """What is out of turn; empty when nothing is."""
    has_owner = is_open = False
    for part in parts:
        allowed = {
            OwnerStart: not has_owner and not is_open,
            OwnerEnd: has_owner and not is_open,
            DocumentStart: has_owner and not is_open,
            DocumentLines: is_open,
            DocumentEnd: is_open,
            FileNotes: not is_open,
            Pending: has_owner and not is_open,
            DocumentCheck: False,
        }
        if not allowed[type(part)]:
            return f"a {type(part).__name__} comes out of turn"
        has_owner = isinstance(part, OwnerStart) or (has_owner and not isinstance(part, OwnerEnd))
        is_open = isinstance(part, DocumentStart) or (is_open and not isinstance(part, DocumentEnd))
    return "its last owner, or document, does not end" if has_owner or is_open else ""
