"""The stable codes of errors, reasons and findings, as the source itself writes them.

A code is a row of the table of reasons, a string given as ``code=``, set as a class's ``code``, or put together by one
of the few helpers named here.
A helper that is not named here fails the test, so that no code escapes the reference.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from functools import cache
from pathlib import Path

from bridge.model.reasons import Reason
from bridge.plugin import ConcernKind
from tests.docs.pages import ROOT

# Codes put together at run time: the beginning, where, and the calls (name, place of the ending among the arguments).
ENDINGS = {
    "authorization.": ("/host/authorization.py", (("_refused", 2),)),
    "drift.": ("/bridge/drift/", (("finding", 0), ("_finding", 2), ("_lacking", 0), ("_taken_out", 2))),
}
# Calls that take a whole code among their arguments.
WHOLE = (("refuse", 3), ("_refused", 1), ("_broken", 2), ("Objection", 0), ("Stop", 0), ("Plan", 1))
# What a plugin's readers refuse by: the code behind the channel's name is the first argument, or given by one of these.
REFUSALS = ("refuse", "_refuse", "FactError", "_problem")
GIVEN = ("code", "lacking", "other")
BEHIND = ("file.", "answer.", "refund.")
KIT = "bridge/plugin/reading/"
# Modules whose constants are codes: of findings, and of what ends a drain.
CONSTANTS = ("delivery/check.py", "delivery/report.py", "model/findings.py")
# Codes whose variable part is a kind of document, a kind of thing, or a vendor's own number.
SPELT = {
    "f'{start.kind}.damaged_copy'": ("settlement.damaged_copy",),
    "f'{PREFIX}{concern.kind}'": tuple(f"channel.{kind}" for kind in ConcernKind),
    "f'{what}.unknown'": ("entry.unknown", "voucher.unknown", "finding.unknown"),
}


@cache
def modules() -> tuple[tuple[Path, ast.Module], ...]:
    """Every module of the host and of the plugins, parsed; a fake system speaks its vendor's codes, not ours."""
    fakes = set(ROOT.glob("plugins/*-sandbox/src"))
    roots = [ROOT / "src", *sorted(set(ROOT.glob("plugins/*/src")) - fakes)]
    files = [path for root in roots for path in sorted(root.rglob("*.py"))]
    return tuple((path, ast.parse(path.read_text(encoding="utf-8"))) for path in files)


def codes() -> frozenset[str]:
    """Every code there is. Raises: AssertionError for one that is put together in a way nobody named here."""
    found: set[str] = set()
    for path, tree in modules():
        named = constants(tree)
        if KIT in path.as_posix():
            continue
        if "/plugins/" in path.as_posix():
            found |= {f"{channel_of(path)}.{text}" for text in _refusals(tree)}
        for node in ast.walk(tree):
            for value in _values(node):
                found |= {text for text in _meant(value, named, path) if not text.startswith(BEHIND)}
            for value in (*_arguments(node, WHOLE), *_assigned(node)):
                found |= {text for text in _texts(value, named) if _is_code(text) and "." in text}
        if path.as_posix().endswith(CONSTANTS):
            found |= {text for name, text in named.items() if name.isupper() and _is_code(text)}
    return frozenset(found) | frozenset(map(str, Reason)) | _quickbooks_refusals()


def channel_of(path: Path) -> str:
    """The plugin that a module belongs to."""
    return path.relative_to(ROOT / "plugins").parts[0]


def _refusals(tree: ast.AST, seen: frozenset[str] = frozenset()) -> set[str]:
    """What stands behind the channel's name in the refusals of a module, or of a function of the kit that it calls."""
    found: set[str] = set()
    named, known = (constants(tree), _imported(tree)) if isinstance(tree, ast.Module) else ({}, set(kit()))
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        name = ast.unparse(node.func).removeprefix("reading.").rpartition(".")[2]
        given = {keyword.arg: keyword.value for keyword in node.keywords}
        values = [*node.args[: name in REFUSALS], *(given[each] for each in GIVEN if each in given)]
        if name in known and name not in seen:
            found |= _refusals(kit()[name], seen | {name})
            values += [*node.args[1:], *_left_out(kit()[name], node)]
        found |= {text for value in values for text in _texts(value, named) if text.startswith(BEHIND)}
    return found


def _imported(tree: ast.AST) -> set[str]:
    """What a module has of the kit."""
    found = {
        name.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "bridge.plugin.reading"
        for name in node.names
    }
    used = {
        node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "reading"
    }
    return (found | used) & set(kit())


def _left_out(part: ast.AST, call: ast.Call) -> Iterator[ast.expr]:
    """The codes that a function of the kit takes where a call of it gives none."""
    if isinstance(part, ast.FunctionDef):
        places, given = part.args.args, {keyword.arg for keyword in call.keywords}
        defaults = dict(zip([one.arg for one in places][::-1], part.args.defaults[::-1], strict=False))
        defaults |= {
            one.arg: value for one, value in zip(part.args.kwonlyargs, part.args.kw_defaults, strict=True) if value
        }
        taken = given | {one.arg for one in places[: len(call.args)]}
        yield from (defaults[name] for name in GIVEN if name in defaults and name not in taken)


