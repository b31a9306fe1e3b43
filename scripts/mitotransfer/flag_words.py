"""A word of a column ``flags``: its effect and meaning, and the cells that hold such words.

``flags`` defines the words; they stand in a cell one after the other, between semicolons.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import Enum
from typing import Any, TypeVar

Word = TypeVar("Word", bound=str)


class Effect(Enum):
    """Effect of a flag on the verdict."""

    NOT_JUDGED = "the sample is not judged"
    NOT_TESTED = "the sample cannot be tested"
    NOT_SUPPORTED = "transfer is not supported"
    NO_EVIDENCE = "the variant is no evidence"
    COUNTS_LESS = "the variant counts for less"
    NONE = "none"


class Flag(str):
    """A word of a column ``flags``.

    Attributes:
        effect: on the verdict.
        calls, variants, samples, cells: its meaning in ``calls.tsv``, ``shared_variants.tsv``,
            ``transfer.tsv`` and ``cells.tsv.gz``; empty where the table never has it.
    """

    effect: Effect
    calls: str
    variants: str
    samples: str
    cells: str


def split(cell: object) -> list[str]:
    """The flags of a cell; none where it is empty or missing.

    >>> split("linked;numt"), split(""), split(float("nan"))
    (['linked', 'numt'], [], [])
    """
    return [word for word in cell.split(";") if word] if isinstance(cell, str) else []


def join(words: Iterable[str]) -> str:
    """The cell with these flags, each once.

    >>> join(["numt", "linked", "numt"])
    'numt;linked'
    """
    return ";".join(dict.fromkeys(words))


def has(cells: Iterable[object], *words: str) -> list[bool]:
    """For each cell, whether it holds at least one of the flags.

    >>> has(["linked;numt", "indel_hot_spot", ""], "numt", "hot_spot")
    [True, False, False]
    """
    return [not set(words).isdisjoint(split(cell)) for cell in cells]


def marked(cells: Iterable[object], marks: Mapping[Word, Iterable[Any]]) -> list[list[str]]:
    """The flags of each cell, and after them those of ``marks`` that are true in its row.

    >>> marked(["linked", ""], {"numt": [True, False]})
    [['linked', 'numt'], []]
    """
    found = [split(cell) for cell in cells]
    for word, rows in marks.items():
        for own, on in zip(found, rows, strict=True):
            if on:
                own.append(word)
    return found
