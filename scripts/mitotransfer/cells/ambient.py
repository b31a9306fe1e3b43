"""Ambient mtDNA of a library, and reads that swapped barcodes.

Free mtDNA of lysed cells gets into every droplet: a load per droplet, whatever the cell in it.
Reads that got another barcode in the tube add in proportion to the cell's own depth. Two lines of
cells mixed in one library show both parts: a constant alone is wrong.

The load is measured in barcodes that are no cells. Its spread over droplets is taken as gamma, so
that their fragments are negative binomial.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy import optimize, special

from mitotransfer.arrays import Floats, Ints, Mask

#: Barcodes with this share of the typical one's fragments, or less, are no droplets: errors in
#: barcodes and swapped reads make them. Those with the inverse hold damaged cells.
STRAY = 0.1
#: Barcodes that are no cells below which their load is not estimated.
MIN_BARCODES = 20
#: The gamma shape of a load that varies little, and the least one.
MAX_SHAPE, MIN_SHAPE = 100.0, 0.2


@dataclass(frozen=True)
class Ambient:
    """What a droplet has of mtDNA that is not its cell's.

    Attributes:
        load: free mtDNA, in fragments per position and droplet, on average.
        shape: of the gamma distribution of a droplet's load over the mean.
        tumor_share: share of the free mtDNA that is the tumour's, 0 to 1.
        swap: share of a cell's reads that are of other barcodes.
        swap_tumor_share: share of those that are the tumour's.
    """

    load: float = 0.0
    shape: float = 1.0
    tumor_share: float = 0.0
    swap: float = 0.0
    swap_tumor_share: float = 0.0


#: No free mtDNA, no swapped reads.
NONE = Ambient()


def typical(fragments: Ints) -> float:
    """The median over fragments of the fragments of their barcode.

    Barcodes of one or two stray fragments are many and hold few fragments, so that they hardly
    count.

    >>> typical(np.array([1] * 90 + [50] * 10))
    50.0
    """
    ordered = np.sort(np.asarray(fragments, np.int64))
    half = np.searchsorted(np.cumsum(ordered), ordered.sum() / 2)
    return float(ordered[min(half, len(ordered) - 1)]) if len(ordered) else 0.0


def droplets(fragments: Ints) -> Mask:
    """Mask of those barcodes without a cell that are droplets with free mtDNA."""
    middle = typical(fragments)
    return (fragments >= max(STRAY * middle, 1)) & (fragments <= middle / STRAY)


def load_of_droplets(fragments: Ints) -> tuple[float, float]:
    """Mean and gamma shape of the fragments of free mtDNA in a droplet.

    By maximum likelihood of the negative binomial distribution, cut off below: barcodes with fewer
    fragments are not listed, or are strays.

    Args:
        fragments: mtDNA fragments of each barcode that is no cell, shape (barcodes,).

    Returns:
        ``(mean, shape)``; NaN where there are too few barcodes.
    """
    if len(fragments) < MIN_BARCODES:
        return math.nan, math.nan
    kept = np.asarray(fragments, np.int64)[droplets(fragments)]
    if len(kept) < MIN_BARCODES:
        return float(np.mean(fragments)), 1.0
    counts, times = np.unique(kept, return_counts=True)
    least = max(math.ceil(STRAY * typical(fragments)), 1)

    def surprise(logs: Floats) -> float:
        mean, shape = np.exp(logs)
        share = shape / (shape + mean)
        log_probability = (
            special.gammaln(counts + shape) - special.gammaln(shape) - special.gammaln(counts + 1)
            + shape * np.log(share) + counts * np.log1p(-share)
        )  # fmt: skip
        # P(X >= least) of the negative binomial distribution.
        seen = special.betainc(least, shape, 1 - share)
        return float(-(times * log_probability).sum() + times.sum() * np.log(max(seen, 1e-300)))

    mean = float(np.average(counts, weights=times))
    bounds = [
        (math.log(mean / 100), math.log(mean * 2)), (math.log(MIN_SHAPE), math.log(MAX_SHAPE))
    ]  # fmt: skip
    found = optimize.minimize(surprise, [math.log(mean), math.log(2.0)], bounds=bounds)
    load, shape = np.exp(found.x)
    return float(load), float(shape)


def tumor_share(alt: Ints, depth: Ints, vaf: Floats, error: Floats) -> float:
    """Share of mtDNA that is the tumour's, by the alleles of the tumour in it; 0 without mtDNA.

    Args:
        alt, depth: fragments with each variant, and all, shape (variants,), summed over barcodes.
        vaf: of the tumour; ``error``: rate of the error that looks like the variant.
    """
    expected = float((depth * (vaf - error)).sum())
    found = float((alt - depth * error).sum())
    return min(max(found / expected, 0.0), 1.0) if expected > 0 else 0.0


def swap_rate(own: Ints, depth: Ints, tumor_share_of_reads: float, assumed: float) -> float:
    """Share of a cell's reads that swapped barcodes: the assumed rate, or what the mirror allows.

    In tumour cells the patient's own alleles are foreign. Free mtDNA, and tumour mtDNA without a
    variant, bring them too: each variant's share of them has an upper bound on swaps, of 95 %
    confidence (Poisson).

    Args:
        own, depth: fragments with the own allele of each variant, and all, summed over tumour
            cells, shape (variants,).
        tumor_share_of_reads: share of the library's mtDNA reads that are of tumour cells.
        assumed: the rate where the mirror does not show a lower one.
    """
    seen = depth > 0
    if not seen.any() or tumor_share_of_reads >= 1:
        return assumed
    high = special.gammaincinv(own[seen] + 1.0, 0.95) / depth[seen]
    return float(min(assumed, high.min() / (1 - tumor_share_of_reads)))
