"""Reads of other libraries in a sample: index cross-talk of its batch, and foreign haplotypes.

Cross-talk mixes into a sample the share ``x`` of reads from the other libraries of its batch, in
proportion to their sizes. Where the sample has a fixed allele and libraries of other patients
have another one, ``a``, its VAF is expected at ``e + x w``: ``e`` is the error rate, ``w`` the
share of ``a``'s libraries among the reads of the others. All such sites together give ``x``. Times
the share of the patient's own tumour (and other immune) libraries, it bounds tumour mtDNA from
cross-talk, which haplotypes cannot show.

The sum of Poisson counts with mean ``n x w`` is sufficient for ``x``, so its ratio is the maximum
of the likelihood. The upper bound counts every read of a foreign allele as cross-talk, the lower
one subtracts the expected errors; dispersion between sites beyond Poisson widens both.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from mitotransfer.counts.allele_counts import Counts
from mitotransfer.errors.sample_errors import SampleErrors
from mitotransfer.quick_scipy import special
from mitotransfer.stats import intervals

#: With fewer sites the rate of the batch replaces the sample's own.
MIN_SITES = 5
#: A count less probable than this at three times the usual rate is a variant of the sample.
OUTLIER_P, OUTLIER_RATE = 1e-6, 3.0

Floats = NDArray[np.float64]
Alleles = NDArray[np.int8]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Sites:
    """Alleles of other libraries that a sample itself lacks, arrays (sites,).

    Attributes:
        alt, depth: fragments with the foreign allele, and all.
        weight: share of that allele's libraries among the reads that can cross over.
        error: error rate of the sample for it.
    """

    alt: Floats
    depth: Floats
    weight: Floats
    error: Floats

    def __len__(self) -> int:
        return len(self.alt)

    def __getitem__(self, rows: NDArray) -> Sites:
        return Sites(self.alt[rows], self.depth[rows], self.weight[rows], self.error[rows])


@dataclass(frozen=True)
class Rate:
    """Share of a library's reads that are of other libraries, its interval, and the sites seen."""

    rate: float
    low: float
    high: float
    n_sites: int


@dataclass(frozen=True)
class Batch:
    """Libraries that were sequenced together.

    Attributes:
        patients, roles: by library.
        sizes: reads, or anything proportional to them, shape (libraries,).
        haplotypes: int8, shape (libraries, length).
    """

    patients: Sequence[str]
    roles: Sequence[str]
    sizes: Floats
    haplotypes: Alleles

    @cached_property
    def carried(self) -> Floats:
        """Reads of all libraries that carry each allele fixed, shape (length, 4)."""
        return self._carried(range(len(self.sizes)))

    def _carried(self, libraries: Iterable[int]) -> Floats:
        reads = np.zeros((self.haplotypes.shape[1], 4))
        for i in libraries:
            known = np.flatnonzero(self.haplotypes[i] >= 0)
            reads[known, self.haplotypes[i][known]] += self.sizes[i]
        return reads

    def weights(self, library: int) -> Floats:
        """Share of each allele among reads from other patients' libraries, shape (length, 4).

        0 for alleles that any of the patient's own libraries carries.
        """
        own = [i for i, p in enumerate(self.patients) if p == self.patients[library]]
        others = self.sizes.sum() - self.sizes[library]
        share = self.carried / max(others, 1e-300)
        share[self._carried(own) > 0] = 0.0
        return share

    def tumor_weight(self, library: int) -> float:
        """Share of libraries with tumour mtDNA of the patient among the reads that can cross over.

        The patient's other immune libraries are among them: they may hold some.
        """
        others = self.sizes.sum() - self.sizes[library]
        carriers = [
            i
            for i, (patient, role) in enumerate(zip(self.patients, self.roles, strict=True))
            if patient == self.patients[library] and role != "normal" and i != library
        ]
        return float(self.sizes[carriers].sum()) / others if others > 0 else 0.0

    def alleles(self) -> BatchAlleles:
        """Alleles at which the libraries differ."""
        carried = self.carried
        kept = (carried > 0) & ((carried > 0).sum(axis=1) > 1)[:, None]
        keys = np.flatnonzero(kept.reshape(-1))
        return BatchAlleles(float(self.sizes.sum()), keys, carried.reshape(-1)[keys])


