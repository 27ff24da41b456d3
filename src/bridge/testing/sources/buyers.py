"""Checks that nothing of a buyer leaves the channel's file: not into lines, not into payloads, not into errors."""

from __future__ import annotations

from collections.abc import Iterator

from bridge.testing.plugin import needs
from bridge.testing.sources.damage import DamageChecks
from bridge.testing.sources.reading import texts
from bridge.testing.verdict import none_of


class BuyerChecks(DamageChecks):
    """What belongs to buyers stays with the channel."""

    @needs("buyer_markers")
    def test_nothing_of_a_buyer_is_kept(self) -> None:
        none_of(self._kept())

    @needs("buyer_markers")
    def test_no_error_tells_of_a_buyer(self) -> None:
        none_of(
            f"{how}: the error {error.code} tells {marker!r}"
            for how, error in self.refusals()
            for marker in self.buyer_markers()
            if marker.casefold() in f"{error}".casefold()
        )

    def _kept(self) -> Iterator[str]:
        contents = [file.content.decode("utf-8", "replace").casefold() for file in self.samples()]
        for marker in self.buyer_markers():
            if not any(marker.casefold() in content for content in contents):
                yield f"the marker {marker!r} stands in no sample, so nothing is proved by it"
        for file, content, reading in zip(self.samples(), contents, self.readings(), strict=True):
            held = [marker for marker in self.buyer_markers() if marker.casefold() in content]
            for document in reading.documents if held else ():
                if not document.start.payload:
                    yield f"{document.name}: has no payload, so its file would be kept whole, {held[0]!r} and all"
            for part in reading.parts:
                found = "\n".join(texts(part)).casefold()
                yield from (
                    f"{file.name}: a {type(part).__name__} holds {marker!r}"
                    for marker in held
                    if marker.casefold() in found
                )
