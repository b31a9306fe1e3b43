import dataclasses
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mitotransfer.simulate import scenario
from mitotransfer.verdicts import verdict
from mitotransfer.verdicts.verdict import Findings, judge

NAN = math.nan
FOUND = Findings(
    n_informative=3, fraction=0.1, low=0.08, high=0.12, detection_limit=0.002, q_value=1e-6,
    contamination_source="nuclear_counts", tumor_cells_low=0.0, contamination_high=0.02,
    crosstalk_high=0.001,
)  # fmt: skip
ABSENT = dataclasses.replace(FOUND, fraction=0.0, low=0.0, high=0.001, q_value=0.8)


@pytest.mark.parametrize(
    ("findings", "changes", "expected"),
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
        (FOUND, {"immune_identity": "swapped"}, "failed_qc"),
        (FOUND, {"tumor_identity": "foreign"}, "failed_qc"),
        (FOUND, {"normal_identity": "ambiguous"}, "failed_qc"),
        (FOUND, {"normal_identity": "shallow"}, "failed_qc"),
        (FOUND, {"deep_enough": False}, "failed_qc"),
        (FOUND, {"normal_identity": "single"}, "contamination_not_excluded"),
        (FOUND, {"immune_identity": "shared"}, "contamination_not_excluded"),
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
def test_table(findings: Findings, changes: dict[str, object], expected: str) -> None:
    result = judge(dataclasses.replace(findings, **changes), 0.01, 0.02)
    assert result.verdict == expected


def test_the_simulator_knows_the_same_verdicts() -> None:
    """It repeats them, as it shares no code with the pipeline."""
    assert scenario.VERDICTS == verdict.VERDICTS


def test_what_the_normal_may_have_is_not_called_tumoural() -> None:
    result = judge(dataclasses.replace(FOUND, low=0.0), 0.01, 0.02)
    assert result.flags == ("baseline_not_excluded",)
    assert "tumoural" not in result.evidence and "do not exclude" in result.evidence
    apart = judge(dataclasses.replace(FOUND, low=0.0, baseline_excluded=True), 0.01, 0.02)
    assert apart.flags == ("variants_disagree",) and "disagree" in apart.evidence
    assert apart.verdict == "contamination_not_excluded"


def test_free_mtdna_is_named_as_long_as_nothing_measured_it() -> None:
    blind = judge(FOUND, 0.01, 0.02)
    assert blind.flags == ("ambient_unmeasured",) and "lysed cells was not" in blind.evidence
    bounded = judge(dataclasses.replace(FOUND, ambient_high=0.03), 0.01, 0.02)
    assert bounded.flags == () and "and free mtDNA bring at most 5.1 %" in bounded.evidence
    assert bounded.excess_low == pytest.approx(0.029)


def test_a_sample_that_is_not_judged_is_told_which_one_is_wrong_and_how() -> None:
    doubtful = dataclasses.replace(FOUND, tumor_identity="swapped", deep_enough=False)
    result = judge(doubtful, 0.01, 0.02)
    assert result.flags == ("tumor_swapped", "immune_shallow")
    assert result.evidence == (
        "Not judged: the tumour sample is another patient's, "
        "the immune sample is too shallow (qc.min_mean_depth)."
    )


def test_every_doubt_is_named() -> None:
    doubtful = dataclasses.replace(
        FOUND,
        more_in_immune=True,
        normal_identity="single",
        contamination_source="tumor_cell_fraction",
    )
    result = judge(doubtful, 0.01, 0.02)
    assert result.verdict == "contamination_not_excluded"
    assert result.flags == ("contamination_by_flow", "direction_not_shown", "identity_unchecked")
    assert result.evidence.count(";") == 2


def test_a_limit_is_stated_with_its_power() -> None:
    result = judge(dataclasses.replace(ABSENT, power=0.8), 0.01, 0.02)
    assert "0.2 % on would have been seen with 80 % power" in result.evidence


def test_excess_and_sentence() -> None:
    result = judge(FOUND, 0.01, 0.02)
    assert result.excess_low == pytest.approx(0.059)
    assert "10 % (8 % to 12 %)" in result.evidence and "at least 5.9 %" in result.evidence
    unmeasured = judge(dataclasses.replace(FOUND, contamination_source="unmeasured"), 0.01, 0.02)
    assert math.isnan(unmeasured.excess_low)
    assert "contamination_unmeasured" in unmeasured.flags
    assert "transfer" not in unmeasured.evidence


share = st.one_of(st.just(NAN), st.just(0.0), st.just(1.0), st.floats(0, 1))
status = st.sampled_from(
    ["ok", "swapped", "foreign", "ambiguous", "duplicate", "shared", "shallow", "single", ""]
)
space = st.builds(
    Findings,
    design=st.sampled_from(["autologous", "allogeneic"]),
    immune_identity=status,
    tumor_identity=status,
    normal_identity=status,
    deep_enough=st.booleans(),
    n_informative=st.integers(0, 3),
    baseline_excluded=st.booleans(),
    fraction=share, low=share, high=share, detection_limit=share, q_value=share,
    contamination_source=st.sampled_from(["nuclear_counts", "tumor_cell_fraction", "unmeasured"]),
    tumor_cells_low=share, contamination_high=share, crosstalk_high=share,
    ambient_high=share, more_in_immune=st.booleans(),
)  # fmt: skip
likely = st.builds(
    dataclasses.replace, st.just(FOUND), low=st.floats(0, 0.2), contamination_high=share,
    crosstalk_high=st.floats(0, 0.2), tumor_cells_low=share, immune_identity=status,
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
def test_whole_input_space(x: Findings) -> None:
    result = judge(x, 0.01, 0.02)
    assert result.verdict in verdict.VERDICTS
    assert result.evidence.endswith(".") and "nan" not in result.evidence
    assert math.isnan(result.excess_low) or 0 <= result.excess_low <= 1
    if result.verdict == "transfer_supported":
        assert x.contamination_source != "unmeasured"
        assert x.immune_identity == "ok" and x.normal_identity == "ok"
        assert x.tumor_identity == "ok" or x.design == "allogeneic"
        assert x.deep_enough and x.n_informative > 0 and x.q_value < 0.01
        assert x.low > x.contamination_high + x.crosstalk_high and x.low > 0
        assert result.excess_low > 0
        assert (x.high < 1 and not x.more_in_immune) or x.design == "allogeneic"
        assert not x.low <= x.ambient_high
    if {x.immune_identity, x.tumor_identity, x.normal_identity} & set(verdict.REJECTED):
        assert result.verdict == "failed_qc"
    if result.verdict in ("not_detected", "underpowered"):
        assert not x.q_value < 0.01
    if result.verdict == "not_detected":
        assert x.detection_limit <= 0.02
    if result.verdict == "failed_qc":
        assert result.flags


@given(anything, st.floats(0, 1), st.floats(0, 1), st.floats(0, 1), st.floats(0, 1))
def test_more_contamination_is_never_stronger(
    x: Findings, cells: float, brought: float, crosstalk: float, ambient: float
) -> None:
    def worse(value: float, other: float) -> float:
        return value if math.isnan(value) else max(value, other)

    more = dataclasses.replace(
        x,
        tumor_cells_low=worse(x.tumor_cells_low, cells),
        contamination_high=worse(x.contamination_high, brought),
        crosstalk_high=worse(x.crosstalk_high, crosstalk),
        ambient_high=max(ambient, ambient if math.isnan(x.ambient_high) else x.ambient_high),
    )
    before, after = judge(x, 0.01, 0.02), judge(more, 0.01, 0.02)
    if before.verdict in STRENGTH:
        assert STRENGTH[after.verdict] <= STRENGTH[before.verdict]
    else:
        assert after.verdict == before.verdict
    unmeasured = judge(dataclasses.replace(x, contamination_source="unmeasured"), 0.01, 0.02)
    assert unmeasured.verdict != "transfer_supported"


@given(anything, st.floats(0, 1))
def test_more_doubt_in_detection_is_never_stronger(x: Findings, q: float) -> None:
    doubtful = dataclasses.replace(x, q_value=max(x.q_value, q) if x.q_value == x.q_value else q)
    if judge(x, 0.01, 0.02).verdict not in STRENGTH and x.q_value == x.q_value:
        assert judge(doubtful, 0.01, 0.02).verdict not in STRENGTH


@pytest.mark.parametrize(
    ("findings", "changes", "limit", "expected"),
    [
        (ABSENT, {}, 0.01, "pass"),
        (ABSENT, {"high": 0.01}, 0.01, "inconclusive"),
        (ABSENT, {"detection_limit": 0.5}, 0.01, "pass"),
        (ABSENT, {"immune_identity": "single"}, 0.01, "inconclusive"),
        (ABSENT, {"immune_identity": "swapped"}, 0.01, "inconclusive"),
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
def test_screening(
    findings: Findings, changes: dict[str, object], limit: float, expected: str
) -> None:
    x = dataclasses.replace(findings, **changes)
    result, reason = verdict.screen(x, judge(x, 0.01, 0.02), limit)
    assert result == expected and reason.endswith(".")


def test_at_the_bounds() -> None:
    def verdict_of(**changes: object) -> verdict.Verdict:
        return judge(dataclasses.replace(FOUND, **changes), 0.01, 0.02)

    assert verdict_of(n_informative=1).verdict == "transfer_supported"
    assert verdict_of(q_value=0.01).verdict == "not_detected"
    for shallow in ({"immune_identity": "shallow"}, {"deep_enough": False},
                    {"immune_identity": "shallow", "deep_enough": False}):  # fmt: skip
        assert verdict_of(**shallow).flags == ("immune_shallow",)


@given(anything, st.floats(1e-6, 0.5))
def test_nothing_unknown_passes_a_screen(x: Findings, limit: float) -> None:
    result, reason = verdict.screen(x, judge(x, 0.01, 0.02), limit)
    assert result in ("pass", "fail", "inconclusive") and "nan" not in reason
    if result == "pass":
        assert x.high < limit and not x.low > limit and verdict.identified(x)
        assert x.deep_enough and x.n_informative > 0
    if result == "fail":
        assert x.low > limit
