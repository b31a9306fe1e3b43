"""Indels of simulated samples as counts: those of their molecules, and false ones."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from places import GENOME, LENGTH

from mitotransfer.counts.allele_counts import INDEL_COLUMNS, empty_indels
from mitotransfer.simulate.deletions import alleles
from mitotransfer.simulate.genomes import stream
from mitotransfer.simulate.truth import Truth

#: False indels per fragment after a base, by the length of the run that follows.
FALSE = np.array([0, 1e-5, 1e-5, 5e-5, 5e-5, 2e-4, 1e-3, 1e-3, 1e-3])


def false_rates(rng: np.random.Generator) -> NDArray[np.float64]:
    """Rates of a cohort's places: gamma factors, and thirty times as much in one of a hundred."""
    following = np.minimum(np.roll(GENOME.run_lengths, -1), len(FALSE) - 1)
    factors = rng.gamma(0.5, 2.0, LENGTH) * np.where(rng.random(LENGTH) < 0.01, 30.0, 1.0)
    return np.minimum(FALSE[following] * factors, 0.2)


def drawn(truth: Truth, name: str, depth: NDArray[np.int64]) -> pd.DataFrame:
    """``Counts.indels`` of a sample.

    Args:
        depth: fragments per position and strand.
    """
    rng = stream(truth.seed, "indels", name)
    shares: dict[tuple[int, str, str], float] = defaultdict(float)
    circles = [one for one in truth.sources(name) if one.segment is None or one.closed]
    for one in alleles(circles, LENGTH):
        if len(one.ref) != len(one.alt):
            shares[one.allele] += one.vaf
    rates = false_rates(stream(truth.seed, "places of false indels")) * rng.gamma(4.0, 0.25)
    false = rng.binomial(depth, rates[:, None])
    rows = {}
    for at in np.flatnonzero(false.any(axis=1)).tolist():
        base, following = (GENOME.reference.sequence[(at + i) % LENGTH] for i in (0, 1))
        if at + 1 < LENGTH and "N" not in (base, following) and base != following:
            rows[at + 1, base + following, base] = false[at]
    for (pos, ref, alt), share in shares.items():
        true = rng.binomial(depth[pos - 1], min(share, 1.0))
        if true.any():
            rows[pos, ref, alt] = rows.get((pos, ref, alt), 0) + true
    table = [[*key, *rows[key].tolist()] for key in sorted(rows)]
    return pd.DataFrame(table, columns=INDEL_COLUMNS) if table else empty_indels()
