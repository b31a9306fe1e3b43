"""A sample's molecules as pools of variants, and those pools as flat arrays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mitotransfer.genome.reference import CODE_OF, Reference, encode
from mitotransfer.simulate.genomes import Variant
from mitotransfer.simulate.noise import Noise, SampleNoise, sample_noise


@dataclass(frozen=True)
class Source:
    """Molecules of one origin.

    Attributes:
        weight: share of the library's fragments.
        variants: alleles and their VAFs among these molecules, independent of each other.
        label: where they come from; for tests and truth, never written to reads.
        segment: start (0-based) and length of a linear copy; None for the whole circle.
        closed: the segment is a circle: what a deletion has left of the whole one.
    """

    weight: float
    variants: Sequence[Variant]
    label: str = "own"
    segment: tuple[int, int] | None = None
    closed: bool = False


@dataclass(frozen=True)
class Library:
    """One sample's molecules, and the errors of its sequencing.

    Attributes:
        sources: pools of molecules, weights adding up to 1.
        noise: what all samples of the cohort share.
        rates: the sample's own error rates; None: drawn with the reads or counts.
    """

    sources: Sequence[Source]
    reference: Reference
    noise: Noise
    rates: SampleNoise | None = None

    def sample_rates(self, rng: np.random.Generator) -> SampleNoise:
        """The sample's error rates; draws from ``rng`` only where the library has none."""
        return sample_noise(self.noise, rng) if self.rates is None else self.rates


class Molecules(NamedTuple):
    """Sources as arrays for the sequencing kernel.

    ``site`` (sources, length) is the index of the site that starts at a position,
    or -1; ``first_allele`` (sites + 1) points into the alleles, of which ``share``
    is cumulated within the site.
    """

    codes: NDArray[np.uint8]  # of the reference
    weights: NDArray[np.float64]  # cumulated, last is 1
    segments: NDArray[np.int64]  # (sources, 2): start, length; length 0: circle
    closed: NDArray[np.bool_]  # by source: its segment is a circle
    site: NDArray[np.int32]
    first_allele: NDArray[np.int64]
    share: NDArray[np.float64]
    ref_length: NDArray[np.int64]
    first_base: NDArray[np.int64]  # alleles + 1
    bases: NDArray[np.uint8]


def compile_sources(sources: Sequence[Source], reference: Reference) -> Molecules:
    """Flatten sources for the kernel.

    Raises:
        ValueError: if weights do not add up, an allele does not fit the reference, or
            alleles of one source overlap or exceed a share of 1.
    """
    weights = np.array([source.weight for source in sources], np.float64)
    if not len(weights) or (weights < 0).any() or not np.isclose(weights.sum(), 1):
        raise ValueError(f"weights of sources must add up to 1, found {weights.sum():g}")
    site = np.full((len(sources), reference.length), -1, np.int32)
    first_allele, share, ref_length, first_base = [0], [], [], [0]
    bases: list[NDArray[np.uint8]] = []
    for index, source in enumerate(sources):
        end, previous, cumulated = 0, -1, 0.0
        for variant in sorted(source.variants):
            if not 0 <= variant.vaf <= 1:
                raise ValueError(f"VAF {variant.vaf} of {variant.allele} is not within 0 and 1")
            if variant.vaf == 0:
                continue
            start = variant.pos - 1
            if reference.sequence[start : start + len(variant.ref)] != variant.ref:
                raise ValueError(f"{variant.allele} does not fit the reference")
            if start == previous:
                cumulated += variant.vaf
                first_allele[-1] += 1
            else:
                if start < end:
                    raise ValueError(f"{variant.allele} overlaps another variant")
                site[index, start] = len(first_allele) - 1
                first_allele.append(first_allele[-1] + 1)
                cumulated = variant.vaf
            if cumulated > 1 + 1e-9:
                raise ValueError(f"alleles at {variant.pos} have more than all molecules")
            previous, end = start, max(end, start + len(variant.ref))
            share.append(cumulated)
            ref_length.append(len(variant.ref))
            bases.append(encode(variant.alt))
            first_base.append(first_base[-1] + len(variant.alt))
    cumulative = np.cumsum(weights)
    return Molecules(
        reference.codes,
        cumulative / cumulative[-1],
        np.array([source.segment or (0, 0) for source in sources], np.int64),
        np.array([source.closed for source in sources], np.bool_),
        site,
        np.array(first_allele, np.int64),
        np.array(share, np.float64),
        np.array(ref_length, np.int64),
        np.array(first_base, np.int64),
        np.concatenate([*bases, np.zeros(0, np.uint8)]),
    )


def allele_shares(sources: Sequence[Source], reference: Reference) -> NDArray[np.float64]:
    """Expected share of each base at each position, (length, 4); a deletion takes from both.

    A source with a segment adds to the depth of its segment, so rows may sum to
    slightly more or less than 1.
    """
    shares = np.zeros((reference.length, 4))
    rows = np.flatnonzero(reference.codes < 4)
    codes = reference.codes.astype(np.int64)
    whole = sum(source.weight for source in sources if source.segment is None)
    shares[rows, codes[rows]] = whole
    for source in sources:
        scale = source.weight
        if source.segment is not None:
            start, length = source.segment
            inside = (start + np.arange(length)) % reference.length
            inside = inside[codes[inside] < 4]
            scale *= reference.length / length
            shares[inside, codes[inside]] += scale
        for variant in source.variants:
            amount = scale * variant.vaf
            start = variant.pos - 1
            for shift, base in enumerate(variant.ref):
                replaced = variant.alt[shift] if shift < len(variant.alt) else ""
                if replaced != base:
                    shares[start + shift, CODE_OF[base]] -= amount
                    if replaced:
                        shares[start + shift, CODE_OF[replaced]] += amount
    return np.maximum(shares, 0.0)
