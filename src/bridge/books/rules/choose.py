"""Which account a line gets: the first rule that holds decides."""

from __future__ import annotations

from collections.abc import Hashable
from fnmatch import fnmatchcase

import msgspec

from bridge.errors import ConfigError
from bridge.model.entries import Half
from bridge.model.lines import GATEWAY, TENDER, Line, kinds
from bridge.model.rules import Rule, RuleSet


class Choice(msgspec.Struct, frozen=True, order=True):
    """What a line is booked as.

    account: a chart number or a role (``@clearing``). kind: the line's own, or what a rule maps it to.
    rule:    the id of the rule that decided, or one of bridge's own decisions (``bridge:...``).
    tax_code: the tax treatment, where a rule or the route's regime gives one. half: see ``model.entries.Half``.
    """

    account: str
    kind: str
    rule: str
    tracking: str = ""
    contact: str = ""
    tax_code: str = ""
    half: Half = Half.NONE
    item: str = ""


class Chooser:
    """Applies one version of a rule set.

    Lines that the rules cannot tell apart have one ``key``, so that a choice is made once for all of them.
    """

    def __init__(self, rules: RuleSet) -> None:
        self._rules = rules
        self._asks_sku = any(rule.sku for rule in rules.rules)
        self._asks_words = any(rule.words for rule in rules.rules)
        self._asks_for = frozenset(name for rule in rules.rules for name, _ in rule.attributes)
        self._asks_of_tenders = self._asks_for | {GATEWAY}
        self._by_kind: dict[str, tuple[Rule, ...]] = {}
        self._asks_only_kind = not (self._asks_sku or self._asks_words or self._asks_for)

    def key(self, line: Line) -> Hashable:
        """All that these rules can ask of a line."""
        if self._asks_only_kind and line.kind != TENDER:
            return line.kind
        wanted = self._asks_of_tenders if line.kind == TENDER else self._asks_for
        return (
            line.kind,
            line.sku if self._asks_sku else "",
            line.words if self._asks_words else "",
            tuple([fact for fact in line.facts if fact[0] in wanted]) if wanted else (),
        )

    def choose(self, line: Line) -> Choice:
        """The first rule that holds; a rule that only names a kind takes that kind's default account.

        Raises: ConfigError when no rule holds, which a set with its defaults makes impossible.
        """
        for rule in self._rules_for(line.kind):
            if rule.holds(line):
                kind = rule.as_kind or line.kind
                account = rule.account or kinds()[kind].account
                return Choice(account, kind, rule.id, rule.tracking, rule.contact, rule.tax, item=rule.item)
        raise ConfigError(
            f"rule set {self._rules.name} version {self._rules.version}",
            f"no rule of it holds for a line of kind {line.kind}",
            "Activate the rules again; bridge adds the defaults",
            code="rules.no_default",
        )

    def _rules_for(self, kind: str) -> tuple[Rule, ...]:
        """The rules that may hold for lines of a kind, in order."""
        if kind not in self._by_kind:
            self._by_kind[kind] = tuple(rule for rule in self._rules.rules if fnmatchcase(kind, rule.kind))
        return self._by_kind[kind]
