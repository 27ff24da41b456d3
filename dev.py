#!/usr/bin/env python3
"""Everything a developer does with this repository, from a bare Python on.

    python3 dev.py demo           run the demo
    python3 dev.py test [ARGS]    run the tests; ARGS go to pytest. The same each time, unless the first is --random:
                                  then properties try new examples, --random=SEED those of that run again
    python3 dev.py pictures [FOLDER]  take pictures of every page into FOLDER (build/pictures), and the README's of them
    python3 dev.py check          format, lint, types, import contracts, declared dependencies
    python3 dev.py bench [NAME [ARGS]]  run every benchmark, or the one of that name; ARGS go to it
    python3 dev.py run ARGS       run `bridge ARGS`
    python3 dev.py install FOLDER [PLUGIN...]  install bridge as a deployment runs it, of what the lock names: without
                                  tests, nothing editable; every plugin but sandboxes, and those named here
    python3 dev.py lock [ARGS]    renew requirements.lock; ARGS go to `uv pip compile`, such as --upgrade

Each command but `install` first makes `.venv`, or brings it up to date: what `requirements.lock` names, checked by
hash, then bridge and every plugin in `plugins/`, editable. With nothing changed that costs nothing and needs no
network. Only the standard library is used here, so that this file runs before anything is installed.
"""

from __future__ import annotations

import fcntl
import hashlib
import importlib.util
import os
import re
import secrets
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

ROOT = Path(__file__).resolve().parent
LOCK = ROOT / "requirements.lock"
TOOLS = ROOT / ".tools"
VENV = ROOT / ".venv"
BIN = VENV / "bin"
PYTHON = BIN / "python"
STAMP = VENV / ".bridge-ready"  # what the last finished set-up was made of
UNFINISHED = VENV / ".bridge-unfinished"  # present while packages move: a killed set-up leaves it
BASE_PYTHON = getattr(sys, "_base_executable", sys.executable)  # not that of a .venv we may remove
PICTURED = "review_route.png"  # of these pictures the README shows one
QUIET_PIP = ("--quiet", "--disable-pip-version-check", "--no-input")

if TYPE_CHECKING:
    Command = Sequence[str | Path]


class DevError(Exception):
    """Something a person must mend; says what, and the next step."""


class CommandError(Exception):
    """A command of the set-up failed; carries the end of what it said."""


def main(argv: Sequence[str]) -> int:
    known: list[Callable[[Sequence[str]], int]] = [demo, test, pictures, check, bench, run, install, lock]
    commands = {command.__name__: command for command in known}
    if not argv or argv[0] not in commands:
        asked_for_help = argv[:1] in (["help"], ["-h"], ["--help"])
        print(__doc__, file=sys.stdout if asked_for_help else sys.stderr)
        return 0 if asked_for_help else 2
    # Hundreds of processes begin in a test run: unless what is compiled is kept, each compiles all that it imports.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    try:
        if argv[0] != install.__name__:
            set_up()
        return commands[argv[0]](argv[1:])
    except DevError as error:
        say(str(error))
        return 1
    except KeyboardInterrupt:
        return 130


# What each command does


def demo(arguments: Sequence[str]) -> int:
    return run(["demo", *arguments])


def run(arguments: Sequence[str]) -> int:
    return subprocess.call([BIN / "bridge", *arguments])


def test(arguments: Sequence[str]) -> int:
    bring_browser()
    workers = (os.cpu_count() or 1) + 1  # a third of their time tests wait for a process or a server
    pytest: Command = [PYTHON, "-m", "pytest", "-n", str(workers), "--dist", "worksteal"]
    return subprocess.call([*pytest, *with_seed(arguments)], cwd=ROOT)


def bring_browser() -> None:
    """Where this system has none. If none is to be had that is said, and the tests that need one fail."""
    subprocess.call([PYTHON, "-m", "tests.web.chromium"], cwd=ROOT)


