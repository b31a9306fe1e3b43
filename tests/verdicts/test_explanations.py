from dataclasses import replace

import pytest
from cases import case, changed

from mitotransfer.patient.immune_variants import PrivateVariants
from mitotransfer.verdicts import explanations
from mitotransfer.verdicts.case import Case
from mitotransfer.verdicts.explanations import explain
from mitotransfer.verdicts.sources import Sources

CLEAN = Sources("nuclear_counts", True, 0.0, 0.01, 0.07, 0.11, 0.05, 0.001, 0.75, 0.5)
FOUND = case(
    fraction=0.1, low=0.08, high=0.12, p_value=1e-12, p_hidden=1e-12, heterogeneity_p=0.4,
    n_informative=2, q_value=1e-9, detection_limit=0.004, sources=CLEAN,
    crosstalk_source="measured",
    crosstalk_high=0.0002, identity_reason="0 fixed differences", n_samples=30, n_patients=20,
    extra_alleles=1, tumor_low=[0.5, 0.8], immune_low=[0.05, 0.07], immune_high=[0.09, 0.12],
    normal_high=[0.003, 0.004], carriers=[0, 0], one_strand=[False, False], linked=[False, False],
    hot_spot=[False, False], private=PrivateVariants(2, 0.1, 0, 0.03),
    of_copy=[False, False],
)  # fmt: skip
NO_SUPPORT: dict[str, object] = dict.fromkeys(
    ("immune_low", "immune_high", "tumor_low", "normal_high", "carriers", "one_strand", "linked",
     "of_copy", "hot_spot"), ()
)  # fmt: skip
UNSEEN = changed(FOUND, q_value=0.5, low=0.0)
UNTESTED = changed(UNSEEN, p_value=float("nan"))


def statuses(x: Case, **changes: object) -> dict[str, str]:
    answers = explain(changed(x, **changes))
    assert tuple(name for name, _, _ in answers) == explanations.EXPLANATIONS
    for _, status, evidence in answers:
        assert status in ("excluded", "not_excluded", "not_assessed")
        assert evidence.endswith(".") and evidence[0].isupper() | evidence[0].isdigit()
        assert "nan" not in evidence
    return {name: status for name, status, _ in answers}


def test_a_clean_finding_excludes_what_was_looked_at() -> None:
    found = statuses(FOUND)
    # No measurement here bounds free mtDNA.
    assert found.pop("ambient_mtdna") == "not_assessed"
    assert found.pop("library_carryover") == "not_assessed"
    assert set(found.values()) == {"excluded"}


def test_nothing_to_explain_without_a_finding() -> None:
    found = statuses(UNSEEN)
    assert {n for n, s in found.items() if s == "excluded"} == {"sample_swap", "low_power"}
    assert "not_excluded" not in found.values()
    for x, word in ((UNSEEN, "detected"), (UNTESTED, "tested")):
        said = {name: evidence for name, _, evidence in explain(x)}["numt"]
        assert word in said and "nothing to explain" in said


