"""Asks a shop for payouts, each with all its rows, and for disputes."""

from __future__ import annotations

from collections.abc import Iterator

from bridge.plugin import Page, Want
from bridge_shopify.client import Client
from bridge_shopify.facts import digits
from bridge_shopify.pages import account_body
from bridge_shopify.searching import Listed, between, drained, nothing
from bridge_shopify.wire import Edge, PageInfo, Ref, Wire
from bridge_shopify.wire import Page as Connection
from bridge_shopify.wire_payments import Account, BalanceTransaction, Dispute, Payout

_FILE = "payments"
_READINGS = 5


class _Place(Edge[Ref], frozen=True):
    cursor: str


class _Places(Wire, frozen=True):
    edges: list[_Place]
    page_info: PageInfo


class _Payouts(Wire, frozen=True):
    payouts: _Places


class _PayoutList(Wire, frozen=True):
    """None: the shop does not use Shopify Payments."""

    shopify_payments_account: _Payouts | None = None


class _Rows(Wire, frozen=True):
    balance_transactions: Listed[BalanceTransaction]


class _OnePayout(Wire, frozen=True):
    node: Payout | None = None
    shopify_payments_account: _Rows | None = None


class _Disputes(Wire, frozen=True):
    disputes: Listed[Dispute]


class _DisputeList(Wire, frozen=True):
    shopify_payments_account: _Disputes | None = None


class _OneDispute(Wire, frozen=True):
    dispute: Dispute | None = None


class LivePayments:
    """Shopify Payments of one shop."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def pull_payouts(self, want: Want) -> Iterator[Page]:
        """The payouts that were issued in a window, each a page. Raises: as ``Client.ask``; UnavailableError."""
        search, after = between("issued_at", want.since, want.until), want.cursor.decode() or None
        while True:
            self._client.begin()
            found = self._client.get(_PayoutList, _FILE, "PayoutList", query=search, after=after)
            listed = found.shopify_payments_account
            places = listed.payouts.edges if listed is not None else []
            is_more = listed is not None and listed.payouts.page_info.has_next_page
            for place in places:
                account = self._whole(place.node.id)
                is_last = place is places[-1] and not is_more
                body = account_body(account or Account())
                yield Page(body, self._client.asked_at, b"" if is_last else place.cursor.encode(), is_last)
                self._client.begin()
            if not places:
                yield Page(account_body(Account()), self._client.asked_at, b"", is_last=True)
            if not places or not is_more:
                return
            after = places[-1].cursor

    def pull_disputes(self, want: Want) -> Iterator[Page]:
        """The disputes that began in a window. Raises: as ``Client.ask``."""
        search, after = between("initiated_at", want.since, want.until), want.cursor.decode() or None
        while True:
            self._client.begin()
            found = self._client.get(_DisputeList, _FILE, "DisputeList", query=search, after=after)
            listed = found.shopify_payments_account
            page = listed.disputes if listed is not None else nothing()
            after = page.end if page.is_cut else None
            body = account_body(Account(disputes=Connection(nodes=page.items())))
            yield Page(body, self._client.asked_at, (after or "").encode(), is_last=after is None)
            if after is None:
                return

    def payout(self, number: str) -> Account | None:
        """A payout with its rows; None where the shop shows none."""
        self._client.begin()
        return self._whole(f"gid://shopify/ShopifyPaymentsPayout/{number}")

    def dispute(self, number: str) -> Account | None:
        """A dispute; None where the shop shows none."""
        self._client.begin()
        found = self._client.get(_OneDispute, _FILE, "Dispute", id=f"gid://shopify/ShopifyPaymentsDispute/{number}")
        return None if found.dispute is None else Account(disputes=Connection(nodes=[found.dispute]))

    def _whole(self, gid: str) -> Account | None:
        """A payout that says the same in the first and the last answer of its rows."""
        for _ in range(_READINGS):
            told: list[Payout | None] = []

            def rows(
                after: dict[str, str | None], told: list[Payout | None] = told
            ) -> list[Listed[BalanceTransaction]]:
                search = f"payments_transfer_id:{digits(gid)}"
                found = self._client.get(_OnePayout, _FILE, "Payout", id=gid, rows=search, **after)
                told.append(found.node)
                account = found.shopify_payments_account
                return [account.balance_transactions if account is not None else nothing()]

            (all_rows,) = drained(rows, "rowsAfter")
            if told[0] is None:
                return None
            if told[0] == told[-1]:
                return Account(payouts=Connection(nodes=[told[0]]), balance_transactions=Connection(nodes=all_rows))
        raise self._client.unsettled()
