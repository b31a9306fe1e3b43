"""Fractions and covariates of samples and patients, for the statistics of the cohort.

There are two fractions. ``tumor_fraction`` is that of every sample with tumour mtDNA detected,
contamination included, and 0 where none was detected (to be read with the detection limit).
``supported_fraction`` is that of samples with transfer supported, and 0 where none was detected;
it leaves out samples whose tumour mtDNA may be contamination. Neither is defined for samples that
are underpowered, uninformative or of failed quality, nor where the normal may have as much: these
are not zeros.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd

from mitotransfer.verdicts.verdict import DETECTED, shown


class CohortTables(NamedTuple):
    """The tables of a cohort, every cell as text.

    Attributes:
        transfer, shared: ``transfer.tsv`` and ``shared_variants.tsv``.
        samples, patients: the sheets.
        preparations: ``preparations.tsv``.
    """

    transfer: pd.DataFrame
    shared: pd.DataFrame
    samples: pd.DataFrame
    patients: pd.DataFrame
    preparations: pd.DataFrame = pd.DataFrame()


#: Verdicts whose fraction counts as measured, by outcome; ``not_detected`` counts as 0.
OUTCOMES = {"tumor_fraction": DETECTED, "supported_fraction": ("transfer_supported",)}


def sample_fractions(transfer: pd.DataFrame, outcome: str) -> pd.DataFrame:
    """Rows of ``transfer`` with a fraction, which is in the column ``value``."""
    positive = shown(transfer) & transfer["verdict"].isin(OUTCOMES[outcome])
    measured = pd.to_numeric(transfer["tumor_fraction"], errors="coerce").where(positive, 0.0)
    kept = (positive | (transfer["verdict"] == "not_detected")) & measured.notna()
    return transfer.assign(value=measured.astype(float))[kept]


def patient_fractions(transfer: pd.DataFrame, outcome: str) -> pd.Series:
    """Mean over a patient's immune samples that have a fraction, by patient."""
    return sample_fractions(transfer, outcome).groupby("patient")["value"].mean()


def covariate(patients: pd.DataFrame, name: str) -> tuple[pd.Series, bool]:
    """A column of the sheet by patient, and whether it is numeric.

    Empty cells and infinite numbers are dropped. A numeric column with two values makes two groups.
    """
    cells = patients.set_index("patient")[name].fillna("").astype(str).str.strip()
    numbers = pd.to_numeric(cells, errors="coerce").astype(float)
    said = (cells != "") & ~np.isinf(numbers)
    cells, numbers = cells[said], numbers[said]
    if not len(cells) or numbers.isna().any():
        return cells, False
    if numbers.nunique() > 2:
        return numbers, True
    return numbers.map("{:.15g}".format), False