@dataclass(frozen=True)
class BatchAlleles:
    """Fixed alleles of a batch's libraries at positions where these differ.

    Attributes:
        reads: of all libraries.
        keys: position (0-based) times four plus allele, sorted, shape (alleles,).
        carried: reads of the libraries that carry it, shape (alleles,).
    """

    reads: float
    keys: NDArray[np.int64]
    carried: Floats

    def at(self, positions: NDArray[np.int64], alleles: NDArray[np.int64]) -> Floats:
        """Reads of the libraries with each allele; 0 where none or all have it."""
        wanted = positions * 4 + alleles
        if not len(self.keys):
            return np.zeros(len(wanted))
        place = np.minimum(np.searchsorted(self.keys, wanted), len(self.keys) - 1)
        return np.where(self.keys[place] == wanted, self.carried[place], 0.0)


def error_rates(
    positions: NDArray[np.int64],
    alleles: NDArray[np.int64],
    own: NDArray[np.integer],
    depth: NDArray[np.int64],
    errors: SampleErrors,
) -> Floats:
    """Error rate from the sample's own base to each allele, strands weighted by depth."""
    by_strand = errors.rate[own[positions].astype(np.int64), alleles]
    weight = depth[positions] / np.maximum(depth[positions].sum(axis=1, keepdims=True), 1)
    return (by_strand * weight).sum(axis=1)


def foreign_sites(
    counts: Counts,
    own: Alleles,
    weights: Floats,
    errors: SampleErrors,
    usable: Mask,
) -> Sites:
    """Sites at which a sample would show reads of other libraries.

    Args:
        own: the sample's haplotype.
        weights: shape (length, 4), as ``Batch.weights``.
        usable: positions to look at.
    """
    wanted = (weights > 0) & (usable & (own >= 0))[:, None] & (own[:, None] != np.arange(4))
    positions, alleles = np.nonzero(wanted)
    return Sites(
        counts.alleles[positions, alleles].astype(float),
        counts.depth[positions].sum(axis=1).astype(float),
        weights[positions, alleles],
        error_rates(positions, alleles, own, counts.depth, errors),
    )


def without_own_variants(sites: Sites) -> Sites:
    """Sites without the sample's own variants, whose counts far exceed those of the rest."""
    seen = sites[sites.depth > 0]
    if not len(seen):
        return seen
    excess = (seen.alt - seen.depth * seen.error) / (seen.depth * seen.weight)
    usual = seen[np.argsort(excess, kind="stable")[: max(1, int(0.8 * len(seen)))]]
    rate = max(0.0, _excess(usual))
    expected = OUTLIER_RATE * seen.depth * (seen.error + rate * seen.weight)
    # The probability of as many reads or more.
    return seen[(seen.alt == 0) | (special.pdtrc(seen.alt - 1, expected) >= OUTLIER_P)]


def _excess(sites: Sites) -> float:
    """Reads of foreign alleles beyond errors, per read that would carry them at x = 1."""
    return float(
        (sites.alt.sum() - (sites.depth * sites.error).sum()) / (sites.depth * sites.weight).sum()
    )


def estimate_rate(sites: Sites, confidence: float) -> Rate:
    """Share of crossed-over reads with its interval; NaN and (0, 1) without sites."""
    kept = without_own_variants(sites)
    reach = float((kept.depth * kept.weight).sum())
    if reach <= 0:
        return Rate(np.nan, 0.0, 1.0, 0)
    rate = min(1.0, max(0.0, _excess(kept)))
    mean = kept.depth * (kept.error + rate * kept.weight)
    pearson = float(np.sum((kept.alt - mean) ** 2 / np.maximum(mean, 1e-12)))
    factor = max(1.0, pearson / max(len(kept) - 1, 1))
    total, reads = float(kept.alt.sum()), float(kept.depth.sum())
    low, high = intervals.clopper_pearson(total / factor, reads / factor, confidence)
    errors = float((kept.depth * kept.error).sum())
    return Rate(
        rate,
        min(rate, max(0.0, float(low) * reads - errors) / reach),
        max(rate, min(1.0, float(high) * reads / reach)),
        len(kept),
    )


def joined_sites(parts: Sequence[Sites]) -> Sites:
    """Sites of several samples, each cleared of the sample's own variants."""
    cleared = [without_own_variants(part) for part in parts]
    return Sites(
        np.concatenate([part.alt for part in cleared]),
        np.concatenate([part.depth for part in cleared]),
        np.concatenate([part.weight for part in cleared]),
        np.concatenate([part.error for part in cleared]),
    )
