"""Pure: a voucher becomes the exact bytes that are sent."""

from __future__ import annotations

import json
from decimal import Decimal

from bridge.errors import InvariantError
from bridge.model.money import decimal_text
from bridge.model.vouchers import Voucher
from bridge_quickbooks.plan import JOURNAL_ENTRY, TRANSFER

Json = str | int | Decimal | bool | list["Json"] | dict[str, "Json"]


def render(voucher: Voucher) -> bytes:
    """The body of the one call that creates this voucher: the same voucher always gives the same bytes."""
    if voucher.type == JOURNAL_ENTRY:
        return encode(_journal_entry(voucher))
    if voucher.type == TRANSFER:
        return encode(_transfer(voucher))
    raise InvariantError(f"voucher {voucher.voucher_id}", f"QuickBooks has no {voucher.type}", "Report this as a bug")


def _journal_entry(voucher: Voucher) -> dict[str, Json]:
    """Source: QuickBooks v3 Finance.xsd, JournalEntry; amounts are positive and the posting type gives the side."""
    lines: list[Json] = [
        {
            "LineNum": number,
            "Description": line.description,
            "Amount": _amount(abs(line.amount_minor), voucher.currency),
            "DetailType": "JournalEntryLineDetail",
            "JournalEntryLineDetail": {
                "PostingType": "Debit" if line.amount_minor > 0 else "Credit",
                "AccountRef": {"value": line.account.ledger_id},
            },
        }
        for number, line in enumerate(voucher.lines, start=1)
    ]
    return {"DocNumber": voucher.number, **_head(voucher), "Line": lines}


def _transfer(voucher: Voucher) -> dict[str, Json]:
    """Source: QuickBooks v3 Finance.xsd, Transfer; money moves from the credited to the debited account."""
    credit, debit = sorted(voucher.lines, key=lambda line: line.amount_minor)
    return {
        **_head(voucher),
        "FromAccountRef": {"value": credit.account.ledger_id},
        "ToAccountRef": {"value": debit.account.ledger_id},
        "Amount": _amount(voucher.total_minor, voucher.currency),
    }


def _head(voucher: Voucher) -> dict[str, Json]:
    return {
        "TxnDate": voucher.dated_on.isoformat(),
        "CurrencyRef": {"value": voucher.currency},
        "PrivateNote": voucher.memo,
    }


def _amount(minor: int, currency: str) -> Decimal:
    return Decimal(decimal_text(minor, currency))


def encode(value: Json) -> bytes:
    """JSON with decimals as exact number text; ASCII, as every reader takes it.

    Raises: TypeError for a float or anything else that is not meant: money never passes through one.
    """
    return _text(value).encode("ascii")


def _text(value: Json) -> str:
    match value:
        case str() | bool() | int():
            return json.dumps(value)
        case Decimal():
            if not value.is_finite():
                raise TypeError(f"{value} is no amount")
            return format(value, "f")
        case list():
            return f"[{','.join(_text(item) for item in value)}]"
        case dict():
            return "{" + ",".join(f"{json.dumps(key)}:{_text(item)}" for key, item in value.items()) + "}"
        case _:
            raise TypeError(f"{type(value).__name__} may not be sent to QuickBooks")
