"""Lists in the reference say what the code says, no less and no more."""

from __future__ import annotations

import ast
import csv
import re
from collections.abc import Mapping
from typing import Any

import msgspec
import pluggy
import pytest
from pydantic import BaseModel

from bridge.host.declarations import ConnectionTable, OpeningItemTable, RouteTable, RulesTable, RuleTable, TenderTable
from bridge.host.loader import load
from bridge.model.chart import ChartAccount, recommended_chart
from bridge.plugin import (
    BankFeed,
    ChannelReport,
    Context,
    FileType,
    Limit,
    NoticeTopic,
    OAuth2,
    Sink,
    SinkCapabilities,
    SinkOffer,
    Source,
    SourceCapabilities,
    SourceOffer,
    Stream,
    Tender,
    hookspecs,
)
from bridge.settings import LimitSettings, Settings
from bridge_quickbooks.accounts import account_types as quickbooks_types
from bridge_xero.accounts import account_types as xero_types
from tests.charts import AMAZON_CLEARING, SHOPIFY_CLEARING
from tests.docs.environment import PLACE, written
from tests.docs.pages import ROOT, page, rows
from tests.docs.source_codes import codes, constants

SETTINGS = page("docs/reference/settings.md")
CAPABILITIES = page("docs/reference/capabilities.md")
CONTRACT = page("docs/reference/contract.md")
ERRORS = page("docs/reference/errors.md")
FILES = page("docs/reference/files.md")
CHART = page("docs/reference/chart.md")
OFFERS: Mapping[str, SourceOffer | SinkOffer] = {
    name: registry.offer(name) for registry in (load(),) for name in sorted(registry.names)
}


# Settings


def models() -> dict[str, type[BaseModel]]:
    """Every table of the settings file and what reads it."""
    found: dict[str, type[BaseModel]] = {
        "[bridge]": Settings,
        "[bridge.limits]": LimitSettings,
        "[connections.NAME]": ConnectionTable,
        "[routes.NAME]": RouteTable,
        "[[routes.NAME.opening_items]]": OpeningItemTable,
        "[routes.NAME.tenders.GATEWAY]": TenderTable,
        "Rules": RulesTable,
        "[[rules.ROUTE.rule]]": RuleTable,
    }
    return found | {f"[plugins.{name}]": offer.app_settings for name, offer in OFFERS.items()}


@pytest.mark.parametrize("heading", models())
def test_every_setting_stands_in_its_table(heading: str) -> None:
    model = models()[heading]
    told = {row[0] for row in rows(SETTINGS.section(heading))}

    written = {field.alias or name for name, field in model.model_fields.items()}
    assert told == written - ({"folder", "file", "plugins"} if model is Settings else set())


@pytest.mark.parametrize("heading", models())
def test_defaults_of_settings_are_told(heading: str) -> None:
    told = {row[0]: row[1] for row in rows(SETTINGS.section(heading))}

    for name, field in models()[heading].model_fields.items():
        if name in told and field.is_required():
            assert told[name] == "required", name
        elif name in told and isinstance(field.default, int | str) and str(field.default):
            shown = str(field.default).lower() if isinstance(field.default, bool) else str(field.default)
            assert told[name] == ("any" if name == "nothing" else shown), name


# Capabilities


def test_every_setting_stands_among_the_variables_as_it_is() -> None:
    assert PLACE.read_text(encoding="utf-8") == written(), "renew it: python -m tests.docs.environment"


@pytest.mark.parametrize("name", OFFERS)
def test_every_capability_is_told_as_the_plugin_declares_it(name: str) -> None:
    declared = OFFERS[name].capabilities
    told = {row[0]: row[1] for row in rows(CAPABILITIES.section(name)) if len(row) == 2}

    fields = [field for field in declared.__struct_fields__ if field != "account_types"]  # they stand with the chart
    assert told == {field: _words(getattr(declared, field)) for field in fields}


def _words(value: Any) -> str:
    match value:
        case bool():
            return "yes" if value else "no"
        case tuple() if value and isinstance(value[0], FileType):
            return " ".join(each.title for each in value)
        case tuple() if value and isinstance(value[0], ChartAccount):
            return ", ".join(each.title for each in value)
        case tuple() if value and isinstance(value[0], Tender):
            return "; ".join(f"{one.gateway}: {one.account}, {one.tender_class}" for one in value)
        case tuple() if value and isinstance(value[0], tuple) and len(value[0]) == 2:
            return "; ".join(f"{pattern}: {number}" for pattern, number in value)
        case tuple() if value and isinstance(value[0], Stream | ChannelReport | NoticeTopic):
            return ", ".join(each.name for each in value)
        case tuple() if value and isinstance(value[0], Limit):
            return "; ".join(map(_limit_words, value))
        case BankFeed():
            return f"{value.undo}. {value.stop}"
        case tuple():
            return ", ".join(str(each) for each in value)
        case _:
            return str(value)


