"""Simulated deletions: their reads join both ends, and depth falls within them."""

from __future__ import annotations

import numpy as np
import pytest
from places import LENGTH, RCRS
from simulated_fastq import read_fastq

from mitotransfer.simulate import genomes, samples
from mitotransfer.simulate.deletions import alleles, junctions, pool, with_deletion
from mitotransfer.simulate.genomes import Variant
from mitotransfer.simulate.library import Source, allele_shares
from mitotransfer.simulate.scenario import DeletionPlan


def _variant(pos: int, vaf: float) -> Variant:
    ref = RCRS.sequence[pos - 1]
    return Variant(pos, ref, genomes.TRANSITION[ref], vaf)


INSIDE, OUTSIDE = _variant(10000, 1.0), _variant(3000, 0.5)
COMPLEMENT = str.maketrans("ACGT", "TGCA")


def test_sources_are_split_by_molecules_and_weighted_by_their_length():
    made = with_deletion([Source(1.0, [OUTSIDE, INSIDE])], 8469, 13447, 0.3, LENGTH)
    whole, deleted = made
    kept = LENGTH - 4977
    assert deleted.segment == (13446, kept) and deleted.closed
    assert whole.weight + deleted.weight == pytest.approx(1)
    assert deleted.weight / whole.weight == pytest.approx(0.3 * kept / (0.7 * LENGTH))
    assert deleted.variants == [OUTSIDE]  # the other one is gone
    depth = allele_shares(made, RCRS).sum(axis=1)
    inside, outside = depth[9000:13000].mean(), depth[1000:3000].mean()
    assert inside / outside == pytest.approx(0.7)


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_none_or_all_molecules_may_have_it(share):
    made = with_deletion([Source(1.0, [])], 8469, 13447, share, LENGTH)
    assert [one.closed for one in made] == [share == 1] and made[0].weight == pytest.approx(1)


def test_what_cannot_be_is_refused():
    with pytest.raises(ValueError, match="not within 0 and 1"):
        with_deletion([Source(1.0, [])], 8469, 13447, 1.2, LENGTH)
    for end in (8469, 8470, 0, LENGTH + 1):
        with pytest.raises(ValueError, match="no deletion has the ends"):
            with_deletion([Source(1.0, [])], 8469, end, 0.2, LENGTH)
    with pytest.raises(ValueError, match="only whole circles"):
        with_deletion([Source(1.0, [], segment=(5, 9))], 8469, 13447, 0.2, LENGTH)


def test_vafs_and_shares_are_those_of_the_molecules_that_have_the_place():
    made = with_deletion([Source(1.0, [OUTSIDE, INSIDE])], 8469, 13447, 0.3, LENGTH)
    vaf = {v.allele: v.vaf for v in alleles(made, LENGTH)}
    assert vaf[OUTSIDE.allele] == pytest.approx(0.5)
    assert vaf[INSIDE.allele] == pytest.approx(1.0)
    assert junctions(made, LENGTH) == {(8469, 13447): pytest.approx(0.3)}
    whole = [Source(0.75, []), Source(0.25, [OUTSIDE])]
    assert alleles(whole, LENGTH) == [OUTSIDE._replace(vaf=0.125)] and not junctions(whole, LENGTH)
    across = DeletionPlan(0.4, 16000, 101)
    assert [one.weight for one in pool(0.5, [], "own", across, LENGTH)] == [0.3, 0.2]


@pytest.mark.parametrize(("start", "end"), [(8469, 13447), (16000, 101)])
def test_reads_go_on_at_the_other_end(tmp_path, start, end):
    """The word over the joint, and those over both intact bonds, by their numbers in the reads."""
    # Variants away from the words that are looked for.
    variants = [_variant(pos, 1.0) for pos in (3000, 7000, 14000, 16100)]
    sources = with_deletion([Source(1.0, variants)], start, end, 0.4, LENGTH)
    files = tmp_path / "a_1.fastq.gz", tmp_path / "a_2.fastq.gz"
    samples.reads(sources, 30_000, *files, seed=4)
    reads = [line for file in files for line in read_fastq(file)[1]]
    text = "\n".join(reads)
    turned = "\n".join(read.translate(COMPLEMENT)[::-1] for read in reads)
    twice = RCRS.sequence * 2

    def seen(word: str) -> int:
        return text.count(word) + turned.count(word)

    left, right = twice[start + LENGTH - 20 : start + LENGTH], twice[end - 1 : end + 19]
    joint = seen(left + right)
    at_start = seen(left + twice[start + LENGTH : start + LENGTH + 20])
    at_end = seen(twice[end - 21 + LENGTH : end - 1 + LENGTH] + right)
    intact = (at_start + at_end) / 2
    total = joint + intact
    assert abs(joint / total - 0.4) < 4 * np.sqrt(0.4 * 0.6 / total)
    if start == 8469:
        # Behind a variant the molecule goes on as before.
        after = seen(twice[2980:2999] + variants[0].alt + twice[3000:3020])
        assert abs(after / total - 1) < 4 * np.sqrt(2 / total)
    missing = (end - start - 1) % LENGTH
    middle = start + missing // 2
    word = seen(twice[middle : middle + 40])
    assert abs(word / total - 0.6) < 4 * np.sqrt(0.6 / total)
