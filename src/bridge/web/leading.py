"""Commands that a sentence names, as people at pages are led: to the page that does the same, by its words. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final, NamedTuple
from urllib.parse import quote

from markupsafe import Markup

from bridge.model.words import shown

Address = Callable[..., str]
"""Where a page is: ``address(page, **parts of its path)``."""

_QUOTED: Final = re.compile(r"(?P<left> ?\()?`(?P<said>[^`]*)`(?P<right>(?(left)\)))")
_BY_WHOM: Final = " (in a terminal, by whoever runs bridge)"


class _Page(NamedTuple):
    """Where a command is done at the pages. words: with ``{}`` for what it names.

    part: of the page's path, or of its query, which tells the same. unnamed: the page where the command names nothing.
    """

    words: str
    name: str
    part: str = ""
    unnamed: str = ""


_PAGES: Final[Mapping[tuple[str, ...], _Page]] = {
    ("accounts", "create"): _Page("“What it lacks”", "connections", unnamed="connections"),
    ("accounts", "missing"): _Page("“What it lacks”", "connections", unnamed="connections"),
    ("arrived",): _Page("“What reached the bank”", "arrived", "thing", "find"),
    ("audit", "verify"): _Page("the audit log", "audit"),
    ("connections",): _Page("the connections", "connections"),
    ("connections", "add"): _Page("“Let bridge in again”", "connection", "name", "connections"),
    ("connections", "authorize"): _Page("“Let bridge in again”", "connection", "name", "connections"),
    ("connections", "check"): _Page("“Check it now”", "connection", "name", "connections"),
    ("connections", "resume"): _Page("“Let it work again”", "connection", "name", "connections"),
    ("decide",): _Page("a decision", "waits", unnamed="waits"),
    ("deliver",): _Page("delivery", "route", "route", "overview"),
    ("drift",): _Page("the drift review", "review_route", "route", "drift"),
    ("explain",): _Page("its explanation", "explain", "thing", "waits"),
    ("held",): _Page("what waits", "waits", unnamed="waits"),
    ("import",): _Page("“Bring a file”", "connections", unnamed="connections"),
    ("pilot",): _Page("its pilot", "pilot", "route", "overview"),
    ("preview",): _Page("the preview", "preview", "?route", "preview"),
    ("routes",): _Page("the routes", "overview"),
    ("runs", "list"): _Page("the runs", "runs"),
    ("runs", "show"): _Page("run {}", "run", "number", "runs"),
    ("sources", "status"): _Page("how far it is read", "connection", "name", "connections"),
    ("sync",): _Page("sync", "route", "route", "overview"),
    ("undo",): _Page("“Undo”", "undo", "thing", "find"),
    ("worker", "status"): _Page("what comes next", "overview"),
}


def leading(words: str, address: Address | None, route: str = "") -> Markup:
    """A sentence that the command line says too, for people who have no command line.

    address: None where links have no place; the page's words stand alone then. route: which one it is about.
    A command that no page does stays, with who has to give it; in brackets of its own it is left out.
    """
    words, made, end = shown(words), Markup(""), 0
    for found in _QUOTED.finditer(words):
        left, right = Markup.escape(found["left"] or ""), Markup.escape(found["right"])
        made += Markup.escape(words[end : found.start()])
        end = found.end()
        if not found["said"].startswith("bridge "):
            made += left + Markup("<code>{}</code>").format(found["said"]) + right
        elif page := _page(found["said"], address, route):
            made += left + page + right
        elif not found["right"]:
            made += left + Markup("<code>{}</code>{}").format(found["said"], _BY_WHOM)
    return made + Markup.escape(words[end:].replace("`", ""))


def _page(command: str, address: Address | None, route: str) -> Markup | None:
    said = command.removeprefix("bridge ").split()
    key = next((key for length in (2, 1) if (key := tuple(said[:length])) in _PAGES), ())
    if not key:
        return None
    page = _PAGES[key]
    named = [word for word in said[len(key) :] if not word.startswith(("-", "'", '"'))]
    if named and not page.unnamed:
        return None  # another command of that group
    thing = named[0] if named and not named[0].isupper() else ""  # in capitals it stands for one
    if page.part.endswith("route"):
        thing = route or ("" if key == ("deliver",) else thing)  # that command names a ledger
    words = page.words.format(thing) if thing else page.words.removesuffix(" {}")
    if key == ("decide",) and len(named) > 1:
        words = f"the decision “{named[1]}”"
    if address is None:
        return Markup.escape(words)
    return Markup('<a href="{}">{}</a>').format(_address(page, thing, address), words)


def _address(page: _Page, thing: str, address: Address) -> str:
    if page.part.startswith("?"):
        query = f"{page.part}={quote(thing)}" if thing else ""
        return address(page.name) + query
    is_part = page.part and thing and ("/" not in thing or page.part == "thing")
    return address(page.name, **{page.part: thing}) if is_part else address(page.unnamed or page.name)
