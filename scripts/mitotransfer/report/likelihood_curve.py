"""The likelihood curve of a sample's tumour fraction, for its page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mitotransfer.fraction import estimate
from mitotransfer.fraction.variant_counts import VariantCounts
from mitotransfer.inputs.columns import ROLES
from mitotransfer.inputs.settings import Contamination
from mitotransfer.report.figures import scale
from mitotransfer.report.figures.patient import Curve
from mitotransfer.report.tables import Row, column, is_usable

_ERRORS = ("error_alpha", "error_beta", "overdispersion", "background_rate", "recurrence")
_COUNTS = tuple(f"{role}_{kind}" for role in ROLES for kind in ("alt", "depth"))
POINTS = 301


def counts_of(variants: Sequence[Row], spread: Contamination | None = None) -> VariantCounts | None:
    """Counts of the usable variants; None without them.

    Args:
        variants: rows of ``shared_variants.tsv`` with the counts, error shapes and overdispersion
            of ``evidence.tsv``. The mean of the background is the cohort's, its concentration that
            of the sample's own.
        spread: settings of the spread of giving cells and of drift; none where None.
    """
    rows = [row for row in variants if is_usable(row)]
    counts = [column(rows, f"{name}_forward") + column(rows, f"{name}_reverse") for name in _COUNTS]
    alpha, beta, overdispersion, background, recurrence = (column(rows, n) for n in _ERRORS)
    copies = column(rows, "tumor_copies")
    known = np.isfinite([*counts, alpha, beta, overdispersion, background, recurrence, copies])
    if not rows or not known.all():
        return None
    certainty = alpha + beta
    whole: list[NDArray[Any]] = [count.astype(np.int64) for count in counts]
    errors = [certainty * background, certainty * (1 - background), overdispersion, recurrence]
    found = replace(VariantCounts(*whole, *errors), copies=copies)  # type: ignore[arg-type]
    if spread is None:
        return found
    return replace(found, composition=spread.composition, drift=spread.drift)


def curve(variants: Sequence[Row], spread: Contamination | None = None) -> Curve | None:
    """Log profile likelihood over the fraction, from the usable variants; None without them.

    Args:
        variants, spread: as in ``counts_of``.
    """
    found = counts_of(variants, spread)
    if found is None:
        return None
    grid = scale.fraction(np.linspace(0.0, 1.0, POINTS))
    return grid, estimate.profile(found, grid)
