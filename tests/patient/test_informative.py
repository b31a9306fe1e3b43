from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from places import RCRS

from mitotransfer.counts.allele_counts import INDEL_COLUMNS, BaseSums, Counts, empty_indels
from mitotransfer.errors import sample_errors
from mitotransfer.genome import reference
from mitotransfer.genome.reference import BASES
from mitotransfer.patient import informative, pooling
from mitotransfer.patient.evidence import (
    EVIDENCE_COLUMNS,
    error_shapes,
    evidence_frame,
    linked_reads,
    patient_overdispersion,
    read_evidence,
    write_evidence,
)

NOWHERE = np.zeros(RCRS.length, bool)


def sample(
    changes: dict[int, dict[str, float]], depth: int = 1000, seed: int | None = None
) -> Counts:
    """Counts at an even depth; ``changes``: share of each base at a 1-based position."""
    shares = np.zeros((RCRS.length, 4))
    known = np.flatnonzero(RCRS.codes < 4)
    shares[known, RCRS.codes[known]] = 1
    for pos, parts in changes.items():
        shares[pos - 1] = 0
        for base, share in parts.items():
            shares[pos - 1, BASES.index(base)] = share
    if seed is None:
        strand = np.round(shares * depth / 2).astype(np.uint32)
        return Counts(np.stack([strand, strand], axis=2), empty_indels(), {})
    rng = np.random.default_rng(seed)
    shares[known] = 0.999 * shares[known] + 0.001 / 4
    shares[reference.PLACEHOLDER] = [1, 0, 0, 0]
    strands = [rng.multinomial(depth // 2, shares) for _ in range(2)]
    return Counts(np.stack(strands, axis=2).astype(np.uint32), empty_indels(), {})


def calls(*rows: tuple[int, str, str, str]) -> pd.DataFrame:
    """Calls with position, ref, alt and filter."""
    frame = pd.DataFrame(rows, columns=["pos", "ref", "alt", "filter"])
    longer = frame["alt"].str.len() - frame["ref"].str.len()
    frame["type"] = np.select([longer > 0, longer < 0], ["insertion", "deletion"], "SNV")
    named = frame.assign(gene="MT-X", consequence="missense", hgvs_m="m.", flags="")
    return named.assign(phase_set=np.nan)


def find(
    tumor: Counts, normal: Counts, *tumor_calls: pd.DataFrame, artefact: NDArray[np.bool_] = NOWHERE
) -> pd.DataFrame:
    return informative.informative_variants(
        tumor, normal, list(tumor_calls), RCRS, artefact, 0.05, 0.02, 0.95
    )


def base(pos: int) -> str:
    return RCRS.sequence[pos - 1]


def other(pos: int) -> str:
    return BASES[(BASES.index(base(pos)) + 2) % 4]


def mix(pos: int, share: float) -> dict[int, dict[str, float]]:
    return {pos: {base(pos): 1 - share, other(pos): share}}


def snv(pos: int, word: str = "PASS") -> tuple[int, str, str, str]:
    return (pos, base(pos), other(pos), word)


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
        return [
            len(
                informative.informative_variants(
                    sample(mix(5000, tumor_vaf)),
                    sample(mix(5000, normal_vaf), depth),
                    [calls(snv(5000))],
                    RCRS,
                    NOWHERE,
                    0.05,
                    0.02,
                    0.95,
                    allogeneic=allogeneic,
                )
            )
            for allogeneic in (False, True)
        ]

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
    found = informative.informative_variants(
        sample(mix(5000, 0.4)), pooling.pool([blood, skin]), [calls(snv(5000))], RCRS, NOWHERE,
        0.05, 0.02, 0.95, normals=[blood, skin],
    )  # fmt: skip
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
    table = evidence(found, tumor, normal, sample(mix(pos, 0.9)))
    assert table["immune_alt_forward"].tolist() == [50]


def test_three_alleles_at_one_position() -> None:
    pos = 7000
    third = next(b for b in BASES if b not in (base(pos), other(pos)))
    tumor = sample({pos: {base(pos): 0.3, other(pos): 0.2, third: 0.5}})
    normal = sample({pos: {other(pos): 1.0}})
    found = find(tumor, normal, calls(snv(pos), (pos, base(pos), third, "PASS")))
    assert sorted(found["alt"]) == sorted([base(pos), third])


def test_artefacts_and_indels_are_shown_but_not_used() -> None:
    artefact = NOWHERE.copy()
    artefact[5000 - 1] = True
    indels = pd.DataFrame([[6000, base(6000), base(6000) + "T", 200, 150]], columns=INDEL_COLUMNS)
    tumor = sample(mix(5000, 0.4))
    tumor = Counts(tumor.bases, indels, {})
    found = find(
        tumor, sample({}), calls(snv(5000), (6000, base(6000), base(6000) + "T", "PASS")),
        artefact=artefact,
    )  # fmt: skip
    assert found["usable"].tolist() == [False, False]
    assert found["flags"].tolist() == ["artefact", "indel"]
    table = evidence(found, tumor, sample({}), sample({}))
    assert table["tumor_alt_forward"].tolist() == [200, 200]
    assert table["tumor_alt_reverse"].tolist() == [200, 150]
    assert np.isnan(table["error_alpha"][1]) and table["error_alpha"][0] > 0


def evidence(
    variants: pd.DataFrame, tumor: Counts, normal: Counts, *immune: Counts
) -> pd.DataFrame:
    by_name = {f"I{i}": one for i, one in enumerate(immune)}
    errors = {name: sample_errors.estimate_errors(one) for name, one in by_name.items()}
    table = evidence_frame("P", variants, tumor, normal, by_name, errors, RCRS, 1e-4, 0.95)
    assert list(table.columns) == EVIDENCE_COLUMNS
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
    write_evidence(table, path)
    assert "\ttrue\t" in path.read_text()
    back = read_evidence(path)
    pd.testing.assert_frame_equal(back, table, check_dtype=False, rtol=1e-8)


def test_evidence_without_variants_is_empty(tmp_path: Path) -> None:
    tumor = sample({})
    table = evidence(find(tumor, sample({}), calls()), tumor, sample({}), sample({}))
    path = tmp_path / "evidence.tsv"
    write_evidence(table, path)
    assert read_evidence(path).empty
    path.write_text("pos\talt\n")
    with pytest.raises(ValueError, match="compare the patient's samples again"):
        read_evidence(path)


def test_background_is_that_of_the_normals_base() -> None:
    # Errors from the alternative base are ten times those from the reference's.
    pos = 6000
    normal, immune = sample(mix(pos, 1.0)), sample({}, 4000, seed=1)
    rate = np.full((4, 4, 2), 1e-4)
    rate[BASES.index(other(pos))] = 1e-3
    errors = sample_errors.SampleErrors(rate, np.full((4, 4, 2), 1e-6), 0.0, 1e-6)
    found = find(sample({}), normal, calls())
    table = evidence_frame(
        "P", found, sample({}), normal, {"I": immune}, {"I": errors}, RCRS, 0.0, 0.95
    )
    alpha, beta = table["error_alpha"][0], table["error_beta"][0]
    assert alpha / (alpha + beta) == pytest.approx(1e-3, rel=0.01)
    again = error_shapes(table, errors, RCRS, None, None, None)
    assert again[0][0] == pytest.approx(alpha)


def test_flags_of_inherited_and_one_sided_variants() -> None:
    tumor, normal = sample(mix(5000, 0.1) | mix(9000, 0.5)), sample({}, 200)
    found = find(tumor, normal, calls(snv(5000), snv(9000)))
    immune = sample(mix(5000, 0.01))
    bases = immune.bases.copy()
    bases[9000 - 1, BASES.index(other(9000)), 0] = 20
    table = evidence(found, tumor, normal, Counts(bases, empty_indels(), {}))
    assert table["flags"].tolist() == ["low_tumor_vaf_shallow_normal", "only_one_strand"]


def test_pooling_sums() -> None:
    table = pd.DataFrame([[6000, "A", "AT", 3, 4]], columns=INDEL_COLUMNS)
    one = sample({}, 100)
    pooled = pooling.pool([Counts(one.bases, table, {}), Counts(one.bases, table, {})])
    assert (pooled.bases == 2 * one.bases).all()
    assert pooled.indels.to_numpy().tolist() == [[6000, "A", "AT", 6, 8]]
    assert pooling.pool([]).bases.sum() == 0


def test_overdispersion_is_near_nought_without_any() -> None:
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
