"""Rules as the store keeps them: checked, completed with the defaults, and activated as the next version."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from fnmatch import fnmatchcase

from bridge.books.rules.defaults import DEFAULT, IGNORED, default_rules
from bridge.clock import Clock
from bridge.errors import ConfigError
from bridge.model.chart import CARRY_FORWARD, ROLE_BANK, ROLE_CLEARING, Chart, recommended_chart
from bridge.model.lines import UNCLASSIFIED, kinds
from bridge.model.rules import Rule, RuleSet
from bridge.store.api import Store


def activate(
    store: Store,
    name: str,
    rules: Sequence[Rule],
    effective_from: date,
    author: str,
    reason: str,
    clock: Clock,
    *,
    chart: Chart | None = None,
) -> RuleSet:
    """Put a set of rules in force from a book date; returns the version that now stands.

    chart: the accounts that they may name; by default the recommended one's.

    The defaults are appended; an exported set that already ends in them is taken as it is. Nothing is saved when
    the newest version says the same. Nothing is booked anew but what is held as unclassified.
    Raises: ConfigError naming the rule that is wrong; StaleError when another version came first.
    """
    if not author.strip() or not reason.strip():
        raise _wrong(name, "set", "has no author or no reason", "Say who decides and why")
    whole = complete(name, rules, recommended_chart() if chart is None else chart)
    with store.unit(author) as uow:
        versions = uow.rules.versions(name)
        newest = versions[-1] if versions else None
        if newest and (newest.effective_from, newest.rules) == (effective_from, whole):
            return newest
        made = RuleSet(
            name=name,
            version=newest.version + 1 if newest else 1,
            effective_from=effective_from,
            rules=whole,
            author=author,
            reason=reason,
            made_at=clock.now(),
        )
        uow.rules.add(made)
        return made


def complete(name: str, rules: Sequence[Rule], chart: Chart) -> tuple[Rule, ...]:
    """The set with its defaults at the end. Raises: ConfigError naming the first rule that is wrong."""
    defaults = {rule.id: rule for rule in default_rules()}
    own = [rule for rule in rules if not rule.id.startswith(DEFAULT)]
    for rule in rules:
        if rule.id.startswith(DEFAULT) and defaults.get(rule.id) != rule:
            raise _wrong(
                name,
                rule.id,
                "contradicts bridge's own default",
                "Give your rule an id of its own, before the defaults",
            )
    if list(rules[: len(own)]) != own:
        raise _wrong(name, own[-1].id, "stands after the defaults and would never apply", "Put it before them")
    seen: set[str] = set()
    for rule in rules:
        if rule.id in seen:
            raise _wrong(name, rule.id, "is there twice", "Give every rule an id of its own")
        seen.add(rule.id)
    for rule in own:
        _check(name, rule, chart)
    return (*own, *default_rules())


def _check(name: str, rule: Rule, chart: Chart) -> None:
    meant = [kind for kind in kinds() if fnmatchcase(kind, rule.kind)]
    known = {*chart, ROLE_CLEARING, ROLE_BANK}
    is_known = not rule.as_kind or rule.as_kind in kinds()
    faults = (
        (not rule.id.strip(), "has no id", "Give it one"),
        (not meant, f"names no known kind: {rule.kind!r}", "Use a kind of the table of kinds, or a pattern"),
        (meant == [IGNORED], "is about ignored lines, which are never booked", "Remove it"),
        (not is_known, f"maps to unknown kind {rule.as_kind!r}", "Use a kind of the table of kinds"),
        (rule.as_kind in {IGNORED, UNCLASSIFIED}, f"maps money to {rule.as_kind!r}", "Name what it really is"),
        (
            bool(rule.as_kind) and meant != [UNCLASSIFIED],
            "re-names lines that are classified already",
            f'Set kind = "{UNCLASSIFIED}"',
        ),
        (not (rule.account or rule.as_kind), "has no account", "Give it one, or as_kind for an unclassified line"),
        (
            bool(rule.account) and rule.account not in known,
            f"names unknown account {rule.account!r}",
            "Use a number of the chart, @clearing or @bank",
        ),
        (
            rule.account == CARRY_FORWARD,
            f"books to {CARRY_FORWARD}, which only carries between months",
            "Use another account",
        ),
    )
    for is_wrong, cause, next_step in faults:
        if is_wrong:
            raise _wrong(name, rule.id, cause, next_step)


def _wrong(name: str, rule: str, cause: str, next_step: str) -> ConfigError:
    return ConfigError(f"rules {name}: rule {rule!r}", cause, next_step, code="rules.invalid")