def pictures(arguments: Sequence[str]) -> int:
    folder = Path(arguments[0] if arguments else ROOT / "build" / "pictures").absolute()
    bring_browser()
    taking: Command = [PYTHON, "-m", "pytest", "-q", "tests/web/test_browser.py", "--pictures", folder]
    code = subprocess.call(taking, cwd=ROOT)
    if code == 0:
        shown = ROOT / "docs" / "pictures" / "review.png"
        shown.parent.mkdir(exist_ok=True)
        shutil.copyfile(folder / PICTURED, shown)
    return code


def with_seed(arguments: Sequence[str]) -> list[str]:
    """What pytest is told. A random run names its seed first, so that whatever it finds can be had again."""
    word, _, seed = arguments[0].partition("=") if arguments else ("", "", "")
    if word != "--random":
        return list(arguments)
    seed = seed or str(secrets.randbelow(1_000_000))
    say(f"random examples; the same again: python3 dev.py {shlex.join(['test', f'--random={seed}', *arguments[1:]])}")
    return ["--hypothesis-profile=random", f"--hypothesis-seed={seed}", *arguments[1:]]


def check(_: Sequence[str]) -> int:
    """Run every check, also after one failed: a person wants to see them all."""
    checks: list[tuple[str, Path, Command]] = [
        ("ruff format", ROOT, [BIN / "ruff", "format", "--check", "."]),
        ("ruff", ROOT, [BIN / "ruff", "check", "."]),
        ("mypy", ROOT, [PYTHON, "-m", "mypy"]),
        ("import contracts", ROOT, [BIN / "lint-imports", "--no-cache", "--no-logo"]),
    ]
    checks += [(f"deptry {name_of(where)}", where, [BIN / "deptry", "src"]) for where in distributions()]
    failed = [name for name, where, command in checks if not passes(name, where, command)]
    return summary(f"{len(checks)} checks", failed)


def passes(name: str, where: Path, command: Command) -> bool:
    started = time.monotonic()
    done = captured(command, where)
    took = f"{time.monotonic() - started:.1f} s"
    say(f"{name}: {'ok' if done.returncode == 0 else 'failed'}, {took}")
    if done.returncode != 0:
        print(done.stdout, flush=True)
    return done.returncode == 0


def bench(arguments: Sequence[str]) -> int:
    programs = sorted((ROOT / "benchmarks").glob(f"bench_{arguments[0] if arguments else '*'}.py"))
    if not programs:
        known = ", ".join(sorted(found.stem.removeprefix("bench_") for found in ROOT.glob("benchmarks/bench_*.py")))
        raise DevError(f"there is no benchmark {arguments[0]!r}; there are {known}")
    failed = []
    for program in programs:
        say(program.stem)
        if subprocess.call([PYTHON, program, *arguments[1:]], cwd=ROOT) != 0:
            failed.append(program.stem)
    return summary(f"{len(programs)} benchmarks", failed)


def summary(what: str, failed: Sequence[str]) -> int:
    say(f"{what}, failed: {', '.join(failed) or 'none'}")
    return 1 if failed else 0


def lock(arguments: Sequence[str]) -> int:
    """Renew the lock from the pyprojects: for every Python and platform, naming no index and no path."""
    wanted = [where / "pyproject.toml" for where in distributions()]
    ours = [flag for where in distributions() for flag in ("--no-emit-package", name_of(where))]
    shape = ["--universal", "--python-version", "3.11", "--generate-hashes", "--group", "dev", "--all-extras"]
    quiet = ["--quiet", "--no-annotate", "--no-header", "--no-emit-index-url", "--no-emit-find-links"]
    compiling: Command = [BIN / "uv", "pip", "compile", *shape, *quiet, *ours, "--output-file", LOCK]
    return subprocess.call([*compiling, *arguments, *wanted], cwd=ROOT)


