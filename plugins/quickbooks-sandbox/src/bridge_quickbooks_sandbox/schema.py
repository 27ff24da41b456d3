"""Checks bodies against Intuit's published XSD, and gives their values the types it states.

The JSON binding has the XML binding's names: attributes become plain keys, and the text of a reference becomes
``value``. So a body is written as XML in the schema's element order, validated, and read back with types.
Schema validity says that names, types and enumerations are right; the business rules are in ``rules``.
"""

import re
import threading
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, cast

from lxml import etree

from bridge_quickbooks_sandbox.refusals import RefusalError
from bridge_quickbooks_sandbox.wire import JsonObject, plain

__all__ = ["Schema", "load_schema"]

_NAMESPACE = "http://schema.intuit.com/finance/v3"
_XS = "{http://www.w3.org/2001/XMLSchema}"
_FILES = ("IntuitBaseTypes.xsd", "IntuitNamesTypes.xsd", "Finance.xsd")
_ROOT = "IntuitRestServiceDef.xsd"
_INTEGERS = frozenset({"integer", "int", "long", "short", "positiveInteger", "nonNegativeInteger"})
_MISSING = "SCHEMAV_ELEMENT_CONTENT"
_ENUMERATION = "SCHEMAV_CVC_ENUMERATION_VALID"


@dataclass(slots=True)
class _Element:
    type_name: str
    is_list: bool


@dataclass(slots=True)
class _Type:
    """A complex type with what it inherits: its elements in order, its attributes, or plain text."""

    elements: dict[str, _Element] = field(default_factory=dict)
    attributes: dict[str, str] = field(default_factory=dict)
    is_text: bool = False


class Schema:
    """The published schema, ready to read bodies. One per process: loading takes a tenth of a second."""

    def __init__(self, folder: Path) -> None:
        self._lock = threading.Lock()
        self._xsd = etree.XMLSchema(etree.parse(folder / _ROOT))
        self._complex: dict[str, etree._Element] = {}
        self._simple: dict[str, str] = {}
        self._groups: dict[str, etree._Element] = {}
        self._types: dict[str, _Type] = {}
        for name in _FILES:
            self._collect(etree.parse(folder / name).getroot())

    def read(self, kind: str, body: Mapping[str, Any]) -> JsonObject:
        """Check a body and give it back typed: decimals, whole numbers, booleans; what says nothing is left out.

        The service forgives what many clients send of fields that nobody set: nulls, empty texts, references to
        nothing, empty lists inside of an object, a LineNum of 0. The schema would refuse most of them.

        Raises:   RefusalError 2010 (unknown name, wrong type), 2170 (not in the enumeration) or 2020 (missing),
                  naming the element.
        """
        xml, value = self._convert(kind, body, kind)
        self._validate(kind, xml)
        typed: JsonObject = value
        return typed

    def _validate(self, kind: str, xml: etree._Element) -> None:
        if kind == "Transfer":  # marked as required by mistake; nobody sends it
            etree.SubElement(xml, _named("TransferEx"))
        with self._lock:  # the error log belongs to the schema object
            if self._xsd.validate(xml):
                return
            first = next(iter(cast(Iterable[Any], self._xsd.error_log)))
        element = re.sub(r"\{[^}]*\}|\[\d+\]|.*/", "", str(first.path or "")) or kind
        if match := re.search(r"Element '\{[^}]*\}(\w+)'", first.message):
            element = match[1]
        message = first.message.replace(f"{{{_NAMESPACE}}}", "")
        if first.type_name == _MISSING and "Missing child" in message:
            raise RefusalError("2020", f"Required parameter is missing in the request: {message}", element=element)
        if first.type_name == _ENUMERATION:
            raise RefusalError("2170", f"Invalid Enumeration : {message}", element=element)
        raise RefusalError("2010", f"Property Name:{element} is unsupported or invalid: {message}", element=element)

    def _convert(self, name: str, value: Any, type_name: str) -> tuple[etree._Element, Any]:
        """Write one value as XML and give it typed, both at once."""
        xml = etree.Element(_named(name))
        if type_name not in self._complex:
            xml.text = _text(name, value)
            return xml, _typed(value, self._primitive(type_name))
        found = self._type(type_name)
        if not isinstance(value, Mapping):
            raise RefusalError("2010", f"Property Name:{name} must be an object", element=name)
        typed: JsonObject = {}
        for key in value:
            if key not in found.elements and key not in found.attributes and not (found.is_text and key == "value"):
                detail = f"Property Name:{key} of {name} specified is unsupported or invalid"
                raise RefusalError("2010", detail, element=key)
        for key, attribute in found.attributes.items():
            if not _is_blank(key, value.get(key)):
                xml.set(key, _text(key, value[key]))
                typed[key] = _typed(value[key], self._primitive(attribute))
        if found.is_text:
            if _is_blank("value", value.get("value")):
                raise RefusalError("2020", f"Required parameter {name}.value is missing", element=name)
            xml.text = typed["value"] = _text(name, value["value"])
        self._convert_children(xml, typed, found, value)
        return xml, typed

    def _convert_children(self, xml: etree._Element, typed: JsonObject, found: _Type, value: Mapping[str, Any]) -> None:
        for key, element in found.elements.items():
            if _is_blank(key, value.get(key)):
                continue
            items = value[key] if isinstance(value[key], list) else [value[key]]
            if key == "CustomField" and not (items := [item for item in items if _has_a_value(item)]):
                continue
            if len(items) != 1 and not element.is_list:
                raise RefusalError("2010", f"Property Name:{key} takes one value", element=key)
            children = [self._convert(key, item, element.type_name) for item in items]
            xml.extend(child for child, _ in children)
            values = [read for _, read in children]
            typed[key] = values if element.is_list else values[0]

    def _collect(self, root: etree._Element) -> None:
        for node in root.iterchildren(f"{_XS}complexType", f"{_XS}simpleType", f"{_XS}group"):
            name = node.get("name", "")
            if node.tag == f"{_XS}complexType":
                self._complex[name] = node
            elif node.tag == f"{_XS}group":
                self._groups[name] = node
            else:
                restriction = node.find(f"{_XS}restriction")
                self._simple[name] = restriction.get("base", "") if restriction is not None else "xs:string"

    def _primitive(self, type_name: str) -> str:
        while type_name in self._simple:
            type_name = self._simple[type_name]
        return type_name.removeprefix("xs:")

    def _type(self, name: str) -> _Type:
        if name not in self._types:
            self._types[name] = self._build(name)
        return self._types[name]

    def _build(self, name: str) -> _Type:
        node = self._complex[name]
        built = _Type(is_text=node.find(f"{_XS}simpleContent") is not None)
        extension = node.find(f".//{_XS}extension")
        if extension is not None and (base := extension.get("base", "")) in self._complex:
            inherited = self._type(base)
            built.elements.update(inherited.elements)
            built.attributes.update(inherited.attributes)
            built.is_text = built.is_text or inherited.is_text
        for child in self._own(node):
            if child.tag == f"{_XS}attribute":
                built.attributes[child.get("name", "")] = child.get("type", "xs:string")
            else:
                is_list = any(
                    ancestor.get("maxOccurs", "1") != "1"
                    for ancestor in (child, *child.iterancestors(f"{_XS}sequence", f"{_XS}choice"))
                )
                element = _Element(child.get("type", "xs:string"), is_list)
                built.elements.setdefault(child.get("name", ""), element)
        return built

    def _own(self, node: etree._Element) -> Iterator[etree._Element]:
        for child in node.iter(f"{_XS}element", f"{_XS}attribute", f"{_XS}group"):
            if child.tag == f"{_XS}group" and (group := child.get("ref", "")) in self._groups:
                yield from self._own(self._groups[group])
            elif child.get("name"):
                yield child


