import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from mitotransfer.cohort import identity
from mitotransfer.inputs.settings import Identity, Qc
from mitotransfer.patient import parties

LENGTH = 16569
USABLE = np.ones(LENGTH, bool)
USABLE[301:316] = False


def person(seed: int, differences: int = 30) -> NDArray[np.int8]:
    """A haplotype with this many differences from a common ancestor."""
    alleles = np.random.default_rng(0).integers(0, 4, LENGTH).astype(np.int8)
    rng = np.random.default_rng(seed)
    at = rng.choice(np.flatnonzero(USABLE), differences, replace=False)
    alleles[at] = (alleles[at] + 1) % 4
    return alleles


def private(haplotype: NDArray[np.int8], count: int) -> NDArray[np.int8]:
    changed = haplotype.copy()
    changed[8000 : 8000 + count] = (changed[8000 : 8000 + count] + 2) % 4
    return changed


def mixed(one: NDArray[np.int8], other: NDArray[np.int8]) -> NDArray[np.int8]:
    return np.where(one == other, one, np.int8(-1))


def of(people: list[NDArray[np.int8]], depth: list[float] | None = None) -> identity.Haplotypes:
    """Haplotypes of a cohort, by sample."""
    bases = np.zeros(len(people))
    return identity.Haplotypes(np.stack(people), np.array(depth or bases), bases, USABLE)


def run(
    rows: list[tuple[str, str, NDArray[np.int8]]],
    designs: dict[str, str] | None = None,
    depth: dict[str, float] | None = None,
) -> pd.DataFrame:
    samples = pd.DataFrame(
        {
            "sample": [f"{p}_{role}_{i}" for i, (p, role, _) in enumerate(rows)],
            "patient": [p for p, _, _ in rows],
            "role": [role for _, role, _ in rows],
        }
    )
    means = [(depth or {}).get(name, 1000.0) for name in samples["sample"]]
    haplotypes = of([h for _, _, h in rows], means)
    table = identity.assess(samples, designs or {}, haplotypes, Identity(), Qc())
    assert list(table.columns) == identity.IDENTITY.names
    assert table["sample"].tolist() == samples["sample"].tolist()
    return table


def trio(patient: str, h: NDArray[np.int8]) -> list[tuple[str, str, NDArray[np.int8]]]:
    return [(patient, "tumor", h), (patient, "immune", h), (patient, "normal", h)]


A, B, C = person(1), person(2), person(3)


def test_clean_cohort_is_ok() -> None:
    table = run([*trio("A", A), *trio("B", B)])
    assert (table["status"] == "ok").all()
    assert (table["differences"] == 0).all() and (table["compared"] == USABLE.sum()).all()


def test_two_immune_samples_outvote_a_normal() -> None:
    table = run([("A", "immune", A), ("A", "immune", A), ("A", "normal", C), *trio("B", B)])
    assert table["status"].tolist() == ["ok", "ok", "foreign", "ok", "ok", "ok"]
    apart = int(np.sum(A[USABLE] != C[USABLE]))
    assert table["differences"].tolist() == [0, 0, apart, 0, 0, 0]


@pytest.mark.parametrize("count", [2, 3, 8])
def test_tumour_with_private_homoplasmic_variants_is_ok(count: int) -> None:
    table = run([("A", "tumor", private(A, count)), *trio("A", A)[1:], *trio("B", B)])
    assert (table["status"] == "ok").all()
    # Of the nearest other sample: the immune one and the normal are alike.
    assert table["differences"].tolist() == [count, 0, 0, 0, 0, 0]
    # Compared with other patients if one of them could fit better by the advantage.
    assert (table["best_patient"][0] == "B") == (count >= 3)


def test_swapped_immune_samples_are_named() -> None:
    a, b = trio("A", A), trio("B", B)
    table = run([a[0], ("A", "immune", B), a[2], b[0], ("B", "immune", A), b[2]])
    assert table["status"].tolist() == ["ok", "swapped", "ok"] * 2
    assert table["best_patient"][1] == "B" and table["best_differences"][1] == 0
    assert table["best_patient"][4] == "A"


