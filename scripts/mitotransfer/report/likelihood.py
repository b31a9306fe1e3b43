"""The likelihood of a sample's tumour fraction, as its page draws it."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd

from mitotransfer import fraction
from mitotransfer.assessment import variant_counts
from mitotransfer.report import scale
from mitotransfer.report.data import Row, number, text
from mitotransfer.report.figures import Curve

_COUNTS = [
    f"{role}_{kind}_{strand}"
    for role in ("tumor", "immune", "normal")
    for kind in ("alt", "depth")
    for strand in ("forward", "reverse")
]
POINTS = 301


def curve(variants: Sequence[Row]) -> Curve | None:
    """Log profile likelihood over the fraction, from the usable variants; None without them.

    Args:
        variants: rows of ``shared_variants.tsv`` with the counts, error shapes and overdispersion
            of ``evidence.tsv``. The background's mean is the one that the cohort has settled on,
            its certainty that of the sample's own.
    """
    rows = [row for row in variants if text(row.get("usable")).lower() != "false"]
    needed = [*_COUNTS, "error_alpha", "error_beta", "overdispersion", "background_rate"]
    if not rows or any(math.isnan(number(row, name)) for row in rows for name in needed):
        return None
    table = pd.DataFrame([{name: number(row, name) for name in needed} for row in rows])
    certainty = table["error_alpha"] + table["error_beta"]
    table["error_alpha"] = certainty * table["background_rate"]
    table["error_beta"] = certainty - table["error_alpha"]
    grid = scale.fraction(np.linspace(0.0, 1.0, POINTS))
    return grid, fraction.profile(variant_counts(table), grid)
