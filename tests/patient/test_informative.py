"""Informative variants: alleles of the tumour that the normal lacks."""

import numpy as np
import pandas as pd
import pytest
from minor_variants import NOWHERE, base, calls, find, genome_with, mix, other, sample, snv
from places import RCRS

from mitotransfer.counts.allele_counts import INDEL_COLUMNS, Counts
from mitotransfer.genome.reference import BASES
from mitotransfer.inputs.settings import Informative
from mitotransfer.patient import pooling
from mitotransfer.patient.informative import informative_variants
from mitotransfer.patient.pooling import Pooled


def test_tumour_variant_that_the_normal_lacks() -> None:
    found = find(sample(mix(5000, 0.4)), sample({}), calls(snv(5000)))
    assert found[["pos", "ref", "alt"]].to_numpy().tolist() == [[5000, base(5000), other(5000)]]
    assert found["usable"].tolist() == [True] and found["gene"].tolist() == ["MT-X"]


@pytest.mark.parametrize(
    ("tumor_vaf", "normal_vaf", "depth", "word"),
    [
        (0.04, 0.0, 1000, "PASS"),  # too rare in the tumour
        (0.4, 0.03, 1000, "PASS"),  # in the normal
        (0.4, 0.0, 100, "PASS"),  # the normal is too shallow to exclude 2 %
        (0.4, 0.0, 1000, "strand_bias"),  # no trustworthy call
    ],
)
def test_not_informative(tumor_vaf: float, normal_vaf: float, depth: int, word: str) -> None:
    normal = sample(mix(5000, normal_vaf), depth)
    assert find(sample(mix(5000, tumor_vaf)), normal, calls(snv(5000, word))).empty


def test_two_people_differ_however_shallow_the_normal() -> None:
    def both(tumor_vaf: float, normal_vaf: float, depth: int) -> list[int]:
        tumor, normal = sample(mix(5000, tumor_vaf)), sample(mix(5000, normal_vaf), depth)
        found = (
            find(tumor, normal, calls(snv(5000)), allogeneic=allogeneic)
            for allogeneic in (False, True)
        )
        return [len(table) for table in found]

    assert both(1.0, 0.0, 40) == [0, 1]
    assert both(1.0, 0.0, 8) == [0, 0]  # nothing is fixed at this depth
    assert both(0.6, 0.0, 40) == [0, 0]  # no fixed difference
    assert both(1.0, 0.3, 40) == [0, 0]


def test_pass_in_one_of_several_tumours_is_enough() -> None:
    tumor = pooling.pool([sample(mix(5000, 0.4)), sample(mix(5000, 0.2))])
    found = find(tumor, sample({}), calls(snv(5000, "low_depth")), calls(snv(5000)))
    assert len(found) == 1


def test_a_tissue_that_has_the_allele_is_not_hidden_by_a_deep_one() -> None:
    blood, skin = sample({}, 20_000), sample(mix(5000, 0.08), 500)
    pooled = Pooled([sample(mix(5000, 0.4))], [blood, skin])
    found = informative_variants(
        pooled, [calls(snv(5000))], genome_with(), Informative(), confidence=0.95
    )
    assert found["flags"].tolist() == ["normals_disagree"] and found["usable"].tolist() == [False]
    assert find(sample(mix(5000, 0.4)), blood, calls(snv(5000)))["usable"].tolist() == [True]


def test_variants_of_a_phase_set_count_once() -> None:
    tumor, normal = sample(mix(5000, 0.4) | mix(5001, 0.4) | mix(5002, 0.4)), sample({})
    rows = calls(snv(5000), snv(5001), snv(5002))
    found = find(tumor, normal, rows.assign(phase_set=[5000, 5000, np.nan]))
    assert found["usable"].tolist() == [True, False, True]
    assert found["flags"].tolist() == ["", "phased", ""]
    # The second counts where the first does not.
    first = np.arange(RCRS.length) == 4999
    found = find(tumor, normal, rows.assign(phase_set=5000), artefact=first)
    assert found["usable"].tolist() == [False, True, False]


def test_reference_allele_of_the_tumour_counts() -> None:
    # The normal is fixed for another base, the tumour has the reference's at 60 %.
    pos = 6000
    tumor, normal = sample(mix(pos, 0.4)), sample(mix(pos, 1.0))
    found = find(tumor, normal, calls(snv(pos)))
    assert found[["pos", "ref", "alt"]].to_numpy().tolist() == [[pos, other(pos), base(pos)]]
    assert found["flags"].tolist() == ["reference_allele"] and found["usable"].tolist() == [True]


def test_three_alleles_at_one_position() -> None:
    pos = 7000
    third = next(b for b in BASES if b not in (base(pos), other(pos)))
    tumor = sample({pos: {base(pos): 0.3, other(pos): 0.2, third: 0.5}})
    normal = sample({pos: {other(pos): 1.0}})
    found = find(tumor, normal, calls(snv(pos), (pos, base(pos), third, "PASS")))
    assert sorted(found["alt"]) == sorted([base(pos), third])


def test_artefacts_are_shown_but_not_used() -> None:
    artefact = NOWHERE.copy()
    # The base after the indel.
    artefact[[5000 - 1, 6001 - 1]] = True
    indels = pd.DataFrame([[6000, base(6000), base(6000) + "T", 200, 150]], columns=INDEL_COLUMNS)
    tumor = sample(mix(5000, 0.4))
    tumor = Counts(tumor.bases, indels, {})
    found = find(
        tumor, sample({}), calls(snv(5000), (6000, base(6000), base(6000) + "T", "PASS")),
        artefact=artefact,
    )  # fmt: skip
    assert found["usable"].tolist() == [False, False]
    assert found["flags"].tolist() == ["artefact", "artefact"]
