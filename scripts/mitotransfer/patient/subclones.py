"""Tumour cells that carry only some of the loci: cells of a subclone, or of another lesion.

If the contaminating cells lack half of the loci, counts pooled over all loci show half of the
cells. So where loci disagree on the share of tumour cells, each locus is modelled as one that the
cells carry or as one that they lack. The upper bound of the cells is that of this mixture.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mitotransfer.stats import intervals

Floats = NDArray[np.float64]

#: Shares of the loci that the cells may have: a tumour's cells have some mutations in common.
SHARES: Floats = np.array([0.1, 0.15, 0.2, 0.3, 0.45, 0.6, 0.8, 1.0])
CELLS: Floats = np.geomspace(1e-4, 1.0, 120)
ERRORS = 15


def most_cells(
    alt: Floats,
    depth: Floats,
    tumor_vaf: Floats,
    max_error: float,
    confidence: float,
) -> float:
    """Upper bound of the share of tumour cells, if they carry a tenth of the loci or more.

    The bound is that of a profile likelihood over a grid: ``alt_i ~ s Bin(depth_i, c v_i + (1 - c)
    e) + (1 - s) Bin(depth_i, e)``. The arguments are those of
    ``patient.contamination.estimate_tumor_cells``. Loci that the cells lack show the error better
    than another sample does.
    """
    error = np.geomspace(1e-4, 1.0, ERRORS) * max(max_error, 1e-9)

    def at(p: Floats) -> Floats:
        return alt * np.log(p) + (depth - alt) * np.log1p(-np.minimum(p, 1 - 1e-9))

    having = np.log(SHARES)[:, None, None]
    lacking = np.log1p(-np.minimum(SHARES, 1 - 1e-12))[:, None, None] + at(error[:, None])

    def log_likelihood(c: float) -> float:
        loci = np.logaddexp(having + at(c * tumor_vaf + (1 - c) * error[:, None]), lacking)
        return float(loci.sum(axis=2).max())

    profile = np.array([log_likelihood(c) for c in CELLS])
    inside = np.flatnonzero(profile >= profile.max() - intervals.likelihood_drop(confidence))
    return float(CELLS[min(inside[-1] + 1, len(CELLS) - 1)])
