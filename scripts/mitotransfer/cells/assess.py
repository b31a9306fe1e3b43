"""The assessment of a library: its variants, ambient mtDNA, cells and groups of cells."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mitotransfer.arrays import Floats, Mask
from mitotransfer.cells import (
    ambient,
    cell_likelihood,
    cell_tests,
    doublets,
    shares,
    tables,
    variants,
)
from mitotransfer.cells.ambient import Ambient
from mitotransfer.cells.cell_counts import CellCounts
from mitotransfer.cells.donors import Donors
from mitotransfer.cells.mixture import Library, expected
from mitotransfer.cells.verdict import Cell, Facts, Group, judge_cell, judge_group
from mitotransfer.flag_words import join
from mitotransfer.genome.reference import allele_codes
from mitotransfer.inputs.cell_settings import Cells
from mitotransfer.inputs.settings import Fraction
from mitotransfer.stats.false_discovery import q_values

#: Level at which a cell's detection limit is stated.
LIMIT_P = 0.001
#: Cells on each side that a comparison of groups needs.
MIN_GROUP = 20


@dataclass(frozen=True)
class Prior:
    """What is known of a library beside its counts.

    Attributes:
        rules: of informative variants.
        normal: fragments of a bulk normal at the counts' positions, shape (positions, 4).
        rna: the library is of RNA: its variants have to be in DNA.
        dna: fragments of the tumour's bulk DNA at the positions, shape (positions, 4).
        ambient: free mtDNA and swapped reads, where they are known from elsewhere.
    """

    rules: variants.Rules
    normal: NDArray[np.int64] | None = None
    rna: bool = False
    dna: NDArray[np.int64] | None = None
    ambient: Ambient | None = None


@dataclass(frozen=True)
class Assessment:
    """Tables of a library, as ``cells.tables`` describes them."""

    cells: pd.DataFrame
    shares: pd.DataFrame
    variants: pd.DataFrame
    fractions: pd.DataFrame


def learn_load(counts: CellCounts, roles: NDArray, settings: Cells) -> Ambient | None:
    """Free mtDNA of a droplet, with swaps as assumed; None where it was not measured.

    Args:
        roles: of each barcode; empty for barcodes that are no cells.
    """
    mean, shape = ambient.load_of_droplets(counts.mtdna_fragments[roles == ""])
    if math.isnan(mean):
        return None
    per_fragment = counts.depth.sum() / max(counts.mtdna_fragments.sum(), 1)
    return Ambient(mean * float(per_fragment), shape, swap=settings.swap_rate)


def learn_ambient(
    counts: CellCounts, roles: NDArray, found: pd.DataFrame, settings: Cells, load: Ambient | None
) -> tuple[Ambient, bool]:
    """Free mtDNA and swapped barcodes of a library; whether swaps were measured.

    Args:
        found: variants that are used.
        load: of ``learn_load``.
    """
    tumor, cells = roles == "tumor", roles != ""
    total = float(counts.depth[cells].sum())
    of_reads = float(counts.depth[tumor].sum() / total) if total > 0 else 0.0
    own, depth = alleles(counts, found.assign(alt=found["own"]), tumor)
    swap = ambient.swap_rate(own.sum(axis=0), depth.sum(axis=0), of_reads, settings.swap_rate)
    measured = swap < settings.swap_rate
    if load is None:
        return Ambient(swap=swap, swap_tumor_share=of_reads), measured
    empty = ~cells
    kept = np.flatnonzero(empty)[ambient.droplets(counts.mtdna_fragments[empty])]
    alt, depth = alleles(counts, found, kept)
    share = ambient.tumor_share(
        alt.sum(axis=0),
        depth.sum(axis=0),
        found["tumor_vaf"].to_numpy(float),
        found["error_rate"].to_numpy(float),
    )
    return Ambient(load.load, load.shape, share, swap, of_reads), measured


def alleles(counts: CellCounts, found: pd.DataFrame, rows: NDArray) -> tuple[NDArray, NDArray]:
    """Fragments with each variant, and all, of some barcodes: shape (barcodes, variants)."""
    at = np.searchsorted(counts.positions, found["pos"].to_numpy(np.int64) - 1)
    allele = allele_codes(found["alt"])
    chosen = counts.counts[rows][:, at].astype(np.int64)
    return chosen[:, np.arange(len(at)), allele], chosen.sum(axis=2)


def assess(
    counts: CellCounts, annotation: pd.DataFrame, prior: Prior, settings: Cells,
    confidence: float = Fraction.confidence,
) -> Assessment:  # fmt: skip
    """All tables of a library but for its patient's and its own name.

    Args:
        annotation: by barcode: ``cell_role cell_type subset doublet_score tumor_score``.
    """
    known = annotation.reindex(list(counts.barcodes))
    roles = known["cell_role"].fillna("").astype(str).where(counts.is_cell, "").to_numpy()
    tumor, immune = roles == "tumor", roles == "immune"
    load = prior.ambient or learn_load(counts, roles, settings)
    found = variants.find(
        counts, tumor=tumor, immune=immune | (roles == "normal"), rules=prior.rules,
        normal=prior.normal, dna=prior.dna if prior.rna else None, free=load or ambient.NONE,
    )  # fmt: skip
    used = found[found["reason"] == ""].reset_index(drop=True)
    foreign, swap_measured = (
        (prior.ambient, True)
        if prior.ambient
        else learn_ambient(counts, roles, used, settings, load)
    )
    facts = Facts(
        failed=bool(counts.meta.get("failed")) or not immune.any(),
        n_variants=len(used),
        ambient_measured=load is not None,
        swap_measured=swap_measured,
        bulk_normal=prior.normal is not None,
        dna=not prior.rna or prior.dna is not None,
    )
    alt, depth = alleles(counts, used, immune)
    library = Library(
        alt, depth, counts.depth[immune],
        Donors(used["tumor_vaf"].to_numpy(float), used["concentration"].to_numpy(float)),
        used["error_rate"].to_numpy(float), foreign,
    )  # fmt: skip
    rows = known[immune].assign(barcode=np.array(counts.barcodes, object)[immune])
    case = _Case(library, rows, facts, settings, confidence)
    cells_seen = int((roles != "").sum())
    prior_doublets = doublets.with_tumor_cell(
        doublets.rate(cells_seen, settings.doublet_rate),
        float(tumor.sum() / max(cells_seen, 1)),
    )
    table = case.cells()
    grouped, by_variant, weights = case.groups(table, prior_doublets)
    for name in ("share_without", "share_low_without"):
        found[name] = np.nan
        found.loc[found["reason"] == "", name] = by_variant[name]
    return Assessment(table, grouped, found, weights)


@dataclass(frozen=True)
class _Case:
    """A library's immune cells with what is known of them."""

    library: Library
    rows: pd.DataFrame
    facts: Facts
    settings: Cells
    confidence: float

    @property
    def grid(self) -> Floats:
        return cell_likelihood.fractions(self.settings.min_fraction)

    @cached_property
    def likelihoods(self) -> Floats:
        """Of each cell at each fraction: with all variants, then without each of them."""
        return cell_likelihood.log_likelihoods(self.library, self.grid)

    def cells(self) -> pd.DataFrame:
        """``tables.CELLS``."""
        x, settings = self.library, self.settings
        nothing = replace(x, ambient=ambient.NONE)
        best, low, high = cell_likelihood.intervals(self.likelihoods[0], self.grid, self.confidence)
        p = cell_tests.p_values(x, settings.min_fraction)
        zero, error = cell_tests.p_values(x, 0.0), cell_tests.p_values(nothing, 0.0)
        q, zero_q, error_q = (q_values(one) for one in (p, zero, error))
        limits = cell_tests.detection_limits(x, settings.min_fraction, LIMIT_P)
        means, weights = expected(x, 0.0)
        left = cell_tests.without_each(x)
        # Without a variant that a cell has no fragment of nothing changes.
        without = np.where(x.depth > 0, left, 0.0).max(axis=1, initial=0.0)
        score = numbers(self.rows, "doublet_score")
        table = pd.DataFrame(
            {
                "barcode": self.rows["barcode"].to_numpy(),
                "cell_type": words(self.rows, "cell_type"),
                "subset": words(self.rows, "subset"),
                "tumor_fraction": best,
                "tumor_fraction_low": low,
                "tumor_fraction_high": high,
                "detection_limit": limits,
                "p_value": p,
                "q_value": q,
                "zero_p_value": zero,
                "alt": x.alt.sum(axis=1),
                "ambient_alt": means @ weights,
                "zero_least_alt": cell_tests.needed(means, weights, LIMIT_P),
                "least_alt": cell_tests.needed(*expected(x, settings.min_fraction), LIMIT_P),
                "informative_fragments": x.depth.sum(axis=1),
                "n_variants": (x.depth > 0).sum(axis=1),
                "mtdna_depth": x.total,
                "ambient_share": np.minimum(x.per_load + x.ambient.swap, 1.0),
                "doublet_probability": score,
                "tumor_score": numbers(self.rows, "tumor_score"),
                "umap_1": numbers(self.rows, "umap_1"),
                "umap_2": numbers(self.rows, "umap_2"),
            }
        )
        measured = zip(
            table["informative_fragments"], table["n_variants"], low, q, zero_q, error_q, without,
            limits, score, strict=True,
        )  # fmt: skip
        judged = [judge_cell(Cell(*one), self.facts, settings) for one in measured]
        table["verdict"] = [verdict for verdict, _ in judged]
        table["flags"] = [join(flags) for _, flags in judged]
        return table[tables.CELLS.names]

    def groups(
        self, table: pd.DataFrame, prior: float
    ) -> tuple[pd.DataFrame, dict[str, list[float]], pd.DataFrame]:
        """``LIBRARY_SHARES``; shares of all cells without each variant; ``FRACTIONS``."""
        count = len(self.library.error)
        whole, *parts = self.likelihoods
        parts = parts if count > 1 else []
        score = table["doublet_probability"].to_numpy(float)
        tested = ~(score >= self.settings.max_doublet_score)
        tested &= table["informative_fragments"].to_numpy() > 0
        rows: list[dict[str, object]] = []
        by_variant: dict[str, list[float]] = {}
        weights = np.zeros(len(self.grid))
        for cell_type, subset, member in _members(table):
            cells = member & tested
            share = self._share(whole[cells])
            without = [self._share(part[cells]) for part in parts]
            if cell_type == "all":
                weights = share.weights
                by_variant["share_without"] = [one.share for one in without] or [math.nan] * count
                by_variant["share_low_without"] = [one.low for one in without] or [math.nan] * count
            rows.append(self._row(table, cells, share, [one.low for one in without], prior))
            rows[-1] |= {"cell_type": cell_type, "subset": subset}
            rows[-1]["p_value"] = self._against(whole, cells, tested & ~member)
        shared = pd.DataFrame(rows)
        names = [name for name in tables.LIBRARY_SHARES.names if name in shared]
        return (
            shared[names],
            by_variant,
            pd.DataFrame({"tumor_fraction": self.grid, "weight": weights}),
        )

    def _share(self, values: Floats) -> shares.Share:
        return shares.share_of_receivers(
            values, self.grid, self.settings.min_fraction, self.confidence
        )

    def _against(self, values: Floats, cells: Mask, others: Mask) -> float:
        """p value of the same share of receivers in other cells; NaN for few cells."""
        if min(cells.sum(), others.sum()) < MIN_GROUP or not self.facts.n_variants:
            return math.nan
        return shares.compare(values[cells], values[others], self.grid, self.settings.min_fraction)[
            0
        ]

    def _row(
        self, table: pd.DataFrame, cells: Mask, share: shares.Share, without: list[float],
        prior: float,
    ) -> dict[str, object]:  # fmt: skip
        score = table["doublet_probability"].to_numpy(float)[cells]
        count = int(cells.sum())
        mean, high = doublets.expected(
            score, prior, self.settings.max_doublet_score, self.confidence
        )
        group = Group(
            count, share.low, share.high, min(without, default=0.0), mean / max(count, 1),
            high / max(count, 1), bool(count) and not np.isnan(score).any(),
        )  # fmt: skip
        verdict, flags = judge_group(group, self.facts, self.settings)
        limits = table["detection_limit"].to_numpy(float)[cells]
        return {
            "n_cells": count,
            "n_powered": int((limits <= self.settings.max_detection_limit).sum()),
            "share": share.share,
            "share_low": share.low,
            "share_high": share.high,
            "share_low_without": group.low_without,
            "expected_doublets": group.doublets,
            "doublets_high": group.doublets_high,
            "excess_low": max(share.low - group.doublets_high, 0.0),
            "ambient": self.library.ambient.load if self.facts.ambient_measured else math.nan,
            "ambient_tumor": (
                self.library.ambient.tumor_share if self.facts.ambient_measured else math.nan
            ),
            "swap": self.library.ambient.swap,
            "verdict": verdict,
            "flags": join(flags),
        }


def _members(table: pd.DataFrame) -> Iterator[tuple[str, str, Mask]]:
    """Groups of cells: all, each type, each subset of a type."""
    yield "all", "", np.ones(len(table), bool)
    types, subsets = table["cell_type"].to_numpy(), table["subset"].to_numpy()
    for name in sorted({one for one in types if one}):
        yield name, "", types == name
        inside = sorted({one for one in subsets[types == name] if one})
        for subset in inside if len(inside) > 1 else []:
            yield name, subset, (types == name) & (subsets == subset)


def words(rows: pd.DataFrame, name: str) -> NDArray:
    """A column as text, empty where it is missing."""
    if name not in rows:
        return np.full(len(rows), "", object)
    return rows[name].fillna("").astype(str).to_numpy(object)


def numbers(rows: pd.DataFrame, name: str) -> Floats:
    """A column as numbers, NaN where it is missing."""
    if name not in rows:
        return np.full(len(rows), np.nan)
    return pd.to_numeric(rows[name], errors="coerce").to_numpy(float)
