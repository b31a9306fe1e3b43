"""Associations within libraries of cells: the patient is the unit, and depth explains nothing."""

import numpy as np
import pandas as pd
import pytest

from mitotransfer.associations import cells


def shares(patients, higher=0.1):
    rng = np.random.default_rng(1)
    rows = []
    for patient in range(patients):
        base = rng.uniform(0.01, 0.1)
        for kind, share in (("CD8", base + higher), ("B", base), ("all", 0.5)):
            rows.append((f"P{patient}", kind, "", share + rng.normal(0, 0.01), "not_detected"))
        rows.append((f"P{patient}", "CD8", "exhausted", 0.9, "not_detected"))
    return pd.DataFrame(rows, columns=["patient", "cell_type", "subset", "share", "verdict"])


def test_shares_of_kinds_of_cell_are_compared_within_patients():
    table = cells.associate(shares(12), iter(()), 0.95)
    (row,) = table.to_dict("records")
    assert row["variable"] == "CD8 minus B" and row["n"] == 12
    assert row["p_value"] < 0.01 and row["effect"] == pytest.approx(0.1, abs=0.02)


def test_few_patients_are_not_tested():
    (row,) = cells.associate(shares(4), iter(()), 0.95).to_dict("records")
    assert np.isnan(row["p_value"]) and row["note"].startswith("Not tested")
    assert cells.associate(shares(0), iter(()), 0.95).empty


def test_libraries_that_were_not_judged_do_not_count():
    assert cells.associate(shares(12).assign(verdict="failed_qc"), iter(()), 0.95).empty


def test_a_score_that_goes_with_depth_alone_shows_no_correlation():
    rng = np.random.default_rng(2)
    depth = rng.gamma(2, 20, 4000)
    fraction = np.where(rng.random(4000) < 0.3, rng.random(4000) / depth, 0.0)
    score = depth + rng.normal(0, 5, 4000)
    plain = pd.Series(score).corr(pd.Series(fraction), method="spearman")
    found = cells.stratified_correlation(score, fraction, depth)
    assert abs(found) < 0.05 and abs(found) < abs(plain) + 0.02
    linked = cells.stratified_correlation(fraction + rng.normal(0, 1e-3, 4000), fraction, depth)
    assert linked > 0.3


def test_correlations_are_averaged_by_patient():
    rng = np.random.default_rng(3)
    tables, annotations = {}, {}
    for library in ("L1", "L2", "L3"):
        fraction = rng.random(200)
        names = [f"c{i}" for i in range(200)]
        tables[library] = pd.DataFrame(
            {"barcode": names, "tumor_fraction": fraction, "informative_fragments": 100}
        )
        annotations[library] = pd.DataFrame(
            {"exhaustion": fraction + rng.normal(0, 0.3, 200), "doublet_score": 0.1,
             "cell_type": "T"}, index=names,
        )  # fmt: skip
    patients = {"L1": "P1", "L2": "P1", "L3": "P2"}
    ((name, values),) = cells.score_correlations(tables, annotations, patients)
    assert name == "exhaustion" and list(values.index) == ["P1", "P2"]
    assert (values > 0.4).all()


def test_few_cells_have_no_correlation():
    assert np.isnan(cells.stratified_correlation(*np.ones((3, 10))))
    assert np.isnan(cells.stratified_correlation(*np.ones((3, 100))))