def test_a_normal_stands_for_its_patient() -> None:
    rows = [("B", "tumor", private(B, 8)), *trio("B", B)[1:]]
    table = run([*trio("A", A)[:2], ("A", "normal", A), ("A", "immune", B), *rows])
    assert table["status"][3] == "swapped" and table["best_differences"][3] == 0


@pytest.mark.parametrize(
    ("apart", "status"),
    [(13, "swapped"), (14, "foreign")],  # 10 from its own, 7 or 8 from the other patient's
)
def test_another_patient_has_to_fit_better_by_the_advantage(apart: int, status: str) -> None:
    sample = private(A, 8)
    sample[9000:9002] = (sample[9000:9002] + 1) % 4
    rows = [("A", "tumor", A), ("A", "immune", sample), ("A", "normal", A)]
    assert run([*rows, *trio("B", private(A, apart))])["status"][1] == status


@pytest.mark.parametrize(("beyond", "status"), [(8, "swapped"), (9, "foreign")])
def test_another_patient_has_to_fit_as_well_as_its_own_would(beyond: int, status: str) -> None:
    rows = [("A", "tumor", A), ("A", "immune", private(B, beyond)), ("A", "normal", A)]
    assert run([*rows, *trio("B", B)])["status"][1] == status


def test_comparison_needs_positions_and_depth() -> None:
    """Five hundred positions, with any alleles, and the required mean depth."""
    enough = np.full(LENGTH, -1, np.int8)
    enough[1000 : 1000 + parties.MIN_COMPARED] = 0
    short = enough.copy()
    short[1000] = -1
    rows = [("A", "tumor", enough), ("A", "normal", enough), ("A", "immune", enough)]
    assert run(rows, depth={"A_immune_2": 50.0})["status"].tolist() == ["ok"] * 3
    assert run(rows, depth={"A_immune_2": 49.9})["status"][2] == "shallow"
    assert run([*rows[:2], ("A", "immune", short)])["status"][2] == "shallow"


def test_tumour_or_normal_can_be_the_odd_one() -> None:
    for odd in (0, 2):
        rows = trio("A", A)
        rows[odd] = ("A", rows[odd][1], B)
        table = run([*rows, *trio("B", B)])
        assert table["status"][odd] == "swapped"
        assert (table["status"].drop(odd) == "ok").all()


def test_sample_that_fits_nobody_is_foreign() -> None:
    rows = trio("A", A)
    rows[1] = ("A", "immune", C)
    table = run([*rows, *trio("B", B)])
    assert table["status"].tolist() == ["ok", "foreign", "ok", "ok", "ok", "ok"]


def test_two_that_disagree_are_ambiguous_unless_one_fits_elsewhere() -> None:
    pair = [("A", "immune", A), ("A", "normal", C)]
    assert run([*pair, *trio("B", B)])["status"].tolist()[:2] == ["ambiguous"] * 2
    table = run([("A", "immune", B), ("A", "normal", C), *trio("B", B)])
    assert table["status"].tolist()[:2] == ["swapped", "ok"]


def test_trusted_samples_of_the_first_round_explain_their_partners() -> None:
    # A.immune and B.immune swapped; B has only two samples, its normal is trusted second.
    rows = [("A", "tumor", A), ("A", "immune", B), ("A", "normal", A)]
    table = run([*rows, ("B", "immune", A), ("B", "normal", B)])
    assert table["status"].tolist() == ["ok", "swapped", "ok", "swapped", "ok"]


def test_near_haplotypes_swapped() -> None:
    near = private(A, 5)  # closer than max_differences
    table = run([("A", "tumor", A), ("A", "immune", near), ("A", "normal", A), *trio("B", near)])
    assert table["status"].tolist()[:3] == ["ok", "swapped", "ok"]


def test_same_haplotype_in_two_patients_is_no_swap() -> None:
    assert (run([*trio("A", A), *trio("B", A)])["status"] == "ok").all()


def test_single_and_shallow() -> None:
    rows = [("A", "immune", A), *trio("B", B)]
    table = run(rows, depth={"B_normal_3": 10.0})
    assert table["status"].tolist() == ["single", "ok", "ok", "shallow"]
    unknown = np.full(LENGTH, -1, np.int8)
    assert run([*trio("B", B)[:2], ("B", "normal", unknown)])["status"][2] == "shallow"


