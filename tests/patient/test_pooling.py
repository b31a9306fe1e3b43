"""Which tumours and normals are pooled, and their sums."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from minor_variants import base, mix, other, sample
from places import LENGTH

from mitotransfer.counts import junctions
from mitotransfer.counts.allele_counts import INDEL_COLUMNS, Counts
from mitotransfer.patient import pooling
from mitotransfer.patient.pooling import POOLED, Patient, Pooled

USABLE = np.ones(LENGTH, bool)
STRANGER = {pos: {other(pos): 1.0} for pos in range(1000, 3000, 100)}
ROLES = {"T1": "tumor", "T2": "tumor", "I": "immune", "N1": "normal", "N2": "normal"}


def test_pooling_sums() -> None:
    table = pd.DataFrame([[6000, "A", "AT", 3, 4]], columns=INDEL_COLUMNS)
    one = sample({}, 100)
    pooled = pooling.pool([Counts(one.bases, table, {}), Counts(one.bases, table, {})])
    assert (pooled.bases == 2 * one.bases).all()
    assert pooled.indels.to_numpy().tolist() == [[6000, "A", "AT", 6, 8]]
    assert pooling.pool([]).bases.sum() == 0


def test_pooling_sums_junctions_and_intact_fragments() -> None:
    one = sample({}, 100)
    spanning = np.full((LENGTH, 2), 40, np.uint32)
    table = junctions.frame(np.array([[8469, 13447, 13, 4, 5]]))
    counts = replace(one, junctions=table, spanning=spanning)
    pooled = pooling.pool([counts, one, counts])
    assert pooled.junctions.to_numpy().tolist() == [[8469, 13447, 13, 8, 10]]
    assert (pooled.spanning == 80).all()


def of_patient(*strangers: str) -> dict[str, Counts]:
    """Counts of the samples of ``ROLES``; some have another person's haplotype."""
    return {name: sample(STRANGER if name in strangers else {}, 200) for name in ROLES}


@pytest.mark.parametrize(
    ("strangers", "left_out"),
    [
        ((), set()),
        (("T2",), {"T2"}),
        (("N1", "T1"), {"N1", "T1"}),
        (("I",), set()),  # the immune sample is judged by its identity, not by this table
    ],
)
def test_samples_of_another_haplotype_are_not_pooled(
    strangers: tuple[str, ...], left_out: set[str], tmp_path: Path
) -> None:
    table = pooling.pooled_table("P", "autologous", ROLES, of_patient(*strangers), USABLE)
    assert table["sample"].tolist() == ["T1", "T2", "N1", "N2"]
    assert set(table["patient"]) == {"P"} and set(table["role"]) == {"tumor", "normal"}
    assert pooling.pooled_names(table) == {"T1", "T2", "N1", "N2"} - left_out
    path = tmp_path / "pooled.tsv"
    POOLED.write(table, path)
    assert pooling.pooled_names(POOLED.read(path)) == pooling.pooled_names(table)


def test_rna_is_not_pooled() -> None:
    counts = of_patient()
    counts["T1"] = replace(counts["T1"], meta={"rna": True})
    table = pooling.pooled_table("P", "autologous", ROLES, counts, USABLE)
    assert pooling.pooled_names(table) == {"T2", "N1", "N2"}


def test_without_a_majority_all_are_pooled() -> None:
    roles = {"T1": "tumor", "N1": "normal"}
    counts = {name: one for name, one in of_patient("T1").items() if name in roles}
    table = pooling.pooled_table("P", "autologous", roles, counts, USABLE)
    assert pooling.pooled_names(table) == {"T1", "N1"}


def test_positions_that_do_not_count_do_not_distinguish_people() -> None:
    usable = USABLE.copy()
    usable[900:3000] = False
    table = pooling.pooled_table("P", "autologous", ROLES, of_patient("T2"), usable)
    assert "T2" in pooling.pooled_names(table)


def test_a_patient_without_tumour_or_normal() -> None:
    table = pooling.pooled_table("P", "autologous", {"I": "immune"}, of_patient(), USABLE)
    assert table.empty and pooling.pooled_names(table) == frozenset()


def test_the_patients_sums_are_those_of_the_pooled_samples() -> None:
    counts = of_patient() | {"T1": sample(mix(5000, 0.4)), "T2": sample(mix(5000, 0.2))}
    samples = pd.DataFrame({"sample": list(ROLES), "role": list(ROLES.values())})
    measured = pd.DataFrame({"sample": ["I"], "tumor": ["T2"], "n_loci": [3]})
    likelihoods = pd.DataFrame(
        {
            "sample": ["I", "I", "J"],
            "tumor": ["T2", "T1", "T2"],
            "log_likelihood": [0.0, -1.0, -2.0],
        }
    )
    patient = Patient(
        "P", "autologous", samples, frozenset({"T2", "N1", "N2"}), pd.DataFrame(), measured,
        likelihoods, counts, {},
    )  # fmt: skip
    assert len(patient.pooled.tumors) == 1 and len(patient.pooled.normals) == 2
    assert np.array_equal(patient.pooled.tumor.bases, counts["T2"].bases)
    assert np.array_equal(patient.pooled.normal.bases, 2 * counts["N1"].bases)
    assert patient.haplotypes["N1"][5000 - 1] == "ACGT".index(base(5000))
    row = patient.contamination_of("I", "T2")
    assert row is not None and row["n_loci"] == 3
    assert patient.contamination_of("I", "T1") is None and patient.pooled_tumors == ["T2"]
    assert patient.cell_curve("I", "T2").tolist() == [0.0]


def test_nothing_pooled_is_nothing_counted() -> None:
    empty = Pooled([], [])
    assert empty.tumor.bases.sum() == empty.normal.bases.sum() == 0
