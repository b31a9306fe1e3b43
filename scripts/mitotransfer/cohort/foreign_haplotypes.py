"""Another person's haplotype in a sample: which patient it fits, and its share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from mitotransfer.cohort.crosstalk import (
    MIN_SITES,
    Alleles,
    Floats,
    Mask,
    Sites,
    error_rates,
    estimate_rate,
)
from mitotransfer.counts.allele_counts import Counts, major
from mitotransfer.counts.haplotypes import varies
from mitotransfer.errors.sample_errors import SampleErrors

#: Shares of a foreign haplotype that are tried.
SEARCHED_SHARES = (0.003, 0.01, 0.03, 0.1, 0.3)
#: Log-likelihood ratio that a foreign haplotype needs beyond the log of the number tried.
MIN_LOG_RATIO = 10.0


@dataclass(frozen=True)
class Foreign:
    """A minor haplotype of another person: the cohort's patient who fits best, and its share."""

    patient: str
    share: float
    low: float
    high: float


@dataclass(frozen=True)
class HaplotypePool:
    """One haplotype per patient, on the positions at which they vary.

    Attributes:
        patients: sorted, shape (patients,).
        columns: positions (0-based), shape (columns,).
        haplotypes: int8, shape (patients, columns).
        consensus: the allele that most of them have, shape (columns,).
        carried: alleles that any of them has, shape (columns, 4).
        departures: alleles beyond the consensus (1) and consensus alleles that are missing (-1),
            sparse, shape (patients, columns * 4): a person has dozens, not thousands.
    """

    patients: NDArray[np.str_]
    columns: NDArray[np.int64]
    haplotypes: Alleles
    consensus: NDArray[np.int64]
    carried: NDArray[np.bool_]
    departures: sparse.csr_array

    def sums(self, values: Floats) -> Floats:
        """Values (n, columns, 4) of alleles, summed over each patient's alleles: (n, patients)."""
        usual = values[:, np.arange(len(self.columns)), self.consensus].sum(axis=1)
        return usual[:, None] + (self.departures @ values.reshape(len(values), -1).T).T


def haplotype_pool(patients: Sequence[str], haplotypes: Alleles, usable: Mask) -> HaplotypePool:
    """The pool in which foreign haplotypes are sought.

    Args:
        patients: one name per row of haplotypes, sorted.
        haplotypes: int8, shape (patients, length).
    """
    columns = np.flatnonzero(usable & varies(haplotypes, range(len(haplotypes))))
    varying = haplotypes[:, columns]
    having = np.stack([(varying == allele).sum(axis=0) for allele in range(4)], axis=1)
    consensus = having.argmax(axis=1)
    patient, column = np.nonzero(varying != consensus)
    own = varying[patient, column].astype(np.int64)
    known = own >= 0
    values = np.concatenate([np.ones(known.sum()), -np.ones(len(patient))])
    rows = np.concatenate([patient[known], patient])
    alleles = np.concatenate([4 * column[known] + own[known], 4 * column + consensus[column]])
    departures = sparse.csr_array((values, (rows, alleles)), shape=(len(varying), 4 * len(columns)))
    return HaplotypePool(
        np.array(patients, dtype=str), columns, varying, consensus, having > 0, departures
    )


def find_foreign(
    counts: Counts,
    errors: SampleErrors,
    pool: HaplotypePool,
    *,
    own_patient: str,
    excluded: NDArray[np.bool_],
    confidence: float,
) -> tuple[Foreign, NDArray[np.int64], NDArray[np.int64]] | None:
    """The minor haplotype of another patient in a sample, if there is one.

    A foreign haplotype shows at every position where it differs from the sample's; a few
    heteroplasmies do not. The log-likelihood ratio of ``e + share`` against ``e`` is therefore
    summed over these positions, for all patients at once. The sample's own allele is its most
    frequent one, which a large foreign share makes heteroplasmic.

    Args:
        excluded: alleles that the sample's patient has anyway, shape (length, 4).

    Returns:
        The haplotype, and the positions and alleles at which it was seen.
    """
    columns = pool.columns
    own_here = major(counts.alleles[columns])
    reads = counts.depth[columns].sum(axis=1).astype(float)[:, None]
    alt = counts.alleles[columns].astype(float)
    open_here = (own_here[:, None] != np.arange(4)) & (reads > 0)
    open_here &= ~excluded[columns] & pool.carried
    if not len(pool.patients) or not open_here.any():
        return None
    rows, alleles = np.nonzero(open_here)
    error = np.zeros(alt.shape)
    error[rows, alleles] = np.clip(
        error_rates(rows, alleles, own_here, counts.depth[columns], errors), 1e-6, 0.5
    )
    gains = np.zeros((len(SEARCHED_SHARES), *alt.shape))
    e, k, n = error[rows, alleles], alt[rows, alleles], reads[rows, 0]
    for gain, share in zip(gains, SEARCHED_SHARES, strict=True):
        gain[rows, alleles] = k * np.log1p(share * (1 - e) / e) + (n - k) * np.log1p(-share)
    ratios = pool.sums(gains)
    ratios[:, pool.patients == own_patient] = -np.inf
    best = int(np.argmax(ratios.max(axis=0)))
    if ratios[:, best].max() < MIN_LOG_RATIO + np.log(len(pool.patients)):
        return None
    foreign = pool.haplotypes[best].astype(np.int64)
    at = np.flatnonzero((foreign >= 0) & open_here[np.arange(len(columns)), np.maximum(foreign, 0)])
    sites = Sites(alt[at, foreign[at]], reads[at, 0], np.ones(len(at)), error[at, foreign[at]])
    found = estimate_rate(sites, confidence)
    if found.n_sites < MIN_SITES or found.low <= 0:
        return None
    result = Foreign(str(pool.patients[best]), found.rate, found.low, found.high)
    return result, columns[at], foreign[at]
