"""How money of buyers comes, by account, and the bank days after which it is late."""

from datetime import date

import pytest

from bridge.model.connections import Route, TenderClass
from bridge.model.periods import bank_days
from bridge.model.tenders import LATE_AFTER, Tender, tender_account, tender_class

DECLARED = (
    Tender("stripe*", "1220", TenderClass.PAYS_OUT),
    Tender("paypal*", "1230", TenderClass.WALLET),
    Tender("cod", "1250", TenderClass.MANUAL),
    Tender("*", "1240", TenderClass.PAYS_OUT),
)


def route(classes: dict[str, TenderClass] | None = None, **tenders: str) -> Route:
    return Route(
        "shop",
        "shop",
        "books",
        "UTC",
        date(2026, 1, 1),
        clearing="1250",
        bank="1000",
        tenders=tuple(tenders.items()),
        tender_classes=tuple((classes or {}).items()),
    )


@pytest.mark.parametrize(
    ("since", "until", "days"),
    [
        (date(2026, 6, 29), date(2026, 6, 29), 0),
        (date(2026, 6, 29), date(2026, 7, 13), 10),
        (date(2026, 6, 26), date(2026, 6, 28), 0),
        (date(2026, 6, 27), date(2026, 6, 29), 1),
        (date(2026, 6, 28), date(2026, 7, 3), 5),
        (date(2026, 6, 29), date(2026, 11, 28), 109),
    ],
)
def test_bank_days_are_from_monday_to_friday_and_begin_with_the_day_after(since: date, until: date, days: int) -> None:
    assert bank_days(since, until) == days


def test_every_class_stands_in_the_one_table() -> None:
    assert set(LATE_AFTER) == set(TenderClass)


@pytest.mark.parametrize(
    ("of_route", "account", "found"),
    [
        pytest.param(route(), "1220", TenderClass.PAYS_OUT, id="as its source says"),
        pytest.param(route(), "1999", None, id="nothing goes through it"),
        pytest.param(route(paypal="1250"), "1250", TenderClass.MANUAL, id="moved: of the class of the account"),
        pytest.param(route(paypal="1241"), "1241", TenderClass.WALLET, id="alone on an account of the merchant's"),
        pytest.param(route({"paypal": TenderClass.MANUAL}), "1230", TenderClass.MANUAL, id="as the route says"),
        pytest.param(route({"paypal": TenderClass.MANUAL}, paypal="1241"), "1230", TenderClass.WALLET, id="elsewhere"),
    ],
)
def test_an_account_has_the_class_that_is_said_of_what_goes_through_it(
    of_route: Route, account: str, found: TenderClass | None
) -> None:
    assert tender_class(account, of_route, DECLARED) is found


@pytest.mark.parametrize(
    ("gateway", "account"),
    [("Stripe_cc", "1220"), ("paypal", "1241"), ("paypal express", "1230"), ("klarna", "1240")],
)
def test_a_route_says_first_where_money_goes(gateway: str, account: str) -> None:
    assert tender_account(gateway, route(paypal="1241"), DECLARED) == account


def test_a_gateway_that_nobody_named_is_in_suspense() -> None:
    assert tender_account("twint", route(), DECLARED[:1]) == "1990"