@pytest.mark.parametrize("immune", [mixed(A, B), A, B, np.where(person(9) == A, B, mixed(A, B))])
def test_allogeneic_mixture_is_ok_even_if_all_donor(immune: NDArray[np.int8]) -> None:
    rows = [("X", "tumor", B), ("X", "immune", immune), ("X", "normal", A), *trio("C", C)]
    table = run(rows, {"X": "allogeneic"})
    assert table["status"].tolist()[:3] == ["single", "ok", "ok"]


def test_allogeneic_immune_of_a_third_person_is_found() -> None:
    rows = [("X", "tumor", B), ("X", "immune", A), ("X", "immune", C), ("X", "normal", A)]
    table = run([*rows, *trio("C", C)], {"X": "allogeneic"})
    assert table["status"].tolist()[:4] == ["single", "ok", "swapped", "ok"]
    assert table["best_patient"][2] == "C"


def test_an_unknown_haplotype_fits_nobody() -> None:
    sparse = np.full(LENGTH, -1, np.int8)
    sparse[1000:1600] = A[1000:1600]
    rows = trio("A", A)
    rows[1] = ("A", "immune", C)
    table = run([*rows, ("S", "immune", sparse), *trio("B", B)])
    assert table["status"][1] == "foreign"


def test_distances_against_a_slow_count() -> None:
    rng = np.random.default_rng(5)
    people = [person(i) for i in range(12)]
    for h in people:
        h[rng.choice(LENGTH, 300, replace=False)] = -1
    patients = [f"P{i:02d}" for i in range(12)]
    pool = {i: patients[i] for i in range(12)}
    found = identity.nearest_patients(range(12), pool, patients, of(people), block=5)
    for i in range(12):
        slow = {
            j: sum(
                1
                for p in range(LENGTH)
                if USABLE[p] and people[i][p] >= 0 <= people[j][p] and people[i][p] != people[j][p]
            )
            for j in (range(12) if i < 2 else [int(found[i][0][1:])])
            if j != i
        }
        assert found[i][1] == slow[int(found[i][0][1:])]
        assert found[i][1] == min(slow.values())


def test_a_failed_sample_has_its_reason_whatever_else_was_found() -> None:
    who = pd.DataFrame(
        {"sample": ["S", "T"], "status": ["shallow"] * 2, "reason": ["too shallow"] * 2}
    )
    marked = identity.mark_failed(who, {"T": "t.bam: cut"})
    assert marked["status"].tolist() == ["shallow", "failed"]
    assert marked["reason"].tolist() == ["too shallow", "t.bam: cut"]


def test_a_filter_that_leaves_out_most_reads_explains_a_shallow_sample() -> None:
    who = pd.DataFrame(
        {"sample": ["S", "T", "U"], "status": ["shallow", "shallow", "ok"], "reason": ["x"] * 3}
    )
    said = identity.explain_shallow(who, {"S": "99% are clipped", "T": "", "U": "60% are short"})
    assert said["reason"].tolist() == ["x: 99% are clipped", "x", "x"]


def test_animals_of_a_strain_cannot_be_told_apart() -> None:
    hidden = A.copy()
    hidden[:100] = -1
    table = run([*trio("A", A), *trio("B", hidden), *trio("C", private(A, 1)), *trio("D", B)])
    assert (table["status"] == "ok").all()
    assert table["same_haplotype"].tolist() == [1] * 6 + [0] * 6
    told = table["reason"].str.contains("1 other patient cannot be told from this one by mtDNA")
    assert told.tolist() == [True] * 6 + [False] * 6


def test_the_haplotypes_of_a_pair_count_apart() -> None:
    """Two recipients of one strain with tumours of two others."""
    pairs = [("A", "tumor", C), *trio("A", A)[1:], ("B", "tumor", B), *trio("B", A)[1:]]
    table = run(pairs, designs={"A": "allogeneic", "B": "allogeneic"})
    assert (table["same_haplotype"] == 1).all()
    assert not table["status"].isin(["swapped", "foreign"]).any()
