"""Deletions of the tumour as variants: counts, what is informative, and the evidence."""

import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from deleted_samples import COMMON, PLAIN, deleted
from minor_variants import NOWHERE, calls, find, genome_with, mix, sample
from places import GENOME

from mitotransfer.errors import sample_errors
from mitotransfer.fraction.estimate import estimate
from mitotransfer.genome.junction_alleles import JUNCTION
from mitotransfer.inputs.settings import Informative
from mitotransfer.patient.evidence import ImmuneSample, counts_of, evidence_frame
from mitotransfer.patient.informative import informative_variants
from mitotransfer.patient.junction_variants import tumor_junctions
from mitotransfer.patient.pooling import Pooled
from mitotransfer.verdicts.shared_variants import variant_counts


def test_split_and_intact_fragments_are_counts_of_one_more_variant() -> None:
    counts = deleted({COMMON: 0.3, PLAIN: 0.1}, depth=100_000)
    variants = tumor_junctions(counts, GENOME)
    assert variants["type"].unique().tolist() == [JUNCTION]
    assert variants["hgvs_m"].tolist()[1] == "m.8483_13459del"
    assert variants["pos"].tolist() == [PLAIN[0], COMMON[0]]
    assert "".join(variants["ref"]) == "".join(
        GENOME.reference.sequence[start - 1] for start, _ in (PLAIN, COMMON)
    )
    found = counts_of(counts, variants, GENOME.reference)
    alt, depth = found[:, :2].sum(axis=1), found[:, 2:].sum(axis=1)
    assert alt / depth == pytest.approx([0.1, 0.3], abs=0.02)
    # A sample that shows no junction has the depth of its intact fragments.
    other = counts_of(deleted({}, depth=1000), variants, GENOME.reference)
    assert other[:, :2].sum() == 0 and (abs(other[:, 2:].sum(axis=1) - 600) < 60).all()


@pytest.mark.parametrize(
    ("tumor", "normal", "depth", "found"),
    [
        (0.3, 0.0, 1000, 1),
        (0.02, 0.0, 1000, 0),  # too rare in the tumour
        (0.3, 0.05, 1000, 0),  # in the normal
        (0.3, 0.0, 60, 0),  # the normal is too shallow to exclude 2 %
    ],
)
def test_informative_by_the_rules_of_snvs(
    tumor: float, normal: float, depth: int, found: int
) -> None:
    rows = find(deleted({PLAIN: tumor}), deleted({PLAIN: normal}, depth=depth), calls())
    assert len(rows) == found and rows["usable"].all()


def test_an_end_in_a_tract_is_no_evidence() -> None:
    for at in PLAIN:
        artefact = NOWHERE.copy()
        artefact[at - 1] = True
        rows = find(deleted({PLAIN: 0.3}), deleted({}), calls(), artefact=artefact)
        assert rows["usable"].tolist() == [False] and rows["flags"].tolist() == ["artefact"]


def test_three_split_fragments_are_too_few() -> None:
    counts = deleted({PLAIN: 0.3}, depth=10)
    assert counts.junctions[["forward", "reverse"]].to_numpy().sum() < 4
    assert tumor_junctions(counts, GENOME).empty


def evidence(fraction: float, share: float, *, snv: bool = False, seed: int = 1) -> pd.DataFrame:
    """Evidence of an immune sample with this fraction of the tumour's mtDNA, deleted at PLAIN."""
    of_tumor = mix(3000, 0.4) if snv else {}
    mixed = mix(3000, 0.4 * fraction) if snv else {}
    tumor = deleted({PLAIN: share}, of_tumor, depth=2000, seed=seed)
    normal = deleted({}, depth=4000, seed=seed + 1)
    immune = deleted({PLAIN: share * fraction}, mixed, depth=4000, seed=seed + 2)
    rows = calls(*([(3000, *_alleles(), "PASS")] if snv else []))
    pooled = Pooled([tumor], [normal])
    variants = informative_variants(
        pooled, [rows], genome_with(artefact=NOWHERE), Informative(), confidence=0.95
    )
    errors = sample_errors.estimate_errors(sample({}, 4000, seed=seed))
    table = evidence_frame(
        "P", variants, pooled, {"I": ImmuneSample(immune, errors)},
        reference=GENOME.reference, overdispersion=0.0, confidence=0.95,
    )  # fmt: skip
    return table.assign(recurrence=0.0)


def _alleles() -> tuple[str, str]:
    one, other = mix(3000, 0.4)[3000]
    return one, other


def test_a_tumour_with_nothing_but_a_deletion_is_answered() -> None:
    found = estimate(variant_counts(evidence(0.1, 0.5)))
    assert found.p_value < 1e-6
    assert found.low < 0.1 < found.high and found.low > 0.05
    clean = estimate(variant_counts(evidence(0.0, 0.5)))
    assert clean.p_value > 0.05 and clean.low == 0 and clean.high < 0.02


def test_deletion_and_snv_agree_on_one_fraction() -> None:
    table = evidence(0.1, 0.5, snv=True)
    assert table["type"].tolist() == ["SNV", JUNCTION]
    assert table["usable"].all()
    found = estimate(variant_counts(table))
    assert found.fraction == pytest.approx(0.1, abs=0.02)
    assert found.heterogeneity_p > 0.01
    assert np.isfinite(table["error_alpha"]).all()


def test_one_strand_alone_is_no_variant() -> None:
    counts = deleted({PLAIN: 0.3})
    one_strand = counts.junctions.assign(reverse=0)
    assert len(tumor_junctions(counts, GENOME)) == 1
    assert tumor_junctions(replace(counts, junctions=one_strand), GENOME).empty


def test_a_molecule_without_an_origin_is_named_as_a_duplication_of_the_rest() -> None:
    # What is between 200 and 6000 on the long way round is missing: O_H and O_L with it.
    counts = deleted({(6000, 200): 0.3}, depth=2000)
    row = tumor_junctions(counts, GENOME).iloc[0]
    assert row["consequence"] == "large_duplication"
    found = re.fullmatch(r"m\.(\d+)_(\d+)dup", row["hgvs_m"])
    assert found and int(found[1]) - 200 == int(found[2]) - 6000 >= 0
    assert tumor_junctions(deleted({COMMON: 0.3}), GENOME)["consequence"].tolist() == [
        "large_deletion"
    ]
