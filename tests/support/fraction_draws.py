"""Counts of simulated patients for the tests of the fraction, and limits of chance."""

import numpy as np

from mitotransfer.fraction import zero_test
from mitotransfer.fraction.estimate import estimate
from mitotransfer.fraction.variant_counts import VariantCounts, checked
from mitotransfer.stats import beta_binomial

ERROR = 5e-4


def error_shapes(alpha, rate=ERROR):
    return alpha, alpha * (1 / rate - 1)


def draw(rng, depth, vaf, rho=0.0):
    if rho:
        alpha, beta = beta_binomial.shapes(vaf, rho)
        vaf = rng.beta(np.maximum(alpha, 1e-9), np.maximum(beta, 1e-9))
    return rng.binomial(depth, vaf)


def patient(rng, variants, depth, f, rho=0.0, normal=None, tumor=None, hidden=0.0, shared=0.0):
    """Counts of a simulated patient, with the true baseline and tumour VAFs."""
    alpha, beta = error_shapes(10.0)
    normal = depth if normal is None else normal
    t = rng.uniform(0.1, 1.0, variants) if tumor is None else np.full(variants, tumor)
    b = rng.beta(alpha, beta, variants) + hidden + shared * t
    counts = VariantCounts(
        draw(rng, depth, t, rho),
        np.full(variants, depth),
        draw(rng, depth, (1 - f) * b + f * t, rho),
        np.full(variants, depth),
        draw(rng, normal, b, rho),
        np.full(variants, normal),
        alpha,
        beta,
        rho,
    )
    return counts, b, t


def results(rng, patients, *args, **kwargs):
    rows = []
    for _ in range(patients):
        r = estimate(patient(rng, *args, **kwargs)[0], details=False)
        rows.append((r.fraction, r.low, r.high, r.p_value, r.p_hidden))
    return np.array(rows).T


def p_values(rng, design, f=0.0, draws=100, rho=0.0):
    """p values of immune samples drawn from one design, shape (draws, opinions).

    The test is fixed by tumour, normal and depths: built once, it judges as many samples as asked.

    Args:
        design: of ``patient``.
    """
    counts, b, t = design
    test = checked(counts).test()[0]
    depth = np.asarray(counts.immune_depth)
    alt = draw(rng, depth, np.tile((1 - f) * b + f * t, (draws, 1)), rho)
    kinds, which = np.unique(alt, axis=0, return_inverse=True)  # few of the draws differ
    return np.array([zero_test.p_values(test, one) for one in kinds])[which]


def mean_and_error(rates):
    """Mean of the rates of many designs, with its standard error."""
    return np.mean(rates), np.std(rates) / np.sqrt(len(rates))


def upper(rate, draws, z=3.5):
    """Largest share that a rate gives by chance."""
    return rate + z * np.sqrt(rate * (1 - rate) / draws) + 0.5 / draws


RATE, CERTAINTY = 5e-4, 10.0


def counts_of(alt, depth: int, again, tumor: float = 0.5) -> VariantCounts:
    size = len(alt)
    of_tumor, none, all_of = [int(tumor * depth)] * size, [0] * size, [depth] * size
    return VariantCounts(
        of_tumor, all_of, alt, all_of, none, all_of, CERTAINTY, CERTAINTY / RATE, 0.0, again
    )
