"""Sequencing: qualities, errors, hot spots, duplicates, index hopping.

Rates follow deep mtDNA data beyond what qualities predict: a floor of mismatches at high quality,
substitutions that differ between strands (oxidised G read as T), and positions with errors on one
strand in every sample (Schmitt et al., PNAS 2012; Costello et al., Nucleic Acids Res 2013; Gerstung
et al., Bioinformatics 2014).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mitotransfer.genome.reference import BASES, CODE_OF, Reference
from mitotransfer.simulate.genomes import draw_positions, stream, tract_positions

Floats = NDArray[np.float64]

# The bins of current Illumina instruments; the lowest is a base not called, written N.
QUALITIES = np.array([2, 12, 23, 37], np.int64)

# Relative rates as the instrument reads them, before orientation; row: true base.
READ_WEIGHTS = np.array(
    # to A    C    G    T
    [
        [0.0, 0.5, 1.0, 0.5],  # A
        [1.2, 0.0, 0.3, 1.5],  # C
        [1.2, 0.4, 0.0, 3.0],  # G: oxidation, read as T
        [0.5, 1.0, 0.8, 0.0],  # T
    ]
)
# Damage and polymerase errors before sequencing, seen by both mates.
FRAGMENT_WEIGHTS = np.array(
    [
        [0.0, 0.2, 1.0, 0.2],
        [0.7, 0.0, 0.1, 2.5],  # deamination
        [1.5, 0.1, 0.0, 2.0],
        [0.2, 1.0, 0.2, 0.0],
    ]
)
COMPLEMENT = np.array([3, 2, 1, 0])


@dataclass(frozen=True)
class Sequencing:
    """Parameters of the sequencing model; docs/simulator.md gives the reasons."""

    read_length: int = 150
    insert_mean: float = 350.0
    insert_sd: float = 80.0
    insert_max: int = 800
    duplicates: float = 0.08  # share of read pairs that are further copies of a fragment
    index_hopping: float = 0.0008  # share of a sample's pairs that come from its batch
    numt_share: float = 0.003  # share of pairs from nuclear copies
    numt_segments: int = 10
    numt_length: tuple[int, int] = (900, 3000)
    numt_divergence: tuple[float, float] = (0.03, 0.08)
    read_error_floor: float = 4e-4  # per base, beyond what qualities predict
    fragment_error: float = 1e-4  # per base, shared by both mates
    quality_calibration: float = 0.8  # realised over stated error rate
    site_cv: float = 0.5  # between positions, same in all samples
    sample_cv: float = 0.2  # between samples, same at all positions
    hot_spots: int = 36
    hot_spot_rate: tuple[float, float] = (0.002, 0.03)  # on the affected strand
    hot_spot_cv: float = 0.5  # between samples, at one hot spot
    nuclear_error: float = 0.0008  # per read at a nuclear locus, to the tested allele

    def __post_init__(self) -> None:
        shares = ("duplicates", "index_hopping", "numt_share", "read_error_floor")
        for name in (*shares, "fragment_error", "nuclear_error"):
            if not 0 <= getattr(self, name) < 1:
                raise ValueError(f"sequencing.{name}: expected a share from 0 to below 1")
        if not 30 <= self.read_length <= self.insert_max:
            raise ValueError("sequencing: expected 30 <= read_length <= insert_max")
        if self.numt_length[0] <= self.insert_max:
            raise ValueError("sequencing.numt_length: expected lengths above insert_max")

    @property
    def mean_coverage(self) -> float:
        """Bases of the genome that a pair covers on average, overlap counted once."""
        sizes, weights = self.insert_distribution()
        return float((np.minimum(2 * self.read_length, sizes) * weights).sum())

    def insert_distribution(self) -> tuple[Floats, Floats]:
        """Insert sizes and their probabilities: a normal, cut at the read length."""
        sizes = np.arange(self.read_length, self.insert_max + 1, dtype=np.float64)
        weights = np.exp(-0.5 * ((sizes - self.insert_mean) / self.insert_sd) ** 2)
        return sizes, weights / weights.sum()


@dataclass(frozen=True)
class HotSpot:
    """A position (1-based) with a high rate of the error ``alt`` on one strand."""

    pos: int
    ref: str
    alt: str
    strand: int
    rate: float


@dataclass(frozen=True)
class Noise:
    """Errors that all samples of a cohort share.

    Attributes:
        site_factor: (length, 4, 2), mean 1: position, read allele, strand.
        hot_spots: sorted by position.
    """

    sequencing: Sequencing
    site_factor: Floats
    hot_spots: tuple[HotSpot, ...]


@dataclass(frozen=True)
class SampleNoise:
    """One sample's error rates.

    Attributes:
        read_rate: (length, 4, 4, 2): position, true base, read base, strand; errors
            beyond those that base qualities predict. Zero on the diagonal.
        fragment_rate: (4, 4): true base, changed base, seen along mate 1.
        hot_spots: (hot spots,): this sample's rate at each hot spot.
    """

    read_rate: Floats
    fragment_rate: Floats
    hot_spots: Floats


def oriented(weights: Floats) -> Floats:
    """Weights as read, in reference orientation per strand: (true, read, strand)."""
    reverse = weights[np.ix_(COMPLEMENT, COMPLEMENT)]
    return np.stack([weights, reverse], axis=-1)


def normalised(weights: Floats) -> Floats:
    """Weights scaled so that a base's total error is 1 on average over bases."""
    return weights / weights.sum(axis=1).mean()


