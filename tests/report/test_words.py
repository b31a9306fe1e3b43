"""The report never says more than the data: every verdict that there can be, in all its words."""

from __future__ import annotations

import itertools
import math
import re

import pandas as pd
import pytest

from mitotransfer import wording
from mitotransfer.fraction import zero_test
from mitotransfer.patient import informative
from mitotransfer.report import advice, cohort_views, patient_views, tables, words
from mitotransfer.verdicts import explanations, verdict
from mitotransfer.verdicts.verdict import DETECTED, Findings

NAN = math.nan


def _findings() -> list[Findings]:
    """Every combination of what is known and what is not."""
    found = []
    for identity, n, q, limit, contamination, cells, crosstalk in itertools.product(
        ("ok", "single", "swapped", "shallow", ""), (0, 1, 6), (1e-9, 0.5, NAN),
        (NAN, 0.0035, 0.06), (NAN, 0.001, 0.4), (0.0, 0.2), (NAN, 0.0004, 0.04),
    ):  # fmt: skip
        source = "unmeasured" if math.isnan(contamination) else "nuclear_counts"
        found += [
            Findings(
                immune_identity=identity or "ok", normal_identity=identity, n_informative=n,
                fraction=0.043, low=low, high=0.056, detection_limit=limit, q_value=q,
                contamination_source=source, tumor_cells_low=cells,
                contamination_high=contamination, crosstalk_high=crosstalk, ambient_high=ambient,
                more_in_immune=more,
            )
            for low, more, ambient in (
                (0.0, False, NAN), (0.031, False, NAN), (0.031, False, 0.002), (0.031, True, NAN),
            )
        ]  # fmt: skip
    return found


def _rows() -> list[tables.Row]:
    rows = {}
    for x in _findings():
        made = verdict.judge(x, 0.01, 0.02)
        row = {
            "patient": "P1", "sample": "S1", "cell_type": "CD8 TIL", "verdict": made.verdict,
            "evidence": made.evidence, "tumor_fraction": x.fraction, "tumor_fraction_low": x.low,
            "tumor_fraction_high": x.high, "detection_limit": x.detection_limit,
            "crosstalk_high": x.crosstalk_high, "n_informative": float(x.n_informative),
            "flags": ";".join(made.flags),
        }  # fmt: skip
        rows[made.verdict, made.evidence, str(x.detection_limit), str(x.crosstalk_high)] = row
    return list(rows.values())


ROWS = _rows()
ASSUMED = advice.Assumptions(10.0, 0.02, 0.001)


def _patient(row: tables.Row) -> tables.Patient:
    samples = [{"sample": name, "role": name} for name in tables.ROLES]
    return tables.Patient("P1", {}, samples, [row], {}, {}, {}, {})


def _sentences(row: tables.Row) -> list[str]:
    """All that the pages say of one sample, advice apart."""
    return [
        row["evidence"], words.finding(row), words.patient_summary(_patient(row)),
        words.MEANINGS[row["verdict"]], *words.summary([row], 1)[1:],
    ]  # fmt: skip


def test_every_verdict_is_among_them() -> None:
    assert {row["verdict"] for row in ROWS} == set(verdict.VERDICTS)
    assert len(ROWS) > 20


@pytest.mark.parametrize("name", [v for v in verdict.VERDICTS if v != "transfer_supported"])
def test_only_a_supported_transfer_is_called_transfer(name: str) -> None:
    for row in ROWS:
        if row["verdict"] == name:
            assert "transfer" not in " ".join(_sentences(row)).lower()


def test_a_supported_transfer_is_not_called_proven() -> None:
    assert "not proven" in words.MEANINGS["transfer_supported"]
    for row in ROWS:
        if row["verdict"] == "transfer_supported":
            said = " ".join(_sentences(row)).lower()
            assert not re.search(r"(?<!not )proven|\bproves?\b|\bconfirm", said)
            assert "transfer supported" in said and "tumour cells" in said


@pytest.mark.parametrize("name", words.NEGATIVE)
def test_every_negative_names_its_detection_limit(name: str) -> None:
    for row in ROWS:
        if row["verdict"] != name:
            continue
        limit = row["detection_limit"]
        evidence, finding, page, meaning, *cohort = _sentences(row)
        said = "detection limit" if math.isnan(limit) else wording.percent(limit)
        for sentence in (evidence, finding, page, " ".join(cohort)):
            assert said in sentence.replace(words.NBSP, " ")
        assert "detection limit" in meaning
        assert "no tumour mtdna detected" in f"{evidence} {finding}".lower()
        # None detected is not none there.
        assert not re.search(
            r"\babsent\b|\bno tumour mtDNA (?!detected)", " ".join(_sentences(row))
        )


@pytest.mark.parametrize("name", DETECTED)
def test_every_positive_names_its_interval(name: str) -> None:
    for row in ROWS:
        if row["verdict"] == name:
            for sentence in (row["evidence"], words.finding(row)):
                low = wording.percent(row["tumor_fraction_low"])
                assert f"{low} to 5.6 %" in sentence.replace(words.NBSP, " ")


def test_samples_that_were_not_judged_have_no_number() -> None:
    for row in ROWS:
        if row["verdict"] in ("uninformative", "failed_qc"):
            assert "%" not in " ".join(_sentences(row))


def test_every_sentence_has_advice_that_fits_its_numbers() -> None:
    for row in ROWS:
        steps = advice.next_steps(_patient(row), row, ASSUMED)
        assert steps and all("nan" not in step for step in steps)
        if row["verdict"] == "not_detected":
            limit = wording.percent(row["detection_limit"])
            assert f"below {limit} remain possible" in steps[0].replace(words.NBSP, " ")


