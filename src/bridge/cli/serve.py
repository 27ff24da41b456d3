"""``bridge serve``: the pages and a worker, in one command. ``bridge web``: the pages alone."""

from __future__ import annotations

import getpass
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, nullcontext, suppress
from typing import TYPE_CHECKING, Final

import click

from bridge import log
from bridge.cli.context import Setup, with_setup
from bridge.cli.output import Exit, say
from bridge.clock import Clock
from bridge.errors import BridgeError, MovedError

if TYPE_CHECKING:
    from bridge.app import House

_SHORTEST, _LONGEST = 1.0, 60.0
_LEAVES_SECONDS: Final = 40
"""A worker says goodbye within half a minute."""


@click.command()
@with_setup
def serve(setup: Setup) -> int:
    """Serve the pages and let a worker do what routes ask for, until SIGTERM or Ctrl-C.

    Brings the database up to date first. Where no public_url is set, the pages are for this machine alone, and a link
    that signs its owner in is printed. It ends with 5 once the file of its database was moved or replaced: whatever
    started it is to start it again.
    """
    with _told_to_end():
        _serve(setup, has_worker=True)
    return Exit.OK


@click.command()
@with_setup
def web(setup: Setup) -> int:
    """Serve the pages alone, until SIGTERM or Ctrl-C: on PostgreSQL, beside as many others and workers as wanted."""
    with _told_to_end():
        _serve(setup, has_worker=False)
    return Exit.OK


def _serve(setup: Setup, *, has_worker: bool) -> None:
    from bridge.app import check_not_lost
    from bridge.web import serving  # with all that serves
    from bridge.web.doors import Doors, LoggedRequests
    from bridge.web.front import front_of
    from bridge.web.pages.sign_in import link_way
    from bridge.web.site import site

    settings = setup.settings()
    if has_worker:
        check_not_lost(settings, setup.clock)
    url = front_of(settings).url
    with closing(serving.listening(settings)) as door, setup.house(settings, is_new=has_worker) as house:
        house.uploads.sweep(setup.clock.now())  # what was there when pages ended
        doors = Doors(house)
        made = LoggedRequests(site(house, doors=doors.routes))
        say(f"bridge is at {url}/", is_literal=True)
        if not settings.public_url:
            office = house.office(settings.organisation)
            secret = house.entrance.link(office.members.owner(_name()).person_id)
            say(f"Sign in by {url}{link_way(secret)} (good once, for 15 minutes)", is_literal=True)
        say("Ctrl-C stops it.")
        with _worker(setup, house) if has_worker else nullcontext():
            serving.serve(made, settings, door, look=lambda: _look(house))
        doors.close()


def _look(house: House) -> None:
    """Raises: MovedError once the database's file is another one; all else is told to who asks."""
    if house.is_file:
        try:
            house.check()
        except MovedError:
            raise
        except BridgeError:
            pass


@contextmanager
def _worker(setup: Setup, house: House) -> Iterator[None]:
    """Within, a worker is at work: begun anew when it dies, later each time it lives short."""
    keeper = _Keeper([sys.executable, "-m", "bridge", *setup.words, "worker", "--until-eof"], setup.clock, house)
    keeper.start()
    try:
        yield
    finally:
        keeper.end()


class _Keeper(threading.Thread):
    """Keeps one process alive. However this one ends, the other's standard input does too, and with it the other."""

    def __init__(self, command: list[str], clock: Clock, house: House) -> None:
        super().__init__(name="keeper", daemon=True)
        self._command, self._clock, self._house = command, clock, house
        self._ending, self._process = threading.Event(), self._begun(command)

    def run(self) -> None:
        wait = _SHORTEST
        while not self._ending.is_set():
            begun = self._clock.now()
            code = self._process.wait()
            lived = (self._clock.now() - begun).total_seconds()
            wait = _SHORTEST if lived >= _LONGEST else wait
            if self._ending.is_set():
                return
            log.get("serve").error("worker ended", code=code, lived_seconds=round(lived), again_in_seconds=wait)
            if self._ending.wait(wait) or self._is_over():
                return
            wait = min(2 * wait, _LONGEST)
            self._close()
            self._process = self._begun(self._command)

    def end(self) -> None:
        """Let it end what it does, and see it gone."""
        self._ending.set()
        self._process.terminate()
        try:
            self._process.wait(_LEAVES_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
        self.join()
        self._close()

    def _is_over(self) -> bool:
        """Whether pages end too: nobody is to begin beside them with another file."""
        try:
            _look(self._house)
        except MovedError:
            return True
        return False

    def _close(self) -> None:
        if self._process.stdin:
            self._process.stdin.close()

    def _begun(self, command: list[str]) -> subprocess.Popen[bytes]:
        with suppress(BridgeError):  # it is said for those who look meanwhile, and nothing hangs on it
            self._house.expect_worker()
        # Of a session of its own: Ctrl-C is for this process, which then tells the other.
        return subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True)  # noqa: S603


@contextmanager
def _told_to_end() -> Iterator[None]:
    """Within, SIGTERM and Ctrl-C end this process well, at any moment; who serves ends that first and says so again."""
    before = {one: signal.signal(one, lambda *_: sys.exit(Exit.OK)) for one in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)


def _name() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "owner"