@pytest.mark.parametrize(
    ("explanation", "changes", "status"),
    [
        ("tumor_cell_contamination", {"sources": replace(CLEAN, excess_low=0.0)}, "not_excluded"),
        ("tumor_cell_contamination", {"sources": replace(CLEAN, bounded=False)}, "not_excluded"),
        ("tumor_cell_contamination", {"sources": Sources()}, "not_assessed"),
        # Free mtDNA may be all that is left: cells are excluded, it is not.
        ("tumor_cell_contamination",
         {"sources": replace(CLEAN, strongest_needed=0.071), "ambient_high": 0.07}, "excluded"),
        ("ambient_mtdna",
         {"sources": replace(CLEAN, strongest_needed=0.071), "ambient_high": 0.07},
         "not_excluded"),
        ("library_carryover", {"crosstalk_high": 0.0}, "excluded"),
        ("library_carryover", {"foreign_patient": "B", "foreign_low": 0.1, "foreign_high": 0.2},
         "not_excluded"),
        ("index_crosstalk", {"crosstalk_high": 0.1}, "not_excluded"),
        ("inherited_heteroplasmy", {"low": 0.0, "p_hidden": 0.5}, "not_excluded"),
        # Rare in the tumour: the normal has to show that it lacks the copy.
        ("numt", {"tumor_low": [0.05, 0.06]}, "not_excluded"),
        ("numt", {"tumor_low": [0.05, 0.06], "normal_high": [0.001, 0.002]}, "excluded"),
        ("numt", {"tumor_low": [0.05, 0.06], "normal_high": [0.001, 0.002], "same_assay": False},
         "not_excluded"),
        ("numt", {"same_assay": False}, "excluded"),
        ("numt", {"linked": [True, False]}, "excluded"),
        ("index_crosstalk", {"crosstalk_source": "assumed"}, "not_assessed"),
        ("index_crosstalk", {"crosstalk_source": "assumed", "crosstalk_high": 0.0}, "excluded"),
        ("sample_swap", {"identity": "swapped"}, "not_excluded"),
        ("sample_swap", {"same_haplotype": 11}, "not_assessed"),  # animals of one strain
        ("sample_swap", {"same_haplotype": 10}, "excluded"),
        ("sample_swap", {"same_haplotype": 20, "identity": "foreign"}, "not_excluded"),
        ("sample_swap", {"identity": "single", "identity_reason": ""}, "not_assessed"),
        ("foreign_dna", {"extra_alleles": 20}, "not_excluded"),
        ("foreign_dna", {"without_own": True}, "not_excluded"),
        ("foreign_dna", {"identity": "swapped"}, "not_excluded"),
        ("foreign_dna", {"normal_identity": "swapped"}, "not_assessed"),
        ("foreign_dna", {"private": PrivateVariants(person_variants=20, person_low=0.04,
                                                    person_high=0.06)}, "not_excluded"),
        ("foreign_dna", {"foreign_patient": "B", "foreign_low": 0.1, "foreign_high": 0.2},
         "not_excluded"),
        # Supporting variants at 5 to 9 and 7 to 12 %: fixed in a person of 4 to 6 or 10 to 20 %?
        ("foreign_dna", {"foreign_patient": "B", "foreign_low": 0.3, "foreign_high": 0.4},
         "excluded"),
        ("foreign_dna", {"foreign_patient": "B", "foreign_low": 0.3, "foreign_high": 0.4,
                         "immune_high": [0.09, 0.31]}, "not_excluded"),
        ("foreign_dna", {"foreign_patient": "B", "foreign_low": 0.3, "foreign_high": 0.4,
                         **NO_SUPPORT}, "not_excluded"),
        ("foreign_dna", {"private": PrivateVariants(person_variants=20, person_low=0.01,
                                                    person_high=0.02)}, "excluded"),
        ("foreign_dna", {"private": PrivateVariants(person_limit=0.004)}, "excluded"),
        ("foreign_dna", {"private": PrivateVariants(person_variants=20, person_low=0.01,
                                                    person_high=0.02, person_in_tumor=True)},
         "not_excluded"),
        # One that cannot have drifted is enough; two that may have are not.
        ("inherited_heteroplasmy", {"normal_high": [0.0001, 0.06]}, "excluded"),
        ("inherited_heteroplasmy", {"normal_high": [0.06, 0.08]}, "not_excluded"),
        ("inherited_heteroplasmy", {"normal_high": [0.03, 0.05]}, "not_excluded"),
        ("inherited_heteroplasmy", {"normal_high": [0.03, 0.05], "drift": 0.001}, "excluded"),
        ("inherited_heteroplasmy", {"heterogeneity_p": 1e-5}, "excluded"),
        # 20 patients without either: 0.001 squared; 2 carriers of both: 0.283 squared.
        ("recurrent_mutation", {"carriers": [2, 2]}, "not_excluded"),
        ("recurrent_mutation", {"carriers": [1, 0]}, "excluded"),
        # Chance allows for few of both among many, but not for a kit's artefacts.
        ("recurrent_mutation", {"carriers": [1, 1], "n_patients": 500}, "not_excluded"),
        ("recurrent_mutation", {"carriers": [1, 0], "n_patients": 500}, "excluded"),
        ("sequencing_artefact", {"carriers": [1, 1], "n_patients": 500}, "not_excluded"),
        ("sequencing_artefact", {"carriers": [1, 0]}, "excluded"),
        ("numt", {"of_copy": [True, True]}, "not_excluded"),
        ("numt", {"of_copy": [True, False]}, "excluded"),
        ("recurrent_mutation", {"hot_spot": [True, False]}, "excluded"),
        ("recurrent_mutation", {"hot_spot": [True, True]}, "not_excluded"),
        ("recurrent_mutation", {"n_patients": 3}, "excluded"),
        ("recurrent_mutation", {"n_patients": 0}, "not_assessed"),
        ("reverse_transfer", {"private": PrivateVariants(2, 0.1, 1, 0.3)}, "not_excluded"),
        # Own variants too rare to bound immune mtDNA in the tumour below the strongest variant.
        ("reverse_transfer", {"private": PrivateVariants(1, 0.024, 0, 0.96)}, "not_excluded"),
        ("reverse_transfer", {"private": PrivateVariants(1, 0.2, 0, 0.3)}, "excluded"),
        ("reverse_transfer", {"private": PrivateVariants()}, "not_assessed"),
        ("inherited_heteroplasmy",
         {"tumor_low": [0.5], "immune_low": [0.1], "immune_high": [0.2], "normal_high": [0.0],
          "carriers": [0], "one_strand": [False], "hot_spot": [False]}, "excluded"),
        ("inherited_heteroplasmy",
         {"tumor_low": [0.5], "immune_low": [0.02], "immune_high": [0.2], "normal_high": [0.004],
          "carriers": [0], "one_strand": [False], "hot_spot": [False]}, "not_excluded"),
        ("sequencing_artefact", {"one_strand": [True, True]}, "not_excluded"),
        ("sequencing_artefact", {"n_samples": 0}, "not_assessed"),
        ("sequencing_artefact", {"n_samples": 0, "one_strand": [True, True]}, "not_excluded"),
        ("immune_clonal_expansion", {"heterogeneity_p": 1e-5}, "excluded"),
        ("immune_clonal_expansion", {"hot_spot": [True, True]}, "not_excluded"),
        ("immune_clonal_expansion", {"carriers": [8, 9]}, "not_excluded"),
        ("immune_clonal_expansion",
         {"tumor_low": [0.5], "immune_low": [0.1], "immune_high": [0.2], "normal_high": [0.0],
          "carriers": [0], "one_strand": [False], "hot_spot": [False]}, "excluded"),
        ("immune_clonal_expansion",
         {"tumor_low": [0.5], "immune_low": [0.1], "immune_high": [0.2], "normal_high": [0.0],
          "carriers": [0], "one_strand": [False], "hot_spot": [True]}, "not_excluded"),
        ("reverse_leak", {"sources": replace(CLEAN, tumor_vaf_low=0.51)}, "excluded"),
        ("reverse_leak", {"sources": replace(CLEAN, tumor_vaf_low=0.5)}, "not_excluded"),
        ("reverse_leak", {"sources": replace(CLEAN, tumor_vaf_low=0.5), "design": "allogeneic"},
         "excluded"),
        ("reverse_leak", {"more_in_immune": True}, "not_excluded"),
        # Bounds that just reach the fraction, or just do not.
        ("index_crosstalk", {"crosstalk_high": 0.08}, "not_excluded"),
        ("ambient_mtdna", {"ambient_high": 0.08}, "not_excluded"),
        ("foreign_dna", {"extra_alleles": 4}, "excluded"),
        ("foreign_dna", {"extra_alleles": 5}, "not_excluded"),
        # All variants together are tested against the normal only where none is bounded alone.
        ("inherited_heteroplasmy", {"low": 0.0}, "excluded"),
        ("inherited_heteroplasmy", {"p_hidden": 0.5}, "excluded"),
        ("sequencing_artefact", {"n_samples": 1, "one_strand": [True, False]}, "excluded"),
        ("ambient_mtdna", {"ambient_high": 0.02}, "excluded"),
        ("ambient_mtdna", {"ambient_high": 0.09}, "not_excluded"),
    ],
)  # fmt: skip
def test_each_explanation(explanation: str, changes: dict[str, object], status: str) -> None:
    assert statuses(FOUND, **changes)[explanation] == status


