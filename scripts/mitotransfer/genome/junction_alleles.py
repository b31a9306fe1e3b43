"""Junctions as alleles: a place where molecules leave the circle's order, beside SNVs and indels.

A junction stands at the last base kept before it. Its allele is that base joined to the first one
kept after it, as breakends are written in VCF: ``T[chrM:13447[``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from mitotransfer.arrays import Ints, Mask
from mitotransfer.genome.genes import Gene
from mitotransfer.genome.hgvs import Change, hgvs_m
from mitotransfer.genome.reference import Reference

if TYPE_CHECKING:
    import pandas as pd

#: Type of the allele, and its consequence by what kind of molecule shows it.
JUNCTION = "junction"
CONSEQUENCES = {"deletion": "large_deletion", "duplication": "large_duplication"}
_JOINED = r"\[chrM:(\d+)\["


def allele(base: str, end: int) -> str:
    """The allele that joins ``base`` to the base at ``end`` (1-based).

    >>> allele("T", 13447)
    'T[chrM:13447['
    """
    return f"{base}[chrM:{end}["


def ends(variants: pd.DataFrame) -> tuple[Ints, Ints]:
    """Last base before and first base after junctions (1-based), from ``pos`` and ``alt``."""
    after = variants["alt"].astype(str).str.extract(_JOINED, expand=False)
    return variants["pos"].to_numpy(np.int64), np.asarray(after.astype(np.int64), np.int64)


def end_of(alt: str) -> int | None:
    """The base after the junction (1-based); None of another allele.

    >>> end_of("T[chrM:13447["), end_of("G")
    (13447, None)
    """
    found = re.search(_JOINED, alt)
    return int(found[1]) if found else None


def repeat(reference: Reference, start: int, end: int) -> int:
    """Bases of the direct repeat at a junction's ends, given its leftmost place (1-based)."""
    sequence, length = reference.sequence, reference.length
    found = 0
    while found < length and (
        sequence[(start + found) % length] == sequence[(end - 1 + found) % length]
    ):
        found += 1
    return found


def repeats(reference: Reference, start: Ints, end: Ints) -> Ints:
    """``repeat`` of J junctions, shape (J,)."""
    pairs = zip(start.tolist(), end.tolist(), strict=True)
    return np.array([repeat(reference, *pair) for pair in pairs], np.int64)


def name(reference: Reference, start: int, end: int, kind: str = "deletion") -> str:
    """HGVS name of what is missing, at the highest place that the repeat allows (the 3' rule).

    Of a duplication: of what is there twice, the rest of the circle.
    """
    length = reference.length
    shift = repeat(reference, start, end)
    if kind == "duplication":
        first, last = ((pos + shift - 1) % length + 1 for pos in (end, start))
        return f"m.{first}_{last}dup"
    first = (start + shift) % length + 1
    return hgvs_m(reference, Change(first, (end - start - 1) % length, ""))


def gene_names(genes: Sequence[Gene], start: int, end: int) -> str:
    """Genes at the two ends, joined by a dash: those between them are missing."""

    def at(pos: int) -> str:
        return next((gene.name for gene in genes if gene.holds(pos)), "")

    return "-".join(dict.fromkeys(found for found in (at(start), at(end)) if found))


def covered(start: Ints, end: Ints, pos: Ints, length: int) -> Mask:
    """Whether positions (1-based) are missing where molecules have a junction.

    Args:
        start, end: of J junctions; pos: of V variants.

    Returns:
        Mask, shape (V, J).
    """
    size = (end - start - 1) % length
    return np.asarray((pos[:, None] - start - 1) % length < size)


class Windows(NamedTuple):
    """Places (0-based) around a junction, as many before it as after it.

    Attributes:
        joined: of the molecules with the junction.
        at_start: of those that run on at its start; at_end: of those that run on into its end.
    """

    joined: list[int]
    at_start: list[int]
    at_end: list[int]


def windows(reference: Reference, start: int, end: int, reach: int) -> Windows:
    """Places around the junction that joins ``start`` to ``end`` (1-based).

    The placeholder is left out.

    Args:
        reach: bases on each side.
    """

    def walk(place: int, step: int) -> list[int]:
        places = ((place + step * k) % reference.length for k in range(reach + 1))
        return [place for place in places if place != reference.placeholder][:reach]

    before, after = walk(start - 1, -1)[::-1], walk(end - 1, 1)
    return Windows(before + after, before + walk(start, 1), walk(end - 2, -1)[::-1] + after)


def letters(reference: Reference, places: Sequence[int]) -> str:
    """The bases at places (0-based)."""
    return "".join(reference.sequence[place] for place in places)
