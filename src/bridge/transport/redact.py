"""Far sides' words, made fit for messages and logs."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

_SECRET = re.compile(
    r"(?i)\b(bearer|basic)\s+[\w.~+/=-]+"
    r"|\b([\w-]*(?:token|secret|password|authorization|api[_-]?key)[\w-]*)(\"?\s*[=:]\s*\"?)[^\s\"&,;]+"
)
_BLANK = re.compile(r"[\s\x00-\x1f\x7f]+")


def address(url: str) -> str:
    """A URL without what may be secret in it: user and password, query, fragment."""
    parts = urlsplit(url)
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname or ""
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.scheme}://{host}{port}{parts.path}"


def excerpt(text: str, longest: int = 300) -> str:
    """One line of a far side's text, with anything that looks like a secret taken out, and no longer than that."""
    line = _BLANK.sub(" ", text[: 4 * longest]).strip()
    line = _SECRET.sub(lambda found: f"{found[1]} [redacted]" if found[1] else f"{found[2]}{found[3]}[redacted]", line)
    return line if len(line) <= longest else f"{line[: longest - 1]}…"
