"""Verdicts: each rule at its bounds, and that doubt never makes a verdict stronger."""

import math

import pytest
from cases import case, changed
from hypothesis import given
from hypothesis import strategies as st

from mitotransfer.flags import REJECTED
from mitotransfer.simulate import scenario
from mitotransfer.verdicts import verdict
from mitotransfer.verdicts.case import Case
from mitotransfer.verdicts.verdict import judge

NAN = math.nan
FOUND = case(
    n_informative=3, fraction=0.1, low=0.08, high=0.12, detection_limit=0.002, q_value=1e-6,
    contamination_source="nuclear_counts", tumor_cells_low=0.0, contamination_high=0.02,
    crosstalk_high=0.001,
)  # fmt: skip
ABSENT = changed(FOUND, fraction=0.0, low=0.0, high=0.001, q_value=0.8)


@pytest.mark.parametrize(
    ("x", "changes", "expected"),
    [
        (FOUND, {}, "transfer_supported"),
        (FOUND, {"tumor_cells_low": 0.001}, "transfer_supported"),
        (FOUND, {"contamination_source": "tumor_cell_fraction"}, "transfer_supported"),
        (FOUND, {"low": 0.0, "contamination_high": 0.0}, "contamination_not_excluded"),
        (FOUND, {"contamination_high": 0.09}, "contamination_not_excluded"),
        (FOUND, {"contamination_high": 0.0795}, "contamination_not_excluded"),
        (FOUND, {"crosstalk_high": 0.07}, "contamination_not_excluded"),
        (
            FOUND,
            {"contamination_high": 0.09, "tumor_cells_low": 0.01},
            "explained_by_contamination",
        ),
        (FOUND, {"contamination_source": "unmeasured"}, "contamination_not_excluded"),
        (FOUND, {"contamination_high": NAN}, "contamination_not_excluded"),
        (FOUND, {"crosstalk_high": NAN}, "contamination_not_excluded"),
        (FOUND, {"n_informative": 0}, "uninformative"),
        (FOUND, {"tumor_identity": ""}, "uninformative"),
        (FOUND, {"normal_identity": ""}, "uninformative"),
        (FOUND, {"identity": "swapped"}, "failed_qc"),
        (FOUND, {"tumor_identity": "foreign"}, "failed_qc"),
        (FOUND, {"normal_identity": "ambiguous"}, "failed_qc"),
        (FOUND, {"normal_identity": "shallow"}, "failed_qc"),
        (FOUND, {"deep_enough": False}, "failed_qc"),
        (FOUND, {"identity": "failed", "deep_enough": False}, "failed_qc"),
        (FOUND, {"tumor_identity": "failed"}, "failed_qc"),
        (FOUND, {"nuclear_refused": True}, "failed_qc"),
        (FOUND, {"normal_identity": "single"}, "contamination_not_excluded"),
        (FOUND, {"identity": "shared"}, "contamination_not_excluded"),
        (ABSENT, {"normal_identity": "shared"}, "not_detected"),
        (FOUND, {"high": 1.0}, "contamination_not_excluded"),
        (FOUND, {"more_in_immune": True}, "contamination_not_excluded"),
        (FOUND, {"more_in_immune": True, "design": "allogeneic"}, "transfer_supported"),
        (FOUND, {"ambient_high": 0.05}, "transfer_supported"),
        (FOUND, {"ambient_high": 0.06}, "contamination_not_excluded"),
        (FOUND, {"high": 1.0, "design": "allogeneic"}, "transfer_supported"),
        (FOUND, {"high": NAN}, "contamination_not_excluded"),
        (FOUND, {"tumor_identity": "single"}, "contamination_not_excluded"),
        (FOUND, {"tumor_identity": "single", "design": "allogeneic"}, "transfer_supported"),
        (ABSENT, {}, "not_detected"),
        (ABSENT, {"detection_limit": 0.02}, "not_detected"),
        (ABSENT, {"detection_limit": 0.021}, "underpowered"),
        (ABSENT, {"detection_limit": NAN, "q_value": NAN}, "underpowered"),
    ],
)
def test_table(x: Case, changes: dict[str, object], expected: str) -> None:
    result = judge(changed(x, **changes))
    assert result.verdict == expected


def test_the_simulator_knows_the_same_verdicts() -> None:
    """It repeats them, because it shares no code with the pipeline."""
    assert scenario.VERDICTS == verdict.VERDICTS


def test_what_the_normal_may_have_is_not_called_tumoural() -> None:
    result = judge(changed(FOUND, low=0.0))
    assert result.flags == ("baseline_not_excluded",)
    assert "tumoural" not in result.evidence and "do not exclude" in result.evidence
    apart = judge(changed(FOUND, low=0.0, p_hidden=1e-6))
    assert apart.flags == ("variants_disagree",) and "disagree" in apart.evidence
    assert apart.verdict == "contamination_not_excluded"


