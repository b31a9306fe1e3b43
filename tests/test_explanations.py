import dataclasses

import pytest

from mitotransfer import explanations
from mitotransfer.explanations import Circumstances, explain

FOUND = Circumstances(
    detected=True, tested=True, low=0.08, detection_limit=0.004, max_detection_limit=0.02,
    p_value=1e-12, heterogeneity_p=0.4, contamination_source="nuclear_counts",
    tumor_cells_low=0.0, contamination_high=0.01, crosstalk_source="measured",
    crosstalk_high=0.0002, identity="ok", identity_reason="0 fixed differences",
    unrelated_samples=30, extra_alleles=1, tumor_low=[0.5, 0.8], immune_low=[0.05, 0.07],
    immune_high=[0.09, 0.12], normal_high=[0.003, 0.004], recurrent=[False, False],
    one_strand=[False, False],
)  # fmt: skip
UNSEEN = dataclasses.replace(FOUND, detected=False, low=0.0)


def statuses(x: Circumstances, **changes: object) -> dict[str, str]:
    answers = explain(dataclasses.replace(x, **changes))
    assert tuple(name for name, _, _ in answers) == explanations.EXPLANATIONS
    for _, status, evidence in answers:
        assert status in ("excluded", "not_excluded", "not_assessed")
        assert evidence.endswith(".") and evidence[0].isupper() | evidence[0].isdigit()
        assert "nan" not in evidence
    return {name: status for name, status, _ in answers}


def test_a_clean_finding_excludes_what_was_looked_at() -> None:
    found = statuses(FOUND)
    open_ = {"numt", "reverse_transfer"}
    assert {n for n, s in found.items() if s == "not_assessed"} == open_
    assert {n for n, s in found.items() if s == "excluded"} == set(found) - open_


def test_nothing_to_explain_without_a_finding() -> None:
    found = statuses(UNSEEN)
    assert {n for n, s in found.items() if s == "excluded"} == {"sample_swap", "low_power"}
    assert "not_excluded" not in found.values()


@pytest.mark.parametrize(
    ("explanation", "changes", "status"),
    [
        ("tumor_cell_contamination", {"contamination_high": 0.1}, "not_excluded"),
        ("tumor_cell_contamination", {"contamination_source": "unmeasured"}, "not_assessed"),
        ("index_crosstalk", {"crosstalk_high": 0.1}, "not_excluded"),
        ("index_crosstalk", {"crosstalk_source": "assumed"}, "not_assessed"),
        ("index_crosstalk", {"crosstalk_source": "assumed", "crosstalk_high": 0.0}, "excluded"),
        ("sample_swap", {"identity": "swapped"}, "not_excluded"),
        ("sample_swap", {"identity": "single", "identity_reason": ""}, "not_assessed"),
        ("foreign_dna", {"extra_alleles": 20}, "not_excluded"),
        ("foreign_dna", {"foreign_patient": "B", "foreign_low": 0.1, "foreign_high": 0.2},
         "not_excluded"),
        ("inherited_heteroplasmy", {"normal_high": [0.003, 0.06]}, "excluded"),
        ("inherited_heteroplasmy", {"normal_high": [0.003, 0.08]}, "not_excluded"),
        ("recurrent_mutation", {"recurrent": [True, True]}, "not_excluded"),
        ("recurrent_mutation", {"recurrent": [True, False]}, "excluded"),
        ("recurrent_mutation", {"unrelated_samples": 3}, "not_assessed"),
        ("sequencing_artefact", {"one_strand": [True, True]}, "not_excluded"),
        ("sequencing_artefact", {"unrelated_samples": 0}, "not_excluded"),
        ("immune_clonal_expansion", {"heterogeneity_p": 1e-5}, "not_excluded"),
        ("immune_clonal_expansion",
         {"tumor_low": [0.5], "immune_low": [0.1], "immune_high": [0.2], "normal_high": [0.0],
          "recurrent": [False], "one_strand": [False]}, "not_excluded"),
        ("reverse_leak", {"tumor_low": [0.1, 0.8]}, "excluded"),
        ("reverse_leak", {"tumor_low": [0.08, 0.8]}, "not_excluded"),
    ],
)  # fmt: skip
def test_each_explanation(explanation: str, changes: dict[str, object], status: str) -> None:
    assert statuses(FOUND, **changes)[explanation] == status


def test_no_supporting_variant_excludes_little() -> None:
    none: dict[str, object] = dict.fromkeys(
        ["tumor_low", "immune_low", "immune_high", "normal_high", "recurrent", "one_strand"], ()
    )
    found = statuses(FOUND, **none)
    for name in ("inherited_heteroplasmy", "recurrent_mutation", "sequencing_artefact",
                 "immune_clonal_expansion", "reverse_leak"):  # fmt: skip
        assert found[name] == "not_excluded"


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({}, "excluded"),
        ({"detection_limit": 0.1}, "not_excluded"),
        ({"tested": False}, "not_assessed"),
        ({"detection_limit": float("nan")}, "not_excluded"),
    ],
)
def test_low_power(changes: dict[str, object], status: str) -> None:
    assert statuses(UNSEEN, **changes)["low_power"] == status
