"""python-quickbooks, kept to what it is good at: addresses, parameters and clauses (docs/decisions/0001).

Importing it takes as long as all the rest of the plugin: only this file does, and only this file's first use loads it.
"""

from __future__ import annotations

from typing import Any

from quickbooks import QuickBooks
from quickbooks.utils import build_choose_clause, build_where_clause

__all__ = ["api", "build_choose_clause", "build_where_clause"]


def api(session: object, api_url: str, *, realm: str, minor_version: int) -> Any:
    """Its calls for one company, through a session of ours."""
    made = QuickBooks(company_id=realm, minorversion=minor_version)
    made.session, made.api_url_v3 = session, f"{api_url}/v3"
    return made
