"""Advice names the obstacle, with numbers that fit the sample."""

from __future__ import annotations

import pytest
from report_rows import patient, record
from verdict_rows import every_row, patient_of

from mitotransfer import wording
from mitotransfer.inputs.settings import Settings
from mitotransfer.report import advice, words
from mitotransfer.verdicts.verdict import VERDICTS

SETTINGS = Settings()


@pytest.mark.parametrize(
    ("flag", "word"),
    [("contamination_unmeasured", "were not measured"), ("contamination_unbounded", "purity"),
     ("explanations_open", "left open"), ("", "More nuclear loci")],
)  # fmt: skip
def test_advice_on_contamination_names_what_is_missing(flag: str, word: str) -> None:
    row = record("contamination_not_excluded", tumor_fraction_low=0.05, crosstalk_high=0.0004)
    steps = advice.next_steps(patient(), row | {"flags": flag}, SETTINGS)
    assert any(word in step for step in steps)
    assert "mtdna_copies" in steps[-1]


def test_copies_that_are_measured_are_not_asked_for() -> None:
    row = record("contamination_not_excluded", tumor_fraction_low=0.05, crosstalk_high=0.0004)
    own = patient()
    own.contamination["S1"] = {"copy_ratio_sd": 0.29}
    steps = advice.next_steps(own, row, SETTINGS)
    assert not any("mtdna_copies" in step for step in steps)
    own.contamination["S1"] = {"copy_ratio_sd": 0.0}
    assert any("mtdna_copies" in step for step in advice.next_steps(own, row, SETTINGS))


@pytest.mark.parametrize("flag", ["direction_not_shown", "variants_disagree", ""])
def test_advice_on_variants_that_may_be_a_clones(flag: str) -> None:
    row = record("contamination_not_excluded", flags=flag)
    said = " ".join(advice.next_steps(patient(), row, SETTINGS))
    assert ("sorted tumour cells" in said) == bool(flag)


def test_advice_on_clones_is_given_once() -> None:
    row = record("contamination_not_excluded", flags="direction_not_shown;maybe_immune_clone")
    assert " ".join(advice.next_steps(patient(), row, SETTINGS)).count("sorted tumour cells") == 1


def test_advice_on_a_normal_with_tumour_cells() -> None:
    row = record("uninformative", flags="no_informative_variant;tumor_alleles_in_normal")
    assert "another normal" in advice.next_steps(patient(), row, SETTINGS)[0]


def test_advice_when_cross_talk_alone_reaches_the_fraction() -> None:
    row = record("contamination_not_excluded", tumor_fraction_low=0.001, crosstalk_high=0.005)
    steps = advice.next_steps(patient(), row, SETTINGS)
    assert "cross-talk" in steps[0]


@pytest.mark.parametrize(
    ("roles", "word"),
    [(["immune", "normal"], "tumour"), (["immune", "tumor"], "normal sample"),
     (["immune", "tumor", "normal"], "no usable variant")],
)  # fmt: skip
def test_advice_names_what_is_missing(roles: list[str], word: str) -> None:
    own = patient(samples=[{"sample": role, "role": role} for role in roles])
    assert word in advice.next_steps(own, record("uninformative"), SETTINGS)[0]


def test_advice_on_power_has_plain_numbers() -> None:
    row = record("underpowered", detection_limit=0.7)
    assert "about 35 times" in (step := advice.next_steps(patient(), row, SETTINGS)[0])
    assert "up to 1,200 times" in step
    for informative in (1, 2):
        steps = advice.next_steps(patient(), row | {"n_informative": informative}, SETTINGS)
        assert any("single variant" in step for step in steps) == (informative == 1)


@pytest.mark.parametrize(("again", "said"), [([0.04], True), ([0.04, 0.0], False), ([], False)])
def test_depth_is_no_advice_if_all_variants_are_recurrent(again: list[float], said: bool) -> None:
    row = record("underpowered", detection_limit=0.3)
    variants = [{"usable": "true", "recurrence": x} for x in again]
    variants.append({"usable": "false", "recurrence": 0.0})
    steps = advice.next_steps(patient(variants={row["sample"]: variants}), row, SETTINGS)
    assert any("is recurrent" in step for step in steps) == said
    assert any("times the depth" in step for step in steps) != said


def test_a_deletion_at_a_repeat_asks_for_libraries_without_pcr() -> None:
    row = record("underpowered", detection_limit=0.3, flags="direct_repeat_only;recurrent_only")
    variants = [{"usable": "true", "recurrence": 0.2, "flags": "direct_repeat;recurrent"}]
    steps = advice.next_steps(patient(variants={row["sample"]: variants}), row, SETTINGS)
    assert "without PCR" in steps[0] and "is recurrent" in steps[1]


@pytest.mark.parametrize(
    ("flag", "word"),
    [("amplicon_junction", "shotgun"), ("indel_beside_run", "Illumina"),
     ("indel_too_long", "longer reads")],
)  # fmt: skip
def test_another_library_would_make_evidence_of_it(flag: str, word: str) -> None:
    row = record("uninformative")
    samples = [{"sample": role, "role": role} for role in ("immune", "tumor", "normal")]
    own = patient(samples=samples, variants={row["sample"]: [{"usable": "false", "flags": flag}]})
    steps = advice.next_steps(own, row, SETTINGS)
    assert word in steps[0] and len(steps) == 2


@pytest.mark.parametrize("verdict", VERDICTS)
def test_every_verdict_has_advice(verdict: str) -> None:
    row = record(verdict, detection_limit=0.06)
    assert advice.next_steps(patient(), row, SETTINGS)
    assert advice.next_steps(patient(), record(verdict), SETTINGS)


def test_every_sentence_has_advice_that_fits_its_numbers() -> None:
    for row in every_row():
        steps = advice.next_steps(patient_of(row), row, SETTINGS)
        assert steps and all("nan" not in step for step in steps)
        if row["verdict"] == "not_detected":
            limit = wording.percent(row["detection_limit"])
            assert f"below {limit} remain possible" in steps[0].replace(words.NBSP, " ")


def test_advice_names_the_obstacle() -> None:
    seen = set()
    for row in every_row():
        if row["verdict"] != "contamination_not_excluded":
            continue
        said = " ".join(advice.next_steps(patient_of(row), row, SETTINGS))
        hidden = "baseline_not_excluded" in row["flags"]
        assert ("normal is too shallow" in said) == hidden
        swapped = not hidden and row["crosstalk_high"] > row["tumor_fraction_low"]
        assert ("cross-talk alone reaches" in said) == swapped
        unchecked = "identity_unchecked" in row["flags"]
        assert ("identity could not be checked" in said) == unchecked
        seen |= {(hidden, swapped, unchecked)}
    assert len(seen) == 4


@pytest.mark.parametrize(
    ("reason", "filtered"),
    [("x", False), ("x: 99% of the reads are clipped by more than counting.max_clipped", True)],
)
def test_advice_on_a_shallow_sample_names_the_filter(reason: str, filtered: bool) -> None:
    own = patient()
    own.identity["S1"] = {"status": "shallow", "reason": reason}
    row = record("failed_qc", flags="immune_shallow") | {"sample": "S1"}
    said = " ".join(advice.next_steps(own, row, SETTINGS))
    assert ("counting.max_clipped): trim adapters" in said) == filtered
    assert ("Sequence the shallow sample again" in said) != filtered
