"""Reports that Amazon made: listed, found by their id, and fetched as files."""

from __future__ import annotations

import gzip
import re
import zlib
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, BinaryIO, Final, Literal

import msgspec

from bridge.errors import UnavailableError
from bridge.plugin import FilePage
from bridge_amazon.client import Client
from bridge_amazon.finances import text_of
from bridge_amazon.operations import DOCUMENT, REPORT, REPORTS
from bridge_amazon.streams import REACH_DAYS, SETTLEMENT

DONE: Final = "DONE"
_MEGABYTE: Final = 1_000_000
_CHUNK: Final = 1 << 20
_UNSAFE: Final = re.compile(r"[^0-9A-Za-z.-]", re.ASCII)


class Made(msgspec.Struct, rename="camel"):
    """A report as it is listed. processing_status: of the model's, or another."""

    report_id: str
    report_type: str
    created_time: Annotated[datetime, msgspec.Meta(tz=True)]
    processing_status: str
    report_document_id: str = ""

    @property
    def is_moving(self) -> bool:
        """Whether it may come to hold something yet."""
        return self.processing_status in {"IN_QUEUE", "IN_PROGRESS"}


class _List(msgspec.Struct, rename="camel"):
    reports: list[Made]
    next_token: str = ""


class _Document(msgspec.Struct, rename="camel"):
    url: str
    compression_algorithm: Literal["", "GZIP"] = ""


class Listed(msgspec.Struct, frozen=True):
    """The settlement reports of a window, the first made first. at: when Amazon began to list them."""

    reports: tuple[Made, ...]
    at: datetime


class Fetched:
    """A report's file: a ``SourceFile``."""

    def __init__(self, path: Path, charset: str) -> None:
        self.path, self.name, self.charset, self.size = path, path.name, charset, path.stat().st_size

    def open(self) -> BinaryIO:
        return self.path.open("rb")

    def page(self, report: Made, cursor: bytes = b"", *, is_last: bool = False) -> FilePage:
        return FilePage(str(self.path), "report", report.report_id, report.created_time, self.charset, cursor, is_last)


def listed(client: Client, since: datetime, until: datetime, now: datetime) -> Listed:
    """Every settlement report that was made in the span: of all marketplaces of the account, which narrow nothing.

    Network: a call for each hundred. A list is read on by its token alone. Raises: as ``Client.get``.
    """
    first = max(since, now - timedelta(days=REACH_DAYS))
    query: Mapping[str, str] = {
        "reportTypes": SETTLEMENT,
        "createdSince": text_of(first),
        "createdUntil": text_of(until + timedelta(seconds=1)),
        "pageSize": "100",
    }
    found: dict[str, Made] = {}
    began_at: datetime | None = None
    while query:
        answer = client.get(REPORTS, **query)
        page = client.decoded(answer, _List)
        began_at = began_at or answer.at
        found |= {report.report_id: report for report in page.reports}
        query = {"nextToken": page.next_token} if page.next_token else {}
    within = [one for one in found.values() if one.report_type == SETTLEMENT and since <= one.created_time < until]
    within.sort(key=lambda one: (one.created_time, one.report_id))
    return Listed(tuple(within), began_at or now)


def found(client: Client, report_id: str) -> Made | datetime:
    """A report by its id; when Amazon said that there is none. Raises: as ``Client.get``."""
    answer = client.find(REPORT, report_id)
    return answer if isinstance(answer, datetime) else client.decoded(answer, Made)


def fetched(client: Client, report: Made, folder: Path, most_megabytes: int) -> Fetched:
    """The file of a report that is done, unpacked, in the place of what the folder held before.

    Of one that is larger than is read, no more is fetched than it takes to say so. Raises: as ``Client.download``.
    """
    for former in folder.iterdir():
        former.unlink()
    document = client.decoded(client.get(DOCUMENT, report.report_document_id), _Document)
    path, most = folder / f"report {_UNSAFE.sub('-', report.report_id)}.txt", (most_megabytes + 1) * _MEGABYTE
    is_packed = document.compression_algorithm == "GZIP"
    came = path.with_suffix(".gz") if is_packed else path
    with came.open("wb") as file:
        charset = client.download(document.url, file, most)
    if is_packed:
        _unpack(client, came, path, most)
    return Fetched(path, charset)


def _unpack(client: Client, packed: Path, path: Path, most: int) -> None:
    try:
        with path.open("wb") as file:
            for chunk in _chunks(packed, most):
                file.write(chunk)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise UnavailableError(client.thing, "the file of a report came cut off or damaged") from error
    packed.unlink()


def _chunks(packed: Path, most: int) -> Iterator[bytes]:
    came = 0
    with gzip.open(packed) as stream:
        while came <= most and (chunk := stream.read(_CHUNK)):
            yield chunk
            came += len(chunk)
