"""Verdicts: each rule at its bounds, and that doubt never makes a verdict stronger."""

import math
from dataclasses import replace

import pytest
from cases import case, changed
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mitotransfer.flags import REJECTED
from mitotransfer.simulate import scenario
from mitotransfer.verdicts import verdict
from mitotransfer.verdicts.case import Case
from mitotransfer.verdicts.sources import Sources
from mitotransfer.verdicts.verdict import judge

NAN = math.nan
CLEAN = Sources("nuclear_counts", True, 0.0, 0.02, 0.05, 0.11, 0.04, 0.001, 0.9, 0.3, 0.8, 0.95)
FOUND = case(
    n_informative=3, fraction=0.1, low=0.08, high=0.12, detection_limit=0.002, q_value=1e-6,
    crosstalk_high=0.001, sources=CLEAN,
)  # fmt: skip


def sources(**changes: object) -> dict[str, object]:
    """What tumour cells bring, with other numbers than those of ``CLEAN``."""
    return {"sources": replace(CLEAN, **changes)}  # type: ignore[arg-type]


ABSENT = changed(FOUND, fraction=0.0, low=0.0, high=0.001, q_value=0.8)


@pytest.mark.parametrize(
    ("x", "changes", "expected"),
    [
        (FOUND, {}, "transfer_supported"),
        (FOUND, sources(source="tumor_cell_fraction"), "transfer_supported"),
        (FOUND, {"low": 0.0}, "contamination_not_excluded"),
        (FOUND, sources(excess_low=0.001), "contamination_not_excluded"),
        (FOUND, sources(excess_low=0.0011), "transfer_supported"),
        (FOUND, sources(strongest_low=0.001), "contamination_not_excluded"),
        (FOUND, sources(strongest_low=0.0011), "transfer_supported"),
        (FOUND, {"crosstalk_high": 0.05}, "contamination_not_excluded"),
        (FOUND, sources(contamination_low=0.08, excess_low=0.0), "explained_by_contamination"),
        (FOUND, sources(contamination_low=0.079, excess_low=0.0), "contamination_not_excluded"),
        (
            FOUND,
            sources(contamination_low=0.08, excess_low=0.0, bounded=False),
            "explained_by_contamination",
        ),
        (FOUND, sources(bounded=False), "contamination_not_excluded"),
        (FOUND, {"sources": Sources()}, "contamination_not_excluded"),
        (FOUND, sources(tumor_vaf_low=0.3), "contamination_not_excluded"),
        (FOUND, sources(tumor_vaf_low=0.31), "transfer_supported"),
        (FOUND, sources(tumor_vaf_low=0.05, immune_in_tumor_high=0.0), "transfer_supported"),
        (FOUND, sources(excess_low=NAN), "contamination_not_excluded"),
        (FOUND, sources(strongest_needed=NAN), "contamination_not_excluded"),
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
        (FOUND, {"rna": True}, "contamination_not_excluded"),
        (ABSENT, {"rna": True}, "not_detected"),
        (FOUND, {"more_in_immune": True}, "contamination_not_excluded"),
        (FOUND, {"more_in_immune": True, "design": "allogeneic"}, "transfer_supported"),
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


def test_a_limit_of_all_mtdna_is_said_to_be_none() -> None:
    said = judge(changed(ABSENT, detection_limit=1.0)).evidence
    assert said.endswith("but no fraction would have been seen with 95 % power.")
    assert "a fraction from 50 % on" in judge(changed(ABSENT, detection_limit=0.5)).evidence


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
    assert bounded.flags == () and "lysed cells" not in bounded.evidence


def test_explanations_that_have_to_be_excluded_are_named() -> None:
    result = judge(FOUND, ["numt", "foreign_dna"])
    assert result.verdict == "contamination_not_excluded"
    assert result.flags == ("explanations_open",)
    assert "not excluded (numt, foreign dna)" in result.evidence
    # Beside a stronger reason they change nothing.
    cells = changed(FOUND, **sources(excess_low=0.0))
    assert judge(cells, ["numt"]) == judge(cells)


def test_rna_takes_dna_whatever_else_is_measured() -> None:
    result = judge(changed(FOUND, rna=True))
    assert result.flags == ("of_rna",)
    assert "share of RNA need not be that of the mtDNA" in result.evidence
    unmeasured = judge(changed(FOUND, rna=True, turning=("if x",), **sources(source="unmeasured")))
    assert "it takes DNA of these cells" in unmeasured.evidence
    assert "would be supported" not in unmeasured.evidence


def test_what_would_turn_the_verdict_is_in_the_sentence() -> None:
    turned = {"turning": ("if a", "with b")}
    for x in (
        changed(FOUND, **sources(excess_low=0.0), **turned),
        changed(FOUND, **sources(bounded=False), **turned),
        changed(FOUND, sources=Sources(tumor_vaf_low=0.9, immune_in_tumor_high=0.3), **turned),
    ):
        assert "it would be supported if a; or with b." in judge(x).evidence
        assert "with b, but for this: other expl" in judge(x, ["numt"]).evidence
    # What else stands against it is said, too.
    undirected = judge(changed(FOUND, sources=Sources(tumor_vaf_low=0.9), **turned)).evidence
    assert "with b, but for this: the variants may be of immune cells" in undirected
    assert "not known" in judge(changed(FOUND, sources=Sources(), **turned)).evidence
    assert "would be" not in judge(changed(FOUND, **turned)).evidence


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
        **sources(source="tumor_cell_fraction"),
    )
    result = judge(doubtful)
    assert result.verdict == "contamination_not_excluded"
    assert result.flags == ("contamination_by_flow", "direction_not_shown", "identity_unchecked")
    assert result.evidence.count(";") == 2
    hidden = judge(changed(FOUND, **sources(tumor_vaf_low=0.2)))
    assert hidden.flags == ("direction_not_shown",)
    assert "up to 30 %" in hidden.evidence and "a purity above 80 %" in hidden.evidence


def test_a_limit_is_stated_with_its_power() -> None:
    result = judge(changed(ABSENT, power=0.8))
    assert "0.2 % on would have been seen with 80 % power" in result.evidence


def test_sentences_have_the_numbers() -> None:
    result = judge(FOUND)
    assert "10 % (8 % to 12 %)" in result.evidence and "at least 5 %" in result.evidence
    assert "tumour cells bring 0 % to 2 %" in result.evidence
    unmeasured = judge(changed(FOUND, sources=Sources()))
    assert unmeasured.flags == ("contamination_unmeasured",)
    assert "transfer" not in unmeasured.evidence
    unbounded = judge(changed(FOUND, **sources(bounded=False)))
    assert unbounded.flags == ("contamination_unbounded",)
    told = judge(changed(FOUND, **sources(contamination_low=0.09, excess_low=0.0)))
    assert "at most 11 % is left beside them" in told.evidence
    left = judge(changed(FOUND, **sources(excess_low=0.0005)))
    assert "leaves 0.05 % at least; index cross-talk brings up to 0.1 %" in left.evidence
    single = judge(changed(FOUND, **sources(strongest_low=0.01, strongest_needed=0.03)))
    assert "1 % of it is left at least" in single.evidence and "up to 3 %" in single.evidence
    assert "not bounded" in judge(changed(FOUND, crosstalk_high=NAN)).evidence


share = st.one_of(st.just(NAN), st.just(0.0), st.just(1.0), st.floats(0, 1))
status = st.just("ok") | st.sampled_from(
    ["swapped", "foreign", "ambiguous", "duplicate", "shared", "shallow", "single", ""]
)
measured = st.one_of(
    st.just(Sources()),
    st.builds(
        Sources, st.sampled_from(["nuclear_counts", "tumor_cell_fraction"]), st.booleans(),
        *[share] * 10,
    ),
    st.builds(
        replace, st.just(CLEAN), bounded=st.booleans(), contamination_low=share,
        excess_low=st.floats(0, 0.2), strongest_low=st.floats(0, 0.2),
        strongest_needed=st.floats(0, 0.1), tumor_vaf_low=share, immune_in_tumor_high=share,
    ),
)  # fmt: skip
space = st.builds(
    case,
    design=st.sampled_from(["autologous", "allogeneic"]),
    identity=status,
    tumor_identity=status,
    normal_identity=status,
    deep_enough=st.booleans(),
    rna=st.booleans(),
    n_informative=st.integers(0, 3),
    p_hidden=st.sampled_from([NAN, 1e-6, 0.5]),
    fraction=share, low=share, high=share, detection_limit=share, q_value=share,
    crosstalk_high=share, sources=measured,
    ambient_high=share, more_in_immune=st.booleans(),
)  # fmt: skip
#: A case with a verdict of its own, and up to three facts that may be anything.
FACTS = {
    "design": st.sampled_from(["autologous", "allogeneic"]),
    "identity": status, "tumor_identity": status, "normal_identity": status,
    "deep_enough": st.booleans(), "rna": st.booleans(), "n_informative": st.integers(0, 1),
    "low": st.floats(0, 0.2), "high": share, "detection_limit": share,
    "q_value": st.sampled_from([NAN, 1e-6, 0.5]), "crosstalk_high": share, "sources": measured,
    "ambient_high": share, "more_in_immune": st.booleans(),
}  # fmt: skip
near = st.builds(
    lambda start, facts: changed(start, **facts),
    st.sampled_from([FOUND, FOUND, ABSENT]),
    st.lists(st.sampled_from(sorted(FACTS)), max_size=3, unique=True).flatmap(
        lambda names: st.fixed_dictionaries({name: FACTS[name] for name in names})
    ),
)
anything = st.one_of(space, near)
STRENGTH = {
    "explained_by_contamination": 0,
    "contamination_not_excluded": 1,
    "transfer_supported": 2,
}


def test_whole_input_space() -> None:
    seen = set()

    @settings(max_examples=200)
    @example(FOUND)
    @example(ABSENT)
    @example(changed(FOUND, identity="swapped"))
    @given(anything)
    def check(x: Case) -> None:
        result = judge(x)
        seen.add(result.verdict)
        assert result.verdict in verdict.VERDICTS
        assert result.evidence.endswith(".") and "nan" not in result.evidence
        who, found, estimate = x.sample, x.findings, x.estimate
        if result.verdict == "transfer_supported":
            sources = found.sources
            assert sources.source != "unmeasured" and sources.bounded and not who.rna
            assert who.identity == "ok" and who.normal_identity == "ok"
            alone = who.design == "allogeneic" and who.tumor_identity == "single"
            assert who.tumor_identity == "ok" or alone
            assert who.deep_enough and found.n_informative > 0 and found.q_value < 0.01
            assert estimate.low > 0 and sources.excess_low > found.crosstalk_high
            assert sources.strongest_low > sources.strongest_needed
            less = estimate.high < 1 and not x.support.more_in_immune and sources.direction_shown
            assert less or who.design == "allogeneic"
        if {who.identity, who.tumor_identity, who.normal_identity} & set(REJECTED):
            assert result.verdict == "failed_qc"
        if result.verdict in ("not_detected", "underpowered"):
            assert not x.findings.q_value < 0.01
        if result.verdict == "not_detected":
            assert x.findings.detection_limit <= 0.02
        if result.verdict == "failed_qc":
            assert result.flags

    check()
    # A verdict that no case had would have held its conditions unasked.
    assert seen >= {"transfer_supported", "not_detected", "failed_qc"}


@given(anything, st.floats(0, 1), st.floats(0, 1), st.floats(0, 1), st.floats(0, 1))
def test_more_contamination_is_never_stronger(
    x: Case, less: float, weaker: float, crosstalk: float, hidden: float
) -> None:
    """Less excess, more cross-talk, a less certain direction, and no measurement at all."""
    own = x.findings.sources
    worse = replace(
        own,
        excess_low=min(own.excess_low, less) if own.excess_low >= 0 else own.excess_low,
        strongest_low=own.strongest_low * weaker,
        immune_in_tumor_high=max(own.immune_in_tumor_high, hidden),
    )
    bound = x.findings.crosstalk_high
    more = changed(
        x, sources=worse, crosstalk_high=bound if math.isnan(bound) else max(bound, crosstalk)
    )
    before, after = judge(x), judge(more)
    if before.verdict in STRENGTH:
        assert STRENGTH[after.verdict] <= STRENGTH[before.verdict]
    else:
        assert after.verdict == before.verdict
    for blind in (Sources(), replace(own, bounded=False)):
        assert judge(changed(x, sources=blind)).verdict != "transfer_supported"
    assert judge(x, ["numt"]).verdict != "transfer_supported"


@given(anything, st.floats(0, 1))
def test_more_doubt_in_detection_is_never_stronger(x: Case, q: float) -> None:
    known = x.findings.q_value == x.findings.q_value
    doubtful = changed(x, q_value=max(x.findings.q_value, q) if known else q)
    if judge(x).verdict not in STRENGTH and known:
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
    assert verdict_of(low=math.nan).verdict == "contamination_not_excluded"
    for shallow in ({"identity": "shallow"}, {"deep_enough": False},
                    {"identity": "shallow", "deep_enough": False}):  # fmt: skip
        assert verdict_of(**shallow).flags == ("immune_shallow",)


def test_nothing_unknown_passes_a_screen() -> None:
    seen = set()

    @settings(max_examples=200)
    @example(FOUND, 0.01)
    @example(FOUND, 0.1)
    @example(ABSENT, 0.01)
    @given(anything, st.floats(1e-6, 0.5))
    def check(x: Case, limit: float) -> None:
        result, reason = verdict.screen(x, limit)
        seen.add(result)
        assert result in ("pass", "fail", "inconclusive") and "nan" not in reason
        if result == "pass":
            assert x.estimate.high < limit and not x.estimate.low > limit
            assert verdict.identified(x)
            assert x.sample.deep_enough and x.findings.n_informative > 0
        if result == "fail":
            assert x.estimate.low > limit

    check()
    assert seen == {"pass", "fail", "inconclusive"}


def test_a_failed_sample_is_not_called_shallow_and_its_reason_is_told() -> None:
    x = changed(FOUND, identity="failed", deep_enough=False, failures="T1: t1.bam: cut")
    result = judge(x)
    assert result.flags == ("immune_failed",)
    assert result.evidence == "Not judged: the immune sample cannot be used (T1: t1.bam: cut)."
