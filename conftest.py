"""What every test of the repository gets, the host's and the plugins' alike."""

import gc
import os
import shutil
import sys
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, settings

pytest_plugins = ["tests.postgres", "tests.fakes.stores", "tests.fakes.logs", "tests.web.browser"]

# The same examples each time, on any machine: what is new is tried by `dev.py test --random`.
settings.register_profile(
    "fixed",
    deadline=None,
    max_examples=60,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize=True,
    database=None,
)
settings.register_profile("random", settings.get_profile("fixed"), derandomize=False)
settings.load_profile("fixed")

_MEMORY = Path("/dev/shm")  # noqa: S108 - below it pytest makes a folder of its own
_ENOUGH_BYTES = 4 << 30
_THINGS_BETWEEN_LOOKS = 20_000


def pytest_configure() -> None:
    """Keep what takes long to make again, and let temporary files lie in memory.

    Bytecode is kept whatever the environment says, out of git's sight: else each worker rewrites the asserts of every
    test anew, and each process that a test starts compiles all it imports.
    """
    sys.dont_write_bytecode = False
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    _put_temporary_files_into_memory()


def _put_temporary_files_into_memory() -> None:
    """Where there is room: databases, and files that are on the disk before anything is sent, then wait for none."""
    if _MEMORY.is_dir() and os.access(_MEMORY, os.W_OK):
        takes_programs = not os.statvfs(_MEMORY).f_flag & os.ST_NOEXEC
        if takes_programs and shutil.disk_usage(_MEMORY).free > _ENOUGH_BYTES:
            os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(_MEMORY))
            os.environ.setdefault("TMPDIR", str(_MEMORY))
            tempfile.tempdir = None  # somebody may have asked before


def pytest_collection_finish() -> None:
    """Spare the collector of garbage what stays until the end: thousands of tests and all that they import.

    What a test leaves is small: to look after every 700 new things, as Python does, takes a part of the whole time.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_THINGS_BETWEEN_LOOKS, 50, 1_000)
