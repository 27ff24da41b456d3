"""Vouchers into ledgers, each once.

Whoever drains a ledger holds its lease. Of a batch of what is due, intents and keys are saved in one unit, it is sent
in one call, the outcomes are saved in one unit, each voucher by itself. After any unclear answer comes a look-up, never
a second send; a second send comes only after proven absence, and bears the same header key unless the vendor has
answered to it. The ledger's echo is compared with what was sent and kept as the baseline.

Other rooms use ``Deliverer`` and what it returns, ``DrainReport``; ``times`` tells what a wrong clock left behind, and
``put_right`` frees it. ``Witness`` keeps, in a ``HeadFile`` outside the database, how far that was when something last
left, and so tells when it was restored; ``Seen`` is what it sees. ``Undo`` is a voucher that a person wants out again,
``ReadBack`` one as its ledger shows it, each ``Field`` beside what was sent.
"""

from bridge.delivery.future import Beyond, Times, jump, put_right, times
from bridge.delivery.head_file import HeadFile
from bridge.delivery.reading_back import Field, ReadBack
from bridge.delivery.report import DrainReport
from bridge.delivery.service import Deliverer
from bridge.delivery.undoing import Undo
from bridge.delivery.witness import Seen, Witness

__all__ = [
    "Beyond",
    "Deliverer",
    "DrainReport",
    "Field",
    "HeadFile",
    "ReadBack",
    "Seen",
    "Times",
    "Undo",
    "Witness",
    "jump",
    "put_right",
    "times",
]
