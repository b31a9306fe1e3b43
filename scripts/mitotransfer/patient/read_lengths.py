"""Reads of two lengths in one sample: the share of bases at read ends that do not count.

Of a read of length l, ``l - 2 read_end`` bases count. If the reads with the tumour's alleles are of
another length than the others, as where two libraries were mixed, more or fewer of them are left
out, and every fraction is biased. Positions of bases that count are even between ``read_end`` and
half of the length, so that their mean distance from the nearer end gives the length:
``l = 4 (mean - read_end) + 2 read_end``.
"""

from __future__ import annotations

import math

import numpy as np

from mitotransfer.arrays import Ints
from mitotransfer.counts.allele_counts import Counts

#: A bias of more than this share of the fraction, beyond so many standard errors, is flagged.
MAX_BIAS, STANDARD_ERRORS = 0.05, 4.0
# Standard deviation of an even distribution from 0 on, over its mean.
_SCATTER = 1.0 / math.sqrt(3.0)


def length_bias(counts: Counts, pos: Ints, alt: Ints, own: Ints) -> float:
    """Counted over true odds of the fragments with the alleles ``alt`` beside those with ``own``.

    1 where the reads of both are equally long, as far as they show. Positions are 0-based.
    """
    if counts.sums is None or not pos.size:
        return 1.0
    k, n = counts.alleles[pos, alt], counts.alleles[pos, own]
    distances = counts.sums.distances.sum(axis=2, dtype=np.int64)
    known = (k > 0) & (n > 0)
    if not known.any():
        return 1.0
    k, n, pos, alt, own = (x[known] for x in (k, n, pos, alt, own))
    read_end = float(counts.meta["read_end"])
    # Distances of the other reads, at the places where the alleles are.
    usual = float((distances[pos, own] / n * k).sum() / k.sum()) - read_end
    seen = float(distances[pos, alt].sum() / k.sum()) - read_end
    if min(usual, seen) <= 0.0:
        return 1.0
    scatter = _SCATTER * math.sqrt(1.0 / k.sum() + float((k * k / n).sum()) / float(k.sum()) ** 2)
    if abs(math.log(seen / usual)) < STANDARD_ERRORS * scatter:
        return 1.0
    of_alt, of_own = (4.0 * x / (4.0 * x + 2.0 * read_end) for x in (seen, usual))
    bias = of_alt / of_own
    return bias if abs(bias - 1.0) > MAX_BIAS else 1.0
