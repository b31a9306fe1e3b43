"""The report never claims more than the data: every possible verdict, in words."""

from __future__ import annotations

import math
import re

import pytest
from report_rows import record
from verdict_rows import cases, every_row, sentences

from mitotransfer import wording
from mitotransfer.flags import OF_SAMPLES
from mitotransfer.fraction import zero_test
from mitotransfer.report import words
from mitotransfer.verdicts import verdict
from mitotransfer.verdicts.verdict import DETECTED, VERDICTS

NAN = math.nan


@pytest.mark.parametrize(
    ("value", "shown"),
    [(0.0312, "3.1 %"), (0.00034, "0.034 %"), (1.0, "100 %"), (0.0, "0 %"), (NAN, "–")],
)
def test_percent(value: float, shown: str) -> None:
    assert words.percent(value) == shown.replace(" ", words.NBSP)


@pytest.mark.parametrize(
    ("value", "shown"),
    [(0.4, "0.4"), (0.012, "0.012"), (3e-40, "3.0 × 10⁻⁴⁰"), (0.0, "< 10⁻³⁰⁰"), (NAN, "–")],
)
def test_probability(value: float, shown: str) -> None:
    assert words.probability(value).replace(words.NBSP, " ") == shown


def test_summary_counts_and_names_every_detection_limit() -> None:
    rows = [
        record("transfer_supported", tumor_fraction=0.04),
        record("contamination_not_excluded", tumor_fraction=0.01),
        record("not_detected", detection_limit=0.001),
        record("not_detected", detection_limit=0.004),
        record("underpowered", detection_limit=0.07),
        record("failed_qc"),
    ]
    asked, positive, rest = (line.replace(words.NBSP, " ") for line in words.summary(rows, 3))
    assert asked.startswith("6 immune samples of 3 patients were examined")
    assert "detected in 2 of 5 that could be judged" in positive
    assert "none was detected in 2 samples (detection limits from 0.1 % to 0.4 %" in rest.lower()
    assert "1 sample had too little power to tell (detection limit 7 %" in rest
    assert "1 sample could not be judged" in rest


def test_thousands_are_separated_everywhere() -> None:
    """Also where a number has no noun, and without an exponent."""
    rows = [record("transfer_supported", tumor_fraction=0.04)] * 1200
    rows += [record("underpowered")] * 1100 + [record("failed_qc")] * 1000
    said = " ".join(words.summary(rows, 3300)).replace(words.NBSP, " ")
    for number in ("3,300 immune", "1,200 of 2,300 that", "1,200 with more", "1,100 samples had"):
        assert number in said
    assert not re.search(r"\d{4}", said)
    assert words.summary([record("failed_qc")] * 1000, 9)[2] == "1,000 are of failed quality."
    assert words.digits(123456.7, 4) == "123,500" and words.digits(2.345, 2) == "2.3"


def test_detected_is_never_called_transfer() -> None:
    rows = [record("contamination_not_excluded", tumor_fraction=0.01)]
    _asked, *came_out = words.summary(rows, 1)
    assert "transfer" not in " ".join(came_out)
    assert "transfer" not in words.finding(rows[0])
    assert "contamination is not excluded" in came_out[0]


@pytest.mark.parametrize("verdict", words.NEGATIVE)
def test_negatives_name_their_limit(verdict: str) -> None:
    assert "0.35" in words.finding(record(verdict, detection_limit=0.0035))
    assert "cannot be stated" in words.finding(record(verdict))


def test_summary_of_nothing() -> None:
    assert len(words.summary([], 0)) == 1
    assert "None of them could be judged" in words.summary([record("failed_qc")], 1)[1]


def test_every_verdict_has_words() -> None:
    for table in (words.LABELS, words.SYMBOLS, words.MEANINGS):
        assert set(table) == set(VERDICTS)
    assert len(set(words.SYMBOLS.values())) == len(VERDICTS)


def test_every_verdict_is_among_them() -> None:
    assert {row["verdict"] for row in every_row()} == set(verdict.VERDICTS)
    assert len(every_row()) > 20


@pytest.mark.parametrize("name", [v for v in verdict.VERDICTS if v != "transfer_supported"])
def test_only_a_supported_transfer_is_called_transfer(name: str) -> None:
    for row in every_row():
        if row["verdict"] == name:
            assert "transfer" not in " ".join(sentences(row)).lower()


