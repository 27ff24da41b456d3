"""Pure: names each difference between what we told a ledger and what it says now."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from bridge.drift.comparing.ours import Ours, voided
from bridge.drift.comparing.stake import Stake, account_sums, net_sums, stake
from bridge.drift.sides import Chart
from bridge.model.findings import Finding, Severity
from bridge.model.money import decimal_text
from bridge.model.vouchers import LedgerCopy, Mark, Marks, marked_sums, paid_no_more

_PAID = "paid document"
_Changed = tuple[str, Mark | None, Mark | None]
"""A kind of mark, which it was, and which it is."""


def changed(ours: Ours, theirs: LedgerCopy, chart: Chart) -> tuple[Finding, ...]:
    """The findings of an object of ours that differs now; none when only words, or how lines are cut, differ."""
    if theirs.is_voided:
        return (voided(ours, chart, _editor(theirs)),)
    found = (
        _currency(ours, theirs),
        _date(ours, theirs),
        _number(ours, theirs),
        booked := _amounts(ours, theirs, chart) or _tax(ours, theirs, chart),
        _marked(
            ours,
            theirs,
            [*_marks(ours, theirs), *_settled(ours, theirs), *(() if booked else _marks_of_lines(ours, theirs))],
        ),
    )
    return tuple(finding for finding in found if finding is not None)


def _currency(ours: Ours, theirs: LedgerCopy) -> Finding | None:
    if theirs.currency == ours.copy.currency:
        return None
    return ours.finding(
        "currency",
        f"its currency is now {theirs.currency}",
        cause=f"Somebody changed its currency{_editor(theirs)}",
        repair="Set the currency back in the ledger",
        evidence=(("currency", ours.copy.currency, theirs.currency),),
    )


def _date(ours: Ours, theirs: LedgerCopy) -> Finding | None:
    before, after = ours.copy.dated_on, theirs.dated_on
    if before == after:
        return None
    is_same_month = (before.year, before.month) == (after.year, after.month)
    return ours.finding(
        "date",
        f"moved to {after}" if is_same_month else f"moved to {after}, another month",
        severity=Severity.WARNING if is_same_month else Severity.ERROR,
        cause=f"Somebody changed its date{_editor(theirs)}",
        repair="Set the date back in the ledger, or accept with a reason",
        evidence=(("date", before.isoformat(), after.isoformat()),),
    )


def _number(ours: Ours, theirs: LedgerCopy) -> Finding | None:
    if theirs.number == ours.copy.number:
        return None
    return ours.finding(
        "number",
        f"its number is now {theirs.number}" if theirs.number else "its number was taken away",
        severity=Severity.WARNING,
        cause=f"Somebody changed its number{_editor(theirs)}",
        repair="Set the number back: a second copy would no longer be refused",
        evidence=(("number", ours.copy.number, theirs.number),),
    )


def _amounts(ours: Ours, theirs: LedgerCopy, chart: Chart) -> Finding | None:
    if theirs.currency != ours.copy.currency:
        return None  # amounts of two currencies are not compared
    before, after = account_sums(ours.copy.lines), account_sums(theirs.lines)
    moved = sorted(_off(before, after), key=chart.name)
    if not moved:
        return None
    evidence = tuple(
        (chart.name(account), _money(before.get(account, 0), ours.copy), _money(after.get(account, 0), ours.copy))
        for account in moved
    )
    if _is_recoded(ours.copy, theirs, before, after):
        sections = {chart.sections.get(account, "") for account in moved}
        is_harmless = len(sections) == 1 and "" not in sections
        return ours.finding(
            "account",
            "re-coded to another account" + (" of the same section" if is_harmless else ""),
            severity=Severity.INFO if is_harmless else Severity.ERROR,
            at_stake=_recoded(net_sums(ours.copy.lines), net_sums(theirs.lines), chart),
            cause=f"Somebody changed an account on it{_editor(theirs)}",
            repair="Make it a rule if it is better there, else set the account back",
            evidence=evidence,
        )
    return ours.finding(
        "amount",
        "amounts changed" if _accounts(theirs) <= _accounts(ours.copy) else "amounts and accounts changed",
        at_stake=stake(_off(net_sums(ours.copy.lines), net_sums(theirs.lines)), chart),
        cause=f"Somebody changed an amount on it{_editor(theirs)}",
        repair="Set the amounts back in the ledger, or accept with a reason",
        evidence=evidence,
    )


def _off(before: Mapping[str, int], after: Mapping[str, int]) -> dict[str, int]:
    """What each account is off by; those that are not are left out."""
    off = {account: after.get(account, 0) - before.get(account, 0) for account in before.keys() | after.keys()}
    return {account: amount for account, amount in off.items() if amount}


def _recoded(before: Mapping[str, int], after: Mapping[str, int], chart: Chart) -> Stake:
    """The amount re-coded, and the accounts that it went to: those on which more stands now, of either sign."""
    more = {account: after[account] - before.get(account, 0) for account in after}
    grown = {account: off for account, off in more.items() if abs(after[account]) > abs(before.get(account, 0))}
    return Stake(sum(map(abs, grown.values())), " and ".join(sorted(map(chart.name, grown))))


def _tax(ours: Ours, theirs: LedgerCopy, chart: Chart) -> Finding | None:
    """Every account gets what it got, but under another tax code, or with another tax in it."""
    if theirs.currency != ours.copy.currency:
        return None
    before, after = _tax_sums(ours.copy), _tax_sums(theirs)
    moved = sorted(
        (key for key in before.keys() | after.keys() if before.get(key) != after.get(key)),
        key=lambda key: (chart.name(key[0]), key[1]),
    )
    if not moved:
        return None
    change = sum(tax for _, tax in after.values()) - sum(tax for _, tax in before.values())
    return ours.finding(
        "tax",
        "its tax was changed" if change else "its tax code was changed",
        at_stake=Stake(change, ""),
        cause=f"Somebody changed the tax on it{_editor(theirs)}",
        repair="Set tax code and tax back in the ledger, or make it a rule if they are right there",
        binding="a tax return is made from it",
        evidence=tuple(
            (
                f"{chart.name(account)}, {chart.tax_name(code)}",
                _taxed(before.get((account, code)), ours.copy),
                _taxed(after.get((account, code)), ours.copy),
            )
            for account, code in moved
        ),
    )


def _marks(ours: Ours, theirs: LedgerCopy) -> Iterator[_Changed]:
    """The object as a whole bears another customer, rate or the like. What somebody added where we set none is let be.

    Of an object that was sent before its marks were kept nothing is known, hence nothing said.
    """
    now = _by_kind(theirs.marks)
    for old in ours.copy.marks:
        new = now.get(old.kind)
        if new is None or new.value != old.value:
            yield old.kind, old, new


def _settled(ours: Ours, theirs: LedgerCopy) -> Iterator[_Changed]:
    """It pays another document, or none, while its money stands where it stood."""
    if paid_no_more(ours.copy, theirs):
        shown = (", ".join(copy.settles) for copy in (ours.copy, theirs))
        before, after = (Mark(_PAID, refs) if refs else None for refs in shown)
        yield _PAID, before, after


def _marks_of_lines(ours: Ours, theirs: LedgerCopy) -> Iterator[_Changed]:
    """Every account gets what it got, but under another class, product or the like; what was added is let be."""
    if theirs.currency != ours.copy.currency:
        return
    before, after = marked_sums(ours.copy.lines), marked_sums(theirs.lines)
    off = sorted({key[0] for key, amount in before.items() if after.get(key) != amount})
    shown = {
        (mark.kind, mark.value): mark for copy in (ours.copy, theirs) for line in copy.lines for mark in line.marks
    }
    for kind in off:
        gone, come = (_of_kind(one, kind) for one in (before, after))
        lost = next((value for value, account in gone if gone[value, account] != come.get((value, account))), "")
        won = next((value for value, account in come if come[value, account] != gone.get((value, account))), "")
        yield kind, shown.get((kind, lost)), shown.get((kind, won))


def _marked(ours: Ours, theirs: LedgerCopy, changed: Sequence[_Changed]) -> Finding | None:
    if not changed:
        return None
    names = " and ".join(dict.fromkeys(kind for kind, _, _ in changed))
    return ours.finding(
        "marked",
        f"its {names} was changed" if len(changed) == 1 else f"its {names} were changed",
        severity=Severity.WARNING,
        cause=f"Somebody changed its {names}{_editor(theirs)}",
        repair=f"Set the {names} back in the ledger, or accept with a reason",
        evidence=tuple((kind, _word(old), _word(new)) for kind, old, new in changed),
    )


def _by_kind(marks: Marks) -> dict[str, Mark]:
    return {mark.kind: mark for mark in marks}


def _of_kind(sums: Mapping[tuple[str, str, str], int], kind: str) -> dict[tuple[str, str], int]:
    return {(value, account): amount for (named, value, account), amount in sums.items() if named == kind}


def _word(mark: Mark | None) -> str:
    return (mark.shown or mark.value) if mark else "none"


def _tax_sums(copy: LedgerCopy) -> dict[tuple[str, str], tuple[int, int]]:
    """What each account gets under each tax code, and the tax in it; what nets to nothing is left out."""
    sums: dict[tuple[str, str], tuple[int, int]] = {}
    for line in copy.lines:
        amount, tax = sums.get((line.account_id, line.tax_code), (0, 0))
        sums[line.account_id, line.tax_code] = amount + line.amount_minor, tax + line.tax_minor
    return {key: value for key, value in sums.items() if any(value)}


def _taxed(sums: tuple[int, int] | None, copy: LedgerCopy) -> str:
    amount, tax = sums or (0, 0)
    return f"{_money(amount, copy)}, tax {_money(tax, copy)}" if sums else "none"


def _is_recoded(ours: LedgerCopy, theirs: LedgerCopy, before: dict[str, int], after: dict[str, int]) -> bool:
    """Whether only accounts were changed: the same amounts elsewhere, or a part put on an account new to the object.

    An object whose total changed was never only re-coded.
    """
    first, second = (sorted(line.amount_minor for line in copy.lines if line.amount_minor) for copy in (ours, theirs))
    debits = {sum(amount for amount in sums.values() if amount > 0) for sums in (before, after)}
    return first == second or (len(debits) == 1 and not _accounts(theirs) <= _accounts(ours))


def _accounts(copy: LedgerCopy) -> frozenset[str]:
    return frozenset(line.account_id for line in copy.lines if line.amount_minor)


def _money(minor: int, copy: LedgerCopy) -> str:
    return decimal_text(minor, copy.currency)


def _editor(copy: LedgerCopy) -> str:
    """When, and by whom: what the ledger tells. Source of "who" else: the ledger's audit log, by hand."""
    when = f", last saved {_instant(copy.changed_at)}" if copy.changed_at else ""
    return f"{when} by {copy.changed_by}" if copy.changed_by else f"{when} (by whom: see the ledger's audit log)"


def _instant(text: str) -> str:
    """The ledger's own instant to the minute, in its own offset; what is no instant is shown as it came."""
    try:
        return f"{datetime.fromisoformat(text):%Y-%m-%d %H:%M %Z}".strip()
    except ValueError:
        return text