def _limit_words(limit: Limit) -> str:
    whose = " for all accounts of the app" if limit.is_of_app else ""
    heard = f" ({limit.remaining})" if limit.remaining else ""
    return f"{limit.what}: {limit.many} in {limit.seconds} s{whose}{heard}"


# The contract


def test_every_hook_has_its_heading_and_its_facts() -> None:
    manager = pluggy.PluginManager(hookspecs.PROJECT)
    manager.add_hookspecs(hookspecs)
    hooks = set(vars(manager.hook)) - {"_call_history"}

    assert {text for text in CONTRACT.headings(3) if text.startswith("bridge_")} == {
        name for name in hooks if name.startswith("bridge_")
    }
    for name in hooks:
        if name.startswith("bridge_"):
            facts = {row[0]: row[1] for row in rows(CONTRACT.section(name))}
            written = re.findall(r"^    (\w+): +(.*)$", getattr(hookspecs, name).__doc__, re.MULTILINE)
            assert facts == {what: how.replace("`", "").rstrip(".") for what, how in written}


@pytest.mark.parametrize("kind", [Source, Sink])
def test_every_method_of_the_protocols_has_its_heading(kind: type) -> None:
    methods = {name for name in vars(kind) if not name.startswith("_")}

    assert methods <= set(re.findall(r"^### (\w+)$", CONTRACT.section(kind.__name__), re.MULTILINE))


@pytest.mark.parametrize(
    "kind", [SourceOffer, SinkOffer, SourceCapabilities, SinkCapabilities, NoticeTopic, Limit, OAuth2]
)
def test_every_field_of_an_offer_is_told(kind: type[msgspec.Struct]) -> None:
    told = [row[0] for row in rows(CONTRACT.section(kind.__name__))]

    assert told == list(kind.__struct_fields__)


def test_everything_the_host_lends_is_told() -> None:
    told = {row[0] for row in rows(CONTRACT.section("Context"))}

    assert told == {name for name in vars(Context) if not name.startswith("_")}


# Codes


def test_every_code_of_the_source_has_its_heading_and_no_other() -> None:
    told = ERRORS.headings(3)

    assert len(told) == len(set(told)), "a code stands there twice"
    assert set(told) - codes() == set(), "codes that nothing raises"
    assert codes() - set(told) == set(), "codes without a heading"


def test_codes_are_read_however_their_names_are_set() -> None:
    module = """
A = "one.code"
B, C = "two.code", "three.code"
D: Final = "four.code"
E: str = "five.code"
F: Final = frozenset({D})
G: str
"""
    assert constants(ast.parse(module)) == {
        "A": "one.code",
        "B": "two.code",
        "C": "three.code",
        "D": "four.code",
        "E": "five.code",
    }


def test_every_code_tells_cause_and_next_step() -> None:
    silent = [
        code for code in ERRORS.headings(3) if not re.search(r"\w.*\*\*Next:\*\*\s\S", ERRORS.section(code), re.DOTALL)
    ]

    assert not silent


def test_every_refusal_of_a_file_is_told() -> None:
    beginning = "amazon.file."

    assert {row[0] for row in rows(FILES.section("What is refused"))} == {
        code for code in codes() if code.startswith(beginning)
    }


# Chart and kinds


def test_the_chart_is_the_recommended_one() -> None:
    columns = ("number", "name", "class", "note")
    told = [(number, name, kind, note) for number, name, kind, _, _, note in rows(CHART.section("Recommended chart"))]

    assert told == table("chart_of_accounts.csv", columns)


def test_the_chart_says_as_what_each_account_is_made() -> None:
    quickbooks, xero = quickbooks_types(), xero_types()
    told = {number: (first, second) for number, _, _, first, second, _ in rows(CHART.section("Recommended chart"))}

    assert told == {number: (quickbooks[number], xero[number].word) for number in recommended_chart()}


def test_the_accounts_that_channels_bring_are_told() -> None:
    told = {(number, name) for number, name, _ in rows(CHART.section("Accounts that channels bring"))}

    assert told == {(one.number, one.name) for one in (AMAZON_CLEARING, SHOPIFY_CLEARING)}


def test_the_kinds_are_those_there_are() -> None:
    columns = ("kind", "usual_sign", "account", "account_name", "tax_treatment")

    assert list(rows(CHART.section("Kinds of line"))) == table("line_kinds.csv", columns)


def table(name: str, columns: tuple[str, ...]) -> list[tuple[str, ...]]:
    text = (ROOT / "src/bridge/model" / name).read_text(encoding="utf-8")
    return [tuple(row[column] for column in columns) for row in csv.DictReader(text.splitlines())]
