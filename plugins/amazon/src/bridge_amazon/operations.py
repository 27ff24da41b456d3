"""What is asked of the Selling Partner API, and how often it may be: a table.

A usage plan is a bucket for each seller account and application: so many calls at once (the burst), filled up again at
a rate. No more than a burst in the time in which a burst comes back never empties it.
Source: usage plans in Amazon's models, 2026-08-05.
"""

from __future__ import annotations

from typing import Final

import msgspec

from bridge.plugin import Limit


class Operation(msgspec.Struct, frozen=True):
    """One operation. burst: calls at once. seconds: in which as many come back."""

    name: str
    path: str
    burst: int
    seconds: int

    @property
    def limit(self) -> Limit:
        return Limit(self.name, self.burst, self.seconds)

    @property
    def usual_wait(self) -> int:
        """Seconds until one more call may leave where none is left, where nobody says otherwise."""
        return -(-self.seconds // self.burst)


PARTICIPATIONS: Final = Operation("getMarketplaceParticipations", "/sellers/v1/marketplaceParticipations", 15, 938)
REPORTS: Final = Operation("getReports", "/reports/2021-06-30/reports", 10, 451)
REPORT: Final = Operation("getReport", "/reports/2021-06-30/reports/{id}", 15, 8)
DOCUMENT: Final = Operation("getReportDocument", "/reports/2021-06-30/documents/{id}", 15, 899)
TRANSACTIONS: Final = Operation("listTransactions", "/finances/2024-06-19/transactions", 10, 20)
BALANCES: Final = Operation("listBalances", "/finances/2024-06-19/balances", 10, 20)
SUMMARY: Final = Operation("listSummary", "/finances/2024-06-19/summary", 10, 20)
PAYOUTS: Final = Operation("listPayouts", "/finances/transfers/2024-06-01/payouts", 10, 20)

OPERATIONS: Final = (PARTICIPATIONS, REPORTS, REPORT, DOCUMENT, TRANSACTIONS, BALANCES, SUMMARY, PAYOUTS)
LIMITS: Final = tuple(operation.limit for operation in OPERATIONS)
