"""Problems in the user's input: collected, then reported all at once."""

from __future__ import annotations

import difflib
import sys
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    """One mistake, its place, and what was expected.

    Attributes:
        file: the file as the user named it.
        message: what is wrong and how to correct it.
        line: 1-based line in the file, 0 where there is none.
        column: column or key.
        warning: true where the run can go on.
    """

    file: str
    message: str
    line: int = 0
    column: str = ""
    warning: bool = False

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        column = f" {self.column}:" if self.column else ""
        return _visible(f"{place}:{column} {self.message}")


def _visible(text: str) -> str:
    """Spaces and marks that look like nothing or like a blank are shown by their codes."""
    return "".join(
        one if one.isprintable() or one == "\n" else one.encode("unicode_escape").decode()
        for one in text
    )


class BadFile(ValueError):
    """A file that cannot be used; the message names it and the cure. Not a fault of the program."""


class FileWarning(UserWarning):
    """What a reader should know of a file that is used all the same."""


def warn(message: str) -> None:
    """Tell of a file that is used all the same; see ``told``."""
    warnings.warn(message, FileWarning, stacklevel=2)


@contextmanager
def told() -> Iterator[list[str]]:
    """Print the warnings of files while the block runs, each once, and give them as a list."""
    messages: list[str] = []
    with warnings.catch_warnings():
        warnings.simplefilter("always", FileWarning)
        show = warnings.showwarning

        def keep(message, category, *more, **others):  # type: ignore[no-untyped-def]
            if not issubclass(category, FileWarning):
                show(message, category, *more, **others)
            elif str(message) not in messages:
                messages.append(str(message))
                print(f"Warning: {message}", file=sys.stderr)

        warnings.showwarning = keep
        yield messages


class InputError(ValueError):
    """Input that cannot be used; the message lists every problem, and the warnings after them."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        found = sorted(set(problems), key=lambda p: (p.file, p.line, p.column, p.message))
        self.problems = [problem for problem in found if not problem.warning]
        self.warnings = [problem for problem in found if problem.warning]
        count = len(self.problems)
        head = f"{count} problem{'s' if count > 1 else ''} in the input; nothing was run."
        lines = [head, *(f"  {problem}" for problem in self.problems)]
        if self.warnings:
            lines += ["Warnings:", *(f"  {warning}" for warning in self.warnings)]
        super().__init__("\n".join(lines))


def suggest(word: str, known: Iterable[str]) -> str:
    """``; did you mean 'x'?`` for the nearest known word, or nothing."""
    by_lower = {name.lower(): name for name in known}
    near = difflib.get_close_matches(word.lower(), list(by_lower), n=1, cutoff=0.6)
    return f"; did you mean '{by_lower[near[0]]}'?" if near else ""
