"""Tracts of the reference in which reads mislead: homopolymers and known artefacts."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mitotransfer.genome.reference import CODE_N, Reference

MIN_HOMOPOLYMER = 5


def load_artefacts(path: str | Path) -> pd.DataFrame:
    """Tracts with columns ``start end kind effect source`` (1-based, inclusive).

    ``effect`` is ``no_snv`` (SNVs there are marked and never pass) or ``flag``.
    """
    tracts = pd.read_csv(path, sep="\t", comment="#", keep_default_na=False)
    missing = {"start", "end", "effect"} - set(tracts.columns)
    if missing:
        raise ValueError(f"{path}: column {min(missing)} is missing")
    unknown = set(tracts["effect"]) - {"no_snv", "flag"}
    if unknown:
        raise ValueError(f"{path}: effect is no_snv or flag, not {min(unknown)!r}")
    return tracts


def tract_masks(
    artefacts: pd.DataFrame, length: int
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Positions (0-based) in any tract, and in tracts without SNV calls."""
    flagged, no_snv = np.zeros(length, bool), np.zeros(length, bool)
    for start, end, effect in zip(
        artefacts["start"], artefacts["end"], artefacts["effect"], strict=True
    ):
        flagged[start - 1 : end] = True
        no_snv[start - 1 : end] |= effect == "no_snv"
    return flagged, no_snv


def run_lengths(reference: Reference) -> NDArray[np.int64]:
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


def near_homopolymer(reference: Reference) -> NDArray[np.bool_]:
    """Positions in or next to a homopolymer of at least ``MIN_HOMOPOLYMER`` bases."""
    inside = run_lengths(reference) >= MIN_HOMOPOLYMER
    return inside | np.roll(inside, 1) | np.roll(inside, -1)