def _has_a_value(custom_field: object) -> bool:
    """Tell whether a custom field is filled in: answers show those that are not, too, and clients send them back."""
    return not isinstance(custom_field, Mapping) or any(
        key.endswith("Value") and not _is_blank(key, value) for key, value in custom_field.items()
    )


def _is_blank(key: str, value: object) -> bool:
    """Tell whether a field says nothing. A list of lines that is empty says that there shall be none."""
    if isinstance(value, Mapping):
        return "value" in value and value["value"] in {None, ""}
    return value in (None, "") or (value == [] and key != "Line") or (key == "LineNum" and value == "0")


@cache
def load_schema() -> Schema:
    """Load the schema that lies in this package, once per process."""
    return Schema(Path(__file__).parent / "data" / "xsd")


def _named(name: str) -> str:
    return f"{{{_NAMESPACE}}}{name}"


def _text(name: str, value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, str):
        raise RefusalError("2010", f"Property Name:{name} must be a single value", element=name)
    if any(character < " " and character not in "\t\n\r" for character in value):
        raise RefusalError("2040", f"{name} holds a control character", element=name)
    return value


def _typed(value: object, primitive: str) -> object:
    """Give a text its type; what does not fit is left for the schema to refuse."""
    if not isinstance(value, str):
        return value
    if primitive == "boolean":
        return {"true": True, "1": True, "false": False, "0": False}.get(value.strip(), value)
    if primitive == "decimal" and re.fullmatch(r"\s*[+-]?(\d+(\.\d*)?|\.\d+)\s*", value):
        return plain(Decimal(value.strip()))
    if primitive in _INTEGERS and re.fullmatch(r"\s*[+-]?\d+\s*", value):
        return int(value)
    return value
