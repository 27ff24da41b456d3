"""The part of a settings file that ``bridge apply`` reads."""

from datetime import date
from pathlib import Path

import pytest

from bridge.errors import ConfigError
from bridge.host.declarations import Declarations, read_declarations
from bridge.model.connections import BankLeg, LatePolicy, TenderClass
from bridge.model.entries import Mode
from bridge.model.rules import Rule

WHOLE = """
[bridge]
log_level = "info"

[connections.shop-us]
plugin = "shop"
account = "A1SELLER"
inbox = "inbox/us"
region = "south"

[connections.books-us]
plugin = "books"

[routes.us]
source = "shop-us"
ledger = "books-us"
time_zone = "America/Los_Angeles"
first_day = 2026-01-01
mode = "payout"
bank_leg = "none"
late = "next_open_day"
review = true
pilot = true
opening = "-1250.10 USD"

[routes.us.accounts]
"4000" = "Sales"
"@bank" = "Checking"

[rules.us]
effective_from = 2026-01-01
author = "Ann"
reason = "first set"

[[rules.us.rule]]
id = "gifts"
kind = "sale.*"
sku = "GIFT-*"
account = "4060"
attributes = { marketplace = "US", fulfilment = "FBA" }

[[rules.us.rule]]
id = "odd"
kind = "unclassified"
as_kind = "fee.selling"
"""


def read(tmp_path: Path, text: str) -> Declarations:
    file = tmp_path / "bridge.toml"
    file.write_text(text, encoding="utf-8")
    return read_declarations(file)


def test_whole_file_is_read(tmp_path: Path) -> None:
    declared = read(tmp_path, WHOLE)

    shop = declared.connections["shop-us"]
    assert (shop.plugin, shop.account, shop.inbox, shop.model_extra) == (
        "shop",
        "A1SELLER",
        "inbox/us",
        {"region": "south"},
    )
    route = declared.routes["us"]
    assert (route.first_day, route.mode, route.bank_leg, route.late, route.review) == (
        date(2026, 1, 1),
        Mode.PAYOUT,
        BankLeg.NONE,
        LatePolicy.NEXT_OPEN_DAY,
        True,
    )
    assert route.accounts == {"4000": "Sales", "@bank": "Checking"}
    rules = declared.rules["us"]
    assert (rules.author, rules.reason, rules.effective_from) == ("Ann", "first set", date(2026, 1, 1))
    assert [rule.rule() for rule in rules.rule] == [
        Rule(
            id="gifts",
            account="4060",
            kind="sale.*",
            sku="GIFT-*",
            attributes=(("fulfilment", "FBA"), ("marketplace", "US")),
        ),
        Rule(id="odd", kind="unclassified", as_kind="fee.selling"),
    ]


def test_file_that_declares_nothing_is_sound(tmp_path: Path) -> None:
    declared = read(tmp_path, "")

    assert (declared.connections, declared.routes, declared.rules) == ({}, {}, {})


WRONG: list[tuple[str, str, str, str, str]] = [
    ('plugin = "shop"', "", "config.missing", "[connections.shop-us] plugin", "is missing"),
    ('account = "A1SELLER"', "account = 913", "config.value", "[connections.shop-us] account", "valid string"),
    ("[connections.shop-us]", "[connections.Shop-US]", "config.name", "[connections.Shop-US]", "lower-case"),
    ("[connections.shop-us]", "[connection.shop-us]", "config.unknown_key", "connection", "Did you mean connections"),
    ('late = "next_open_day"', 'lat = "hold"', "config.unknown_key", "[routes.us] lat", "Did you mean late"),
    ('late = "next_open_day"', 'late = "soon"', "config.value", "[routes.us] late", "'hold' or 'next_open_day'"),
    ('mode = "payout"', 'mode = "weekly"', "config.value", "[routes.us] mode", "'payout', 'order' or 'day'"),
    ("review = true", 'review = "yes"', "config.value", "[routes.us] review", "boolean"),
    ("review = true", 'tax_regime = "vat"', "config.value", "[routes.us] tax_regime", "'vat_standard', "),
    (
        "review = true",
        'tax_regime_confirmed = "Canada"',
        "config.value",
        "[routes.us] tax_regime_confirmed",
        'two capitals, such as "CA"',
    ),
    ("first_day = 2026-01-01", 'first_day = "someday"', "config.value", "[routes.us] first_day", "date"),
    ("first_day = 2026-01-01", "", "config.missing", "[routes.us] first_day", "is missing"),
    ("-1250.10 USD", "1250.10", "config.value", "[routes.us] opening", "amount with a currency"),
    ("-1250.10 USD", "1,250.10 USD", "config.value", "[routes.us] opening", "plain decimal"),
    ("-1250.10 USD", "1250.105 USD", "config.value", "[routes.us] opening", "more decimals"),
    ("-1250.10 USD", "1250.10 XYZ", "config.value", "[routes.us] opening", "ISO 4217"),
    ('opening = "-1250.10 USD"', "opening = 1250.10", "config.value", "[routes.us] opening", "valid string"),
    ('"4000" = "Sales"', '"4000" = 12', "config.value", "[routes.us] accounts 4000", "valid string"),
    ('reason = "first set"', "", "config.missing", "[rules.us] reason", "is missing"),
    ('id = "odd"', "", "config.missing", "[rules.us] rule 2 id", "is missing"),
    (
        'as_kind = "fee.selling"',
        'askind = "x"',
        "config.unknown_key",
        "[rules.us] rule 2 askind",
        "Did you mean as_kind",
    ),
    ('sku = "GIFT-*"', "sku = 4", "config.value", "[rules.us] rule 1 sku", "valid string"),
    ("[routes.us]", "[routes.us", "config.file", "bridge.toml", "is not TOML"),
]


@pytest.mark.parametrize(("right", "wrong", "code", "place", "said"), WRONG)
def test_mistake_is_told_by_file_table_key_cause_and_next_step(
    tmp_path: Path, right: str, wrong: str, code: str, place: str, said: str
) -> None:
    assert right in WHOLE
    with pytest.raises(ConfigError) as error:
        read(tmp_path, WHOLE.replace(right, wrong, 1))

    assert error.value.code == code
    assert error.value.thing.startswith(f"{tmp_path}/bridge.toml")
    assert place in error.value.thing
    assert said in str(error.value)


def test_a_tender_is_a_number_or_a_table_of_number_and_class(tmp_path: Path) -> None:
    """What was written before there were classes means what it meant."""
    tenders = '[routes.us.tenders]\n"klarna*" = "1240"\npaypal = { class = "manual" }\nx = { account = "1250" }\n'
    path = tmp_path / "bridge.toml"
    path.write_text(WHOLE.replace("[routes.us.accounts]", f"{tenders}[routes.us.accounts]"), encoding="utf-8")

    told = read_declarations(path).routes["us"].tenders

    assert {name: (one.account, one.tender_class) for name, one in told.items()} == {
        "klarna*": ("1240", None),
        "paypal": (None, TenderClass.MANUAL),
        "x": ("1250", None),
    }
