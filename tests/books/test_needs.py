"""What a route needs of its ledger's lists: by what waits, by its rules, and by what it names itself."""

from datetime import UTC, date, datetime

import msgspec
import pytest

from bridge.books.needs import Needs, Use, needs
from bridge.books.planning.plan import Ledger
from bridge.books.rules.defaults import default_rules
from bridge.model.account_classes import AccountClass
from bridge.model.connections import Route
from bridge.model.contacts import Contacts, Names, names
from bridge.model.entries import JournalEntry, Mode, Posting, Purpose
from bridge.model.facts import LedgerAccount, LedgerContact, LedgerDimension, LedgerFacts, LedgerItem, LedgerOption
from bridge.model.rules import Rule, RuleSet
from bridge.plugin import MasterKind, SinkCapabilities
from bridge_shopify.offer import offer
from tests.store import facts as made

MAKES = SinkCapabilities(
    types=("JournalEntry",),
    number_length=21,
    tells_editor=False,
    creates=(MasterKind.ACCOUNT, MasterKind.OPTION, MasterKind.CUSTOMER, MasterKind.ITEM),
    names_customers=(Purpose.ORDER,),
    needs_items=True,
)
ROUTE = Route("us", "shop-us", "books", "UTC", date(2026, 6, 1), clearing="1210", bank="1000", mode=Mode.ORDER)
ENTRY: JournalEntry = msgspec.structs.replace(
    made.entry(),
    purpose=Purpose.ORDER,
    currency="EUR",
    postings=(Posting(1, "4000", -500, "sale.product", "default"), Posting(2, "1210", 500, "tender", "default")),
)


def account(number: str, *, is_active: bool = True) -> LedgerAccount:
    return LedgerAccount(
        ledger_id=f"id-{number}",
        number=number,
        name=number,
        type="",
        currency="USD",
        account_class=AccountClass.INCOME,
        is_active=is_active,
    )


def ledger(*accounts: LedgerAccount, **more: object) -> LedgerFacts:
    return msgspec.structs.replace(
        LedgerFacts(
            connection="books",
            taken_at=datetime(2026, 7, 1, tzinfo=UTC),
            company="Acme",
            home_currency="USD",
            accounts=accounts,
        ),
        **more,
    )


def rules(*own: Rule) -> RuleSet:
    return RuleSet(
        "us", 1, date(2026, 6, 1), (*own, *default_rules()), "Ana", "because", datetime(2026, 6, 1, tzinfo=UTC)
    )


def lacking(facts: LedgerFacts, route: Route = ROUTE, *own: Rule, makes: SinkCapabilities = MAKES) -> Needs:
    return needs(Ledger(route, offer(), facts, None), facts, makes, Use((ENTRY,), rules(*own)))


def told(found: Needs) -> list[str]:
    return [one.title for one in found.masters]


def test_accounts_come_before_the_items_that_post_to_them_and_contacts_stand_by_currency() -> None:
    found = lacking(ledger())

    assert told(found) == [
        "account 1210 Shopify Payments clearing",
        "account 4000 Product sales",
        "customer Shopify shop-us EUR",
        "customer Shopify shop-us",
        "item Product sales",
    ]
    assert [one.what for one in found.by_hand] == ["account 1000 Operating bank"]


def test_what_is_there_is_not_missing() -> None:
    there = ledger(
        *map(account, ("1000", "1210", "4000")),
        items=(LedgerItem("i", "Product sales", "id-4000"),),
        contacts=(LedgerContact("c", "Shopify shop-us"), LedgerContact("d", "Shopify shop-us EUR")),
    )

    assert lacking(there) == Needs((), ())
    one_for_all = msgspec.structs.replace(there, contacts=(LedgerContact("e", "Everybody"),), own_customer="Everybody")
    assert lacking(one_for_all) == Needs((), ())


def test_a_mapping_that_leads_nowhere_is_corrected_and_not_made() -> None:
    """A slip of the pen must not become an account."""
    route = msgspec.structs.replace(ROUTE, accounts=(("4000", "Sales of Prodcut"),))
    found = lacking(ledger(account("1000"), account("1210", is_active=False)), route)

    assert not [title for title in told(found) if title.startswith("account")]
    assert [one.why for one in found.by_hand] == [
        "It is archived there, or merged: restore it, or map another in [routes.us.accounts]",
        "It is mapped to 'Sales of Prodcut', which is not there: correct [routes.us.accounts]",
    ]


