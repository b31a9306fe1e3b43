"""Counts of immune preparations with tumour cells in them, by class of trap.

A preparation is drawn from cells up: purity and copies per cell of the tumour sample, copy numbers
of nuclear loci, tumour cells and their VAFs in the preparation, portions, what is measured and how
wrong. No class but ``transfer`` has transfer. Nothing here knows how the pipeline judges.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
NAN = float("nan")
ERROR, NUCLEAR_ERROR = 5e-4, 1e-3


@dataclass(frozen=True)
class Plan:
    """Truth of one preparation.

    Attributes:
        purity, tumor_copies, other_copies: of the tumour sample's cells.
        immune_copies: per immune cell of the preparation.
        cells: share of tumour cells in the preparation.
        transfer: tumour mtDNA that came without cells, in the tumour sample's mtDNA.
        vafs: within tumour cells; cell_vafs: within the contaminating ones, if others.
        clone: VAF within the tumour sample's immune cells, and share of the preparation, of an
            immune clone that has all variants; the tumour cells then have none.
        copies, mutated: copy number of nuclear loci in tumour cells, and mutated copies.
        loci, loci_depth, loci_share: nuclear loci, and how many the contaminating cells have.
        portion: cells in each of two portions; 0: one library.
        measured: what the sheet states, of copies, purity, cells.
        copies_sd: log-sd of the error of the measured ratio; with ``copies_tail`` degrees of
            freedom of Student's t, 0 for a normal one.
        counted: cells that flow cytometry counts, in place of nuclear reads.
        depth, normal_depth: of mtDNA.
        composition: F of the cells that give mtDNA or contaminate: at a variant of VAF t theirs
            has the variance F t (1 - t).
        hidden, drift: heteroplasmy of every tissue at the variants, and its F between normal and
            immune cells.
        duplicates: reads of each mtDNA molecule of the preparation, on average.
        subclonal: share of the nuclear loci that half of the tumour's cells have; the
            contaminating cells are all of those, or of the others.
        dispersion: intra-class correlation of all counts, between samples.
    """

    purity: float = 0.7
    tumor_copies: float = 1500.0
    other_copies: float = 400.0
    immune_copies: float = 300.0
    cells: float = 0.0
    transfer: float = 0.0
    vafs: tuple[float, ...] = (0.9, 0.6, 0.4)
    cell_vafs: tuple[float, ...] = ()
    clone: tuple[float, float] = (0.0, 0.0)
    copies: int = 2
    mutated: int = 1
    loci: int = 300
    loci_depth: float = 100.0
    loci_share: float = 1.0
    portion: int = 20_000
    measured: frozenset[str] = frozenset({"copies", "purity", "cells"})
    copies_sd: float = 0.1
    counted: int = 0
    depth: int = 2000
    normal_depth: int = 1500
    copies_tail: float = 0.0
    composition: float = 0.0
    hidden: float = 0.0
    drift: float = 0.0
    duplicates: float = 0.0
    subclonal: float = 0.0
    dispersion: float = 0.0


@dataclass(frozen=True)
class Drawn:
    """Counts and statements of one preparation; NaN and empty where nothing was measured.

    Attributes:
        tumor, immune, normal: alternative fragments at the mtDNA variants, of ``depths``.
        nuclear: alternative reads and depth at the loci, of tumour, immune sample and normal.
        copies: stated mtDNA copies per cell of tumour sample and preparation.
        counted: tumour cells and cells by flow cytometry.
        molecules: mtDNA molecules of the preparation's library, infinite where each read is one.
        from_depths: whether the copies are of depths, and so per two genomes.
        true_excess: tumour mtDNA that came without cells, in the tumour sample's mtDNA.
        true_cells: tumour mtDNA that came with cells, in the same unit.
    """

    tumor: NDArray[np.int64]
    immune: NDArray[np.int64]
    normal: NDArray[np.int64]
    depths: tuple[int, int, int]
    nuclear: dict[str, tuple[NDArray[np.int64], NDArray[np.int64]]] = field(default_factory=dict)
    copies: tuple[float, float] = (NAN, NAN)
    purity: float = NAN
    input_cells: float = NAN
    counted: tuple[int, int] = (0, 0)
    molecules: float = math.inf
    from_depths: bool = False
    true_excess: float = 0.0
    true_cells: float = 0.0


def spread(mean: Floats, correlation: float, rng: np.random.Generator) -> Floats:
    """Beta distributed shares with these means and the variance F m (1 - m)."""
    if correlation == 0:
        return mean
    size = 1 / correlation - 1
    inside = (mean > 0) & (mean < 1)
    m = np.where(inside, mean, 0.5)
    return np.where(inside, rng.beta(m * size, (1 - m) * size), mean)


def draw(plan: Plan, rng: np.random.Generator) -> Drawn:
    """Counts of one preparation."""
    bulk = plan.purity * plan.tumor_copies + (1 - plan.purity) * plan.other_copies
    of_tumor = plan.purity * plan.tumor_copies / bulk
    t = of_tumor * np.array(plan.vafs) + (1 - of_tumor) * plan.clone[0]
    contaminating = spread(np.array(plan.cell_vafs or plan.vafs), plan.composition, rng)
    portions = [plan.cells] * 2
    if plan.portion:
        portions = (rng.poisson(plan.cells * plan.portion, 2) / plan.portion).tolist()
    of_nuclei, of_mtdna = portions
    mtdna = of_mtdna * plan.tumor_copies + (1 - of_mtdna) * plan.immune_copies
    share = of_mtdna * plan.tumor_copies / mtdna
    came = plan.transfer * spread(t, plan.composition, rng) + plan.clone[1]
    a = share * contaminating + (1 - share) * came
    hidden = np.full(len(t), plan.hidden)
    own = spread(hidden, plan.drift, rng)
    depths = (plan.depth, plan.depth, plan.normal_depth)

    def reads(vaf: Floats, depth: int, molecules: float = math.inf) -> NDArray[np.int64]:
        expected = np.clip(spread(vaf + (1 - vaf) * ERROR, plan.dispersion, rng), 0, 1)
        if molecules < depth:
            expected = rng.binomial(int(molecules), expected) / int(molecules)
        return rng.binomial(depth, expected)

    molecules = plan.depth / plan.duplicates if plan.duplicates else math.inf
    found = Drawn(
        reads(t + (1 - t) * hidden, plan.depth),
        reads(a + (1 - a) * own, plan.depth, molecules),
        reads(hidden, plan.normal_depth),
        depths,
        true_excess=(1 - share) * plan.transfer,
        true_cells=min(share / of_tumor, 1.0),
    )
    if "molecules" in plan.measured:
        found = replace(found, molecules=molecules)
    if "copies" in plan.measured:
        tail = rng.standard_t(plan.copies_tail) if plan.copies_tail else rng.normal()
        sequenced = (1 - plan.cells) * plan.immune_copies + plan.cells * plan.tumor_copies
        found = replace(found, copies=(bulk * math.exp(plan.copies_sd * tail), sequenced))
    if "purity" in plan.measured:
        found = replace(found, purity=plan.purity)
    if "cells" in plan.measured and plan.portion:
        found = replace(found, input_cells=float(plan.portion))
    if plan.counted:
        seen = int(rng.binomial(plan.counted, plan.cells))
        return replace(found, counted=(seen, plan.counted))
    return replace(found, nuclear=_nuclear(plan, of_nuclei, rng))


def _nuclear(
    plan: Plan, cells: float, rng: np.random.Generator
) -> dict[str, tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Alternative reads and depth at the nuclear loci."""

    def vaf(share: float) -> float:
        return share * plan.mutated / (share * plan.copies + 2 * (1 - share))

    has = rng.random(plan.loci) < plan.loci_share
    half = rng.random(plan.loci) < plan.subclonal
    inside = bool(rng.random() < 0.5)
    of = {
        "tumor": np.where(half, 0.5, 1.0) * vaf(plan.purity),
        "immune": np.where(has & (~half | inside), vaf(cells), 0.0),
        "normal": np.zeros(plan.loci),
    }
    found = {}
    for role, p in of.items():
        depth = rng.poisson(plan.loci_depth, plan.loci)
        expected = spread(p + (1 - p) * NUCLEAR_ERROR, plan.dispersion, rng)
        found[role] = (rng.binomial(depth, expected), depth)
    return found


