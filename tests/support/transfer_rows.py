"""Rows of ``transfer.tsv`` for the tests of associations."""

import math

import pandas as pd


def transfer_rows(rows: list[tuple[str, str, str, str, float]]) -> pd.DataFrame:
    """Rows as ``(patient, cell type, time point, verdict, fraction)``, cells as text."""
    frame = pd.DataFrame(
        rows, columns=["patient", "cell_type", "timepoint", "verdict", "tumor_fraction"]
    )
    frame.insert(1, "sample", [f"S{i}" for i in range(len(frame))])
    text = ["" if math.isnan(f) else f"{f:g}" for f in frame["tumor_fraction"]]
    low = ["" if math.isnan(f) else f"{f / 2:g}" for f in frame["tumor_fraction"]]
    return frame.assign(tumor_fraction=text, tumor_fraction_low=low)
