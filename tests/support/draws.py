"""Allele counts drawn with known truth, for the tests of the error model and the caller."""

import numpy as np
import pandas as pd
from fitted_errors import errors_of
from places import GENOME, LENGTH, PLACEHOLDER

from mitotransfer.calls import call as calls_call
from mitotransfer.calls.call import CallSettings, tested_alleles
from mitotransfer.counts import minor_alleles
from mitotransfer.counts.allele_counts import INDEL_COLUMNS, Counts, empty_indels
from mitotransfer.errors import background, site_sums

REFERENCE = GENOME.reference
SETTINGS = CallSettings()
NO_READS = Counts(np.zeros((LENGTH, 4, 2), np.uint32), empty_indels(), {})
CODES = np.where(REFERENCE.codes < 4, REFERENCE.codes, 0).astype(np.int64)


def rates(rng, low=1e-4, high=5e-4):
    """Error rates by true base, false base and strand."""
    rate = np.exp(rng.uniform(np.log(low), np.log(high), (4, 4, 2)))
    rate[np.arange(4), np.arange(4)] = 0.0
    return rate


def gamma_factors(rng, variance, shape=(LENGTH, 4, 2)):
    """Site factors of mean one."""
    return rng.gamma(1.0 / variance, variance, shape) if variance else np.ones(shape)


def draw(rng, depth, rate, factors=1.0, truth=CODES):
    """One sample: ``depth`` over both strands, errors of ``truth`` at ``rate * factors``."""
    n = rng.poisson(np.broadcast_to(depth, (LENGTH, 2)) / 2)
    n[PLACEHOLDER] = 0
    site = np.arange(LENGTH)
    k = rng.binomial(n[:, None, :], np.minimum(rate[truth] * factors, 0.3))
    k[site, truth] = 0
    k[site, truth] = n - k.sum(axis=1)
    return Counts(k.astype(np.uint32), empty_indels(), {})


def spike(rng, counts, positions, vaf, strands=(0, 1), transitions=None):
    """Replace a share of the reference bases by another one; returns counts and {(pos, alt)}.

    ``transitions``: their share; None: each other base is as probable.
    """
    bases = counts.bases.astype(np.int64)
    truth = set()
    for position in positions:
        ref = CODES[position]
        if transitions is None:
            alt = (ref + rng.integers(1, 4)) % 4
        else:  # codes are A, C, G, T
            alt = ref ^ (2 if rng.random() < transitions else rng.choice([1, 3]))
        truth.add((int(position) + 1, "ACGT"[alt]))
        for strand in strands:
            moved = rng.binomial(bases[position, ref, strand], vaf)
            bases[position, alt, strand] += moved
            bases[position, ref, strand] -= moved
    return Counts(bases.astype(np.uint32), counts.indels, counts.meta), truth


def some_positions(rng, size):
    """Random positions (0-based) away from the artefact tracts and the placeholder."""
    tracts = np.r_[300:318, 510:527, 3100:3112, 16180:16196]
    return rng.choice(np.setdiff1d(np.arange(LENGTH), tracts), size, replace=False)


def prediction(counts, sites=None):
    """The background of a sample from its own counts and, where given, unrelated samples' sums."""
    errors = errors_of(counts)
    return background.background(errors, REFERENCE, sites, own=minor_alleles.own_bases(counts))


def alleles_of(counts, predicted=None, settings=SETTINGS):
    """``calls.call.tested_alleles`` of drawn counts, by their own ``prediction`` unless one is
    given."""
    if predicted is None:
        predicted = prediction(counts)
    return tested_alleles(counts, predicted, GENOME, settings)


def noisy(rng, depth=1600):
    """Counts as of pooled single cells: what real noise has and even errors lack.

    Transversions err more often than transitions, G>T and C>A most, on one strand each (oxidation).
    Hundreds of alleles are frequent on one strand alone; some transversions beside indels are
    artefacts of one to four per cent on both.
    """
    rate = rates(rng, 2e-4, 7e-4)
    for base, allele in ((0, 1), (3, 2)):  # A>C and T>G
        rate[base, allele] = 3e-3
    rate[2, 3] = [1e-2, 8e-4]
    rate[1, 0] = [8e-4, 1e-2]
    strands = gamma_factors(rng, 0.3) * gamma_factors(rng, 0.1, (LENGTH, 4, 1))
    counts = draw(rng, depth, rate, strands)
    places = some_positions(rng, 412)
    for strand in (0, 1):
        for vaf in (0.01, 0.02, 0.04):
            chosen, places = places[:60], places[60:]
            counts, _ = spike(rng, counts, chosen, vaf, (strand,), transitions=0.33)
    artefacts = set()
    for place, vaf in zip(places[:12], rng.uniform(0.01, 0.04, 12), strict=True):
        counts, one = spike(rng, counts, [place], vaf, transitions=0.0)
        artefacts |= one
    return counts, artefacts


def call(counts, predicted=None, settings=SETTINGS):
    """``calls.call.call`` of drawn counts, by their own ``prediction`` unless one is given."""
    return calls_call.call(alleles_of(counts, predicted, settings), GENOME, settings)


def clean(depth=2000):
    """Counts without any error: even depth on both strands."""
    bases = np.zeros((LENGTH, 4, 2), np.uint32)
    bases[np.arange(LENGTH), CODES] = depth // 2
    bases[PLACEHOLDER] = 0
    return Counts(bases, empty_indels(), {})


def edited(counts, **alleles):
    """Set counts: ``m100A=(forward, reverse)``; the reference gives what they take."""
    bases = counts.bases.copy()
    for name, strands in alleles.items():
        position, alt = int(name[1:-1]) - 1, "ACGT".index(name[-1])
        assert alt != CODES[position]
        bases[position, CODES[position]] -= np.array(strands, np.uint32)
        bases[position, alt] += np.array(strands, np.uint32)
    return Counts(bases, counts.indels, counts.meta)


def with_indels(counts, rows):
    """The same bases with these indels, rows of ``INDEL_COLUMNS``."""
    return Counts(counts.bases, pd.DataFrame(rows, columns=INDEL_COLUMNS), {})


def row_of(frame, pos, alt):
    """The only row of an allele as a dictionary."""
    (row,) = frame[(frame["pos"] == pos) & (frame["alt"] == alt)].to_dict("records")
    return row


def panel(rng, n_samples, rate, factors, phi, depth=2000):
    """Site sums of samples of better and worse runs, whose sites scatter by ``phi`` beside."""
    total = site_sums.empty_sites(LENGTH)
    for _ in range(n_samples):
        scale = rng.lognormal(0, 0.5)
        own = factors * gamma_factors(rng, phi)
        total = total + site_sums.site_contribution(draw(rng, depth, rate * scale, own))
    return total