def install(arguments: Sequence[str]) -> int:
    """An environment at a place of its own: an update goes beside the one before, which stays to go back to.

    Bytecode is made at once, for a deployment may not be able to write there.
    """
    if not arguments:
        raise DevError("say into which folder: python3 dev.py install /opt/bridge/0.1.0")
    folder, *named = arguments
    known = {where.name: where for where in distributions()[1:]}
    if lacking := [name for name in named if name not in known]:
        raise DevError(f"there is no plugin {lacking[0]!r}; there are {', '.join(known)}")
    uv = find_uv()
    if uv is None:
        raise DevError("cannot install without uv: install it, or Python's pip, which brings it")
    wanted = [ROOT, *(where for name, where in known.items() if name in named or not name.endswith("-sandbox"))]
    attempt([[uv, "venv", "--quiet", "--allow-existing", "--python", BASE_PYTHON, folder]], "cannot make the folder")
    locked: Command = ["--constraints", LOCK, "--build-constraints", LOCK, "--verify-hashes", "--compile-bytecode"]
    installing: Command = [uv, "pip", "install", "--quiet", "--python", Path(folder, "bin", "python"), *locked]
    attempt([[*installing, *wanted]], "cannot install; mend what is said above, then run this again")
    say(f"installed: {Path(folder, 'bin', 'bridge')}")
    if shut := shut_folder(BASE_PYTHON):
        say(f"it runs for the owner of {shut} alone, where this Python is: for a service take the system's python3")
    return 0


def shut_folder(program: str) -> Path | None:
    """The first folder on the way to a program that nobody but its owner may enter."""
    return next((one for one in reversed(Path(program).resolve().parents) if not one.stat().st_mode & 0o001), None)


# The environment


def set_up() -> None:
    """Make `.venv` what the lock and the pyprojects say.

    Twice:  a finished set-up leaves a stamp; while it holds, nothing is done.
    Killed: a mark stays where packages may be half there, and the next run starts from an empty `.venv`.
    """
    if sys.version_info < (3, 11):  # noqa: UP036 - this file may be the first thing an old Python meets
        raise DevError(f"bridge needs Python 3.11 or newer; this is {sys.version.split()[0]}: {sys.executable}")
    if is_ready():
        return
    with alone():
        if is_ready():  # somebody else made it while we waited
            return
        uv = find_uv()
        if not is_usable():
            make_venv(uv)
        STAMP.unlink(missing_ok=True)
        UNFINISHED.touch()
        say("installing requirements.lock (the first time takes a few minutes)")
        install_by(uv, ["--require-hashes", "--no-deps", "-r", LOCK])
        say("installing bridge and its plugins, editable")
        editable = [part for where in distributions() for part in ("-e", str(where))]
        install_by(uv, ["--no-deps", "--no-build-isolation", *editable])
        STAMP.write_text(fingerprint())
        UNFINISHED.unlink()


def is_ready() -> bool:
    return PYTHON.exists() and STAMP.exists() and STAMP.read_text() == fingerprint()


def fingerprint() -> str:
    """What the environment is made of: this place, its Python, the lock, the distributions."""
    parts = [LOCK, VENV / "pyvenv.cfg", *(where / "pyproject.toml" for where in distributions())]
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part.read_bytes() if part.exists() else b"absent")
    return f"{ROOT}\n{digest.hexdigest()}\n"


def is_usable() -> bool:
    """Whether `.venv` is worth keeping: whole, made here, of a Python that runs and is new enough."""
    if not PYTHON.exists() or UNFINISHED.exists():
        return False
    if STAMP.exists() and STAMP.read_text().splitlines()[:1] != [str(ROOT)]:
        return False  # copied from elsewhere: its scripts start the Python of that place
    probe = "import sys; sys.exit(sys.version_info < (3, 11))"
    return captured([PYTHON, "-c", probe]).returncode == 0


