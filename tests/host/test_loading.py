"""Plugins are loaded one by one: whatever one does wrong is named and stays with it."""

import socket
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import msgspec
import pytest

from bridge.errors import ConfigError
from bridge.host.loader import load
from bridge.model.budgets import Limit
from bridge.model.connections import Side
from bridge.model.reports import FigureName
from bridge.plugin import (
    Access,
    AppSettings,
    ChannelReport,
    ConnectionSettings,
    Goes,
    NoticeTopic,
    Question,
    SinkCapabilities,
    SinkRegister,
    Stream,
    Way,
    WindowOf,
    hookimpl,
)
from tests.host.plugins import Installed, Plugin, books_offer, both, shop_offer


class OfAnotherMind:
    """Implements a hook that the specs do not have."""

    @hookimpl
    def bridge_register_source(self, register: Any) -> None:
        """Never called."""


class OfAnotherShape:
    """Wants an argument that the spec does not give."""

    @hookimpl
    def bridge_register_sources(self, register: Any, settings: Any) -> None:
        """Never called."""


class Swallows:
    """Offers something unsound and hides that it was refused."""

    @hookimpl
    def bridge_register_sinks(self, register: SinkRegister) -> None:
        try:
            register.add(books_offer(name="Not A Name"))
        except Exception:  # noqa: BLE001 as careless plugins do
            register.add(books_offer())


class Loose(AppSettings, extra="allow"):
    """Accepts anything."""


class Greedy(ConnectionSettings):
    """Takes a key that is the host's."""

    account: str = ""


def raise_it(error: BaseException) -> Callable[[], Any]:
    def load_it() -> Any:
        raise error

    return load_it


def look_up_a_name() -> Any:
    socket.getaddrinfo("telemetry.example", 443)


def look_up_and_hide_it() -> Any:
    try:
        socket.create_connection(("198.51.100.7", 443))
    except Exception:  # noqa: BLE001 as careless plugins do
        return Plugin(shop_offer(name="spy"))


STREAMS = (Stream(name="orders", title="orders", owners=("order",), window=WindowOf.CHANGED),)


def _reporting(**odd: Any) -> Plugin:
    """A plugin whose report has something odd."""
    told = {"name": "days", "title": "Days", "figures": (FigureName.PLACED,), "streams": ("orders",), **odd}
    reports = (ChannelReport(**told),)
    capabilities = msgspec.structs.replace(shop_offer().capabilities, streams=STREAMS, reports=reports)
    return Plugin(shop_offer(capabilities=capabilities))


def _noticing(*notices: NoticeTopic, streams: tuple[Stream, ...] = STREAMS) -> Plugin:
    """A plugin that needs these notices."""
    capabilities = msgspec.structs.replace(shop_offer().capabilities, streams=streams, notices=notices)
    return Plugin(shop_offer(capabilities=capabilities))


def asking(*ways: Way) -> Plugin:
    """A plugin that is let in by answers."""
    return Plugin(shop_offer(access=Access(ways=ways, with_key=lambda app, _key: app)))


def asking_for(*questions: Question) -> Plugin:
    return asking(Way(name="key", title="a key", questions=questions))