def test_free_mtdna_is_named_as_long_as_nothing_measured_it() -> None:
    blind = judge(FOUND)
    assert blind.flags == ("ambient_unmeasured",) and "lysed cells was not" in blind.evidence
    bounded = judge(changed(FOUND, ambient_high=0.03))
    assert bounded.flags == () and "and free mtDNA bring at most 5.1 %" in bounded.evidence
    assert bounded.excess_low == pytest.approx(0.029)


def test_the_verdict_names_the_sample_that_failed_and_why() -> None:
    doubtful = changed(FOUND, tumor_identity="swapped", deep_enough=False)
    result = judge(doubtful)
    assert result.flags == ("tumor_swapped", "immune_shallow")
    assert result.evidence == (
        "Not judged: the tumour sample is another patient's, "
        "the immune sample is too shallow (qc.min_mean_depth)."
    )


def test_every_doubt_is_named() -> None:
    doubtful = changed(
        FOUND,
        more_in_immune=True,
        normal_identity="single",
        contamination_source="tumor_cell_fraction",
    )
    result = judge(doubtful)
    assert result.verdict == "contamination_not_excluded"
    assert result.flags == ("contamination_by_flow", "direction_not_shown", "identity_unchecked")
    assert result.evidence.count(";") == 2


def test_a_limit_is_stated_with_its_power() -> None:
    result = judge(changed(ABSENT, power=0.8))
    assert "0.2 % on would have been seen with 80 % power" in result.evidence


def test_excess_and_sentence() -> None:
    result = judge(FOUND)
    assert result.excess_low == pytest.approx(0.059)
    assert "10 % (8 % to 12 %)" in result.evidence and "at least 5.9 %" in result.evidence
    unmeasured = judge(changed(FOUND, contamination_source="unmeasured"))
    assert math.isnan(unmeasured.excess_low)
    assert "contamination_unmeasured" in unmeasured.flags
    assert "transfer" not in unmeasured.evidence


share = st.one_of(st.just(NAN), st.just(0.0), st.just(1.0), st.floats(0, 1))
status = st.sampled_from(
    ["ok", "swapped", "foreign", "ambiguous", "duplicate", "shared", "shallow", "single", ""]
)
space = st.builds(
    case,
    design=st.sampled_from(["autologous", "allogeneic"]),
    identity=status,
    tumor_identity=status,
    normal_identity=status,
    deep_enough=st.booleans(),
    n_informative=st.integers(0, 3),
    p_hidden=st.sampled_from([NAN, 1e-6, 0.5]),
    fraction=share, low=share, high=share, detection_limit=share, q_value=share,
    contamination_source=st.sampled_from(["nuclear_counts", "tumor_cell_fraction", "unmeasured"]),
    tumor_cells_low=share, contamination_high=share, crosstalk_high=share,
    ambient_high=share, more_in_immune=st.booleans(),
)  # fmt: skip
likely = st.builds(
    changed, st.just(FOUND), low=st.floats(0, 0.2), contamination_high=share,
    crosstalk_high=st.floats(0, 0.2), tumor_cells_low=share, identity=status,
    tumor_identity=status, normal_identity=status, n_informative=st.integers(0, 1),
    contamination_source=st.sampled_from(["nuclear_counts", "tumor_cell_fraction", "unmeasured"]),
    q_value=st.sampled_from([1e-6, 0.5]),
)  # fmt: skip
anything = st.one_of(space, likely)
STRENGTH = {
    "explained_by_contamination": 0,
    "contamination_not_excluded": 1,
    "transfer_supported": 2,
}


@given(anything)
def test_whole_input_space(x: Case) -> None:
    result = judge(x)
    assert result.verdict in verdict.VERDICTS
    assert result.evidence.endswith(".") and "nan" not in result.evidence
    assert math.isnan(result.excess_low) or 0 <= result.excess_low <= 1
    who, found, estimate = x.sample, x.findings, x.estimate
    if result.verdict == "transfer_supported":
        assert found.contamination_source != "unmeasured"
        assert who.identity == "ok" and who.normal_identity == "ok"
        assert who.tumor_identity == "ok" or who.design == "allogeneic"
        assert who.deep_enough and found.n_informative > 0 and found.q_value < 0.01
        assert estimate.low > found.contamination_high + found.crosstalk_high
        assert estimate.low > 0 and result.excess_low > 0
        less = estimate.high < 1 and not x.support.more_in_immune
        assert less or who.design == "allogeneic"
        assert not estimate.low <= found.ambient_high
    if {who.identity, who.tumor_identity, who.normal_identity} & set(REJECTED):
        assert result.verdict == "failed_qc"
    if result.verdict in ("not_detected", "underpowered"):
        assert not x.findings.q_value < 0.01
    if result.verdict == "not_detected":
        assert x.findings.detection_limit <= 0.02
    if result.verdict == "failed_qc":
        assert result.flags


