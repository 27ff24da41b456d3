"""What one call carries, and what its answer says of each voucher in it."""

import json
from typing import Any

import msgspec
import pytest

from bridge.errors import AuthorizationError, BridgeError, InDoubtError, RateLimitedError, RejectedError
from bridge.plugin import Parcel
from bridge_xero import outcomes as ours
from bridge_xero.errors import Fault, KeyUsedError, NumberTakenError, StoredFailureError, read_fault
from bridge_xero.outcomes import BATCH, Load, loads, outcomes
from bridge_xero.render import render
from plugins.xero.tests.batches import journals, orders, transfers

INVOICES = [one for one in orders(3) if one.type == "Invoice"]
JOURNALS = journals(3)
NO_ID = "00000000-0000-0000-0000-000000000000"


def parcels(*kinds: str) -> list[Parcel]:
    made = {"i": orders(60), "j": journals(60), "t": transfers(60)}
    return [Parcel(made[kind][2 * place], f"key-{place}") for place, kind in enumerate(kinds)]


def shape(made: list[Load]) -> list[tuple[str, int]]:
    return [(load.kind, len(load.parcels)) for load in made]


# What goes together


def test_a_batch_of_one_is_what_goes_today() -> None:
    (parcel,) = parcels("i")
    (load,) = loads([parcel])

    assert (load.body, load.key) == (render(parcel.voucher), parcel.header_key)


def test_a_batch_is_the_same_bytes_of_each_in_their_order() -> None:
    some = parcels("j", "j", "j")
    (load,) = loads(some)

    each = [json.loads(render(parcel.voucher))["ManualJournals"][0] for parcel in some]
    assert json.loads(load.body) == {"ManualJournals": each}


def test_fifty_go_together_and_others_only_with_their_like_and_transfers_alone() -> None:
    many = [Parcel(INVOICES[0], f"key-{place}") for place in range(101)]

    assert shape(list(loads(many))) == [("Invoice", BATCH), ("Invoice", BATCH), ("Invoice", 1)]
    assert shape(list(loads(parcels("i", "i", "j", "t", "t")))) == [
        ("Invoice", 2),
        ("ManualJournal", 1),
        ("BankTransfer", 1),
        ("BankTransfer", 1),
    ]


def test_a_body_stays_under_three_megabytes(monkeypatch: pytest.MonkeyPatch) -> None:
    some = parcels(*"j" * 9)
    monkeypatch.setattr(ours, "LARGEST_BYTES", 4 * len(render(some[0].voucher)))

    made = list(loads(some))

    assert max(len(load.body) for load in made) <= ours.LARGEST_BYTES
    assert sum(len(load.parcels) for load in made) == 9
    assert len(made) < 9


def test_the_key_of_a_call_says_which_attempts_it_carries_and_no_other() -> None:
    """F01: within six minutes the same call gets its first answer again, and no other call does."""
    some = parcels("j", "j", "j")
    (whole,), (again,), (fewer,) = loads(some), loads(some), loads(some[:2])
    (later,) = loads([some[0], some[1], msgspec.structs.replace(some[2], header_key="key-2-next")])

    assert whole.key == again.key
    assert len({whole.key, fewer.key, later.key, *(parcel.header_key for parcel in some)}) == 6
    assert len(whole.key) <= 128


# What an answer says


def echo(place: int, **more: object) -> dict[str, Any]:
    voucher = INVOICES[place]
    named = {"InvoiceNumber": voucher.number, "Reference": voucher.memo, "StatusAttributeString": "OK"}
    return {"InvoiceID": f"id-{place}", **named, **more}


def refusal(message: str, **more: object) -> dict[str, Any]:
    return {"StatusAttributeString": "ERROR", "HasErrors": True, "ValidationErrors": [{"Message": message}], **more}


def said(*elements: dict[str, Any]) -> list[str]:
    return [
        type(one).__name__ if isinstance(one, BridgeError) else str(one["InvoiceID"])
        for one in outcomes(INVOICES, {"Invoices": list(elements)}, "3 Invoices")
    ]


def test_each_element_is_answered_for_by_itself() -> None:
    """F11."""
    locked = "The document date cannot be before the period lock date, currently set at 2026-06-30"
    answer = {"Invoices": [echo(0), echo(1, **refusal(locked, InvoiceID=NO_ID)), echo(2)]}

    first, second, third = outcomes(INVOICES, answer, "3 Invoices")

    assert isinstance(second, RejectedError)
    assert second.code == "xero.period"
    assert INVOICES[1].number in second.thing
    assert [one["InvoiceID"] for one in (first, third) if not isinstance(one, BridgeError)] == ["id-0", "id-2"]


def test_a_number_that_is_taken_is_told_of_its_voucher_alone() -> None:
    taken = echo(2, **refusal("Invoice # must be unique.", InvoiceID=NO_ID))

    assert said(echo(0), echo(1), taken) == ["id-0", "id-1", "NumberTakenError"]


