"""The money line, the atom of everything: one signed amount of a document, of one kind."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from functools import cache
from importlib import resources

import msgspec

from bridge.errors import PluginError
from bridge.model.line_tax import Liable, Tax, TaxComponent, is_of_tax, sum_of

UNCLASSIFIED = "unclassified"
TENDER = "tender"
SETTLES = "settles"
PAYOUT_FAILED, CARRIED_IN = "payout.failed", "balance.carried_in"
DISPUTE = "dispute"
"""The kind of what is taken for a dispute, and comes back or is lost; and the attribute that names the dispute."""
ROUNDING = "rounding"
GATEWAY = "gateway"
SHIP_TO = "ship_to"
"""The attribute of a line that tells where its goods went, by the country's two letters (ISO 3166)."""
CHARGED_IN = "charged_in"
"""The attribute of a tender that a buyer paid in another currency than its document's: that currency (ISO 4217)."""
LIABLE = "liable"
"""The fact of a line by which rules ask who owes its tax, where that is not the merchant, as it is mostly."""


class Part(StrEnum):
    """Which view of the document a line belongs to.

    receipt, repayment: money that moved between the buyer and a gateway (kind ``tender``), in and back. They are no
    part of a document's total, and what they leave of it is what the buyer still owes.
    """

    SALE = "sale"
    REFUND = "refund"
    FEE = "fee"
    ADJUSTMENT = "adjustment"
    PAYOUT = "payout"
    RECEIPT = "receipt"
    REPAYMENT = "repayment"

    @property
    def is_money(self) -> bool:
        """Whether such a line says how a total was paid, and is no part of it."""
        return self._value_ in {"receipt", "repayment"}


class Kind(msgspec.Struct, frozen=True):
    """One row of ``line_kinds.csv``: what a kind means and where it is booked by default.

    account: a number of the recommended chart, or a role such as ``@clearing``; empty for ``ignored``.
    """

    name: str
    rollup: str
    account: str
    account_name: str
    tax_treatment: str


class Line(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One signed amount of a document, of one kind; booked once or excluded with a reason.

    key:          the line's stable name within its document (for a settlement, its place in the file).
    amount_minor: from the merchant's side: positive raises what the channel (for an order: the buyer) owes the
                  merchant. So a buyer's payment is negative, and money paid back is positive. The currency is the
                  document's.
    occurred_at:  aware UTC.
    tax_group:    one sale, refund or fee of one item (order, item, shipment or adjustment): the rows of tax and the
                  rows it was charged on; empty where the channel states tax with each line, or never apart from it.
    reference:    joins a tender with the row of a payout, or of a processor, that carries its money:
                  ``gateway:transaction id``; empty where the channel names none.
    words:        the channel's own words for the line, parted by ``|``; what a rule or a person goes by.
    attributes:   further facts rules may ask for (marketplace, fulfilment, quantity, ...), never a buyer's.
    tax:          on what was sold, given back or charged, every tax that it bears; on a line of tax, what the same
                  party owes on the same base, led by the tax that the amount is. None where the channel does not tell.
    """

    key: str
    kind: str
    part: Part
    amount_minor: int
    occurred_at: datetime
    order_id: str = ""
    tax_group: str = ""
    sku: str = ""
    words: str = ""
    attributes: tuple[tuple[str, str], ...] = ()
    reference: str = ""
    tax: Tax = ()

    @property
    def tax_base(self) -> str:
        """Of a line of tax: the kind of the line it was charged on; empty where the channel does not tell."""
        return self.tax[0].base if self.tax else ""

    @property
    def tax_rate(self) -> str:
        """The rate it is at: see ``line_tax.sum_of``."""
        return sum_of(self.kind, self.tax).rate if self.tax else ""

    @property
    def tax_sum(self) -> TaxComponent:
        """All of its tax as one component: see ``line_tax.sum_of``."""
        return sum_of(self.kind, self.tax)

    @property
    def is_taxed_by_channel(self) -> bool:
        """Whether the channel owes all the tax of what was sold or given back."""
        return self.tax_sum.liable is Liable.CHANNEL and not is_of_tax(self.kind, self.tax)

    @property
    def facts(self) -> tuple[tuple[str, str], ...]:
        """What rules may ask of it by name: its attributes, and who owes its tax."""
        if self.is_taxed_by_channel or self.tax_sum.liable is Liable.UNKNOWN:
            return *self.attributes, (LIABLE, self.tax_sum.liable.value)
        return self.attributes


@cache
def kinds() -> Mapping[str, Kind]:
    """Every kind of line there is, by name."""
    text = resources.files(__package__).joinpath("line_kinds.csv").read_text(encoding="utf-8")
    return {
        row["kind"]: Kind(
            name=row["kind"],
            rollup=row["rollup"],
            account=row["account"],
            account_name=row["account_name"],
            tax_treatment=row["tax_treatment"],
        )
        for row in csv.DictReader(text.splitlines())
    }


def check_line(line: Line, *, where: str) -> None:
    """What a line from a plugin must satisfy before it is believed.

    Raises: PluginError naming ``where`` when the kind is unknown, the key empty, the amount no whole
            number, or the instant without a zone.
    """
    fault = (
        "has no key"
        if not line.key
        else f"is of unknown kind {line.kind!r}"
        if line.kind not in kinds()
        else "has an amount that is no whole number of minor units"
        if type(line.amount_minor) is not int
        else "has an instant without a zone"
        if line.occurred_at.tzinfo is None
        else ""
    )
    if fault:
        raise PluginError(f"{where} line {line.key!r}", fault, "Report this to the plugin's author", code="plugin.line")
