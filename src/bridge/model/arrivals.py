"""What a person says reached the bank of a payout in another currency, and the payout as it arrived.

A word is kept as the text of an instruction about the payout's document. That text never changes; it is composed and
read here alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, time
from fractions import Fraction

import msgspec

from bridge.errors import InvariantError
from bridge.model.documents import FAILED_STATUS, Document
from bridge.model.findings import Instruction, InstructionKind
from bridge.model.money import exponent

LATER_WORDS = Fraction(3, 2)
"""How many times the rate of an earlier word a rate may be before it is asked about."""
OF_A_KIND = 6
"""The same, beside what a currency is roughly worth."""


class Arrival(msgspec.Struct, frozen=True):
    """What reached the bank: a positive amount of a currency, on a day. fee_minor: what of it a bank kept, told apart.

    by, reason: who said so, and why it is believed.
    """

    currency: str
    amount_minor: int
    on: date
    fee_minor: int = 0
    by: str = ""
    reason: str = ""

    @property
    def comes_to_minor(self) -> int:
        """What the payout was converted to, before the bank kept a fee."""
        return self.amount_minor + self.fee_minor

    @property
    def text(self) -> str:
        """As it is stored."""
        return f"{self.on} {self.currency} {self.amount_minor} {self.fee_minor}"

    @classmethod
    def parse(cls, said: Instruction) -> Arrival:
        """Raises: InvariantError for a text that no word is stored as."""
        try:
            on, currency, amount, fee = said.ref.split(" ")
            read = cls(currency, int(amount), date.fromisoformat(on), int(fee), said.by, said.reason)
        except ValueError:
            read = None
        if read is None or read.text != said.ref:
            raise InvariantError(f"word {said.ref!r}", "is none that bridge stores", "Report this as a bug")
        return read


def arrival_of(said: Iterable[Instruction]) -> Arrival | None:
    """What counts of all that people said of a document, oldest first; None where nothing does."""
    words = [one for one in said if one.kind is InstructionKind.ARRIVED]
    return Arrival.parse(words[-1]) if words and words[-1].ref else None


def as_arrived(document: Document, arrival: Arrival | None) -> Document:
    """The payout as the bank saw it: in the currency, of the amount and on the day of the word, if there is one."""
    if arrival is None:
        return document
    noon = datetime.combine(arrival.on, time(12), UTC)
    status = document.status if document.status in ("", *FAILED_STATUS) else "paid"
    return msgspec.structs.replace(
        document, currency=arrival.currency, total_minor=arrival.amount_minor, pays_at=noon, status=status
    )


def rate_of(document: Document, arrival: Arrival) -> Fraction:
    """What one unit of a payout's currency came to."""
    return _whole(arrival.comes_to_minor, arrival.currency) / _whole(document.total_minor, document.currency)


def rough_rate(currency: str, into: str) -> Fraction | None:
    """What one unit of a currency is roughly worth in another; None where nobody knows. Nothing is booked by it."""
    if currency not in _WORTH or into not in _WORTH:
        return None
    return Fraction(_WORTH[currency], _WORTH[into])


def times_off(rate: Fraction, usual: Fraction) -> Fraction:
    """How many times one is the other, whichever is larger."""
    return max(rate / usual, usual / rate)


def _whole(minor: int, currency: str) -> Fraction:
    return Fraction(minor, 10 ** exponent(currency))


# One unit in hundredths of a US cent, to a figure or two, as of 2025: enough to see a slip of the decimal point.
_WORTH = {
    "AED": 2700, "AUD": 6500, "BGN": 5700, "BRL": 1800, "CAD": 7200, "CHF": 12000, "CLP": 10, "CNY": 1400, "COP": 2,
    "CZK": 470, "DKK": 1500, "EUR": 11200, "GBP": 13200, "HKD": 1280, "HUF": 29, "IDR": 1, "ILS": 2900, "INR": 115,
    "ISK": 80, "JPY": 67, "KRW": 7, "KWD": 32500, "MXN": 530, "MYR": 2350, "NOK": 980, "NZD": 5900, "PEN": 2800,
    "PHP": 175, "PLN": 2700, "QAR": 2750, "RON": 2250, "SAR": 2670, "SEK": 1040, "SGD": 7700, "THB": 305, "TWD": 325,
    "USD": 10000, "ZAR": 560,
}  # fmt: skip
