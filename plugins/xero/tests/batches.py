"""Many vouchers of a kind, as entries give them, and a batch of them on its way into an organisation."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from bridge.model.entries import JournalEntry, Purpose
from bridge.model.vouchers import LedgerCopy, Voucher
from bridge.plugin import LookUp, Outcome, Parcel, Sought
from plugins.xero.tests.books import Books
from plugins.xero.tests.organisation import entry, leg, planned, refund, sale

DAY = date(2026, 6, 1)


def order_entries(many: int) -> Iterator[JournalEntry]:
    """Orders, twenty a day: an invoice and its payment each."""
    for place in range(many):
        money = 1000 + place
        yield entry(
            sale("4000", -money, "sale.product"),
            sale("1210", money),
            purpose=Purpose.ORDER,
            group=f"order {place}",
            narration=f"Shopify order #{place}",
            on=DAY + timedelta(days=place // 20),
        )


def refund_entries(many: int) -> Iterator[JournalEntry]:
    for place in range(many):
        money = 500 + place
        yield entry(
            refund("4200", money, "refund.product"),
            refund("1210", -money),
            purpose=Purpose.REFUND,
            group=f"refund {place}",
            narration=f"Shopify refund {place}",
        )


def journal_entries(many: int, account: str = "1210") -> Iterator[JournalEntry]:
    """Fees; of a bank account they are money spent, a bank transaction."""
    for place in range(many):
        money = 310 + place
        yield entry(
            leg("6100", money, "fee.payment"),
            leg(account, -money),
            purpose=Purpose.JOURNAL,
            group=f"fees {account} {place}",
            narration=f"Shopify fees {place}",
            on=DAY + timedelta(days=place % 28),
        )


def transfer_entries(many: int) -> Iterator[JournalEntry]:
    for place in range(many):
        money = 8000 + place
        yield entry(
            leg("1000", money, "bank"),
            leg("1230", -money, "bank"),
            purpose=Purpose.BANK,
            group=f"payout {place}",
            on=DAY,
        )


def orders(many: int) -> list[Voucher]:
    return [voucher for made in order_entries(many) for voucher in planned(made)]


def journals(many: int) -> list[Voucher]:
    return [voucher for made in journal_entries(many) for voucher in planned(made)]


def transfers(many: int) -> list[Voucher]:
    return [voucher for made in transfer_entries(many) for voucher in planned(made)]


def of_kind(books: Books, kind: str, many: int) -> list[Voucher]:
    """Vouchers of a kind for this organisation, of which what must be there before them is."""
    made = {
        "Invoice": order_entries,
        "Payment": order_entries,
        "CreditNote": refund_entries,
        "ManualJournal": journal_entries,
        "BankTransaction": lambda many: journal_entries(many, "1230"),
        "BankTransfer": transfer_entries,
    }[kind](many)
    vouchers = [voucher for one in made for voucher in books.plan(one)]
    if kind == "Payment":
        send(books, [voucher for voucher in vouchers if voucher.type != kind])
    return [voucher for voucher in vouchers if voucher.type == kind]


def parcels(books: Books, vouchers: Sequence[Voucher], turn: int = 0) -> list[Parcel]:
    return [Parcel(voucher, f"{voucher.key}-{turn}", books.refs) for voucher in vouchers]


def send(books: Books, vouchers: Sequence[Voucher], turn: int = 0) -> tuple[Outcome, ...]:
    outcomes = books.sink.send_batch(parcels(books, vouchers, turn))
    for voucher, outcome in zip(vouchers, outcomes, strict=True):
        if isinstance(outcome, LedgerCopy):
            books.refs[voucher.voucher_id] = outcome.ref
    return outcomes


def look_up(books: Books, vouchers: Sequence[Voucher], *, knows_when: bool = True) -> tuple[LookUp, ...]:
    """knows_when: whether it is known when they were sent, which is just now; as of a restored database it is not."""
    sent_at = books.sandbox.clock.now() if knows_when else None
    return books.sink.look_up_batch([Sought(voucher, books.refs, sent_at) for voucher in vouchers])
