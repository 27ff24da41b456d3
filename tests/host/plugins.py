"""Tiny plugins: a sound source and sink, and what it takes to install them without installing anything."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from importlib import metadata
from types import SimpleNamespace
from typing import Any

import msgspec
from pydantic import SecretStr, field_validator

from bridge.host.loader import load
from bridge.host.registry import Registry
from bridge.model.account_classes import AccountClass
from bridge.model.documents import DocumentKind
from bridge.model.entries import JournalEntry, Mode, Slot
from bridge.model.facts import LedgerAccount, LedgerFacts
from bridge.model.lines import Line, Part
from bridge.model.vouchers import LedgerCopy, LedgerLine, Voucher
from bridge.plugin import (
    NO_REFS,
    Absent,
    AppSettings,
    ConnectionSettings,
    Context,
    DocumentEnd,
    DocumentLines,
    DocumentStart,
    FilePart,
    FileType,
    LookUp,
    OAuth2,
    Observation,
    PlanRequest,
    Present,
    SinkCapabilities,
    SinkOffer,
    SinkRegister,
    SourceCapabilities,
    SourceFile,
    SourceOffer,
    SourceRegister,
    hookimpl,
)
from tests.charts import AMAZON_CLEARING
from tests.host.oauth_server import CLIENT, SECRET

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


class ShopSettings(ConnectionSettings):
    """A shop's own setting."""

    region: str = "north"

    @field_validator("region")
    @classmethod
    def _check(cls, region: str) -> str:
        if region == "atlantis":
            raise KeyError(region)
        return region


class BooksSettings(AppSettings):
    """An application at the vendor."""

    client_id: str = CLIENT
    client_secret: SecretStr = SecretStr(SECRET)
    url: str = "http://127.0.0.1:9"
    batch: int = 10


class Shop:
    """A source of one document; ``parts`` replaces what it gives."""

    def __init__(self, parts: Callable[[], Iterator[Any]] | None = None) -> None:
        self._parts = parts or (lambda: iter(sound_parts()))

    def read_file(self, file: SourceFile) -> Iterator[FilePart]:
        return self._parts()


class Books:
    """A sink that is sound. ``says`` replaces what single calls answer."""

    settle_seconds = 30

    def __init__(
        self, context: Context[BooksSettings] | None = None, says: Mapping[str, Callable[..., Any]] | None = None
    ) -> None:
        self._context, self._says = context, says or {}

    @property
    def context(self) -> Context[BooksSettings]:
        assert self._context is not None
        return self._context

    def facts(self) -> LedgerFacts:
        if "facts" in self._says:
            return self._says["facts"](self)  # type: ignore[no-any-return]
        answer = self.context.session().get(f"{self.context.app.url}/company/{self.context.account}")
        if answer.status_code != 200:
            raise ValueError(f"the ledger said {answer.status_code}")
        return ledger_facts(self.context.connection, self.context.clock.now())

    def plan(self, request: PlanRequest) -> tuple[Voucher, ...]:
        return self._answer("plan", (voucher(),))  # type: ignore[no-any-return]

    def render(self, voucher: Voucher, refs: Mapping[str, str] = NO_REFS) -> bytes:
        return self._answer("render", voucher.key.encode())  # type: ignore[no-any-return]

    def send(self, voucher: Voucher, header_key: str, refs: Mapping[str, str] = NO_REFS) -> LedgerCopy:
        return self._answer("send", copy())  # type: ignore[no-any-return]

    def look_up(self, voucher: Voucher, refs: Mapping[str, str] = NO_REFS) -> LookUp:
        return self._answer("look_up", Present(copy()))  # type: ignore[no-any-return]

    def same_amount(self, voucher: Voucher) -> tuple[LedgerCopy, ...]:
        return self._answer("same_amount", (copy(),))  # type: ignore[no-any-return]

    def observe(self, wanted: Observation) -> Iterator[tuple[LedgerCopy, ...]]:
        return self._answer("observe", iter([(copy(),)]))  # type: ignore[no-any-return]

    def read_back(self, refs: Sequence[tuple[str, str]]) -> Iterator[tuple[str, LookUp]]:
        return self._answer("read_back", iter([(ref, Absent()) for _, ref in refs]))  # type: ignore[no-any-return]

    def _answer(self, name: str, sound: Any) -> Any:
        return self._says[name](self) if name in self._says else sound


