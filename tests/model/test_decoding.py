"""Types are made ready by one thread at a time: msgspec itself ends the process where two meet."""

from __future__ import annotations

import subprocess
import sys

import msgspec
import pytest

from bridge.decoding import converted, from_json, from_msgpack, json_decoder, msgpack_decoder

TOGETHER = """
import sys, threading, msgspec
from bridge.decoding import converted, from_json, from_msgpack, json_decoder

TYPES = '''
class Leaf(msgspec.Struct):
    number: int

class Branch(msgspec.Struct):
    leaves: "list[Leaf]"
    named: "dict[str, Leaf] | None" = None

class Tree(msgspec.Struct):
    branches: "list[Branch]"
    trees: "list[Tree]" = []
'''
PLAIN = {"branches": [{"leaves": [{"number": 1}], "named": {"a": {"number": 2}}}], "trees": [{"branches": []}]}
JSON, PACKED = msgspec.json.encode(PLAIN), msgspec.msgpack.encode(PLAIN)
WAYS = (
    lambda kind: from_json(JSON, kind),
    lambda kind: from_msgpack(PACKED, kind),
    lambda kind: converted(PLAIN, kind),
    lambda kind: json_decoder(list[kind]).decode(b"[" + JSON + b"]")[0],
)
sys.setswitchinterval(1e-6)
module, wrong = sys.modules["__main__"], []
for _ in range(60):
    exec(TYPES, vars(module))
    kind, start = module.Tree, threading.Barrier(8)

    def read(way):
        start.wait()
        found = way(kind)
        if found.branches[0].named["a"].number != 2:
            wrong.append(found)

    threads = [threading.Thread(target=read, args=(WAYS[number % 4],)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
assert not wrong, wrong
"""


def test_threads_that_use_a_type_first_at_the_same_moment_all_read_it() -> None:
    """In a process of its own, which would be gone."""
    ended = subprocess.run([sys.executable, "-c", TOGETHER], capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (0, "")


class Sold(msgspec.Struct):
    number: int


@pytest.mark.parametrize("raw", [b'{"number": "1"}', "{}", b"["])
def test_what_is_another_type_is_refused_as_msgspec_refuses_it(raw: bytes | str) -> None:
    with pytest.raises(msgspec.DecodeError):
        from_json(raw, Sold)
    with pytest.raises(msgspec.DecodeError):
        from_msgpack(b"\x81", Sold)
    with pytest.raises(msgspec.ValidationError):
        converted({"number": "1"}, Sold)
    assert converted({"number": "1"}, Sold, is_strict=False) == Sold(1)


def test_a_type_is_made_ready_once() -> None:
    assert json_decoder(list[Sold]) is json_decoder(list[Sold])
    assert msgpack_decoder(Sold) is msgpack_decoder(Sold)
