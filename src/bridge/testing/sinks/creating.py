"""Checks of what is made in a ledger's lists on a person's word, for a sink that ``creates``; of any other nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import msgspec

from bridge.model.chart import recommended_chart
from bridge.model.facts import LedgerFacts
from bridge.plugin import CreatingSink, Made, Master, MasterKind, Sink
from bridge.testing.sinks.bench import SinkBench
from bridge.testing.sinks.ledger import FakeLedger
from bridge.testing.verdict import fail, none_of

_NAME: Final = "Kit made"
_NUMBER: Final = "4099"
_SALES: Final = "4000"


class CreatingChecks(SinkBench):
    """What a person was shown is made, and nothing besides."""

    def test_what_is_made_is_what_was_named(self) -> None:
        with self.ledger() as ledger:
            none_of(fault for kind in self._kinds() for fault in self._made_otherwise(ledger, kind))

    def test_what_is_there_is_not_made_again(self) -> None:
        with self.ledger() as ledger:
            none_of(fault for kind in self._kinds() for fault in self._doubled(ledger, kind))

    # Inside

    def _kinds(self) -> tuple[MasterKind, ...]:
        return self.offer().capabilities.creates

    def _made_otherwise(self, ledger: FakeLedger, kind: MasterKind) -> Iterator[str]:
        sink = _creating(ledger.sink)
        before = sink.facts()
        master = self._master(sink, before, kind)
        made = sink.create(master)
        if not made.ledger_id or made.name.rpartition(":")[2] != master.name:
            yield f"{master.title}: what was made is called {made.name!r}, with the id {made.ledger_id!r}"
        listed = _listed(sink.facts(), kind)
        new = {one: words for one, words in listed.items() if one not in _listed(before, kind)}
        is_whole = kind in _TOLD or (kind is MasterKind.ITEM and bool(new))
        if is_whole and new.keys() != {made.ledger_id}:
            yield f"{master.title}: one was named, and {sorted(new.values())} are new in the ledger's facts"
        yield from (f"{master.title}: the facts call it {new[one]!r}" for one in new if not _is(master, new[one]))

    def _doubled(self, ledger: FakeLedger, kind: MasterKind) -> Iterator[str]:
        sink = _creating(ledger.sink)
        master = self._master(sink, sink.facts(), kind)
        first, again = sink.create(master), sink.create(master)
        if not first.is_new:
            yield f"{master.title}: was not there, and is told to have been"
        if again != Made(first.ledger_id, first.name, is_new=False):
            yield f"{master.title}: made a second time it is {again}, and was {first}"

    def _master(self, sink: CreatingSink, facts: LedgerFacts, kind: MasterKind) -> Master:
        """One of a kind, as the host names it: an account like one of the chart, an option of a dimension."""
        master = Master(kind=kind, name=f"{_NAME} {kind}")
        match kind:
            case MasterKind.ACCOUNT:
                return msgspec.structs.replace(master, number=_NUMBER, account=recommended_chart()[_SALES])
            case MasterKind.ITEM:
                return msgspec.structs.replace(master, account_id=self.account(facts, _SALES).ledger_id)
            case MasterKind.OPTION:
                name, ledger_id = self._dimension(sink, facts)
                return msgspec.structs.replace(master, dimension=name, dimension_id=ledger_id)
            case _:
                return master

    def _dimension(self, sink: CreatingSink, facts: LedgerFacts) -> tuple[str, str]:
        """One that lines can be reported by; where there is none it is made, if the sink makes such."""
        if there := next((one for one in facts.dimensions if not one.off), None):
            return there.name, there.ledger_id
        if MasterKind.DIMENSION not in self._kinds():
            fail("options are made, and the fake ledger has no dimension to make one of: give it one")
        made = sink.create(Master(kind=MasterKind.DIMENSION, name=f"{_NAME} for options"))
        return made.name, made.ledger_id


_TOLD: Final = (MasterKind.ACCOUNT, MasterKind.DIMENSION, MasterKind.OPTION)
"""What facts list whole; of contacts only those that a connection or a rule names, and of items may be so."""


def _creating(sink: Sink) -> CreatingSink:
    if not isinstance(sink, CreatingSink):
        fail("creates is declared, and the sink has no create")
    return sink


def _listed(facts: LedgerFacts, kind: MasterKind) -> dict[str, str]:
    """Those of a kind: id to number or name."""
    match kind:
        case MasterKind.ACCOUNT:
            return {one.ledger_id: f"{one.number} {one.name}" for one in facts.accounts}
        case MasterKind.ITEM:
            return {one.ledger_id: one.name for one in facts.items}
        case MasterKind.DIMENSION:
            return {one.ledger_id: one.name for one in facts.dimensions}
        case MasterKind.OPTION:
            return {option.ledger_id: option.name for one in facts.dimensions for option in one.options}
        case _:
            return {}


def _is(master: Master, words: str) -> bool:
    return words == " ".join(filter(None, (master.number, master.name)))
