"""One molecule, one vote: turns, folds, adapters, nuclear flanks, indels beside true SNVs."""

from __future__ import annotations

import numpy as np
import pytest
from long_molecules import HIFI, ONT, molecule, needs_minimap2, random_bases, with_errors, write
from simulated_reads import CIRCLE, RCRS, complement

from mitotransfer.counts import allele_counts, molecule_bases
from mitotransfer.counts.count_sample import count_sample
from mitotransfer.genome.circle import Circle, circle_codes
from mitotransfer.inputs.settings import Counting
from mitotransfer.reads.align import Settings
from mitotransfer.reads.lanes import Lane, SampleReads

pytestmark = needs_minimap2
TURN = len(CIRCLE)


def count(folder, prefix, reads, platform="pacbio", **more):
    path = write(folder / "long.fastq.gz", reads, more.pop("quality", "?"))
    sample = SampleReads("S1", [Lane(path)])
    settings = Settings(platform=platform, **more)
    return count_sample(sample, prefix, RCRS, Counting(), settings)[0]


def depths(result):
    return np.delete(result.bases.sum(axis=(1, 2)), 3106)


@pytest.mark.parametrize(
    ("start", "turns"), [(400, 0.5), (12_000, 0.5), (3000, 1.3), (13_000, 1.3), (9000, 2.2)]
)
def test_a_molecule_votes_once_at_each_position(tmp_path, prefix, start, turns):
    result = count(tmp_path, prefix, [molecule(start, int(turns * TURN))] * 2)
    depth = depths(result)
    assert result.meta["used_reads"] == 2
    assert depth.max() == 2
    assert abs(depth.sum() - 2 * min(turns, 1) * TURN) < 100
    assert np.delete(result.bases.sum(axis=2).argmax(axis=1), 3106)[depth == 2].tolist() == (
        np.delete(RCRS.codes, 3106)[depth == 2].tolist()
    )


def test_a_molecule_folded_back_votes_once(tmp_path, prefix):
    half = molecule(2000, 5000)
    changed = molecule(2000, 5000, {3500: "T" if CIRCLE[3500] != "T" else "A"})
    result = count(tmp_path, prefix, [half + complement(half), half + complement(changed)])
    depth = depths(result)
    assert depth.max() == 2
    assert depth[3500] == 1  # two readings of a molecule that differ are no vote
    assert depth[2500:3500].min() == 2


def test_adapters_cost_nothing_and_nuclear_flanks_everything(tmp_path, prefix):
    rng = np.random.default_rng(3)
    own = [with_errors(rng, molecule(int(rng.integers(TURN)), 5000)) for _ in range(8)]
    ends = [random_bases(rng, 140) for _ in range(8)]
    flanks = [random_bases(rng, 500) for _ in range(8)]
    assert count(tmp_path, prefix, own).meta["used_reads"] == 8
    adapted = [a + read + a for read, a in zip(own, ends, strict=True)]
    assert count(tmp_path, prefix, adapted).meta["used_reads"] == 8
    for made in (lambda read, flank: flank + read, lambda read, flank: read + flank):
        nuclear = [made(read, flank) for read, flank in zip(own, flanks, strict=True)]
        found = count(tmp_path, prefix, nuclear)
        assert found.meta["used_reads"] == 0 and found.meta["filtered_clipped"] == 8


def test_ends_that_do_not_align_are_a_twentieth_of_the_read_at_most(tmp_path, prefix):
    rng = np.random.default_rng(11)
    used = {}
    for size, end in ((5000, 200), (5000, 300), (12_000, 300), (12_000, 390), (12_000, 500)):
        reads = [random_bases(rng, end) + molecule(int(rng.integers(TURN)), size) for _ in range(4)]
        result = count(tmp_path, prefix, reads)
        used[size, end] = result.meta["used_reads"]
        assert result.meta["filtered_clipped"] == 4 - used[size, end]
    assert list(used.values()) == [4, 0, 4, 4, 0]


def test_a_deletion_joins_two_parts_of_one_molecule(tmp_path, prefix):
    read = molecule(6000, 2400) + molecule(13_446, 2500)
    depth = depths(count(tmp_path, prefix, [read, read]))
    assert depth[6100:8300].min() == depth[13_500:15_900].min() == 2
    assert depth[8450:13_400].max() == 0


