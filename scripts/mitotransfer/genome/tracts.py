"""Tracts of the reference where alignments mislead: homopolymers and known artefacts."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import numpy as np

from mitotransfer.arrays import Ints, Mask
from mitotransfer.genome.facts import read_facts
from mitotransfer.genome.reference import CODE_N, Reference

MIN_HOMOPOLYMER = 5


class Tract(NamedTuple):
    """A row of ``artefacts.tsv``, 1-based and inclusive; SNVs in it pass or not."""

    start: int
    end: int
    no_snv: bool


def load_artefacts(path: Path) -> list[Tract]:
    """Tracts of a table with the columns ``start end effect``.

    ``effect`` is ``no_snv`` (SNVs there are marked and never pass) or ``flag``.

    Raises:
        ValueError: if a column is missing or an effect is unknown.
    """
    rows = read_facts(path, ["start", "end", "effect"])
    unknown = {row["effect"] for row in rows} - {"no_snv", "flag"}
    if unknown:
        raise ValueError(f"{path}: effect is no_snv or flag, not {min(unknown)!r}")
    return [Tract(int(r["start"]), int(r["end"]), r["effect"] == "no_snv") for r in rows]


def mask_of(tracts: Iterable[Tract], length: int) -> Mask:
    """Positions (0-based) in any of the tracts, shape (length,)."""
    inside = np.zeros(length, bool)
    for tract in tracts:
        inside[tract.start - 1 : tract.end] = True
    return inside


def run_lengths(reference: Reference) -> Ints:
    """Length of the homopolymer that each position belongs to, counted on the circle.

    The placeholder N is no base: runs on its two sides are joined, as they are in the molecule.
    """
    kept = np.flatnonzero(reference.codes < CODE_N)
    codes = reference.codes[kept]
    breaks = np.flatnonzero(codes != np.roll(codes, 1))
    lengths = np.zeros(reference.length, np.int64)
    if breaks.size == 0:
        lengths[kept] = codes.size
        return lengths
    run = (np.searchsorted(breaks, np.arange(codes.size), side="right") - 1) % breaks.size
    lengths[kept] = np.bincount(run)[run]
    return lengths


def near_homopolymer(lengths: Ints) -> Mask:
    """Positions in or next to a homopolymer of at least ``MIN_HOMOPOLYMER`` bases.

    Args:
        lengths: ``run_lengths`` of the reference.
    """
    inside = lengths >= MIN_HOMOPOLYMER
    return inside | np.roll(inside, 1) | np.roll(inside, -1)
