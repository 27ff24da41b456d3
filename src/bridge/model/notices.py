"""Notices: what vendors send word of, as it is kept until a worker comes to it. Of their bodies nothing is kept."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import msgspec


class Says(StrEnum):
    """What a notice says. changed: something is to be looked at.

    ended: the account lets bridge in no more. privacy: what is kept of a person, or of a shop, is asked for, or is to
    be erased.
    """

    CHANGED = "changed"
    ENDED = "ended"
    PRIVACY = "privacy"


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that a vendor sent word of.

    plugin:      whose door it came through.
    organisation, connection: at whose own address; both empty where it came to the one for all accounts.
    account:     whose it is then, in the vendor's words.
    kind, external_id: what is meant, of ``changed``; of ``privacy`` what is asked for.
    mark:        the same for what is sent again: it is kept once.
    number:      its place among those that were kept.
    """

    plugin: str
    organisation: str = ""
    connection: str = ""
    account: str = ""
    says: Says = Says.CHANGED
    kind: str = ""
    external_id: str = ""
    mark: str
    received_at: datetime
    number: int = 0
