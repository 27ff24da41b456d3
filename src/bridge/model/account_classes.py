"""The classes of accounts that every ledger has, whatever its own words for them are."""

from __future__ import annotations

from enum import StrEnum


class AccountClass(StrEnum):
    """What an account is. A sink says it of each account of its ledger; the host goes by nothing else.

    bank:       of a bank or a wallet, or what a ledger keeps like one. card: a credit card, which is owed.
    receivable: what customers owe on open invoices. payable: what is owed to suppliers on open bills.
    """

    BANK = "bank"
    RECEIVABLE = "receivable"
    CURRENT_ASSET = "current asset"
    STOCK = "stock"
    FIXED_ASSET = "fixed asset"
    PAYABLE = "payable"
    CARD = "card"
    CURRENT_LIABILITY = "current liability"
    LONG_TERM_LIABILITY = "long-term liability"
    EQUITY = "equity"
    INCOME = "income"
    OTHER_INCOME = "other income"
    COST_OF_SALES = "cost of sales"
    EXPENSE = "expense"
    OTHER_EXPENSE = "other expense"

    @property
    def is_asset(self) -> bool:
        """Whether it rightly ends in debit."""
        return self in _ASSETS

    @property
    def is_liability(self) -> bool:
        """Whether it rightly ends in credit."""
        return self in _LIABILITIES

    @property
    def is_income(self) -> bool:
        """Whether what is sold or earned is on it."""
        return self in (AccountClass.INCOME, AccountClass.OTHER_INCOME)

    @property
    def is_of_the_balance_sheet(self) -> bool:
        """Whether what stands on it is carried from year to year; the others are sections of profit and loss."""
        return self is AccountClass.EQUITY or self.is_asset or self.is_liability

    @property
    def is_busy(self) -> bool:
        """Whether others post to accounts like it every day, and it is reconciled elsewhere."""
        return self in (AccountClass.RECEIVABLE, AccountClass.PAYABLE, AccountClass.CARD)

    @property
    def holds_money(self) -> bool:
        """Whether what buyers paid can be on it until it reaches the bank, or is owed to them."""
        return self in (AccountClass.BANK, AccountClass.CURRENT_ASSET, AccountClass.CURRENT_LIABILITY)


_ASSETS = frozenset(
    {
        AccountClass.BANK,
        AccountClass.RECEIVABLE,
        AccountClass.CURRENT_ASSET,
        AccountClass.STOCK,
        AccountClass.FIXED_ASSET,
    }
)
_LIABILITIES = frozenset(
    {
        AccountClass.PAYABLE,
        AccountClass.CARD,
        AccountClass.CURRENT_LIABILITY,
        AccountClass.LONG_TERM_LIABILITY,
    }
)
