"""What every command starts from: settings, plugins, and the wired application, each made when first asked for.

Each is imported then too: a command that asks for none starts at once.
"""

from __future__ import annotations

import getpass
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import cache, update_wrapper
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar

import click

from bridge import log
from bridge.cli.told_clock import ToldClock
from bridge.clock import SystemClock
from bridge.errors import ConfigError

if TYPE_CHECKING:
    from bridge.app import App, House
    from bridge.host.registry import Registry
    from bridge.settings import Settings
    from bridge.work.worker.running import Worker


class Group(click.Group):
    """Commands below a command; of each the whole first sentence is listed, and nothing is cut off."""

    def format_commands(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        listed = [(name, self.commands[name].get_short_help_str(_WHOLE)) for name in self.list_commands(context)]
        with formatter.section("Commands"):
            formatter.write_dl(listed)


_WHOLE = 1_000
P = ParamSpec("P")
R = TypeVar("R")
DEFAULT_FILE = Path("bridge.toml")


class Setup:
    """One run of the command line."""

    def __init__(
        self,
        config: Path | None,
        environment: Mapping[str, str],
        log_level: str = "",
        *,
        organisation: str = "",
        reason: str = "",
        command: str = "",
    ) -> None:
        self.clock = ToldClock(SystemClock())
        self._config, self.environment, self._log_level = config, environment, log_level
        self._organisation, self._reason, self._command = organisation, reason, command
        self._is_support = False
        self.registry: Callable[[], Registry] = cache(_plugins)

    @property
    def actor(self) -> str:
        """Whom the audit log names: the person logged in at this machine, through the command line.

        In the books of a tenant: as the operator that they are there.
        """
        how = "operator" if self._is_support else "cli"
        try:
            return f"{how}:{getpass.getuser()}"
        except (KeyError, OSError):
            return how

    @property
    def config_file(self) -> Path | None:
        """The settings file of this run; None when there is none."""
        if self._config is not None:
            return self._config
        return DEFAULT_FILE if DEFAULT_FILE.exists() else None

    def settings(self) -> Settings:
        """The settings of this run; those without a file where there is none. Logging follows them from here on."""
        from bridge.settings import load_settings  # with all that checks them

        told = {"organisation": self._organisation} if self._organisation else {}
        settings = load_settings(self.config_file, self.environment, **told)
        log.configure(level=self._log_level or settings.log_level, as_json=settings.log_json)
        return settings

    @contextmanager
    def app(self, *, is_new: bool = False) -> Iterator[App]:
        """The wired application; what is decided within is on the board at the end.

        is_new: bring the database's schema up to date first (``apply`` does). Raises: ConfigError when there is
        no settings file, so that no command ever makes an empty database in a wrong folder.
        """
        self._check_there()
        from bridge.app import open_app  # with the database and every service

        with open_app(self.settings(), self.clock, self.registry(), is_new=is_new) as app:
            if app.has_tables():
                self._look_in(app)
            _tell_of_a_jump(app)
            _tell_of_a_stop(app)
            with app.on_the_board(self.actor):
                yield app

    @contextmanager
    def operated(self, *, is_new: bool = False) -> Iterator[House]:
        """All organisations of the database, for whoever operates it: its actor. is_new, raises: as ``app``."""
        self._check_there()
        self._is_support = True
        from bridge.app import open_house  # as above

        with open_house(self.settings(), self.clock, self.registry(), is_new=is_new) as house:
            yield house

    def _check_there(self) -> None:
        if self.config_file is None and "BRIDGE_DATABASE_URL" not in self.environment:
            raise ConfigError(
                str(DEFAULT_FILE),
                "there is no such file here",
                "Go to the folder that has it, name it with --config, or make one with `bridge init`",
                code="config.no_file",
            )

    def _look_in(self, app: App) -> None:
        """Whoever opens a tenant's books by a command is an operator there: its audit log says so, and why.

        Raises: ConfigError ``organisation.unknown``, ``organisation.leaving``, ``organisation.reason``.
        """
        name = app.settings.organisation
        with app.store.reading() as unit:
            known = unit.organisations.get(name)
        if known.leaving_at is not None:
            raise ConfigError(
                f"organisation {name}",
                "is being erased",
                f"To end that: `bridge organisations erase {name}`",
                code="organisation.leaving",
            )
        if not known.is_tenant:
            return
        if not self._reason:
            raise ConfigError(
                f"organisation {name}",
                "is somebody else's, who sees in the audit log that you look in, and why",
                'Say it: `bridge --reason "..." COMMAND`',
                code="organisation.reason",
            )
        self._is_support = True
        from bridge.host.organisations import looked_in

        looked_in(app.store, actor=self.actor, reason=self._reason, what=self._command)

    @contextmanager
    def worker(self, hands: int) -> Iterator[Worker]:
        """A worker of so many turns at a time. It says in its log what it does, also where others say less."""
        with self.app():
            pass  # with all that it says of the books
        from bridge.app import open_house, open_worker  # as above

        settings = self.settings()
        level = self._log_level or ("info" if settings.log_level == "warning" else settings.log_level)
        log.configure(level=level, as_json=settings.log_json)
        with ExitStack() as stack:
            worker = stack.enter_context(open_worker(settings, self.clock, self.registry(), hands))
            if settings.health_address:
                from bridge.web.doors import listening  # with what answers requests

                house = stack.enter_context(open_house(settings, self.clock, self.registry()))
                stack.enter_context(listening(settings.health_address, house))
            yield worker

    @contextmanager
    def house(self, settings: Settings, *, is_new: bool = False) -> Iterator[House]:
        """All organisations of the database. is_new: as for ``app``."""
        with self.app(is_new=is_new):
            pass  # with all that it says of the books
        from bridge.app import open_house  # as above

        with open_house(settings, self.clock, self.registry()) as house:
            yield house

    @property
    def words(self) -> tuple[str, ...]:
        """What another run of the command line is told so that it starts from the same."""
        file = self.config_file
        level = {"info": ("-v",), "debug": ("-vv",)}.get(self._log_level, ())
        return (*(("--config", str(file)) if file else ()), *level)

    @contextmanager
    def rehearsal(self) -> Iterator[App]:
        """The application over the database as it stands; over an empty one of its own where there is none yet.

        Neither makes nor changes a database of the merchant's.
        """
        from pydantic import SecretStr  # as above

        from bridge.app import open_app

        with ExitStack() as stack:
            app = stack.enter_context(self.app())
            if not app.has_tables():
                folder = stack.enter_context(TemporaryDirectory())
                empty = {"database_url": SecretStr(f"sqlite:///{folder}/rehearsal.db")}
                settings = self.settings().model_copy(update=empty)
                app = stack.enter_context(open_app(settings, self.clock, self.registry(), is_new=True))
            yield app


def _plugins() -> Registry:
    from bridge.host.loader import load  # with what guards them

    return load()


def _tell_of_a_jump(app: App) -> None:
    """Say on standard error when the time since the last run is odd."""
    from bridge.cli.output import err  # as above

    if jump := app.jump():
        err.print(f"[bold yellow]clock.jump[/] this machine's clock: {jump}", soft_wrap=True)
        err.print(
            "  next: Nothing, if that is so; else set the clock right before anything is sent: see `bridge clock`.",
            soft_wrap=True,
        )


def _tell_of_a_stop(app: App) -> None:
    """Say on standard error that a person stopped what goes to ledgers."""
    from bridge.cli.output import err  # as above
    from bridge.model.pauses import Scope

    for pause in app.pausing.stopped() if app.has_tables() else ():
        what = f"to ledgers of {pause.subject}" if pause.subject else "to any ledger"
        for_all = ", for any organisation" if pause.is_everywhere else ""
        is_all = pause.scope is Scope.ORGANISATION
        words = "nothing is done" if is_all else f"nothing goes {what}{for_all}"
        err.print(f"[bold red]paused.{pause.scope}[/] {words}: ", soft_wrap=True, end="")
        err.print(pause.words, soft_wrap=True, markup=False)
        err.print(f"  next: {pause.next_step}", soft_wrap=True, markup=False)


def with_setup(command: Callable[Concatenate[Setup, P], R]) -> Callable[P, R]:
    """Give a command the run's ``Setup`` as its first argument."""

    def call(*arguments: Any, **options: Any) -> R:
        return command(click.get_current_context().find_object(Setup), *arguments, **options)  # type: ignore[arg-type]

    return update_wrapper(call, command)