@given(anything, st.floats(0, 1), st.floats(0, 1), st.floats(0, 1), st.floats(0, 1))
def test_more_contamination_is_never_stronger(
    x: Case, cells: float, brought: float, crosstalk: float, ambient: float
) -> None:
    def worse(value: float, other: float) -> float:
        return value if math.isnan(value) else max(value, other)

    more = changed(
        x,
        tumor_cells_low=worse(x.findings.tumor_cells_low, cells),
        contamination_high=worse(x.findings.contamination_high, brought),
        crosstalk_high=worse(x.findings.crosstalk_high, crosstalk),
        ambient_high=max(
            ambient, ambient if math.isnan(x.findings.ambient_high) else x.findings.ambient_high
        ),
    )
    before, after = judge(x), judge(more)
    if before.verdict in STRENGTH:
        assert STRENGTH[after.verdict] <= STRENGTH[before.verdict]
    else:
        assert after.verdict == before.verdict
    unmeasured = judge(changed(x, contamination_source="unmeasured"))
    assert unmeasured.verdict != "transfer_supported"


@given(anything, st.floats(0, 1))
def test_more_doubt_in_detection_is_never_stronger(x: Case, q: float) -> None:
    doubtful = changed(
        x, q_value=max(x.findings.q_value, q) if x.findings.q_value == x.findings.q_value else q
    )
    if judge(x).verdict not in STRENGTH and x.findings.q_value == x.findings.q_value:
        assert judge(doubtful).verdict not in STRENGTH


@pytest.mark.parametrize(
    ("x", "changes", "limit", "expected"),
    [
        (ABSENT, {}, 0.01, "pass"),
        (ABSENT, {"high": 0.01}, 0.01, "inconclusive"),
        (ABSENT, {"detection_limit": 0.5}, 0.01, "pass"),
        (ABSENT, {"identity": "single"}, 0.01, "inconclusive"),
        (ABSENT, {"identity": "swapped"}, 0.01, "inconclusive"),
        (ABSENT, {"deep_enough": False}, 0.01, "inconclusive"),
        (ABSENT, {"n_informative": 0}, 0.01, "inconclusive"),
        (FOUND, {}, 0.01, "fail"),
        (FOUND, {"normal_identity": "single"}, 0.01, "fail"),
        (FOUND, {}, 0.08, "inconclusive"),
        (FOUND, {}, 0.2, "pass"),
        (FOUND, {"low": NAN, "high": NAN}, 0.2, "inconclusive"),
        (FOUND, {"design": "allogeneic", "tumor_identity": "single"}, 0.2, "pass"),
        (FOUND, {"design": "allogeneic", "tumor_identity": "shared"}, 0.2, "inconclusive"),
    ],
)
def test_screening(x: Case, changes: dict[str, object], limit: float, expected: str) -> None:
    x = changed(x, **changes)
    result, reason = verdict.screen(x, limit)
    assert result == expected and reason.endswith(".")


def test_at_the_bounds() -> None:
    def verdict_of(**changes: object) -> verdict.Verdict:
        return judge(changed(FOUND, **changes))

    assert verdict_of(n_informative=1).verdict == "transfer_supported"
    assert verdict_of(q_value=0.01).verdict == "not_detected"
    for shallow in ({"identity": "shallow"}, {"deep_enough": False},
                    {"identity": "shallow", "deep_enough": False}):  # fmt: skip
        assert verdict_of(**shallow).flags == ("immune_shallow",)


@given(anything, st.floats(1e-6, 0.5))
def test_nothing_unknown_passes_a_screen(x: Case, limit: float) -> None:
    result, reason = verdict.screen(x, limit)
    assert result in ("pass", "fail", "inconclusive") and "nan" not in reason
    if result == "pass":
        assert x.estimate.high < limit and not x.estimate.low > limit and verdict.identified(x)
        assert x.sample.deep_enough and x.findings.n_informative > 0
    if result == "fail":
        assert x.estimate.low > limit


def test_a_failed_sample_is_not_called_shallow_and_its_reason_is_told() -> None:
    x = changed(FOUND, identity="failed", deep_enough=False, failures="T1: t1.bam: cut")
    result = judge(x)
    assert result.flags == ("immune_failed",)
    assert result.evidence == "Not judged: the immune sample cannot be used (T1: t1.bam: cut)."
