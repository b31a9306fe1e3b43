"""People of one ancestor, and libraries of mixtures of them with uniform errors."""

import numpy as np
from numpy.typing import NDArray

from mitotransfer.counts.allele_counts import Counts, empty_indels
from mitotransfer.errors.sample_errors import SampleErrors

LENGTH = 16569


USABLE = np.ones(LENGTH, bool)


ANCESTOR = np.random.default_rng(0).integers(0, 4, LENGTH).astype(np.int8)


ERROR = 3e-4


ERRORS = SampleErrors(np.full((4, 4, 2), ERROR / 3), np.full((4, 4, 2), 1e-6), 0.0, 1e-6)


def person(seed: int, differences: int = 25) -> NDArray[np.int8]:
    alleles = ANCESTOR.copy()
    at = np.random.default_rng(seed).choice(LENGTH, differences, replace=False)
    alleles[at] = (alleles[at] + 2) % 4
    return alleles


def library(
    parts: list[tuple[float, NDArray[np.int8]]], depth: int, seed: int
) -> NDArray[np.uint32]:
    """Counts of a mixture of people with uniform errors."""
    shares = np.zeros((LENGTH, 4))
    for share, alleles in parts:
        shares[np.arange(LENGTH), alleles] += share
    shares = shares * (1 - ERROR) + (1 - shares) * ERROR / 3
    rng = np.random.default_rng(seed)
    strands = [rng.multinomial(depth // 2, shares / shares.sum(1, keepdims=True)) for _ in "+-"]
    return np.stack(strands, axis=2).astype(np.uint32)


def counted(bases: NDArray[np.uint32]) -> Counts:
    return Counts(bases, empty_indels(), {})


PEOPLE = [person(i) for i in range(1, 5)]