def _uneven(rng: np.random.Generator, **changes: object) -> Plan:
    """A preparation with tumour cells in it, and variants of other VAFs in each draw."""
    n = int(rng.integers(1, 5))
    plan = Plan(
        purity=float(rng.uniform(0.4, 0.95)),
        cells=float(np.exp(rng.uniform(np.log(0.002), np.log(0.03)))),
        vafs=tuple(rng.uniform(0.3, 1.0, n).tolist()),
    )
    return replace(plan, **changes)  # type: ignore[arg-type]


def _ratio(plan: Plan, ratio: float) -> Plan:
    """The plan with this ratio of copies, tumour sample over preparation."""
    bulk = plan.purity * plan.tumor_copies + (1 - plan.purity) * plan.other_copies
    return replace(plan, immune_copies=bulk / ratio)


CLASSES: dict[str, Callable[[np.random.Generator], Plan]] = {
    "flow, purity 0.2": lambda rng: _ratio(_uneven(rng, purity=0.2, counted=20_000), 8),
    "flow, purity 0.5": lambda rng: _ratio(_uneven(rng, purity=0.5, counted=20_000), 8),
    "flow, purity 0.8": lambda rng: _ratio(_uneven(rng, purity=0.8, counted=20_000), 8),
    "ratio 5, unmeasured": lambda rng: _ratio(
        _uneven(rng, measured=frozenset({"purity", "cells"})), 5
    ),
    "ratio 20, unmeasured": lambda rng: _ratio(
        _uneven(rng, measured=frozenset({"purity", "cells"})), 20
    ),
    "ratio off by 0.3": lambda rng: _uneven(rng, copies_sd=0.3),
    "one-copy loci": lambda rng: _uneven(rng, copies=1, mutated=1),
    "amplified loci": lambda rng: _uneven(rng, copies=6, mutated=4),
    "homoplasmic subclone": lambda rng: _uneven(rng, vafs=(0.2,), cell_vafs=(1.0,), purity=0.95),
    "portions of 100 cells": lambda rng: _uneven(rng, portion=100),
    "portions of 1,000 cells, untold": lambda rng: _uneven(
        rng, portion=1000, measured=frozenset({"copies", "purity"})
    ),
    "0.7 of the loci": lambda rng: _uneven(rng, loci_share=0.7),
    "clone in the tumour": lambda rng: _uneven(
        rng, cells=0.0, vafs=(0.0, 0.0), clone=(float(rng.uniform(0.3, 1.0)), 0.05)
    ),
    "clone, purity untold": lambda rng: _uneven(
        rng, cells=0.0, vafs=(0.0, 0.0), clone=(float(rng.uniform(0.3, 1.0)), 0.05),
        measured=frozenset({"copies", "cells"}),
    ),
    "drift": lambda rng: _uneven(rng, cells=0.0, hidden=0.002, drift=0.01),
    "duplicates": lambda rng: _uneven(rng, duplicates=10.0),
    "other composition": lambda rng: _uneven(rng, composition=0.3),
    "half of the loci in a subclone": lambda rng: _uneven(rng, subclonal=0.5),
    "heavy tail of copies": lambda rng: _uneven(rng, copies_sd=0.15, copies_tail=3.0),
    "dispersed counts": lambda rng: _uneven(rng, dispersion=3e-4),
    "nothing": lambda rng: _uneven(rng, cells=0.0),
    "transfer": lambda rng: _uneven(
        rng, cells=0.001, transfer=float(rng.uniform(0.05, 0.3)), vafs=(1.0, 0.7, 0.5), purity=0.9
    ),
}  # fmt: skip
