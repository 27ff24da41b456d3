"""What msgspec makes of a type when it is first read, two threads may make at the same instant.

With msgspec before 0.23 a process ended by signal 11: the one read by what the other had half made. Hands of a worker,
and people before the same pages, read at the same instant.
"""

from __future__ import annotations

import subprocess
import sys
import threading
from types import ModuleType

import msgspec

_CLASSES, _WORLDS = 30, 60
_FIELDS = "".join(f"    f{number}: tuple[NEXT, ...] | None = None\n" for number in range(6))


def test_a_type_may_be_read_for_the_first_time_by_two_threads_at_once() -> None:
    done = subprocess.run([sys.executable, __file__], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def _world(number: int) -> ModuleType:
    """Types that nobody read yet."""
    made = sys.modules[f"world{number}"] = ModuleType(f"world{number}")
    text = "from __future__ import annotations\nimport msgspec\n"
    for place in range(_CLASSES):
        after = f"S{place + 1}" if place + 1 < _CLASSES else "int"
        text += f"class S{place}(msgspec.Struct, frozen=True):\n{_FIELDS.replace('NEXT', after)}"
    exec(compile(text, made.__name__, "exec"), made.__dict__)  # noqa: S102 - our own text
    return made


def _main() -> None:
    sys.setswitchinterval(1e-6)
    for number in range(_WORLDS):
        world, start = _world(number), threading.Barrier(2)

        def read(kind: type = world.S0, start: threading.Barrier = start) -> None:
            start.wait()
            msgspec.json.decode(b'{"f0":[{"f0":[{"f1":[]}]}]}', type=kind)

        threads = [threading.Thread(target=read) for _ in range(2)]
        for one in threads:
            one.start()
        for one in threads:
            one.join()


if __name__ == "__main__":
    _main()
