"""Change data capture: what changed or was deleted since an instant."""

from datetime import timedelta

from bridge_quickbooks_sandbox.company import Company
from bridge_quickbooks_sandbox.kinds import kind_by_path
from bridge_quickbooks_sandbox.present import present
from bridge_quickbooks_sandbox.refusals import RefusalError
from bridge_quickbooks_sandbox.wire import JsonObject, instant, stamp

__all__ = ["changes"]

_REACH = timedelta(days=30)
_MOST_OBJECTS = 1000
_NOT_CAPTURED = frozenset({"TaxCode", "TaxRate", "Preferences"})


def changes(company: Company, entities: str, changed_since: str) -> JsonObject:
    """Give the content of a CDC answer: whole objects, and stubs of deleted ones.

    Shape:    one part per entity asked for; a thousand objects over all of them together, and no second page.
    Raises:   RefusalError 2020 or 4001 where an argument is missing, unknown or more than 30 days back; of all of it
              where one entity is refused.
    """
    if not entities or not changed_since:
        raise RefusalError("2020", "Required parameter entities or changedSince is missing")
    since = instant(changed_since)
    if since < company.clock.now() - _REACH:
        raise RefusalError("4001", "QueryValidationError: changedSince lies more than 30 days back")
    parts: list[JsonObject] = []
    left = _MOST_OBJECTS
    for name in entities.split(","):
        kind = kind_by_path(name.strip())
        if kind is None or kind.name in _NOT_CAPTURED:
            raise RefusalError("4001", f"QueryValidationError: {name} is not available for change data capture")
        company.check_shown(kind.name)
        found = [
            value
            for value in present(company, kind.name)
            if company.is_in_index(kind.name, value["Id"]) and instant(value["MetaData"]["LastUpdatedTime"]) >= since
        ]
        company.count_query(kind.name)
        found += [
            {
                "domain": "QBO",
                "status": "Deleted",
                "Id": deletion.id,
                "MetaData": {"LastUpdatedTime": stamp(deletion.at)},
            }
            for deletion in company.deletions
            if deletion.kind == kind.name and deletion.at.replace(microsecond=0) >= since
        ]
        found = found[:left]
        left -= len(found)
        size = {"startPosition": 1, "maxResults": len(found), "totalCount": len(found)}
        parts.append({kind.name: found, **size} if found else {})
    return {"CDCResponse": [{"QueryResponse": parts}]}
