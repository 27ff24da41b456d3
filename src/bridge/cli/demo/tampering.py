"""Eight things people do to a ledger, and what drift must call each."""

from __future__ import annotations

from typing import Any

import msgspec

from bridge.cli.demo.world import SELLERS, Admin, Seller

US, CA, GB, FR = SELLERS


class Edit(msgspec.Struct, frozen=True):
    """One edit that was made, and the finding it must raise on which route."""

    what: str
    route: str
    code: str
    ref: str


def tamper(admin: Admin) -> tuple[Edit, ...]:
    """Edit the ledgers as people would, each object at most once."""
    june, july = _journals(admin, US)
    negative, after = _journals(admin, CA)
    edits = [
        _edit(admin, US, june, "edit_amount", "raised an amount", "drift.amount", amount="120.00"),
        _edit(admin, US, july, "recode", "moved a line to another account", "drift.account", account="6040"),
        _edit(admin, US, admin.entities(US, "Transfer")[0], "delete", "deleted the bank transfer", "drift.deleted"),
        _edit(admin, CA, negative, "void", "voided a journal entry", "drift.voided"),
        _edit(admin, CA, after, "change_date", "moved an entry to another month", "drift.date", to="2026-06-30"),
    ]
    (british,) = _journals(admin, GB)
    before = _ids(admin, GB)
    admin.tamper(GB, "duplicate", entity="JournalEntry", id=british["Id"])
    edits.append(Edit("copied an entry", GB.country, "drift.extra_copy", _new(admin, GB, before)))
    edits.append(
        _edit(
            admin,
            GB,
            admin.entities(GB, "Transfer")[0],
            "edit_amount",
            "changed a transfer",
            "drift.amount",
            amount="23.67",
        )
    )
    before = _ids(admin, FR)
    admin.tamper(
        FR, "add_foreign", account="1200", counter_account="4000", amount="75.00", date="2026-06-27", note="fix"
    )
    edits.append(Edit("posted to the clearing account by hand", FR.country, "drift.foreign", _new(admin, FR, before)))
    return tuple(edits)


def _edit(
    admin: Admin, seller: Seller, found: dict[str, Any], op: str, what: str, code: str, **arguments: object
) -> Edit:
    entity = "Transfer" if "FromAccountRef" in found else "JournalEntry"
    admin.tamper(seller, op, entity=entity, id=found["Id"], **arguments)
    return Edit(what, seller.country, code, str(found["Id"]))


def _journals(admin: Admin, seller: Seller) -> list[dict[str, Any]]:
    return admin.entities(seller, "JournalEntry")


def _ids(admin: Admin, seller: Seller) -> set[str]:
    return {str(one["Id"]) for one in _journals(admin, seller)}


def _new(admin: Admin, seller: Seller, before: set[str]) -> str:
    (added,) = _ids(admin, seller) - before
    return added