def test_no_supporting_variant_excludes_little() -> None:
    none: dict[str, object] = dict.fromkeys(
        [
            "tumor_low",
            "immune_low",
            "immune_high",
            "normal_high",
            "carriers",
            "one_strand",
            "hot_spot",
        ],
        (),
    )
    found = statuses(FOUND, **none)
    for name in ("inherited_heteroplasmy", "recurrent_mutation", "sequencing_artefact",
                 "immune_clonal_expansion", "numt"):  # fmt: skip
        assert found[name] == "not_excluded"


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({}, "excluded"),
        ({"detection_limit": 0.02}, "excluded"),
        ({"detection_limit": 0.1}, "not_excluded"),
        ({"p_value": float("nan")}, "not_assessed"),
        ({"detection_limit": float("nan")}, "not_excluded"),
    ],
)
def test_low_power(changes: dict[str, object], status: str) -> None:
    assert statuses(UNSEEN, **changes)["low_power"] == status


def test_a_limit_of_all_mtdna_is_said_to_be_none() -> None:
    said = sentence(UNSEEN, "low_power", detection_limit=1.0)
    assert said == "No fraction would have been seen with 95 % power."


def sentence(x: Case, name: str, **changes: object) -> str:
    answers = explain(changed(x, **changes))
    return next(text for found, _, text in answers if found == name)


