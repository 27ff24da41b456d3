"""What the command line says in commands, pages say in links."""

from __future__ import annotations

import re
from pathlib import Path

from bridge.ingest.windows import unreached
from bridge.model.channel import ChannelFacts, Window, WindowState
from bridge.web.leading import leading
from bridge.web.people import Role
from bridge.web.site import PAGES
from bridge_woocommerce.streams import STREAMS
from tests.end_to_end.merchant import Merchant
from tests.store import facts
from tests.web.visiting import visiting

ROOT = Path(__file__).parents[2]
SENTENCES = (*ROOT.glob("src/bridge/**/*.py"), *ROOT.glob("plugins/*/src/**/*.py"))
COMMAND = re.compile(r"`(bridge [^`]+)`")
OF_WHO_RUNS_BRIDGE = (
    "apply",
    "backfill",
    "clock",
    "organisations",
    "people",
    "resume",
    "routes balance",
    "routes opening",
    "store",
    "undo",
)
"""Commands in next steps that no page does."""


def test_every_command_of_a_next_step_leads_to_a_page_or_says_who_gives_it() -> None:
    said = {found for path in SENTENCES if "cli" not in path.parts for found in _commands(path)}
    assert len(said) > 40
    stays = {command for command in said if "<a" not in leading(f"Run `{command}`", _address, "us")}
    assert [one for one in stays if not one.removeprefix("bridge ").startswith(OF_WHO_RUNS_BRIDGE)] == []
    words = leading("Run `bridge apply`", _address)
    assert words == "Run <code>bridge apply</code> (in a terminal, by whoever runs bridge)"


def test_a_command_leads_to_what_it_names_by_the_words_of_the_page() -> None:
    def led(words: str, route: str = "") -> str:
        return str(leading(words, _address, route)).replace('<a href="', "[").replace('">', " ").replace("</a>", "]")

    assert led("See `bridge held`, then decide") == "See [/o/local/waits what waits], then decide"
    assert led("Run `bridge sync`", "us") == "Run [/o/local/routes/us sync]"
    assert led("Run `bridge sync`") == "Run [/o/local/ sync]"
    assert led("Run `bridge deliver books-us`") == "Run [/o/local/ delivery]", "it names a ledger"
    assert led("Run `bridge drift gb`") == "Run [/o/local/drift/gb the drift review]"
    assert led("`bridge pilot ROUTE` shows it", "us") == "[/o/local/routes/us/pilot its pilot] shows it"
    assert led("Look at it in `bridge preview`", "us") == "Look at it in [/o/local/preview?route=us the preview]"
    assert led("See `bridge runs show 3`") == "See [/o/local/runs/3 run 3]"
    assert led("Run `bridge connections authorize a`") == "Run [/o/local/connections/a “Let bridge in again”]"
    assert led("`bridge decide vch_1 release --reason '...'`") == "[/o/local/waits the decision “release”]"
    assert led("Bring one (`bridge import`).") == "Bring one ([/o/local/connections “Bring a file”])."
    assert led("Bring one (`bridge apply`).") == "Bring one.", "in brackets it is a hint for those who have a terminal"


def test_what_stands_in_a_sentence_is_text_and_a_path_of_somebodys_words_leads_nowhere_else() -> None:
    hostile = leading('<b>x</b> `<i>` `bridge runs show ../../x` `bridge explain "><script>` cut `', _address)
    assert "<b>" not in hostile
    assert "<i>" not in hostile
    assert "<script" not in hostile
    assert 'href="/o/local/runs"' in hostile
    assert "`" not in hostile


def test_what_a_route_holds_back_leads_to_its_own_preview(reviewed: Merchant) -> None:
    with visiting(reviewed.config, Role.BOOKKEEPER) as client:
        assert 'href="/o/local/preview?route=gb"' in client.get("/o/local/waits").text


def _commands(path: Path) -> list[str]:
    """In its sentences, which may be written over several lines; its docstrings are for those who read code."""
    text = re.sub(r'"""(.|\n)*?"""|``', "", path.read_text(encoding="utf-8"))
    return COMMAND.findall(re.sub(r'"\s*\n\s*f?"', "", text))


def _address(page: str, **parts: str) -> str:
    (found,) = [one for one in PAGES if getattr(one, "name", "") == page]
    return str(found.url_path_for(page, organisation="local", **parts))


def test_what_a_channel_tells_no_more_offers_what_a_page_can_do_and_says_who_does_the_rest() -> None:
    """``window.reach``: a file can be brought on a page, and nothing is read anew from there."""
    told = ChannelFacts(account="shop.example", currency="USD", time_zone="UTC")
    window = Window("con_1", STREAMS[0].name, facts.NOON, facts.NOON, state=WindowState.OPEN)
    led = str(leading(unreached(facts.route(), STREAMS[0], window, told).repair, _address))

    assert 'Bring what is older as files (<a href="/o/local/connections">“Bring a file”</a>), or accept this.' in led
    assert "<code>bridge backfill amazon-us</code> (in a terminal, by whoever runs bridge) then reads" in led
