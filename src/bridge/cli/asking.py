"""Questions to a person, or to a script: each has a name, and is answered by an option, a pipe, or at the terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Mapping, Sequence

import click
from rich.markup import escape

from bridge.cli.output import say, show_error
from bridge.errors import ConfigError
from bridge.host.config_file import nearest
from bridge.plugin import Question

_ANSWER = "connection.answer"


class Asker:
    """Asks. told: answers that were given beforehand, by question; is_person: whether there is one to ask.

    check: an answer as it is meant; raises ConfigError.
    """

    def __init__(self, told: Mapping[str, str], check: Callable[[Question, str], str], *, is_person: bool) -> None:
        self._told, self._before = dict(told), dict[str, str]()
        self._check, self.is_person = check, is_person

    def expect(self, names: Collection[str]) -> None:
        """Raises: ConfigError for an answer that nothing asks for."""
        for name in sorted(self._told.keys() - set(names)):
            raise ConfigError(f"answer {name}", "nothing asks for it", nearest(name, names), code=_ANSWER)

    def begin_again(self) -> None:
        """Answers did not do: a person is asked for all of them, and finds those that are no secret as they were."""
        self._told.clear()

    def ask(self, question: Question) -> str:
        """A checked answer. Raises: ConfigError naming the question that has none, where there is no person."""
        name = question.name
        while True:
            given = self._told.pop(name, None)
            try:
                answer = self._check(question, self._asked(question) if given is None else given)
            except ConfigError as error:
                if not self.is_person:
                    raise
                show_error(error)
                continue
            if not question.is_secret:
                self._before[name] = answer
            return answer

    def choose(self, name: str, prompt: str, choices: Mapping[str, str], default: str | None) -> str:
        """One of these. choices: what each means, by its name; one alone needs no answer."""
        if self.is_person and name not in self._told and len(choices) > 1:
            for choice, meaning in choices.items():
                say(f"  [bold]{escape(choice)}[/]{f': {escape(meaning)}' if meaning else ''}")

        def among(answer: str) -> str:
            if answer.strip() not in choices:
                raise ValueError(f"is none of {', '.join(choices)}")
            return answer.strip()

        if len(choices) == 1 and name not in self._told:
            return next(iter(choices))
        return self.ask(Question(name=name, prompt=prompt, check=among, default=default))

    def _asked(self, question: Question) -> str:
        default = self._before.get(question.name, question.default)
        if not self.is_person:
            if default is not None:
                return default
            how = f"--secret {question.name}=VARIABLE" if question.is_secret else f"--answer {question.name}=..."
            raise ConfigError(
                f"answer {question.name}",
                "is missing, and there is no terminal to ask at",
                f"Give it by {how}, or as a line {question.name}=... on standard input with --stdin",
                code=_ANSWER,
            )
        if question.where:
            say(f"[dim]{escape(question.where)}[/]")
        answer: str = click.prompt(question.prompt, default=default, hide_input=question.is_secret)
        return answer


def told_by(
    answers: Sequence[str], secrets: Sequence[str], environment: Mapping[str, str], *, is_piped: bool
) -> dict[str, str]:
    """What was answered beforehand. secrets: question and variable. Raises: ConfigError for what is no answer."""
    told = dict(_pair(answer, "--answer") for answer in answers)
    for name, variable in (_pair(secret, "--secret") for secret in secrets):
        if variable not in environment:
            cause, next_step = f"variable {variable} is not set", "Set it for this command"
            raise ConfigError(f"answer {name}", cause, next_step, code=_ANSWER)
        told[name] = environment[variable]
    if is_piped:
        told |= dict(_pair(line, "--stdin") for line in sys.stdin.read().splitlines() if line.strip())
    return told


def check_arguments(answers: Sequence[str], questions: Sequence[Question]) -> None:
    """Raises: ConfigError for a secret among the arguments, where anybody on the machine can read it."""
    secrets = {question.name for question in questions if question.is_secret}
    for name, _ in (_pair(answer, "--answer") for answer in answers):
        if name in secrets:
            cause = "is a secret, and everybody on this machine can read arguments"
            next_step = f"Give it by --secret {name}=VARIABLE, on standard input, or at the terminal; make a new one"
            raise ConfigError(f"answer {name}", cause, next_step, code=_ANSWER)


def _pair(text: str, how: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise ConfigError(how, "is not NAME=VALUE", "Write the question's name, =, and the answer", code=_ANSWER)
    return name.strip(), value