def sound_parts() -> list[FilePart]:
    """A settlement of one line."""
    start = DocumentStart(
        kind=DocumentKind.SETTLEMENT, external_id="778", currency="USD", total_minor=100, opened_at=NOON, closed_at=NOON
    )
    line = Line(key="1", kind="sale.product", part=Part.SALE, amount_minor=100, occurred_at=NOON)
    return [start, DocumentLines((line,)), DocumentEnd()]


def voucher() -> Voucher:
    return Voucher(
        voucher_id="vch_1",
        entry_id="ent_1",
        type="JournalEntry",
        number="AMZ-1",
        key="brk_1",
        dated_on=NOON.date(),
        currency="USD",
        memo="memo",
        lines=(),
    )


def copy(**changes: Any) -> LedgerCopy:
    made = LedgerCopy(
        ref="17",
        type="JournalEntry",
        number="AMZ-1",
        dated_on=NOON.date(),
        currency="USD",
        lines=(LedgerLine("1", 5), LedgerLine("2", -5)),
    )
    return msgspec.structs.replace(made, **changes)


def ledger_facts(connection: str, at: datetime) -> LedgerFacts:
    accounts = (
        LedgerAccount(
            ledger_id="35", number="1000", name="Checking", type="Bank", currency="USD", account_class=AccountClass.BANK
        ),
    )
    return LedgerFacts(connection=connection, taken_at=at, company="Ours", home_currency="USD", accounts=accounts)


def shop_offer(**changes: Any) -> SourceOffer:
    sound = SourceOffer(
        name="shop",
        title="Shop",
        version="1.0",
        capabilities=SourceCapabilities(
            modes=(Mode.PAYOUT,),
            files=(FileType("a file"),),
            accounts=(AMAZON_CLEARING,),
            clearing="1200",
            bank="1000",
            prefix="SHP",
        ),
        build=lambda context: Shop(),
        connection_settings=ShopSettings,
    )
    return msgspec.structs.replace(sound, **changes)


def books_offer(**changes: Any) -> SinkOffer:
    def oauth(app: BooksSettings, _account: str) -> OAuth2:
        return OAuth2(
            authorize_url=f"{app.url}/authorize",
            token_url=f"{app.url}/tokens",
            scopes=("accounting",),
            client_id=app.client_id,
            client_secret=app.client_secret.get_secret_value(),
            account_parameter="realmId",
        )

    sound = SinkOffer(
        name="books",
        title="Books",
        version="1.0",
        capabilities=SinkCapabilities(types=("JournalEntry",), number_length=21, tells_editor=False),
        build=Books,
        app_settings=BooksSettings,
        oauth=oauth,
        hosts=lambda app: frozenset({"127.0.0.1"}),
    )
    return msgspec.structs.replace(sound, **changes)


class Plugin:
    """A plugin's module: offers what it is given."""

    def __init__(self, *offers: Any) -> None:
        self._offers = offers

    @hookimpl
    def bridge_register_sources(self, register: SourceRegister) -> None:
        for offer in self._offers:
            if not isinstance(offer, SinkOffer):
                register.add(offer)

    @hookimpl
    def bridge_register_sinks(self, register: SinkRegister) -> None:
        for offer in self._offers:
            if isinstance(offer, SinkOffer):
                register.add(offer)


class Installed:
    """An entry point. plugin: the module, or what importing it does."""

    def __init__(self, name: str, plugin: Any) -> None:
        self.name, self._plugin = name, plugin

    @property
    def dist(self) -> metadata.Distribution | None:
        return SimpleNamespace(name=f"bridge-{self.name}", version="1.0")  # type: ignore[return-value]

    def load(self) -> Any:
        return self._plugin() if callable(self._plugin) else self._plugin


def both(**changes: Any) -> Registry:
    """A registry of the sound shop and the sound books; ``shop`` and ``books`` replace them."""
    return load(
        [
            Installed("shop", Plugin(changes.get("shop", shop_offer()))),
            Installed("books", Plugin(changes.get("books", books_offer()))),
        ]
    )


def entry() -> JournalEntry:
    slot = Slot("rte_1", Mode.PAYOUT, "778", "2026-06")
    return JournalEntry(slot, 1, "doc_1", 1, NOON.date(), "USD", "payout 778", (), 1, "hash", "1.0")
