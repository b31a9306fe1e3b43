"""Evidence: counts, errors and flags of each immune sample at the informative variants."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from minor_variants import NOWHERE, base, calls, find, mix, other, sample, snv
from places import RCRS

from mitotransfer.counts.allele_counts import INDEL_COLUMNS, BaseSums, Counts, empty_indels
from mitotransfer.errors import sample_errors
from mitotransfer.genome.reference import BASES
from mitotransfer.patient.evidence import (
    EVIDENCE,
    ImmuneSample,
    error_shapes,
    evidence_frame,
    linked_reads,
    patient_overdispersion,
)
from mitotransfer.patient.pooling import Pooled


def evidence(
    variants: pd.DataFrame, tumor: Counts, normal: Counts, *immune: Counts
) -> pd.DataFrame:
    by_name = {
        f"I{i}": ImmuneSample(one, sample_errors.estimate_errors(one))
        for i, one in enumerate(immune)
    }
    table = evidence_frame(
        "P", variants, Pooled([tumor], [normal]), by_name, reference=RCRS, overdispersion=1e-4,
        confidence=0.95,
    )  # fmt: skip
    assert list(table.columns) == EVIDENCE.names
    return table


def test_evidence_has_a_row_per_immune_sample_and_variant(tmp_path: Path) -> None:
    tumor, normal = sample(mix(5000, 0.4) | mix(9000, 1.0)), sample({})
    found = find(tumor, normal, calls(snv(5000), snv(9000)))
    table = evidence(found, tumor, normal, sample(mix(5000, 0.04)), sample({}, 600))
    assert table["sample"].tolist() == ["I0", "I0", "I1", "I1"]
    row = table.iloc[0]
    assert (row["immune_alt_forward"], row["immune_depth_reverse"]) == (20, 500)
    assert (row["tumor_alt_forward"], row["normal_depth_forward"]) == (200, 500)
    assert (table["overdispersion"] == 1e-4).all()
    path = tmp_path / "evidence.tsv"
    EVIDENCE.write(table, path)
    assert "\ttrue\t" in path.read_text()
    back = EVIDENCE.read(path)
    pd.testing.assert_frame_equal(back, table, check_dtype=False, rtol=1e-8)


def test_evidence_without_variants_is_empty(tmp_path: Path) -> None:
    tumor = sample({})
    table = evidence(find(tumor, sample({}), calls()), tumor, sample({}), sample({}))
    path = tmp_path / "evidence.tsv"
    EVIDENCE.write(table, path)
    assert EVIDENCE.read(path).empty
    path.write_text("pos\talt\n")
    with pytest.raises(ValueError, match="compare the patient's samples again"):
        EVIDENCE.read(path)


def test_background_is_that_of_the_normals_base() -> None:
    # Errors from the alternative base are ten times those from the reference's.
    pos = 6000
    normal, immune = sample(mix(pos, 1.0)), sample({}, 4000, seed=1)
    rate = np.full((4, 4, 2), 1e-4)
    rate[BASES.index(other(pos))] = 1e-3
    errors = sample_errors.SampleErrors(rate, np.full((4, 4, 2), 1e-6), 0.0, 1e-6)
    found = find(sample({}), normal, calls())
    table = evidence_frame(
        "P", found, Pooled([sample({})], [normal]), {"I": ImmuneSample(immune, errors)},
        reference=RCRS, overdispersion=0.0, confidence=0.95,
    )  # fmt: skip
    alpha, beta = table["error_alpha"][0], table["error_beta"][0]
    assert alpha / (alpha + beta) == pytest.approx(1e-3, rel=0.01)
    again = error_shapes(table, errors, RCRS)
    assert again[0][0] == pytest.approx(alpha)


def test_flags_of_inherited_and_one_sided_variants() -> None:
    tumor, normal = sample(mix(5000, 0.1) | mix(9000, 0.5)), sample({}, 200)
    found = find(tumor, normal, calls(snv(5000), snv(9000)))
    immune = sample(mix(5000, 0.01))
    bases = immune.bases.copy()
    bases[9000 - 1, BASES.index(other(9000)), 0] = 20
    table = evidence(found, tumor, normal, Counts(bases, empty_indels(), {}))
    assert table["flags"].tolist() == ["low_tumor_vaf_shallow_normal", "only_one_strand"]


def test_overdispersion_is_near_zero_without_any() -> None:
    pair = sample({}, 2000, seed=1), sample({}, 2000, seed=2)
    found = find(sample({}), sample({}), calls())
    assert patient_overdispersion([pair[0]], pair[1], found, NOWHERE) < 1e-4
    assert patient_overdispersion([], pair[1], found, NOWHERE) == 0


def test_reads_with_further_mismatches_are_named() -> None:
    changes = {p: {base(p): 0.9, other(p): 0.1} for p in (1000, 2000)}
    bases = sample(changes).bases
    mismatches = bases * (RCRS.codes[:, None] != np.arange(4))[:, :, None]
    at = BASES.index(other(1000))
    mismatches[999, at] *= 4  # its own mismatch and three more in each read
    ample = (40 * bases).astype(np.uint32)
    profile, pairs = np.ones((64, 32), np.uint32), np.zeros((5, 0), np.uint32)
    sums = BaseSums(ample, ample, mismatches.astype(np.uint32), profile, pairs)
    immune = Counts(bases, empty_indels(), {"min_base_quality": 20, "read_end": 10}, sums)
    rows = calls(
        (1000, base(1000), other(1000), "PASS"), (2000, base(2000), other(2000), "PASS"),
        (3000, base(3000), base(3000) + "A", "PASS"),
    )  # fmt: skip
    assert linked_reads(immune, rows, RCRS, 0.95).tolist() == [True, False, False]
    silent = sample(changes)  # counts that do not come from reads
    assert not linked_reads(silent, rows, RCRS, 0.95).any()


def test_indels_have_counts_and_those_that_are_evidence_an_error_rate() -> None:
    # Between C and T; and before a run of six C.
    plain, run = (6000, base(6000), base(6000) + "G"), (567, "A", "AC")
    table = [[*run, 100, 100], [*plain, 200, 150]]
    tumor = Counts(sample(mix(5000, 0.4)).bases, pd.DataFrame(table, columns=INDEL_COLUMNS), {})
    rows = calls(snv(5000), (*plain, "PASS"), (*run, "PASS"))
    found = evidence(find(tumor, sample({}), rows), tumor, sample({}), sample({}))
    assert found["pos"].tolist() == [567, 5000, 6000]
    assert found["usable"].tolist() == [False, True, True]
    assert found["tumor_alt_forward"].tolist() == [100, 200, 200]
    assert found["tumor_alt_reverse"].tolist() == [100, 200, 150]
    assert found["error_alpha"].isna().tolist() == [True, False, False]


def test_the_reference_allele_is_counted_where_it_is_the_tumours() -> None:
    tumor, normal = sample(mix(6000, 0.4)), sample(mix(6000, 1.0))
    found = find(tumor, normal, calls(snv(6000)))
    table = evidence(found, tumor, normal, sample(mix(6000, 0.9)))
    assert table["immune_alt_forward"].tolist() == [50]


@pytest.mark.parametrize("shorter", [True, False])
def test_reads_of_two_lengths_are_flagged(shorter: bool) -> None:
    tumor, normal, seen = (
        sample(mix(5000, share) | mix(7000, share), 2000) for share in (0.9, 0.0, 0.3)
    )
    distances = seen.bases * 30
    if shorter:
        for pos in (5000, 7000):
            allele = BASES.index(other(pos))
            distances[pos - 1, allele] = 21 * seen.bases[pos - 1, allele]
    ample, profile = 40 * seen.bases, np.ones((64, 32), np.uint32)
    sums = BaseSums(ample, distances, 0 * ample, profile, np.zeros((5, 0), np.uint32))
    meta = {"min_base_quality": 20, "read_end": 10}
    immune = Counts(seen.bases, empty_indels(), meta, sums)
    rows = find(tumor, normal, calls(snv(5000), snv(7000)))
    table = evidence(rows, tumor, normal, immune)
    assert table["flags"].str.contains("read_lengths_differ").tolist() == [shorter] * 2
    assert (table["length_bias"] == 1.0).tolist() == [not shorter] * 2
