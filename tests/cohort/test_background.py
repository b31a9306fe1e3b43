from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mitotransfer.cohort import background
from mitotransfer.cohort.sample_files import CohortReader
from mitotransfer.counts.allele_counts import Counts, empty_indels
from mitotransfer.errors import sample_errors
from mitotransfer.errors.sample_errors import SampleErrors
from mitotransfer.genome.reference import LENGTH
from mitotransfer.inputs.settings import Settings
from mitotransfer.simulate import samples
from mitotransfer.simulate.scenario import parse_scenario
from mitotransfer.simulate.truth import draw_truth

DESIGNS = {"C": "allogeneic"}


@pytest.fixture(scope="module")
def cohort() -> tuple[pd.DataFrame, Mapping[str, Counts], Mapping[str, SampleErrors]]:
    patients = [
        {
            "patient": patient,
            "design": DESIGNS.get(patient, "autologous"),
            "batch": batch,
            "samples": [
                {"sample": f"{patient}-{role}", "role": role}
                for role in ("tumor", "immune", "normal")
            ],
        }
        for patient, batch in (("A", "run1"), ("B", "run1"), ("C", "run2"), ("D", ""))
    ]
    scenario = parse_scenario(
        {"depth": {"tumor": 300, "immune": 300, "normal": 300}, "patients": patients}
    )
    truth = draw_truth(scenario, seed=5)
    sheet = pd.DataFrame(
        [
            {"sample": name, "patient": s.patient, "role": s.role, "batch": s.batch}
            for name, s in truth.samples.items()
        ]
    )
    counts = {n: Counts(samples.counts(truth, n), empty_indels(), {}) for n in truth.samples}
    return sheet, counts, {n: sample_errors.estimate_errors(c) for n, c in counts.items()}


Learned = tuple[background.CohortBackground, pd.DataFrame, pd.DataFrame]


def learn(sheet: pd.DataFrame, counts: Mapping[str, Counts], errors: Mapping) -> Learned:
    usable = np.ones(16569, bool)
    cohort = CohortReader(
        sheet.reset_index(drop=True), DESIGNS, counts.__getitem__, errors.__getitem__
    )
    return background.learn(cohort, usable, Settings())


def test_the_sums_without_a_patient_are_those_of_the_others(cohort: tuple) -> None:
    sheet, counts, errors = cohort
    everyone, _, _ = learn(sheet, counts, errors)
    roles = dict(zip(sheet["sample"], sheet["role"], strict=True))
    for patient in ("A", "C"):
        own = background.own_background(
            {n: c for n, c in counts.items() if n.startswith(patient)},
            roles,
            DESIGNS.get(patient, "autologous"),
        )
        others, _, _ = learn(sheet[sheet["patient"] != patient], counts, errors)
        left = everyone.without(own)
        assert left.sites.n_samples == others.sites.n_samples
        assert left.sites.error == pytest.approx(others.sites.error)
        assert left.sites.expected == pytest.approx(others.sites.expected)
        assert (left.heteroplasmic == others.heteroplasmic).all()
        assert left.n_asked == others.n_asked


def test_recipients_of_a_donor_teach_nothing(cohort: tuple) -> None:
    sheet, counts, errors = cohort
    learned, _, _ = learn(sheet, counts, errors)
    assert learned.sites.n_samples == len(sheet) - 1
    # Nor do tumours of what arises in other cells.
    assert learned.n_asked == len(sheet) - 1 - (sheet["role"] == "tumor").sum()


def test_who_is_asked_what_arises_again() -> None:
    bases = np.zeros((LENGTH, 4, 2), np.uint32)
    bases[:, 0], bases[99, 1] = 90, 10
    counts = Counts(bases, empty_indels(), {})
    for role, design, asked in (
        ("tumor", "autologous", 0), ("immune", "autologous", 1), ("normal", "autologous", 1),
        ("immune", "allogeneic", 0), ("normal", "allogeneic", 1),
    ):  # fmt: skip
        found = background.nothing_learned().with_sample(counts, role, design)
        assert found.n_asked == asked
        assert found.heteroplasmic.sum() == found.heteroplasmic[99, 1] == asked


def test_tables_keep_the_order_of_the_sheet(cohort: tuple) -> None:
    sheet, counts, errors = cohort
    _, who, crosstalk = learn(sheet, counts, errors)
    assert who["sample"].tolist() == crosstalk["sample"].tolist() == sheet["sample"].tolist()
    rows = crosstalk.set_index("sample")
    assert (rows.loc[["A-immune", "B-tumor"], "source"] == "measured").all()
    assert (rows.loc[["C-immune", "D-immune"], "source"] == "assumed").all()
    # Alone with its tumour in a batch, and in no batch that is known.
    assert (rows.loc[["C-immune", "D-immune"], "from_tumor_high"] == 0.005).all()
    measured = rows.loc["A-immune"]
    assert 0 < measured["from_tumor_high"] < measured["rate_high"]
    assert np.isnan(rows.loc["A-tumor", "from_tumor_high"])


def test_another_batch_brings_nothing(cohort: tuple) -> None:
    sheet, counts, errors = cohort
    apart = sheet.copy()
    apart.loc[apart["sample"] == "C-tumor", "batch"] = "run3"
    _, _, crosstalk = learn(apart, counts, errors)
    assert crosstalk.set_index("sample").loc["C-immune", "from_tumor_high"] == 0
    # Of samples without a batch it is not known which were sequenced together.
    _, _, crosstalk = learn(sheet[sheet["sample"] != "D-tumor"], counts, errors)
    assert crosstalk.set_index("sample").loc["D-immune", "from_tumor_high"] == 0.005


def test_background_survives_the_disk(cohort: tuple, tmp_path: Path) -> None:
    sheet, counts, errors = cohort
    learned, _, _ = learn(sheet, counts, errors)
    for name in ("one.npz", "two.npz"):
        learned.save(tmp_path / name)
    assert (tmp_path / "one.npz").read_bytes() == (tmp_path / "two.npz").read_bytes()
    back = background.load(tmp_path / "one.npz")
    assert (back.sites.error == learned.sites.error).all()
    assert (back.heteroplasmic == learned.heteroplasmic).all()
    assert back.n_asked == learned.n_asked > 0
