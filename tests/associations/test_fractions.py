"""Which samples and patients have a fraction, and covariates by their kind."""

import math

import pandas as pd
from transfer_rows import transfer_rows

from mitotransfer.associations.fractions import covariate, patient_fractions


def test_what_counts_as_a_fraction() -> None:
    nan = math.nan
    transfer = transfer_rows(
        [
            ("A", "x", "", "transfer_supported", 0.1), ("A", "y", "", "not_detected", 0.0007),
            ("B", "x", "", "contamination_not_excluded", 0.2), ("C", "x", "", "underpowered", 0.05),
            ("D", "x", "", "explained_by_contamination", 0.3), ("E", "x", "", "uninformative", nan),
            ("F", "x", "", "failed_qc", 0.5), ("G", "x", "", "not_detected", 0.0),
        ]
    )  # fmt: skip
    measured = patient_fractions(transfer, "tumor_fraction").to_dict()
    assert measured == {"A": 0.05, "B": 0.2, "D": 0.3, "G": 0.0}
    supported = patient_fractions(transfer, "supported_fraction").to_dict()
    assert supported == {"A": 0.05, "G": 0.0}
    # Alleles that the normal may have give neither a fraction nor 0.
    transfer.loc[transfer["patient"] == "B", "tumor_fraction_low"] = "0"
    assert set(patient_fractions(transfer, "tumor_fraction").index) == {"A", "D", "G"}


def test_missing_cells_are_dropped_and_two_numbers_are_groups() -> None:
    sheet = pd.DataFrame(
        {"patient": list("ABCDE"), "x": ["1.5", "", "2", "7", "inf"],
         "y": ["0", "1", "", "1.0", "-Inf"]}
    )  # fmt: skip
    values, is_number = covariate(sheet, "x")
    assert is_number and values.to_dict() == {"A": 1.5, "C": 2.0, "D": 7.0}
    values, is_number = covariate(sheet, "y")
    assert not is_number and values.to_dict() == {"A": "0", "B": "1", "D": "1"}
