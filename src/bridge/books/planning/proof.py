"""Whether the vouchers a sink planned say what their entry says. Pure; nothing that does not add up is ever owed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from bridge.errors import PluginError
from bridge.model.entries import JournalEntry
from bridge.model.money import decimal_text
from bridge.model.tracking import Tracked
from bridge.model.vouchers import AccountRef, Voucher, voucher_id
from bridge.plugin import NO_TRACKING

PLAN = "plugin.plan"


def check(
    entry: JournalEntry,
    vouchers: Sequence[Voucher],
    accounts: Mapping[str, AccountRef],
    tracking: Mapping[int, tuple[Tracked, ...]] = NO_TRACKING,
) -> None:
    """Compare a plan with its entry: ids, keys, currency, and what each account gets over all its vouchers.

    tracking: what each posting is to be reported by; then it is compared as well what each account gets so.

    Raises: PluginError ``plugin.plan`` that names what is off.
    """
    if cause := next(_faults(entry, vouchers, accounts, tracking), ""):
        raise PluginError(
            f"plan of entry {entry.narration}",
            cause,
            "Nothing of it is sent: report this to the author of the ledger's plugin",
            code=PLAN,
        )


def _faults(
    entry: JournalEntry,
    vouchers: Sequence[Voucher],
    accounts: Mapping[str, AccountRef],
    tracking: Mapping[int, tuple[Tracked, ...]],
) -> Iterator[str]:
    if not vouchers and any(posting.amount_minor for posting in entry.postings):
        yield "the sink planned no voucher for it"
    ids = [voucher.voucher_id for voucher in vouchers]
    if ids != [voucher_id(entry.entry_id, number) for number in range(1, len(ids) + 1)]:
        yield f"its vouchers are not numbered 1 to {len(ids)}: {', '.join(ids)}"
    keys = {voucher.key for voucher in vouchers}
    if "" in keys or len(keys) < len(vouchers):
        yield "its vouchers do not each have a key of their own"
    for voucher in vouchers:
        if voucher.entry_id != entry.entry_id:
            yield f"a voucher names entry {voucher.entry_id!r} instead of {entry.entry_id!r}"
        if voucher.currency != entry.currency:
            yield f"a voucher is in {voucher.currency!r}, the entry in {entry.currency}"
    yield from _apart(entry, vouchers, accounts)
    yield from _untracked(entry, vouchers, tracking)


def _untracked(
    entry: JournalEntry, vouchers: Sequence[Voucher], tracking: Mapping[int, tuple[Tracked, ...]]
) -> Iterator[str]:
    """Options under which the plan reports another amount than the entry does."""
    wanted, planned = Counter[Tracked](), Counter[Tracked]()
    for posting in entry.postings:
        for one in tracking.get(posting.number, ()):
            wanted[one] += posting.amount_minor
    for line in (line for voucher in vouchers for line in voucher.lines):
        for one in line.tracked:
            planned[one] += line.amount_minor
    for one in sorted(wanted.keys() | planned.keys()):
        if wanted[one] != planned[one]:
            ours, theirs = (decimal_text(sums[one], entry.currency) for sums in (wanted, planned))
            yield f"{one.name} {one.option} gets {theirs} {entry.currency} by the plan and {ours} by the entry"


def _apart(entry: JournalEntry, vouchers: Sequence[Voucher], accounts: Mapping[str, AccountRef]) -> Iterator[str]:
    wanted, planned = Counter[str](), Counter[str]()
    for posting in entry.postings:
        wanted[accounts[posting.account].ledger_id] += posting.amount_minor
    for voucher in vouchers:
        for line in voucher.lines:
            planned[line.account.ledger_id] += line.amount_minor
    names = {account.ledger_id: account.name for account in accounts.values()}
    for account in sorted(wanted.keys() | planned.keys()):
        if wanted[account] != planned[account]:
            ours, theirs = (decimal_text(sums[account], entry.currency) for sums in (wanted, planned))
            name = names.get(account, f"of id {account}")
            yield f"account {name} gets {theirs} {entry.currency} by the plan and {ours} by the entry"