def cohort_noise(
    sequencing: Sequencing, reference: Reference, seed: int, taken: Collection[int] = ()
) -> Noise:
    """The cohort's site effects; hot spots keep away from ``taken`` and from the tracts."""
    if sequencing.insert_max >= reference.length // 2:
        raise ValueError(f"sequencing: expected insert_max < {reference.length // 2}")
    if sequencing.numt_length[1] > reference.length:
        raise ValueError(f"sequencing: expected numt_length of at most {reference.length}")
    rng = stream(seed, "noise")
    shape = (reference.length, 4, 2)
    if sequencing.site_cv > 0:
        size = sequencing.site_cv**-2
        factor = rng.gamma(size, 1 / size, shape)
    else:
        factor = np.ones(shape)
    low, high = np.log(sequencing.hot_spot_rate)
    spots = []
    avoided = tract_positions(reference) | set(taken)
    for pos in draw_positions(rng, sequencing.hot_spots, avoided, reference):
        ref = reference.sequence[pos - 1]
        alt = str(rng.choice([base for base in BASES if base != ref]))
        rate = float(np.exp(rng.uniform(low, high)))
        spots.append(HotSpot(pos, ref, alt, int(rng.integers(2)), rate))
    return Noise(sequencing, factor, tuple(spots))


def sample_noise(noise: Noise, rng: np.random.Generator) -> SampleNoise:
    """Draw one sample's error rates from the cohort's."""
    sequencing = noise.sequencing
    scale = _gamma_factor(rng, sequencing.sample_cv, ())
    weights = oriented(normalised(READ_WEIGHTS))
    rates = sequencing.read_error_floor * scale * weights * noise.site_factor[:, None, :, :]
    factors = _gamma_factor(rng, sequencing.hot_spot_cv, (len(noise.hot_spots),))
    spots = np.array([spot.rate for spot in noise.hot_spots]) * factors
    for spot, rate in zip(noise.hot_spots, spots, strict=True):
        alt = CODE_OF[spot.alt]
        rates[spot.pos - 1, np.arange(4) != alt, alt, spot.strand] += rate
    return SampleNoise(rates, sequencing.fragment_error * normalised(FRAGMENT_WEIGHTS), spots)


def _gamma_factor(rng: np.random.Generator, cv: float, shape: tuple[int, ...]) -> Floats:
    """Random factors of mean 1."""
    if cv <= 0:
        return np.ones(shape)
    return np.asarray(rng.gamma(cv**-2, cv**2, shape))


# --- base qualities -------------------------------------------------------------

PERSISTENCE = 0.6  # a base repeats the previous base's quality bin with this probability
POOR_READS = (0.03, 0.05)  # share of mates 1 and 2 whose qualities are four times as often low


def quality_profile(read_length: int) -> Floats:
    """Probability of each quality bin, (mate, class of read, cycle, bin).

    Low bins grow with the cycle, faster for mate 2. Class 1 are poor reads.
    """
    cycle = np.linspace(0, 1, read_length)
    start = np.where(np.arange(read_length) < 5, 2.0, 1.0)
    profile = np.empty((2, 2, read_length, len(QUALITIES)))
    for mate, mate_factor in enumerate((1.0, 1.6)):
        for poor, poor_factor in enumerate((1.0, 4.0)):
            factor = mate_factor * poor_factor
            profile[mate, poor, :, 0] = 2e-4 * factor
            profile[mate, poor, :, 1] = (0.004 + 0.03 * cycle**3) * factor * start
            profile[mate, poor, :, 2] = (0.02 + 0.06 * cycle**2) * factor * start
            profile[mate, poor, :, 3] = 1 - profile[mate, poor, :, :3].sum(axis=-1)
    return profile


def told_errors(sequencing: Sequencing) -> Floats:
    """Realised error rate of each quality bin, as its quality predicts it."""
    return np.asarray(sequencing.quality_calibration * 10 ** (-QUALITIES / 10))


def counted_error(sequencing: Sequencing, min_quality: int = 20) -> float:
    """Mean error rate that qualities predict, over the bases of at least ``min_quality``."""
    profile = quality_profile(sequencing.read_length).mean(axis=2)
    poor = np.array(POOR_READS)
    weights = (profile[:, 0] * (1 - poor)[:, None] + profile[:, 1] * poor[:, None]).mean(axis=0)
    weights = weights * (min_quality <= QUALITIES)
    return float((weights * told_errors(sequencing)).sum() / weights.sum())
