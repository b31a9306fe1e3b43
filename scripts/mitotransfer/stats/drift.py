"""Drift of heteroplasmies between cell lineages."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from mitotransfer.arrays import Floats
from mitotransfer.quick_scipy import special


def drifted(normal_high: ArrayLike, immune_low: ArrayLike, drift: float) -> Floats:
    """Chance of each variant to drift from the normal's upper bound to the immune sample's VAF.

    A heteroplasmy h of the normal is Beta distributed in another lineage, with mean h and variance
    drift x h (1 - h) (Wright 1931; Wonnapinij, Chinnery and Samuels 2008).

    Args:
        normal_high, immune_low: bounds of the VAFs, shape (V,).
    """
    h = np.clip(np.asarray(normal_high, float), 1e-6, 1 - 1e-6)
    size = 1 / max(drift, 1e-6) - 1
    low = np.clip(np.asarray(immune_low, float), 0.0, 1.0)
    return np.asarray(np.where(low > h, special.betaincc(h * size, (1 - h) * size, low), 1.0))
