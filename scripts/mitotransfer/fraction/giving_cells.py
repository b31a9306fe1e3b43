"""Variance of the VAFs of the mtDNA that came, and of heteroplasmies that the normal hides.

Giving cells. A few tumour cells give the mtDNA, and their heteroplasmies differ from the bulk's:
the VAF at a variant of mean t has the variance F t (1 - t) (Wright's fixation index; Wonnapinij,
Chinnery and Samuels 2008, doi 10.1016/j.ajhg.2008.10.007). F is one number for all variants of a
sample. It has a prior on a grid; the variants' disagreement updates it, and its posterior mean is
used. With a single variant it stays at the prior's mean. The share d of deleted molecules varies in
the same way: the copies c = 1 - d of the positions inside have the relative variance F d / c.

Drift. Heteroplasmies that a normal hides differ in T cells by drift since their common ancestors: a
hidden heteroplasmy h gets the variance drift x h (1 - h).

No source for the size of either was found. They are settings (``contamination.composition``,
``contamination.drift``).
"""

from __future__ import annotations

import numpy as np

from mitotransfer.arrays import Floats
from mitotransfer.fraction.likelihood import Mixture, Observed, log_likelihoods

#: Values of F and their prior weights; scaled to the prior mean that is asked for.
VALUES: Floats = np.array([0.003, 0.01, 0.03, 0.1, 0.2, 0.4])
WEIGHTS: Floats = np.array([0.08, 0.12, 0.2, 0.3, 0.2, 0.1])
HIGHEST = 0.8


def compositions(mean: float) -> Floats:
    """The grid of F, scaled to this prior mean."""
    return np.minimum(VALUES * mean / float(WEIGHTS @ VALUES), HIGHEST)


def widened(model: Mixture, error: Floats, composition: float, drift: float) -> Mixture:
    """The mixture with the variances of giving cells and of drift.

    Args:
        error: mean error rate at each variant, shape (V,).
        composition: F of the giving cells.
        drift: the same of hidden heteroplasmies between normal and immune cells.
    """
    t = model.tumor_mean
    spread = model.variance + drift * np.maximum(model.mean - error[:, None], 0) * (1 - model.mean)
    return model._replace(
        variance=np.minimum(
            spread, np.maximum(model.variance, 0.5 * model.mean * (1 - model.mean))
        ),
        tumor_variance=model.tumor_variance
        + composition * t * (1 - t)
        + composition * t**2 * np.maximum(1 - model.copies, 0) / model.copies,
    )


def composition(
    observed: Observed, error: Floats, fractions: Floats, mean: float, drift: float
) -> float:
    """Posterior mean of F, with a flat prior of the tumour fraction on a grid.

    Args:
        observed: the immune counts with the careful baseline, not widened.
        error: as in ``widened``.
        fractions: increasing grid of fractions, shape (G,); 0 is left out.
        mean: of the prior.
    """
    if len(observed.alt) < 2:
        return mean
    values = compositions(mean)
    tables = np.array(
        [
            log_likelihoods(
                fractions[1:], observed._replace(model=widened(observed.model, error, F, drift))
            ).sum(axis=0)
            for F in values
        ]
    )
    weight = WEIGHTS * np.exp(tables - tables.max()).sum(axis=1)
    return float(weight @ values / weight.sum())
