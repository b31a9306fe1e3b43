"""Positions at which cells are counted: where a tumour of the patient has an allele of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mitotransfer.arrays import Bytes, Ints
from mitotransfer.counts.allele_counts import Counts, major
from mitotransfer.genome.circle import Circle, circle_codes
from mitotransfer.genome.reference import Reference, allele_codes

#: Depth from which another sample shows that it lacks an allele, and its own bases.
MIN_DEPTH = 10
_OWN = 0.95  # VAF of an allele that is a tumour's own where no call names it (the reference's)
_SEEN = 5  # fragments of an allele that stand for a call where there are none
_LESS = 0.5  # an allele is the tumour's own where another sample has it at this share of its VAF


@dataclass(frozen=True, eq=False)
class Sample:
    """A sample of the patient.

    Attributes:
        calls: of a tumour; None for the others, and for a tumour whose counts another tool made: an
            allele of five fragments is then taken as called.
    """

    role: str
    counts: Counts
    calls: pd.DataFrame | None = None


def candidates(samples: Sequence[Sample], min_vaf: float) -> list[tuple[int, int]]:
    """Alleles that may tell the tumour's mtDNA: position (0-based) and allele, sorted.

    A tumour has the allele at ``min_vaf`` or above, called or as its own base, and another sample
    of the patient has it at less than half of that. The other sample may be immune cells: a pooled
    normal of single cells holds ambient mtDNA and doublets of the tumour, and would hide the best
    variants. Which candidates are informative is left to the assessment of the cells. Without
    another sample all heteroplasmic calls are candidates.
    """
    tumors = [one for one in samples if one.role == "tumor" and not one.counts.failed]
    others = [one for one in samples if one.role != "tumor" and not one.counts.failed]
    found: set[tuple[int, int]] = set()
    for tumor in tumors:
        vaf, deep = _vaf(tumor.counts)
        called, heteroplasmic = _called(tumor)
        own = (called | (vaf >= _OWN)) & (vaf >= min_vaf) & deep[:, None]
        if not others:
            own &= heteroplasmic
        else:
            lacks = np.zeros(vaf.shape, np.bool_)
            for other in others:
                other_vaf, other_deep = _vaf(other.counts)
                lacks |= (other_vaf < _LESS * vaf) & other_deep[:, None]
            own &= lacks
        found.update((int(position), int(allele)) for position, allele in np.argwhere(own))
    return sorted(found)


def _vaf(counts: Counts) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    depth = counts.alleles.sum(axis=1)
    return counts.alleles / np.maximum(depth, 1)[:, None], depth >= MIN_DEPTH


def _called(tumor: Sample) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Masks of the SNVs that passed, and of those that are heteroplasmic."""
    vaf, _ = _vaf(tumor.counts)
    if tumor.calls is None:
        called = tumor.counts.alleles >= _SEEN
        return called, called & (vaf <= 0.5)
    called, heteroplasmic = np.zeros(vaf.shape, np.bool_), np.zeros(vaf.shape, np.bool_)
    if len(tumor.calls):
        chosen = tumor.calls[(tumor.calls["filter"] == "PASS") & (tumor.calls["type"] == "SNV")]
        at = chosen["pos"].to_numpy(np.int64) - 1
        allele = allele_codes(chosen["alt"])
        called[at, allele] = True
        heteroplasmic[at, allele] = (chosen["state"] == "heteroplasmic").to_numpy(bool)
    return called, heteroplasmic


def own_codes(samples: Sequence[Sample], reference: Reference) -> Bytes:
    """Bases of the patient's circle: the most frequent ones of all samples, else the reference."""
    codes = circle_codes(reference)
    total: Ints = np.zeros((reference.length, 4), np.int64)
    for sample in samples:
        if not sample.counts.failed:
            total += sample.counts.alleles
    rows = np.asarray(Circle.of(reference).to_reference(np.arange(len(codes))), np.int64)
    deep = total[rows].sum(axis=1) >= MIN_DEPTH
    return np.where(deep, major(total[rows]), codes).astype(np.uint8)