def make_venv(uv: Path | None) -> None:
    if VENV.exists():
        say("removing .venv: it is unfinished, broken, or not from here")
        shutil.rmtree(VENV)
    say("making .venv")
    ways: list[Command] = [[BASE_PYTHON, "-m", "venv", VENV]]
    if uv:
        ways.insert(0, [uv, "venv", "--quiet", "--python", BASE_PYTHON, VENV])
    attempt(ways, "cannot make .venv: install uv, or Python's venv module (Debian: apt install python3-venv)")


def install_by(uv: Path | None, arguments: Command) -> None:
    """Install by uv, else by pip.

    uv does not read pip's configuration: a package index that is named only there is reached by pip alone.
    """
    ways: list[Command] = []
    if uv:
        ways.append([uv, "pip", "install", "--quiet", "--python", PYTHON, *arguments])
    if any(VENV.glob("lib/python3*/site-packages/pip")):
        ways.append([PYTHON, "-m", "pip", "install", *QUIET_PIP, *arguments])
    elif importlib.util.find_spec("pip"):
        ways.append([sys.executable, "-m", "pip", "--python", PYTHON, "install", *QUIET_PIP, *arguments])
    try:
        attempt(ways, "cannot install; mend what is said above (is a package index reached?), then run this again")
    except DevError:
        UNFINISHED.unlink(missing_ok=True)  # refused before anything moved: keep what works
        raise


def find_uv() -> Path | None:
    """The uv on the PATH or in `.tools`, where pip can put the locked one without a virtual environment."""
    found = shutil.which("uv", path=f"{os.environ.get('PATH', os.defpath)}:{TOOLS / 'bin'}")
    if found or not importlib.util.find_spec("pip"):
        return Path(found) if found else None
    pins = re.findall(r"^uv==(?:.*\\\n)*.*\n", LOCK.read_text(), flags=re.MULTILINE)
    say("fetching uv into .tools")
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as wanted:
        wanted.writelines(pins)
        wanted.flush()
        options = (*QUIET_PIP, "--require-hashes", "--no-deps", "--upgrade", "--target", TOOLS)
        try:
            call([sys.executable, "-m", "pip", "install", *options, "-r", wanted.name])
        except CommandError:
            say("no uv to be had: going on with venv and pip")
            return None
    return TOOLS / "bin" / "uv"


@contextmanager
def alone() -> Iterator[None]:
    """One set-up at a time; the kernel lets go of the lock when its holder dies."""
    with (ROOT / "pyproject.toml").open("rb") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("waiting for another set-up of this folder")
            fcntl.flock(held, fcntl.LOCK_EX)
        yield


def distributions() -> list[Path]:
    """The folders that hold a distribution: the host, then the plugins."""
    return [ROOT, *sorted(found.parent for found in (ROOT / "plugins").glob("*/pyproject.toml"))]


def name_of(where: Path) -> str:
    import tomllib  # not at the top: an older Python must get as far as our own message

    return str(tomllib.loads((where / "pyproject.toml").read_text())["project"]["name"])


# Running commands


def attempt(ways: Sequence[Command], otherwise: str) -> None:
    """Try one way after another; the first that works is enough."""
    said = "neither uv nor pip is here"
    for number, way in enumerate(ways, start=1):
        try:
            return call(way)
        except CommandError as error:
            said = str(error)
            if number < len(ways):
                say(f"{Path(way[0]).name} could not, trying {Path(ways[number][0]).name}")
    raise DevError(f"{said}\ndev.py: {otherwise}")


def call(command: Command) -> None:
    done = captured(command)
    if done.returncode != 0:
        raise CommandError("\n".join(done.stdout.strip().splitlines()[-12:]))


def captured(command: Command, where: Path = ROOT) -> subprocess.CompletedProcess[str]:
    out, err, none = subprocess.PIPE, subprocess.STDOUT, subprocess.DEVNULL
    return subprocess.run(command, check=False, cwd=where, stdin=none, stdout=out, stderr=err, text=True)


def say(text: str) -> None:
    print(f"dev.py: {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
