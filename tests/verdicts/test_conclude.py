"""All samples together: q values, tables and screening."""

import numpy as np
import pandas as pd
import pytest
from cases import case, changed
from fraction_draws import p_values, patient

from mitotransfer.calls.hsd import Profile
from mitotransfer.fraction.estimate import detection_limit
from mitotransfer.patient.immune_variants import PrivateVariants
from mitotransfer.stats.false_discovery import q_values
from mitotransfer.verdicts import conclude
from mitotransfer.verdicts.assess import Assessment
from mitotransfer.verdicts.case import Case
from mitotransfer.verdicts.conclude import EXPLAINED, SCREENED, TRANSFER
from mitotransfer.verdicts.explanations import EXPLANATIONS
from mitotransfer.verdicts.shared_variants import SHARED_VARIANTS
from mitotransfer.verdicts.sources import Sources
from mitotransfer.wording import percent

FOUND = case(
    n_informative=2, fraction=0.1, low=0.08, high=0.12, p_value=1e-6, p_hidden=1e-6,
    crosstalk_high=0.001, detection_limit=0.004, n_samples=30, n_patients=20, normal_high=[0.001],
    sources=Sources("nuclear_counts", True, 0.0, 0.01, 0.06, 0.1, 0.05, 0.001, 0.9, 0.3, 0.5, 0.9),
    tumor_low=[0.5], immune_low=[0.08], immune_high=[0.1], carriers=[0], one_strand=[False],
    linked=[False], of_copy=[False], hot_spot=[False], heterogeneity_p=0.5,
)  # fmt: skip
ABSENT = changed(FOUND, fraction=0.0, low=0.0, high=0.001, p_value=0.6)
UNTESTED = case()


def assessed(*cases: Case, flags: tuple[str, ...] = ()) -> list[Assessment]:
    variants = pd.DataFrame([dict.fromkeys(SHARED_VARIANTS.names, 0)])
    return [
        Assessment(
            {"patient": f"P{i}", "sample": f"S{i}", "cell_type": "", "timepoint": ""},
            x, variants if x.tested else variants[:0], flags,
        )
        for i, x in enumerate(cases)
    ]  # fmt: skip


def test_q_values_are_those_of_the_tested_samples() -> None:
    transfer, shared, explanations = conclude.conclude(assessed(FOUND, UNTESTED, ABSENT))
    assert list(transfer.columns) == TRANSFER.names and len(shared) == 2
    assert transfer["verdict"].tolist() == ["transfer_supported", "uninformative", "not_detected"]
    assert transfer["q_value"].tolist() == pytest.approx(
        q_values([1e-6, float("nan"), 0.6]), nan_ok=True
    )
    assert transfer["q_value"][0] == pytest.approx(2e-6)
    assert list(explanations.columns) == EXPLAINED.names
    assert explanations["explanation"].tolist() == list(EXPLANATIONS) * 3


def test_limit_test_and_sentence_share_a_threshold_in_a_cohort_of_hundreds() -> None:
    """At the stated limit a sample is detected with the stated power, beside 400 others.

    The level of a single test would state a limit that the q values do not keep.
    """
    others, asked = 400, 40
    rng = np.random.default_rng(9)
    settings = FOUND.settings.verdict
    share: dict[str, list[float]] = {"of the cohort": [], "of one sample": []}
    for _ in range(8):
        design = patient(rng, 3, 2000, 0.0, tumor=0.7)
        clean = p_values(rng, design, 0.0, others)[:, 0]
        for name, tested in (("of one sample", 1), ("of the cohort", others + 1)):
            limit = detection_limit(design[0], settings.max_q_value / tested, settings.power)
            found = p_values(rng, design, limit, asked)[:, 0]
            q = [q_values([p, *clean])[0] for p in found]
            share[name].append(float(np.mean(np.array(q) < settings.max_q_value)))
    # 95 %, and four standard errors of 320 draws.
    assert np.mean(share["of the cohort"]) > 0.9
    assert np.mean(share["of one sample"]) < 0.8
    unseen = [changed(ABSENT, p_value=float(p), detection_limit=limit) for p in clean]
    seen = changed(FOUND, p_value=0.9 * settings.max_q_value / (others + 1))
    transfer = conclude.conclude(assessed(seen, *unseen))[0]
    assert transfer["verdict"].tolist() == ["transfer_supported"] + ["not_detected"] * others
    assert f"a fraction from {percent(limit)} on" in transfer["evidence"].iloc[1]


def test_bounds_and_open_explanations_are_in_the_row() -> None:
    rows = conclude.conclude(assessed(FOUND, ABSENT))[0].to_dict("records")
    found, absent = rows
    assert (found["contamination_low"], found["contamination_high"]) == (0.0, 0.01)
    assert (found["excess_low"], found["excess_high"]) == (0.06, 0.1)
    assert found["tumor_fraction_pure_low"] == pytest.approx(0.08 * 0.5)
    assert found["tumor_fraction_pure_high"] == pytest.approx(0.12 * 0.9)
    assert found["open_explanations"].split(";")[0] == "ambient_mtdna"
    assert absent["open_explanations"] == ""


def test_an_open_explanation_that_has_to_be_excluded_denies_support() -> None:
    hot = changed(FOUND, hot_spot=[True])
    (row,) = conclude.conclude(assessed(hot))[0].to_dict("records")
    assert row["verdict"] == "contamination_not_excluded"
    assert "explanations_open" in row["flags"]
    assert "recurrent_mutation" in row["open_explanations"]


def test_many_samples_without_a_finding_raise_the_q_value() -> None:
    weak = changed(FOUND, p_value=0.005)
    assert conclude.conclude(assessed(weak))[0]["verdict"][0] == "transfer_supported"
    many, _, _ = conclude.conclude(assessed(weak, *[ABSENT] * 9))
    assert many["q_value"][0] == pytest.approx(0.05) and many["verdict"][0] == "not_detected"


def test_flags_of_verdict_and_sample_stand_once() -> None:
    rows = assessed(FOUND, flags=("ambient_unmeasured", "foreign_dna"))
    assert conclude.conclude(rows)[0]["flags"][0] == "ambient_unmeasured;foreign_dna"


def test_no_sample_gives_tables_without_rows() -> None:
    tables = conclude.conclude([])
    assert [list(table.columns) for table in tables] == [
        TRANSFER.names, SHARED_VARIANTS.names, EXPLAINED.names
    ]  # fmt: skip
    assert all(table.empty for table in tables)


def test_screening_uses_only_the_bounds() -> None:
    rows = assessed(FOUND, ABSENT, UNTESTED)
    table = conclude.screening(rows, 0.01)
    assert list(table.columns) == SCREENED.names
    assert table["result"].tolist() == ["fail", "pass", "inconclusive"]
    assert table["tumor_fraction_high"].tolist()[:2] == [0.12, 0.001]
    nothing = conclude.screening(rows, None)
    assert nothing.empty and list(nothing.columns) == SCREENED.names


def test_haplotypes_of_strangers_are_listed() -> None:
    stranger = changed(ABSENT, private=PrivateVariants(person=Profile(("73G",), "1-16569")))
    text = conclude.foreign_haplotypes(assessed(FOUND, stranger))
    (row,) = text.splitlines()[1:]
    assert row.split("\t") == ["S1", "1-16569", "?", "73G"]