SIGN_IN = Way(name="app", title="an app", questions=(), signs_in=True)
BROKEN: dict[str, tuple[Any, str, str]] = {
    "missing": (raise_it(ImportError("No module named 'shopify_sdk'")), "plugin.exception", "shopify_sdk"),
    "crashes": (raise_it(RuntimeError("secret-4711")), "plugin.exception", "RuntimeError"),
    "exits": (raise_it(SystemExit(3)), "plugin.exception", "SystemExit"),
    "interrupts": (raise_it(KeyboardInterrupt()), "plugin.exception", "KeyboardInterrupt"),
    "colours": (raise_it(ImportError("no \x1b[31mred")), "plugin.exception", "no ?[31mred"),
    "phones_home": (look_up_a_name, "plugin.network_at_import", "telemetry.example"),
    "spies": (look_up_and_hide_it, "plugin.network_at_import", "198.51.100.7"),
    "unknown_hook": (OfAnotherMind(), "plugin.exception", "bridge_register_source"),
    "wrong_hook": (OfAnotherShape(), "plugin.exception", "settings"),
    "silent": (Plugin(), "plugin.contract", "offers nothing"),
    "swallows": (Swallows(), "plugin.declaration", "Not A Name"),
    "not_an_offer": (Plugin({"name": "shop"}), "plugin.declaration", "dict"),
    "no_mode": (
        Plugin(shop_offer(capabilities=msgspec.structs.replace(shop_offer().capabilities, modes=()))),
        "plugin.declaration",
        "no mode",
    ),
    "no_account": (
        Plugin(shop_offer(capabilities=msgspec.structs.replace(shop_offer().capabilities, clearing="1"))),
        "plugin.declaration",
        "number of the chart",
    ),
    "long_prefix": (
        Plugin(shop_offer(capabilities=msgspec.structs.replace(shop_offer().capabilities, prefix="SHOPS"))),
        "plugin.declaration",
        "prefix",
    ),
    "wrong_type": (
        Plugin(shop_offer(capabilities=msgspec.structs.replace(shop_offer().capabilities, modes=("weekly",)))),
        "plugin.declaration",
        "weekly",
    ),
    **{
        f"report_{name}": (_reporting(**odd), "plugin.declaration", cause)
        for name, odd, cause in (
            ("unnamed", {"name": "Not A Name"}, "no proper name"),
            ("untitled", {"title": ""}, "no title"),
            ("empty", {"figures": ()}, "no figures"),
            ("taken", {"name": "balances"}, "one is called balances"),
            ("noticed", {"name": "notices"}, "or notices"),
            ("baseless", {"streams": ("payouts",)}, "a stream that it does not declare"),
        )
    },
    "notices_unnamed": (_noticing(NoticeTopic("", "Look")), "plugin.declaration", "no name"),
    "notices_helpless": (_noticing(NoticeTopic("order", "")), "plugin.declaration", "no next step"),
    "notices_twice": (_noticing(*[NoticeTopic("order", "Look")] * 2), "plugin.declaration", "one name"),
    "stream_untitled": (
        _noticing(streams=(msgspec.structs.replace(STREAMS[0], title=" "),)),
        "plugin.declaration",
        "no title",
    ),
    "notices_alone": (_noticing(NoticeTopic("order", "Look"), streams=()), "plugin.declaration", "asked for nothing"),
    "no_capabilities": (Plugin(books_offer(capabilities=None)), "plugin.declaration", "NoneType"),
    "no_limit": (
        Plugin(
            books_offer(
                capabilities=SinkCapabilities(
                    types=("A",), number_length=0, tells_editor=False, limits=(Limit("requests", 0, 1),)
                )
            )
        ),
        "plugin.declaration",
        "nothing through",
    ),
    "untitled": (Plugin(shop_offer(title="")), "plugin.declaration", "title"),
    "unbuildable": (Plugin(shop_offer(build=None)), "plugin.declaration", "cannot be called"),
    "unlettable": (Plugin(shop_offer(authorization="Basic")), "plugin.declaration", "cannot be called"),
    "no_access": (Plugin(shop_offer(access="a key")), "plugin.declaration", "access is a str"),
    "wayless": (asking(), "plugin.declaration", "ways of access"),
    "nameless_way": (asking(Way(name="A Key", title="a key", questions=())), "plugin.declaration", "ways of access"),
    "taken_question": (asking_for(Question(name="ledger", prompt="Which")), "plugin.declaration", "proper names"),
    "twice_asked": (
        asking_for(Question(name="a", prompt="A"), Question(name="a", prompt="A")),
        "plugin.declaration",
        "way",
    ),
    "open_secret": (
        asking_for(Question(name="region", prompt="Region", goes=Goes.SETTING, is_secret=True)),
        "plugin.declaration",
        "is not to be sealed",
    ),
    "no_setting": (
        asking_for(Question(name="colour", prompt="Colour", goes=Goes.SETTING)),
        "plugin.declaration",
        "colour, which it asks for, is no setting",
    ),
    "grantless": (Plugin(books_offer(grant="accounts")), "plugin.declaration", "its grant is a str"),
    "no_door": (
        Plugin(shop_offer(access=Access(ways=(SIGN_IN,), with_key=lambda app, _key: app))),
        "plugin.declaration",
        "a way to sign in, and no oauth",
    ),
    "loose": (Plugin(books_offer(app_settings=Loose)), "plugin.declaration", "unknown keys"),
    "greedy": (Plugin(shop_offer(connection_settings=Greedy)), "plugin.declaration", "account"),
    "modelless": (Plugin(shop_offer(app_settings=dict)), "plugin.declaration", "AppSettings"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken_plugin_is_named_with_its_cause_and_disturbs_no_other(name: str) -> None:
    plugin, code, cause = BROKEN[name]
    registry = load(
        [
            Installed("shop", Plugin(shop_offer(name="a"))),
            Installed(name, plugin),
            Installed("z", Plugin(books_offer(name="z"))),
        ]
    )

    broken = next(one for one in registry.loaded if one.name == name)
    assert (broken.is_ready, broken.code, broken.offers) == (False, code, ())
    assert cause in broken.cause
    assert "4711" not in broken.cause
    assert registry.names == {"a", "z"}
    assert sorted(one.name for one in registry.loaded if one.is_ready) == ["shop", "z"]


def test_plugin_that_hangs_at_import_is_given_up() -> None:
    release = threading.Event()
    try:
        registry = load([Installed("hangs", release.wait), Installed("shop", Plugin(shop_offer()))], seconds=0.05)
        loaded = registry.loaded
    finally:
        release.set()

    assert [(one.name, one.code) for one in loaded] == [("hangs", "plugin.deadline"), ("shop", "")]


def test_a_plugin_is_loaded_only_when_something_of_its_name_is_asked_for() -> None:
    """A slow one delays only what uses it."""
    loads: list[str] = []

    def load_it(name: str) -> Plugin:
        loads.append(name)
        return Plugin(shop_offer(name=name))

    registry = load([Installed(name, partial(load_it, name)) for name in ("amazon", "shop", "slow")])

    assert registry.installed == {"amazon", "shop", "slow"}
    assert registry.source("shop").name == "shop"
    assert registry.source("shop").name == "shop"
    assert loads == ["shop"]
    assert registry.names == {"amazon", "shop", "slow"}
    assert loads == ["shop", "amazon", "slow"]


def test_who_asks_for_what_another_thread_loads_just_now_waits_for_it() -> None:
    """Not told that there is no such plugin."""
    begun, go_on = threading.Event(), threading.Event()

    def slowly() -> Plugin:
        begun.set()
        go_on.wait(60)
        return Plugin(shop_offer())

    registry = load([Installed("shop", slowly)])
    with ThreadPoolExecutor(16) as pool:
        first = pool.submit(registry.source, "shop")
        begun.wait(60)
        second, third = pool.submit(registry.source, "shop"), pool.submit(lambda: registry.names)
        threading.Timer(0.1, go_on.set).start()
        assert [first.result().name, second.result().name, *third.result()] == ["shop"] * 3


@pytest.mark.parametrize("asked", ["shop", "other"])
def test_the_name_of_another_plugin_is_that_ones_to_offer_whichever_is_loaded_first(asked: str) -> None:
    registry = load(
        [
            Installed("first", Plugin(shop_offer(), shop_offer(name="other"))),
            Installed("shop", Plugin(shop_offer(title="Its own"))),
        ]
    )

    registry.get(asked)

    assert registry.source("shop").title == "Its own"
    assert [(one.name, one.code) for one in registry.loaded] == [("first", "plugin.name_taken"), ("shop", "")]


def test_second_plugin_of_a_name_is_disabled_whole() -> None:
    registry = load(
        [
            Installed("first", Plugin(shop_offer())),
            Installed("second", Plugin(books_offer(), shop_offer())),
            Installed("twin", Plugin(books_offer(name="b"))),
            Installed("twin", Plugin(books_offer(name="c"))),
        ]
    )

    assert [one.code for one in registry.loaded] == ["", "plugin.name_taken", "", "plugin.name_taken"]
    assert registry.names == {"shop", "b"}


def test_real_entry_point_that_connects_while_it_is_imported_is_caught(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "bridge_that_phones.py").write_text(
        "import urllib.request\nurllib.request.urlopen('http://127.0.0.1:9/')\n", encoding="utf-8"
    )
    monkeypatch.syspath_prepend(tmp_path)

    registry = load([EntryPoint("phones", "bridge_that_phones", "bridge.plugins")])

    assert [(one.name, one.code) for one in registry.loaded] == [("phones", "plugin.network_at_import")]


def test_what_is_loaded_is_reported_with_distribution_and_version() -> None:
    shop = next(one for one in both().loaded if one.name == "shop")

    assert (shop.distribution, shop.version, shop.offers, shop.is_ready) == ("bridge-shop", "1.0", ("shop",), True)


def test_offers_are_found_by_name_and_side() -> None:
    registry = both()

    assert registry.source("shop").title == "Shop"
    assert registry.sink("books").title == "Books"
    assert (registry.side("shop"), registry.side("books")) == (Side.SOURCE, Side.SINK)


def test_asking_for_a_plugin_that_is_not_there_names_the_nearest_or_the_cause() -> None:
    registry = load([Installed("books", raise_it(ImportError("no tls"))), Installed("shop", Plugin(shop_offer()))])

    with pytest.raises(ConfigError, match="Did you mean shop") as unknown:
        registry.offer("shopp")
    with pytest.raises(ConfigError, match=r"disabled.*no tls.*Install a version of bridge-books") as broken:
        registry.offer("books")
    with pytest.raises(ConfigError, match="a ledger is needed") as side:
        registry.sink("shop")
    with pytest.raises(ConfigError, match="a channel is needed"):
        both().source("books")
    codes = [error.value.code for error in (unknown, broken, side)]
    assert codes == ["config.plugin_unknown", "config.plugin_broken", "config.side"]