def test_what_stands_in_another_place_is_in_doubt_and_taken_for_nobody_else() -> None:
    """F07: an id that goes to the wrong voucher is worse than none."""
    assert said(echo(1), echo(0), echo(2)) == ["InDoubtError", "InDoubtError", "id-2"]


def test_an_echo_without_key_and_number_is_in_doubt() -> None:
    nameless = echo(1, InvoiceNumber=None, Reference=None)

    assert said(echo(0), nameless, echo(2)) == ["id-0", "InDoubtError", "id-2"]
    assert said(echo(0), echo(1, Reference=None), echo(2)) == ["id-0", "id-1", "id-2"]


def test_a_refusal_that_names_nobody_is_known_by_its_place_while_the_others_keep_theirs() -> None:
    """F05: a voucher that is taken for refused is not looked up, so it must be that one."""
    assert said(echo(0), refusal("No."), echo(2)) == ["id-0", "RejectedError", "id-2"]
    assert said(echo(2), refusal("No."), echo(0)) == ["InDoubtError", "InDoubtError", "InDoubtError"]
    assert said(refusal("No."), refusal("No."), refusal("No.")) == ["RejectedError"] * 3


@pytest.mark.parametrize("elements", [[], [echo(0)], [echo(0), echo(1), echo(2), echo(2)], None])
def test_an_answer_of_more_or_fewer_leaves_all_in_doubt(elements: Any) -> None:
    """F07."""
    with pytest.raises(InDoubtError):
        outcomes(INVOICES, {"Invoices": elements}, "3 Invoices")


def test_an_id_beside_errors_without_a_verdict_is_in_doubt() -> None:
    unclear = echo(1, HasErrors=True, StatusAttributeString=None)

    assert said(echo(0), unclear, echo(2)) == ["id-0", "InDoubtError", "id-2"]


# What is said against the call as a whole


def fault(status: int, body: dict[str, Any] | None = None) -> Fault:
    found = read_fault(status, {}, b"", body)
    assert found is not None
    return found


INVALID = {"ErrorNumber": 10, "Type": "ValidationException", "Message": "A validation exception occurred"}


@pytest.mark.parametrize(
    ("answer", "kind", "code"),
    [
        (fault(401, {"Title": "Unauthorized"}), AuthorizationError, "authorization"),
        (fault(403, {"Title": "Forbidden"}), AuthorizationError, "authorization"),
        (fault(429), RateLimitedError, "rate_limited"),
        (fault(400, {"Type": "PostDataInvalidException", "Message": "Invalid"}), RejectedError, "xero.validation"),
        (fault(413, {"Message": "Too large"}), RejectedError, "xero.validation"),
        (fault(400, {"Message": "Idempotency key was used for another request"}), KeyUsedError, "xero.key_used"),
        (fault(400, INVALID), InDoubtError, "in_doubt"),
        (fault(500, {"Message": "An error occurred"}), StoredFailureError, "xero.stored_failure"),
        (fault(503), InDoubtError, "in_doubt"),
        (fault(400), InDoubtError, "in_doubt"),
    ],
)
def test_nothing_was_written_only_where_that_is_certain(answer: Fault, kind: type[BridgeError], code: str) -> None:
    """F01, F05: a 400 for several may stand beside good ones that were saved."""
    with pytest.raises(BridgeError) as raised:
        outcomes(INVOICES, answer, "3 Invoices")

    assert (type(raised.value), raised.value.code) == (kind, code)


def test_of_a_whole_that_is_refused_those_are_refused_that_are_named() -> None:
    """F05: as when Xero does not heed summarizeErrors: the good ones are saved, and their ids are not told."""
    elements = [
        {key: value for key, value in echo(place, **refusal(words)).items() if key != "StatusAttributeString"}
        for place, words in ((1, "No."), (2, "Invoice # must be unique."))
    ]
    made = outcomes(INVOICES, fault(400, {**INVALID, "Elements": [one | {"InvoiceID": None} for one in elements]}), "3")

    assert [type(one) for one in made] == [InDoubtError, RejectedError, NumberTakenError]


def test_a_voucher_alone_that_is_refused_whole_is_refused() -> None:
    with pytest.raises(RejectedError):
        outcomes(INVOICES[:1], fault(400, INVALID), "Invoice")


def test_journals_are_known_by_the_key_in_their_narration() -> None:
    elements = [{"ManualJournalID": one.key, "Narration": one.memo} for one in JOURNALS]

    assert list(outcomes(JOURNALS, {"ManualJournals": elements}, "3")) == elements
    assert all(
        isinstance(one, InDoubtError)
        for one in outcomes(JOURNALS, {"ManualJournals": [elements[1], elements[2], elements[0]]}, "3")
    )
