"""Checks request bodies against Xero's published OpenAPI document, unknown keys refused.

The published schemas refer to each other in circles; here the references are replaced by the schemas themselves, so
that checking a body follows no reference and takes well under a millisecond for an ordinary document.
"""

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft4Validator
from jsonschema.exceptions import best_match

from bridge_xero_sandbox.refusals import RefusalError
from bridge_xero_sandbox.wire import JsonObject

__all__ = ["Schema", "load_schema"]


class Schema:
    """The published document, ready to check bodies. One per process."""

    def __init__(self, document: JsonObject) -> None:
        schemas = document["components"]["schemas"]
        for schema in schemas.values():
            if "properties" in schema:
                schema["additionalProperties"] = False
        _link(document["paths"], schemas, set())
        self._operations: dict[tuple[str, str], JsonObject] = {}
        self._patterns: list[tuple[re.Pattern[str], str]] = []
        self._validators: dict[tuple[str, str], Draft4Validator] = {}
        for path, methods in document["paths"].items():
            self._patterns.append((re.compile(re.sub(r"\{\w+\}", "[^/]+", path)), path))
            for method, operation in methods.items():
                self._operations[method.upper(), path] = operation
                if "requestBody" in operation:
                    schema = operation["requestBody"]["content"]["application/json"]["schema"]
                    self._validators[method.upper(), path] = Draft4Validator(schema)

    def operation(self, method: str, path: str) -> JsonObject | None:
        """Give what the document says of a request, or None where it knows none such."""
        template = self._template(path)
        return self._operations.get((method, template)) if template else None

    def takes(self, method: str, path: str, parameter: str) -> bool:
        """Tell whether the document lists a parameter for a request."""
        operation = self.operation(method, path) or {"parameters": []}
        return any(found["name"] == parameter for found in operation["parameters"])

    def check(self, method: str, path: str, body: JsonObject) -> None:
        """Refuse a body that breaks the document.

        Raises:   RefusalError 14 naming where.
        """
        validator = self._validators[method, self._template(path) or ""]
        if validator.is_valid(body):
            return
        error = best_match(validator.iter_errors(body))
        where = "/".join(str(part) for part in error.absolute_path)
        message = f"JSON for post data was invalid, {where}: {error.message[:300]}"
        raise RefusalError(14, "PostDataInvalidException", message)

    def _template(self, path: str) -> str | None:
        return next((template for pattern, template in self._patterns if pattern.fullmatch(path)), None)


def _link(value: Any, schemas: JsonObject, done: set[int]) -> Any:
    """Put the schema itself where a reference to it stands."""
    if isinstance(value, list):
        value[:] = [_link(item, schemas, done) for item in value]
    elif isinstance(value, dict):
        if "$ref" in value:
            value = schemas[value["$ref"].rpartition("/")[2]]
        if id(value) not in done:
            done.add(id(value))
            for key in value:
                value[key] = _link(value[key], schemas, done)
    return value


@cache
def load_schema() -> Schema:
    """Load the document that lies in this package, once per process."""
    return Schema(json.loads((Path(__file__).parent / "data" / "openapi.json").read_text(encoding="utf-8")))
