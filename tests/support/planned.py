"""The plan of a sample that was sequenced: what the cohort found of it, handed to the planner."""

import numpy as np

from mitotransfer.planning.design import Design


def design_of(counts, immune_samples):
    """The design with a sample's own depths, VAFs, error rates, dispersion and normal.

    Args:
        counts: ``VariantCounts`` as the sample was judged with.
    """
    alpha, beta = np.asarray(counts.error_alpha, float), np.asarray(counts.error_beta, float)
    rates = alpha / (alpha + beta)
    vafs = np.asarray(counts.tumor_alt) / np.asarray(counts.tumor_depth)
    depths = {
        f"{role}_depth": float(np.mean(getattr(counts, f"{role}_depth")))
        for role in ("immune", "tumor", "normal")
    }
    return Design(
        tumor_vafs=tuple(vafs.tolist()),
        error_rate=tuple(np.broadcast_to(rates, vafs.shape).tolist()),
        error_spread=float(np.mean(alpha**-0.5)),
        overdispersion=float(np.max(counts.overdispersion)),
        normal_reads=tuple(np.asarray(counts.normal_alt).tolist()),
        immune_samples=immune_samples,
        **depths,
    )