def test_a_supported_transfer_is_not_called_proven() -> None:
    assert "not proven" in words.MEANINGS["transfer_supported"]
    for row in every_row():
        if row["verdict"] == "transfer_supported":
            said = " ".join(sentences(row)).lower()
            assert not re.search(r"(?<!not )proven|\bproves?\b|\bconfirm", said)
            assert "transfer supported" in said and "tumour cells" in said


@pytest.mark.parametrize("name", words.NEGATIVE)
def test_every_negative_names_its_detection_limit(name: str) -> None:
    for row in every_row():
        if row["verdict"] != name:
            continue
        limit = row["detection_limit"]
        evidence, finding, page, meaning, *cohort = sentences(row)
        said = "detection limit" if math.isnan(limit) else wording.percent(limit)
        for sentence in (evidence, finding, page, " ".join(cohort)):
            assert said in sentence.replace(words.NBSP, " ")
        assert "detection limit" in meaning
        assert "no tumour mtdna detected" in f"{evidence} {finding}".lower()
        # "None detected" is not "none present".
        assert not re.search(r"\babsent\b|\bno tumour mtDNA (?!detected)", " ".join(sentences(row)))


@pytest.mark.parametrize("name", DETECTED)
def test_every_positive_names_its_interval(name: str) -> None:
    for row in every_row():
        if row["verdict"] == name:
            for sentence in (row["evidence"], words.finding(row)):
                low = wording.percent(row["tumor_fraction_low"])
                assert f"{low} to 5.6 %" in sentence.replace(words.NBSP, " ")


def test_samples_that_were_not_judged_have_no_number() -> None:
    for row in every_row():
        if row["verdict"] in ("uninformative", "failed_qc"):
            assert "%" not in " ".join(sentences(row))


def test_alleles_that_the_normal_may_have_are_not_called_of_tumour_origin() -> None:
    found = [row for row in every_row() if row["verdict"] in DETECTED]
    hidden = [row for row in found if "baseline_not_excluded" in row["flags"]]
    assert hidden
    for row in found:
        assert ("of tumour origin" in words.finding(row)) == (row not in hidden)
    said = " ".join(words.summary(found, 9))
    assert f"{len(hidden)} may have none that is the tumour’s" in said


def test_a_p_value_at_the_floor_of_the_test_is_a_bound():
    row = {"p_value": zero_test.SMALLEST, "q_value": 3e-12}
    shown = [words.tested(row, column).replace(words.NBSP, " ") for column in row]
    assert shown == ["≤ 1.0 × 10⁻¹²", "≤ 3.0 × 10⁻¹²"]
    assert words.tested({"p_value": 0.02}, "p_value") == "0.02"
    assert words.tested({"p_value": NAN}, "p_value") == words.NONE


def test_every_flag_of_a_verdict_is_explained() -> None:
    raised = {flag for x in cases() for flag in verdict.judge(x).flags}
    assert len(raised) > 8 and raised <= set(OF_SAMPLES)


def test_flags_of_a_cell_have_their_meanings() -> None:
    found = words.flags("tumor_swapped;joint_codon", OF_SAMPLES)
    assert list(found) == ["tumour swapped", "joint codon"]
    assert found["tumour swapped"] == OF_SAMPLES["tumor_swapped"] and found["joint codon"] == ""
    assert words.flags("", OF_SAMPLES) == words.flags(NAN, OF_SAMPLES) == {}


def test_the_sentence_to_quote_has_its_denominator_and_intervals() -> None:
    def row(finding: str, positive: float, patients: float = 5) -> dict[str, object]:
        return {
            "group": "overall", "finding": finding, "denominator": "powered",
            "patients": patients, "positive": positive, "prevalence": positive / max(patients, 1),
            "prevalence_low": 0.05, "prevalence_high": 0.85,
        }  # fmt: skip

    rows = [row("transfer_supported", 2), row("detected", 4)]
    said = words.quotable(rows).replace(words.NBSP, " ")
    assert said.startswith("Of 5 patients whose samples could tell, 2 (40 %; 5 % to 85 %) had")
    assert said.endswith("tumour mtDNA was detected in 4 (80 %; 5 % to 85 %).")
    assert words.quotable([]) == ""
    assert words.quotable([row(name, 0, 0) for name in ("transfer_supported", "detected")]) == ""
