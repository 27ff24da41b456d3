"""The store as services know it: a unit of work and its parts.

A unit of work is opened for one organisation and saved together or not at all; it writes one audit row,
hash-chained, that names everything it changed, but for operational rows (leases, budgets, runs): a unit that wrote
nothing else leaves none. No network call happens inside one. Mutators are idempotent where they say so, and lose
a race with ``StaleError`` rather than overwrite.
"""

from __future__ import annotations

from bridge.store.api.audit import SEALED, Audit, AuditRow, Head, Touched, Unvouched, is_for_people
from bridge.store.api.beside import Client, Clients, Inbox
from bridge.store.api.connections import Connections, Consents, Facts, Routes, RuleSets, SealedCredential
from bridge.store.api.copies import ClearingMove, Compared, Difference, LedgerCopies, Shown
from bridge.store.api.deliveries import Deliveries, Standing
from bridge.store.api.documents import Documents, KeptDocument, Stand, TaxSum, Unbooked, Vault
from bridge.store.api.entries import (
    Chain,
    Entries,
    KeptEntry,
    OpenEntry,
    OpenLine,
    Outline,
    PlacedLine,
    Reserve,
    Revised,
    StandingLine,
)
from bridge.store.api.figures import (
    BookedSum,
    Facet,
    FacetSum,
    Fated,
    Figures,
    GroupSums,
    LedgerMove,
    TaxBooked,
    ToldDocument,
    ToldSum,
)
from bridge.store.api.findings import (
    Assignments,
    Carries,
    Findings,
    Instructions,
    Openings,
    Reviews,
    Summaries,
    WaitingDocuments,
    WaitingVouchers,
)
from bridge.store.api.organisations import Organisations
from bridge.store.api.people import People, SignIns
from bridge.store.api.pulls import ChannelFactsKept, Inquiries, Pendings, Readings, Windows
from bridge.store.api.unit import Store, Stores, UnitOfWork
from bridge.store.api.waits import Waits
from bridge.store.api.work import Budgets, Duties, Leases, Pauses, Runs, Usage
from bridge.store.api.writes import is_writing, writing

__all__ = [
    "SEALED",
    "Assignments",
    "Audit",
    "AuditRow",
    "BookedSum",
    "Budgets",
    "Carries",
    "Chain",
    "ChannelFactsKept",
    "ClearingMove",
    "Client",
    "Clients",
    "Compared",
    "Connections",
    "Consents",
    "Deliveries",
    "Difference",
    "Documents",
    "Duties",
    "Entries",
    "Facet",
    "FacetSum",
    "Facts",
    "Fated",
    "Figures",
    "Findings",
    "GroupSums",
    "Head",
    "Inbox",
    "Inquiries",
    "Instructions",
    "KeptDocument",
    "KeptEntry",
    "Leases",
    "LedgerCopies",
    "LedgerMove",
    "OpenEntry",
    "OpenLine",
    "Openings",
    "Organisations",
    "Outline",
    "Pauses",
    "Pendings",
    "People",
    "PlacedLine",
    "Readings",
    "Reserve",
    "Reviews",
    "Revised",
    "Routes",
    "RuleSets",
    "Runs",
    "SealedCredential",
    "Shown",
    "SignIns",
    "Stand",
    "Standing",
    "StandingLine",
    "Store",
    "Stores",
    "Summaries",
    "TaxBooked",
    "TaxSum",
    "ToldDocument",
    "ToldSum",
    "Touched",
    "Unbooked",
    "UnitOfWork",
    "Unvouched",
    "Usage",
    "Vault",
    "WaitingDocuments",
    "WaitingVouchers",
    "Waits",
    "Windows",
    "is_for_people",
    "is_writing",
    "writing",
]