@cache
def kit() -> dict[str, ast.AST]:
    """The functions and classes of the reading kit, but for those whose codes are given to them."""
    trees = [tree for path, tree in modules() if KIT in path.as_posix()]
    parts = [node for tree in trees for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)]
    return {node.name: node for node in parts if node.name not in {*REFUSALS, "Place"}}


def _values(node: ast.AST) -> Iterator[ast.expr]:
    """What is given or set as a code, or is one unless another is given."""
    if isinstance(node, ast.Call):
        yield from (keyword.value for keyword in node.keywords if keyword.arg == "code")
    if isinstance(node, ast.FunctionDef):
        places = node.args.posonlyargs + node.args.args
        yield from (
            value
            for place, value in zip(reversed(places), reversed(node.args.defaults), strict=False)
            if place.arg == "code"
        )
    if isinstance(node, ast.ClassDef):
        for line in node.body:
            target = line.targets[0] if isinstance(line, ast.Assign) else getattr(line, "target", None)
            value = getattr(line, "value", None)
            if isinstance(target, ast.Name) and target.id == "code" and value is not None:
                yield value


def _assigned(node: ast.AST) -> Iterator[ast.expr]:
    """What a variable ``code`` or ``reason`` is made to be, by itself or among others."""
    yield from (value for name, value in _set(node) if name in {"code", "reason"})


def _set(node: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    """The names that a statement sets, annotated or not, one by one or several in a line, each with its value."""
    match node:
        case ast.Assign(targets=[ast.Tuple(elts=names), *_], value=ast.Tuple(elts=values)):
            pass
        case ast.Assign(targets=[name, *_], value=value) | ast.AnnAssign(target=name, value=ast.expr() as value):
            names, values = [name], [value]
        case _:
            return
    yield from ((name.id, value) for name, value in zip(names, values, strict=False) if isinstance(name, ast.Name))


def _meant(value: ast.expr, named: dict[str, str], path: Path) -> AbstractSet[str]:
    """The codes an expression may be."""
    if isinstance(value, ast.JoinedStr):
        written = ast.unparse(value)
        if written in SPELT:
            return set(SPELT[written])
        beginning, rest = value.values[0], value.values[1]
        assert isinstance(beginning, ast.Constant), f"{path}: name {written} here"
        assert isinstance(beginning.value, str)
        if isinstance(rest, ast.FormattedValue) and (known := _texts(rest.value, named)):
            return {beginning.value + text for text in known}
        assert beginning.value in {*ENDINGS, "quickbooks."}, f"{path}: name {written} here"
        return _ended(beginning.value)
    return {text for text in _texts(value, named) if text}


@cache
def _ended(beginning: str) -> frozenset[str]:
    """The beginning with every ending that its helpers are called with, or that a ``code`` is set to."""
    where, calls = ENDINGS.get(beginning, ("", ()))
    return frozenset(
        beginning + text
        for path, tree in modules()
        if where and where in path.as_posix()
        for node in ast.walk(tree)
        for value in (*_arguments(node, calls), *_assigned(node))
        for text in _texts(value, {})
        if _is_code(text) and "." not in text
    )


def _arguments(node: ast.AST, calls: tuple[tuple[str, int], ...]) -> Iterator[ast.expr]:
    if isinstance(node, ast.Call):
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        yield from (node.args[place] for call, place in calls if call == name and len(node.args) > place)


def _texts(value: ast.expr, named: dict[str, str]) -> set[str]:
    """The texts of an expression that is a constant, a name for one, or a choice between them."""
    match value:
        case ast.Constant(value=str(text)):
            return {text}
        case ast.Name(id=name) if name in named:
            return {named[name]}
        case ast.IfExp(body=body, orelse=orelse):
            return _texts(body, named) | _texts(orelse, named)
        case _:
            return set()


def constants(tree: ast.Module) -> dict[str, str]:
    """A module's own names for texts."""
    return {
        name: value.value
        for line in tree.body
        for name, value in _set(line)
        if isinstance(value, ast.Constant) and isinstance(value.value, str)
    }


def _is_code(text: str) -> bool:
    return bool(text) and text.replace("_", "").replace(".", "").isalnum() and text.islower()


def _quickbooks_refusals() -> frozenset[str]:
    """QuickBooks' own numbers of which the plugin's table says what they are."""
    for path, tree in modules():
        if path.as_posix().endswith("bridge_quickbooks/errors.py"):
            for line in tree.body:
                if isinstance(line, ast.AnnAssign) and ast.unparse(line.target) == "_REFUSALS":
                    assert isinstance(line.value, ast.Dict)
                    numbers = (key.value for key in line.value.keys if isinstance(key, ast.Constant))
                    return frozenset(f"quickbooks.{number!s}" for number in numbers)
    raise AssertionError("the table of QuickBooks' refusals is not where it was")
