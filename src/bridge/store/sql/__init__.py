"""Keeps facts in SQLite (embedded) or PostgreSQL (hosted), by one set of statements.

``tables`` says what there is, ``migrations`` how a database gets there, ``dialect`` what differs between the two
databases (``sqlite`` and ``postgres`` do it), ``failures`` what it means that one failed. ``work`` is the one door to a
transaction: it adds the organisation to every statement, so that two organisations in one database never meet. Each
other file implements one part of ``store.api``.
"""

from bridge.store.sql.inbox import SqlInbox, open_inbox
from bridge.store.sql.schema import migrate
from bridge.store.sql.store import NOBODY, SqlStore, open_store

__all__ = ["NOBODY", "SqlInbox", "SqlStore", "migrate", "open_inbox", "open_store"]
