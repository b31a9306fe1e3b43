"""Copies of a library differ from two libraries of one person."""

import numpy as np
import pandas as pd
import pytest
from draws import draw, gamma_factors, rates, spike

from mitotransfer.cohort import shared_reads
from mitotransfer.counts.allele_counts import Counts, empty_indels


@pytest.mark.parametrize("depths", [(150, 1000), (500, 6000), (6000, 500)])
def test_libraries_of_other_quality_and_depth_are_no_copies(depths: tuple[int, int]) -> None:
    rng = np.random.default_rng(7)
    factors = gamma_factors(rng, 1.0)
    for _ in range(4):
        one, other = (draw(rng, n, rates(rng), factors) for n in depths)
        share, error = shared_reads.shared_fragments(one, other)
        assert share < 3 * error
        assert not shared_reads.are_copies(one, other)


def thinned(rng: np.random.Generator, counts: Counts, share: float) -> Counts:
    return Counts(rng.binomial(counts.bases, share).astype(np.uint32), empty_indels(), {})


def joined(one: Counts, other: Counts) -> Counts:
    return Counts(one.bases + other.bases, empty_indels(), {})


@pytest.mark.parametrize("depth", [60, 500, 5000])
def test_two_libraries_share_nothing(depth: int) -> None:
    """With common error rates that vary between sites, common variants and uneven depth."""
    rng = np.random.default_rng(1)
    rate, factors = rates(rng), gamma_factors(rng, 1.0)
    deviations = []
    for _ in range(4):
        one, other = (draw(rng, n, rate, factors) for n in (depth, 3 * depth))
        share, error = shared_reads.shared_fragments(one, other)
        assert abs(share) < 5 * error + 0.02
        assert not shared_reads.are_copies(one, other)
        deviations.append(share / error)
    assert np.abs(deviations).mean() < 3


@pytest.mark.parametrize(
    ("depth", "kept"),
    [(60, 1.0), (500, 1.0), (500, 0.5), (500, 0.1), (5000, 1.0), (5000, 0.5), (5000, 0.1)],
)
def test_a_copy_or_part_of_a_library_is_found(depth: int, kept: float) -> None:
    rng = np.random.default_rng(2)
    one = draw(rng, depth, rates(rng), gamma_factors(rng, 0.5))
    part = one if kept == 1 else thinned(rng, one, kept)
    share, error = shared_reads.shared_fragments(one, part)
    if depth * kept >= 200:
        assert share == pytest.approx(1, abs=5 * error + 0.1)
    assert shared_reads.are_copies(one, part) and shared_reads.are_copies(part, one)


def test_half_of_the_reads_in_common() -> None:
    rng = np.random.default_rng(3)
    rate = rates(rng)
    common, own, others = (draw(rng, 400, rate) for _ in range(3))
    share, error = shared_reads.shared_fragments(joined(common, own), joined(common, others))
    assert share == pytest.approx(0.5, abs=5 * error)
    assert error < 0.05


def test_heteroplasmies_in_common_do_not_count() -> None:
    rng = np.random.default_rng(4)
    rate = rates(rng)
    one, other = draw(rng, 800, rate), draw(rng, 800, rate)
    positions = rng.choice(16000, 60, replace=False)
    both = [spike(np.random.default_rng(5), s, positions, 0.1)[0] for s in (one, other)]
    assert not shared_reads.are_copies(*both)


def test_too_few_errors_give_no_share() -> None:
    empty = Counts(np.zeros((16569, 4, 2), np.uint32), empty_indels(), {})
    assert np.isnan(shared_reads.shared_fragments(empty, empty)).all()
    assert not shared_reads.are_copies(empty, empty)
    assert shared_reads.digest(empty) == ""


def test_copies_are_found_among_samples_added_one_by_one() -> None:
    rng = np.random.default_rng(6)
    rate = rates(rng)
    one, other = draw(rng, 300, rate), draw(rng, 300, rate)
    seen = shared_reads.Copies()
    for name, patient, counts in (
        ("a", "A", one), ("b", "A", other), ("c", "A", thinned(rng, one, 0.5)),
        ("d", "B", other), ("e", "B", thinned(rng, one, 0.5)),
    ):  # fmt: skip
        seen.add(name, patient, counts)
    # Parts of a library are sought within patients only.
    assert (seen.same, seen.parts) == ([("b", "d")], [("a", "c")])


def test_which_of_a_pair_is_rejected() -> None:
    who = pd.DataFrame(
        {
            "sample": ["a1", "a2", "a3", "t", "b1"],
            "patient": ["A", "A", "A", "A", "B"],
            "role": ["immune", "immune", "immune", "tumor", "immune"],
            "status": "ok",
            "reason": "fits",
        }
    )
    marked = shared_reads.mark(who, [("a2", "a1"), ("t", "a3")]).set_index("sample")
    assert marked["status"].tolist() == ["ok", "duplicate", "duplicate", "duplicate", "ok"]
    assert marked.loc["a2", "reason"] == "the same reads as sample a1"
    across = shared_reads.mark(who, [("b1", "a1")]).set_index("sample")["status"]
    assert across["a1"] == across["b1"] == "duplicate"
    assert shared_reads.mark(who, []).equals(who)
    mixed = shared_reads.mark(who, [("t", "a3")], [("a1", "t")]).set_index("sample")
    assert mixed["status"].tolist() == ["shared", "ok", "duplicate", "duplicate", "ok"]
    assert mixed.loc["a1", "reason"] == "reads in common with t"


def listed(path: str, digest: str, size: int = 10**6, of: str = "") -> dict[str, str]:
    return {
        "role": "input", "path": path, "bytes": str(size), "sha256": digest,
        "sha256_of": of or path,
    }  # fmt: skip


def test_a_lane_under_two_names_is_found_by_its_bytes() -> None:
    inputs = {
        "til": [listed("til_L1.fastq.gz", "1"), listed("til_L2.fastq.gz", "2")],
        "tumor": [listed("tumor_L1.fastq.gz", "3"), listed("copy_of_til_L2.fastq.gz", "2")],
        "blood": [listed("empty.fastq.gz", "4", 20), listed("b.bam", "5", of="b.bam.bai")],
        "other": [listed("nothing.fastq.gz", "4", 20), listed("o.bam", "5", of="o.bam.bai")],
    }
    assert shared_reads.same_files(inputs) == [("til", "tumor")]
    inputs["blood"][0]["sha256"], inputs["blood"][0]["bytes"] = "2", "2000"
    assert shared_reads.same_files(inputs) == [("blood", "til"), ("blood", "tumor")]
    assert shared_reads.same_files({}) == []