def _edge_of_a_run():
    """A place after a run of five, and a base that makes the run one longer."""
    return next(
        at
        for at in range(2000, TURN)
        if len(set(CIRCLE[at - 5 : at])) == 1
        and CIRCLE[at] != CIRCLE[at - 1] != CIRCLE[at + 1]
        and not 2990 < at < 3120
    )


@pytest.mark.slow
@pytest.mark.parametrize(("platform", "rates"), [("pacbio", HIFI), ("nanopore", ONT)])
@pytest.mark.parametrize("share", [1.0, 0.3])
def test_errors_of_length_beside_an_snv_make_no_second_one(
    tmp_path, prefix, platform, rates, share
):
    rng = np.random.default_rng(5)
    at = _edge_of_a_run()
    changes = {at: CIRCLE[at - 1]}
    many = 0.15  # of the reads have a run too short or too long
    reads = []
    for _ in range(300):
        text = molecule(at - 1000, 2000, changes if rng.random() < share else None)
        if rng.random() < many:
            text = text[:996] + text[996 + 1 :] if rng.random() < 0.5 else text[:996] + text[995:]
        reads.append(with_errors(rng, text, rates))
    bases = count(tmp_path, prefix, reads, platform).bases.sum(axis=2)
    found = np.delete(bases, 3106, axis=0)[at - 20 : at + 20]
    depth = found.sum(axis=1)
    minor = depth - found.max(axis=1)
    assert depth.min() > 150
    alt = found[20, "ACGT".index(CIRCLE[at - 1])]
    assert abs(alt / depth[20] - share) < (0.01 if share == 1 else 0.08)
    others = np.delete(minor / depth, 20)
    assert others.max() < 0.03


@pytest.mark.slow
def test_counts_of_molecules_equal_those_of_short_reads(tmp_path, prefix):
    """Error-free pieces of whole molecules: the same bases count, but for the ends of pieces."""
    changes = {p: "A" if CIRCLE[p] != "A" else "G" for p in (100, 3000, 9000, 16_500)}
    wholes = [molecule(k * 1657, TURN, changes if k % 2 else None) for k in range(10)]
    long = count(tmp_path, prefix, wholes)
    pieces = [text[at : at + 520] for text in wholes for at in range(0, TURN - 20, 500)]
    path = write(tmp_path / "short.fastq.gz", pieces)
    short = count_sample(SampleReads("S1", [Lane(path)]), prefix, RCRS, Counting(), Settings())[0]
    rows = np.delete(np.stack([long.bases.sum(axis=2), short.bases.sum(axis=2)]), 3106, axis=1)
    same = (rows[0] == rows[1]).all(axis=1)
    assert same.mean() > 0.99  # not the twenty bases around the ends of molecules
    assert {p for p in changes if same[p]} == set(changes)
    assert long.indels == short.indels == []


def test_batches_and_threads_make_no_difference(tmp_path, prefix):
    rng = np.random.default_rng(8)
    reads = [with_errors(rng, molecule(int(rng.integers(TURN)), 3000), ONT) for _ in range(40)]
    one = count(tmp_path, prefix, reads, "nanopore")
    two = count(tmp_path, prefix, reads, "nanopore", threads=2)
    np.testing.assert_array_equal(one.bases, two.bases)
    assert one.meta == two.meta and one.indels == two.indels
    assert Circle.of(RCRS).length == TURN


def test_the_kept_molecules_add_up_to_the_counts(tmp_path, prefix):
    rng = np.random.default_rng(9)
    reads = [with_errors(rng, molecule(int(rng.integers(TURN)), 6000), ONT) for _ in range(12)]
    result = count(tmp_path, prefix, reads, "nanopore")
    allele_counts.save(result, tmp_path / "c.npz")
    kept = molecule_bases.load(tmp_path / "c.npz")
    codes = circle_codes(RCRS)
    places = np.flatnonzero(np.arange(TURN) % 7 == 0)
    alleles = kept.alleles(places, codes)
    rows = np.delete(result.bases.sum(axis=2), 3106, axis=0)[places]
    for code in range(4):
        np.testing.assert_array_equal((alleles == code).sum(axis=0), rows[:, code])
    assert sorted(kept.read_names()) == sorted(f"long{k}" for k in range(12))
    assert (allele_counts.load(tmp_path / "c.npz").bases == result.bases).all()