@pytest.mark.parametrize(
    ("dimensions", "masters", "by_hand"),
    [
        ((), [], ["dimension class", "option Shop of class"]),
        ((LedgerDimension("class", "class"),), ["option Shop of class"], []),
        ((LedgerDimension("class", "class", off="it is off"),), [], ["option Shop of class"]),
        ((LedgerDimension("class", "class", (LedgerOption("1", "shop"),)),), [], []),
        (
            (LedgerDimension("class", "class", (LedgerOption("1", "Shop", is_active=False),)),),
            [],
            ["option Shop of class"],
        ),
    ],
    ids=["no such dimension", "no such option", "switched off", "in another case", "archived"],
)
def test_options_are_made_where_their_dimension_can_be_used(
    dimensions: tuple[LedgerDimension, ...], masters: list[str], by_hand: list[str]
) -> None:
    route = msgspec.structs.replace(ROUTE, tracking="class=Shop")
    found = lacking(ledger(dimensions=dimensions), route)

    assert [one.title for one in found.masters if one.kind is MasterKind.OPTION] == masters
    assert [one.what for one in found.by_hand if "class" in one.what] == by_hand


def test_what_rules_name_is_needed_too() -> None:
    own = Rule("gift", account="4060", kind="sale.other", contact="Wholesaler", tracking="class=Gifts")
    found = told(lacking(ledger(dimensions=(LedgerDimension("class", "class"),)), ROUTE, own))

    assert {"account 4060 Gift-wrap, COD and other order income", "customer Wholesaler", "option Gifts of class"} <= {
        *found
    }


MUGS = Rule("mugs", account="4000", kind="sale.product", item="MUG")


@pytest.mark.parametrize(
    ("items", "masters", "by_hand"),
    [
        ((), ["item MUG"], []),
        ((LedgerItem("1", "mug", "id-4000"),), [], []),
        ((LedgerItem("1", "MUG", ""),), [], []),
        ((LedgerItem("1", "MUG", "id-4050"),), [], ["it posts to another account than the rule"]),
        ((LedgerItem("1", "MUG", "id-4000", "it is inactive: make it active"),), [], ["it is inactive"]),
        ((LedgerItem("1", "MUG", "id-4000", "it is inactive"), LedgerItem("2", "MUG", "id-4000")), [], []),
    ],
    ids=["none", "in another case", "on any account", "of another account", "inactive", "inactive and another"],
)
def test_an_item_that_a_rule_names_is_made_or_told_why_it_cannot_be_named(
    items: tuple[LedgerItem, ...], masters: list[str], by_hand: list[str]
) -> None:
    makes = msgspec.structs.replace(MAKES, needs_items=False)
    found = lacking(ledger(account("4000"), items=items), ROUTE, MUGS, makes=makes)

    assert [(one.title, one.account_id) for one in found.masters if one.kind is MasterKind.ITEM] == [
        (title, "id-4000") for title in masters
    ]
    assert [one.why.partition(":")[0] for one in found.by_hand if "item MUG, which rule mugs names" in one.what] == [
        *by_hand
    ]


def test_items_of_rules_are_asked_of_no_route_whose_entries_become_journals() -> None:
    """What is a journal is held for its item: making that would not help."""
    by_day = msgspec.structs.replace(ROUTE, mode=Mode.DAY)

    assert not [one for one in told(lacking(ledger(account("4000")), by_day, MUGS)) if "MUG" in one]


def test_what_a_ledger_is_asked_for_are_the_items_of_all_versions_of_its_rules() -> None:
    """What undoes an entry names what an earlier version named."""
    earlier, later = rules(MUGS), rules(msgspec.structs.replace(MUGS, item="CUP", contact="Wholesaler"))

    assert names([ROUTE], [earlier, later], {"shop-us": "Shopify"}) == Names(
        Contacts(("Shopify shop-us",), ("Wholesaler",)), ("CUP", "MUG")
    )
