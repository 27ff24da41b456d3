"""Pure: orders and refunds as answers show them: rounded as asked, with local times, only the fields asked for."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from zoneinfo import ZoneInfo

from bridge.sandbox import JsonObject
from bridge_woocommerce_sandbox.select import whole
from bridge_woocommerce_sandbox.shop import ShopSettings

_MONEY = frozenset(
    {"amount", "total", "total_tax", "subtotal", "subtotal_tax", "tax_total", "shipping_tax_total"},
)
_OF_SHOP = ("total", "total_tax")


def present(row: JsonObject, query: Mapping[str, str], settings: ShopSettings) -> JsonObject:
    """Raises: RefusalError for a number of decimals that is none."""
    decimals = whole(query, "dp", settings.decimals, least=0, most=10)
    told = {**row, **{name: _rounded(row[name], settings.decimals) for name in _OF_SHOP if name in row}}
    shown: JsonObject = _shown(told, decimals)
    for name in [name for name in row if name.endswith("_gmt")]:
        shown[name.removesuffix("_gmt")] = _local(row[name], settings.zone)
    return chosen(shown, query)


def chosen(shown: JsonObject, query: Mapping[str, str]) -> JsonObject:
    """Only the fields asked for: of a list none of its parts can be asked for."""
    asked = query.get("_fields")
    return shown if asked is None else {name: shown[name] for name in shown if name in asked.split(",")}


def _shown(value: object, decimals: int) -> JsonObject:
    found: JsonObject = {}
    assert isinstance(value, dict)
    for name, told in value.items():
        if name in _MONEY and isinstance(told, str):
            found[name] = _rounded(told, decimals)
        elif isinstance(told, list):
            found[name] = [_shown(one, decimals) if isinstance(one, dict) else one for one in told]
        else:
            found[name] = told
    return found


def _rounded(text: str, decimals: int) -> str:
    return str(Decimal(text).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP))


def _local(text: str | None, zone: str) -> str | None:
    if text is None:
        return None
    at = datetime.fromisoformat(text).replace(tzinfo=UTC).astimezone(ZoneInfo(zone))
    return f"{at:%Y-%m-%dT%H:%M:%S}"