def test_a_p_value_at_its_floor_is_a_bound() -> None:
    assert "p ≤ 1e-12" in sentence(FOUND, "sequencing_artefact")
    assert "p = 0.0002" in sentence(FOUND, "sequencing_artefact", p_value=2e-4)


def test_contamination_says_what_would_exclude_it() -> None:
    name = "tumor_cell_contamination"
    said = sentence(FOUND, name)
    assert "bring 0 % to 1 % of the mtDNA, which leaves 7 % to 11 % of it" in said
    turning = {"turning": ("if a", "with b")}
    doubt = sentence(FOUND, name, sources=replace(CLEAN, excess_low=0.0), **turning)
    assert "leaves 0 % at least; index cross-talk" in doubt
    assert "it would be excluded if a; or with b" in doubt
    # The reason is the one that the verdict has.
    fixed = sentence(FOUND, name, sources=replace(CLEAN, strongest_low=0.0))
    assert "strongest variant on all of their mtDNA, 0 % of it is left" in fixed
    loose = sentence(FOUND, name, sources=replace(CLEAN, bounded=False))
    assert "8 % are tumoural at least" in loose
    assert "nothing but the tumour's" in sentence(FOUND, "reverse_leak", high=1.0)
    assert "nothing but the tumour's" not in sentence(FOUND, "reverse_leak")
    assert "excluded if a" in sentence(FOUND, name, sources=Sources(), **turning)


def test_open_are_the_required_ones_that_speak_against_it() -> None:
    answers = [
        ("numt", "not_excluded", ""), ("recurrent_mutation", "not_assessed", ""),
        ("ambient_mtdna", "not_excluded", ""), ("foreign_dna", "excluded", ""),
    ]  # fmt: skip
    assert explanations.required_open(answers) == ["numt"]
    assert set(explanations.REQUIRED) < set(explanations.EXPLANATIONS)


def test_evidence_states_the_numbers_of_the_case() -> None:
    assert sentence(FOUND, "sample_swap") == "0 fixed differences."
    assert "could not be compared" in sentence(FOUND, "sample_swap", identity_reason="")
    for of_tumor in (False, True):
        private = PrivateVariants(person_variants=9, person_low=0.04, person_high=0.06,
                                  person_in_tumor=of_tumor)  # fmt: skip
        assert (
            " of the tumour at one level" in sentence(FOUND, "foreign_dna", private=private)
        ) == of_tumor
    assert "at most 0.001;" in sentence(FOUND, "recurrent_mutation", hot_spot=[True, False])
    assert "by its own variants" in sentence(FOUND, "reverse_leak")
    assert "by its own variants" not in sentence(FOUND, "reverse_leak", private=PrivateVariants())
    for words, some in (
        ("reads of 1 carry further", {"linked": [True, False]}),
        ("1 are alleles of published", {"of_copy": [True, False]}),
        ("another assay of the normal", {"same_assay": False}),
    ):
        assert words[2:] not in sentence(FOUND, "numt") and words in sentence(FOUND, "numt", **some)
    assert "have every one" not in sentence(FOUND, "sequencing_artefact", **NO_SUPPORT)


def test_numbers_are_spelt_right() -> None:
    assert sentence(FOUND, "foreign_dna").startswith("1 minor allele beside the tumour's reaches")
    assert sentence(FOUND, "foreign_dna", extra_alleles=3).startswith("3 minor alleles beside")
    chance = sentence(FOUND, "recurrent_mutation")
    assert "at most 1e-06;" in chance and "0 of them at published hot spots" in chance
    assert "2 variants of its own, up to 10 %" in sentence(FOUND, "immune_clonal_expansion")
    assert "at most 3 % of the tumour sample's" in sentence(FOUND, "reverse_transfer")
