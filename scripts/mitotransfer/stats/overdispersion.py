"""Overdispersion of allele counts between two samples."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike


def estimate_overdispersion(
    alt_a: ArrayLike, depth_a: ArrayLike, alt_b: ArrayLike, depth_b: ArrayLike
) -> float:
    """Intra-class correlation of allele counts between samples that share their site rates.

    At a site with rate p in both, Var(p_a - p_b) = p (1 - p) (1/n_a + 1/n_b + rho (2 - 1/n_a -
    1/n_b)); summed over sites and solved for rho, with the unbiased pooled p (1 - p). Noise
    that makes the sum smaller than binomial gives 0.

    Args:
        alt_a, depth_a, alt_b, depth_b: fragments at the same sites (and alleles, strands) in
            sample a and b, any one shape; pairs of samples are joined by concatenation.
    """
    ka, na, kb, nb = (np.asarray(x, float).ravel() for x in (alt_a, depth_a, alt_b, depth_b))
    seen = (na > 0) & (nb > 0)
    ka, na, kb, nb = ka[seen], na[seen], kb[seen], nb[seen]
    if not len(ka):
        return 0.0
    noise = 1 / na + 1 / nb
    p = (ka + kb) / (na + nb)
    # E[pooled p (1 - p)] is short by the variance of the pooled p.
    spread = p * (1 - p) * (na + nb) / np.maximum(na + nb - 1, 1)
    # Weight of a site: how much of its difference is due to rho rather than to depth.
    weight = 1 / noise
    excess = (weight * ((ka / na - kb / nb) ** 2 - spread * noise)).sum()
    scale = (weight * spread * (2 - noise)).sum()
    return float(np.clip(excess / scale, 0.0, 0.99)) if scale > 0 else 0.0
