"""Re-adds settlement files (V2 flat files) to what a ledger holds, and names whatever is a cent apart.

It shares no line of code with bridge: it reads the files by itself, and knows of bridge only the two tables of data
(channel words to kinds, kinds to accounts) and the default treatment of tax, which it applies by itself too.
"""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from decimal import Decimal
from fnmatch import fnmatchcase
from functools import cache
from itertools import zip_longest
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parents[2]
VOCABULARY = ROOT / "plugins/amazon/src/bridge_amazon/vocabulary.csv"
KINDS = ROOT / "src/bridge/model/line_kinds.csv"
CLEARING, BANK, PASS_THROUGH, ROUNDING = "1200", "1000", "2110", "7990"
RESERVES, OPENING = "1260", "1285"
Facts = Sequence[Mapping[str, Any]]


class Row(NamedTuple):
    settlement: str
    number: int
    minor: int
    kind: str
    account: str
    words: str
    group: tuple[str, ...]


def verify(
    files: Sequence[bytes], ledger: Mapping[str, int] | Facts, proof: Facts = (), *, unpaid: Collection[str] = ()
) -> list[str]:
    """What does not add up, each named; empty when every cent is where it belongs.

    ledger: minor units by account number (a trial balance), or the ledger's lines in their own order, each with
            object, account and amount_minor.
    proof:  bridge's own account of its postings, each with object, settlement, account, kind, amount_minor and rows
            ([row number, its amount], ...); with it single rows and lines are named.
    unpaid: settlements whose payout has not been moved to the bank yet.
    """
    faults: list[str] = []
    rows: list[Row] = []
    totals: dict[str, int] = {}
    for file in files:
        settlement, total, found = read(file)
        rows, totals[settlement] = [*rows, *found], total
        if (added := sum(row.minor for row in found)) != total:
            faults.append(f"file {settlement}: its rows add up to {added}, its total says {total}")
    if proof:
        faults += [*prove_rows(rows, proof), *prove_postings(totals, proof)]
    if not isinstance(ledger, Mapping):
        faults += compare_lines(proof, ledger) if proof else []
        ledger = added_up((line["account"], line["amount_minor"]) for line in ledger)
    wanted = expected(rows, totals, unpaid)
    for account in sorted({*wanted, *ledger}):
        if (holds := ledger.get(account, 0)) != (says := wanted.get(account, 0)):
            faults.append(f"account {account}: the ledger holds {holds}, the files say {says}")
    return faults


def read(file: bytes) -> tuple[str, int, list[Row]]:
    """A settlement's id, its total, and its detail rows, numbered from 1."""
    text = file.decode("utf-8-sig", errors="replace")
    every = csv.DictReader(text.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE, restval="")
    head, *details = [row for row in every if any(row.values())]
    rows = []
    for number, cells in enumerate(details, start=1):
        words = cells["transaction-type"], cells["amount-type"], cells["amount-description"]
        group = cells["order-id"], cells["order-item-code"], cells["shipment-id"] or cells["adjustment-id"], words[0]
        kind, amount = kind_of(words), minor(cells["amount"], head["currency"])
        account = CLEARING if kind == "payout" else ACCOUNTS[kind].replace("@clearing", CLEARING)
        rows.append(Row(head["settlement-id"], number, amount, kind, account, "|".join(words), group))
    withheld = {row.group for row in rows if row.kind == "tax.facilitator" and row.minor}
    through = {row.number for row in rows if row.kind == "tax.collected" and row.group in withheld}
    rows = [row._replace(account=PASS_THROUGH) if row.number in through else row for row in rows]
    return head["settlement-id"], minor(head["total-amount"], head["currency"]), rows


def minor(text: str, currency: str) -> int:
    return int(Decimal(text.replace(",", ".")).scaleb(0 if currency == "JPY" else 2))


@cache
def kind_of(words: tuple[str, ...]) -> str:
    """By the table: of the patterns that fit the one with fewest open cells, then with most letters."""
    said = "|".join(map(plain, words))
    fits = [(cells.count("*"), -len(cells), kind) for cells, kind in WORDS if fnmatchcase(said, cells)]
    return min(fits, default=(0, 0, "unclassified"))[2]


def plain(text: str) -> str:
    return "".join(letter for letter in text.casefold() if letter.isalnum())


def expected(rows: Sequence[Row], totals: Mapping[str, int], unpaid: Collection[str]) -> Counter[str]:
    sums = added_up((row.account, -row.minor) for row in rows)
    held: list[int] = []
    for settlement, total in sorted(totals.items()):
        sums[BANK if total > 0 and settlement not in unpaid else CLEARING] += total
        own = [row for row in rows if row.settlement == settlement]
        passed = [row for row in own if row.account == PASS_THROUGH]
        left = -sum(row.minor for row in passed)
        taxed = sum(row.kind == "tax.collected" and row.minor != 0 for row in passed)
        if abs(left) <= min((taxed + 1) // 2, 100):
            sums[PASS_THROUGH] -= left
            sums[ROUNDING] += left
        reserves = [row.minor for row in own if row.kind == "reserve"]
        given_back = sum(minor for minor in reserves if minor > 0)
        if given_back in held:
            held.remove(given_back)
        else:  # held before the first of the files: the opening is theirs to tell
            sums[RESERVES] += given_back
            sums[OPENING] -= given_back
        held.append(-sum(minor for minor in reserves if minor < 0))
    return sums


def added_up(amounts: Any) -> Counter[str]:
    sums: Counter[str] = Counter()
    for account, amount in amounts:
        sums[account] += amount
    return sums


def prove_rows(rows: Sequence[Row], proof: Facts) -> Iterator[str]:
    booked = defaultdict(list)
    for posting in proof:
        for number, amount in posting["rows"]:
            booked[posting["settlement"], number].append((posting["account"], amount))
    in_file = {(row.settlement, row.number): row for row in rows}
    for name in sorted({*in_file, *booked}):
        row, found = in_file.get(name), booked.get(name, [])
        if found != (wanted := [(row.account, row.minor)] if row and row.minor else []):
            yield f"row {name[1]} of {name[0]} ({row.words if row else ''}): is {wanted}, booked as {found}"


def prove_postings(totals: Mapping[str, int], proof: Facts) -> Iterator[str]:
    for posting in proof:
        is_total = posting["kind"] == "settlement.total"
        added = totals.get(posting["settlement"], 0) if is_total else -sum(amount for _, amount in posting["rows"])
        if (is_total or posting["rows"]) and posting["amount_minor"] != added:
            yield f"posting {posting['kind']} of {posting['object']}: is {posting['amount_minor']}, adds up to {added}"
    for name, off in added_up((posting["object"], posting["amount_minor"]) for posting in proof).items():
        if off:
            yield f"object {name}: its postings are {off} off"


def compare_lines(proof: Facts, ledger: Facts) -> Iterator[str]:
    both: dict[str, tuple[list[Any], list[Any]]] = defaultdict(lambda: ([], []))
    for side, lines in enumerate((proof, ledger)):
        for line in lines:
            if line["amount_minor"]:
                both[line["object"]][side].append((line["account"], line["amount_minor"]))
    for name, (ours, theirs) in sorted(both.items()):
        for number, (posting, line) in enumerate(zip_longest(ours, theirs), start=1):
            if posting != line:
                yield f"ledger line {number} of {name}: is {line}, the books say {posting}"


def table(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))


ACCOUNTS = {row["kind"]: row["account"] for row in table(KINDS)}
WORDS = [
    ("|".join(plain(cell) + "*" * ("*" in cell) for cell in [*row.values()][:3]), row["kind"])
    for row in table(VOCABULARY)
]
