"""The unit of work: the parts over one open transaction."""

from __future__ import annotations

from bridge.errors import InvariantError
from bridge.store.sql import audit
from bridge.store.sql.audit import SqlAudit
from bridge.store.sql.budgets import SqlBudgets
from bridge.store.sql.carries import SqlCarries
from bridge.store.sql.connections import SqlConnections
from bridge.store.sql.consents import SqlConsents
from bridge.store.sql.copies import SqlLedgerCopies
from bridge.store.sql.deliveries import SqlDeliveries
from bridge.store.sql.documents import SqlDocuments
from bridge.store.sql.duties import SqlDuties, SqlPauses
from bridge.store.sql.entries import SqlEntries
from bridge.store.sql.figures import SqlFigures
from bridge.store.sql.findings import SqlFindings, SqlInstructions
from bridge.store.sql.leases import SqlLeases
from bridge.store.sql.openings import SqlOpenings
from bridge.store.sql.organisations import SqlOrganisations, SqlUsage
from bridge.store.sql.pending import SqlPendings
from bridge.store.sql.people import SqlPeople, SqlSignIns
from bridge.store.sql.pulls import SqlChannelFacts, SqlInquiries, SqlWindows
from bridge.store.sql.readings import SqlReadings
from bridge.store.sql.reviews import SqlAssignments, SqlReviews
from bridge.store.sql.routes import SqlFacts, SqlRoutes, SqlRuleSets
from bridge.store.sql.runs import SqlRuns
from bridge.store.sql.summaries import SqlSummaries
from bridge.store.sql.vault import SqlVault
from bridge.store.sql.waits import SqlWaits
from bridge.store.sql.work import Work


class SqlUnitOfWork:
    """See ``store.api.UnitOfWork``."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self.connections = SqlConnections(work)
        self.consents = SqlConsents(work)
        self.routes = SqlRoutes(work)
        self.rules = SqlRuleSets(work)
        self.facts = SqlFacts(work)
        self.vault = SqlVault(work)
        self.documents = SqlDocuments(work)
        self.entries = SqlEntries(work)
        self.deliveries = SqlDeliveries(work)
        self.leases = SqlLeases(work)
        self.duties = SqlDuties(work)
        self.pauses = SqlPauses(work)
        self.organisations = SqlOrganisations(work)
        self.usage = SqlUsage(work)
        self.budgets = SqlBudgets(work)
        self.runs = SqlRuns(work)
        self.copies = SqlLedgerCopies(work)
        self.findings = SqlFindings(work)
        self.instructions = SqlInstructions(work)
        self.windows = SqlWindows(work)
        self.inquiries = SqlInquiries(work)
        self.channel_facts = SqlChannelFacts(work)
        self.readings = SqlReadings(work)
        self.pending = SqlPendings(work)
        self.openings = SqlOpenings(work)
        self.carries = SqlCarries(work)
        self.assignments = SqlAssignments(work)
        self.reviews = SqlReviews(work)
        self.people = SqlPeople(work)
        self.sign_ins = SqlSignIns(work)
        self.summaries = SqlSummaries(work)
        self.waits = SqlWaits(work)
        self.figures = SqlFigures(work)
        self.audit = SqlAudit(work)

    def finish(self) -> None:
        """The last thing before a writing unit is saved: nothing half done, and its audit row.

        Raises: InvariantError when the database refused something on the way, whoever swallowed it.
        """
        if self._work.broken:
            raise InvariantError(
                "a unit of work",
                f"goes on after an error ({self._work.broken})",
                "Report this as a bug",
                code="store.broken",
            ) from self._work.broken
        audit.append(self._work)