def test_advice_names_what_stands_in_the_way() -> None:
    seen = set()
    for row in ROWS:
        if row["verdict"] != "contamination_not_excluded":
            continue
        said = " ".join(advice.next_steps(_patient(row), row, ASSUMED))
        hidden = "baseline_not_excluded" in row["flags"]
        assert ("normal is too shallow" in said) == hidden
        swapped = not hidden and row["crosstalk_high"] > row["tumor_fraction_low"]
        assert ("cross-talk alone reaches" in said) == swapped
        unchecked = "identity_unchecked" in row["flags"]
        assert ("identity could not be checked" in said) == unchecked
        seen |= {(hidden, swapped, unchecked)}
    assert len(seen) == 4


def test_what_the_normal_may_have_is_not_called_of_tumour_origin() -> None:
    found = [row for row in ROWS if row["verdict"] in DETECTED]
    hidden = [row for row in found if "baseline_not_excluded" in row["flags"]]
    assert hidden
    for row in found:
        assert ("of tumour origin" in words.finding(row)) == (row not in hidden)
    said = " ".join(words.summary(found, 9))
    assert f"{len(hidden)} may have none that is the tumour’s" in said


def test_every_explanation_has_words() -> None:
    assert set(patient_views.EXPLANATIONS) == set(explanations.EXPLANATIONS)


def test_screening_says_what_was_shown() -> None:
    frame = pd.DataFrame(
        {"patient": "P", "sample": list("abc"), "result": ["pass", "inconclusive", "pass"],
         "max_tumor_fraction": 0.01}
    )  # fmt: skip
    said = cohort_views.screening_sentence(frame).replace(words.NBSP, " ")
    assert "Of 3 immune samples" in said and "1 % of the mtDNA" in said
    assert said.endswith("0 failed (lower bound above it), 1 inconclusive and 2 passed (upper "
                         "bound below it).")  # fmt: skip
    assert cohort_views.screening_sentence(frame[:0]) == ""


def _summary(**numbers: object) -> pd.DataFrame:
    row: dict[str, object] = {"pairs": 40.0, "rejected": 0.0, "rate": 0.0, "rate_low": 0.0,
                              "rate_high": 0.088, "nominal": 0.01, "warning": "false"}  # fmt: skip
    return pd.DataFrame([row | numbers])


def test_swapped_pairs_say_how_well_they_show_it() -> None:
    few = cohort_views.null_sentence(_summary())
    assert "0 of 40" in few and "too few" in few
    many = cohort_views.null_sentence(_summary(pairs=4000.0, rate_high=0.011))
    assert "too few" not in many and "more than promised" not in many
    bad = cohort_views.null_sentence(_summary(rejected=9.0, rate=0.2, rate_low=0.1, warning="true"))
    assert "more than promised" in bad
    assert "No immune sample could be tested" in cohort_views.null_sentence(_summary(pairs=0.0))


@pytest.mark.parametrize(
    ("p", "q", "said"),
    [([], [], "No association was looked at"), ([NAN], [NAN], "for none are the numbers large"),
     ([0.2, NAN], [0.2, NAN], "1 could be tested, of which none has"),
     ([0.001, 0.002], [0.002, 0.002], "of which 2 have a q value below 0.05")],
)  # fmt: skip
def test_associations_in_a_sentence(p: list[float], q: list[float], said: str) -> None:
    assert said in cohort_views.association_sentence(pd.DataFrame({"p_value": p, "q_value": q}))


def test_every_flag_is_raised_somewhere_and_explained(repository):
    package = repository / "scripts" / "mitotransfer"
    files = [*package.glob("*.py"), *package.parent.glob("*.py")]
    code = "".join(path.read_text() for path in files)
    known = words.SAMPLE_FLAGS | words.VARIANT_FLAGS
    for flag in known:
        made, _, status = flag.partition("_")  # from a role and a word
        assert f'"{flag}"' in code or (made in (*tables.ROLES, "no") and f'"{status}"' in code), (
            flag
        )
    raised = set(re.findall(r'(?:flags|marks|found)(?:\[\w+\])?\.(?:add|append)\("(\w+)"\)', code))
    found = {flag for flags in (f.split(";") for f in _raised_by_verdicts()) for flag in flags}
    assert len(raised) > 8 and len(found) > 8
    assert (raised | found) - {"", "joint_codon"} <= known.keys()  # that one is of calls
    for flag in informative.UNUSABLE | {"phased"}:
        assert words.VARIANT_FLAGS[flag].startswith("no evidence")


def _raised_by_verdicts() -> list[str]:
    return [";".join(verdict.judge(x, 0.01, 0.02).flags) for x in _findings()]


def test_a_p_value_at_the_floor_of_the_test_is_a_bound():
    row = {"p_value": zero_test.SMALLEST, "q_value": 3e-12}
    shown = [words.tested(row, column).replace(words.NBSP, " ") for column in row]
    assert shown == ["≤ 1.0 × 10⁻¹²", "≤ 3.0 × 10⁻¹²"]
    assert words.tested({"p_value": 0.02}, "p_value") == "0.02"
    assert words.tested({"p_value": NAN}, "p_value") == words.NONE


@pytest.mark.parametrize(("positive", "rows"), [(0, 1), (2, 2)])
def test_alleles_that_may_be_the_normals_are_said_only_where_there_are_such(positive, rows):
    frame = pd.DataFrame(
        {
            "group": "overall", "value": "", "finding": ["detected", "baseline_not_excluded"],
            "denominator": "all", "patients": 9.0, "positive": [4.0, positive],
            "prevalence": 0.4, "prevalence_low": 0.1, "prevalence_high": 0.7,
        }
    )  # fmt: skip
    assert len(patient_views.prevalence_rows(frame)) == rows
