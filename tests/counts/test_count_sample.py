"""Counts of a sample's reads: those of its sorted BAM file, to the last fragment."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from bam_counts import count_bam, input_totals
from simulated_reads import EXTENSION, RCRS

from mitotransfer.counts.count_sample import count_sample
from mitotransfer.inputs.settings import Counting
from mitotransfer.reads import align
from mitotransfer.reads.lanes import Lane, SampleReads
from mitotransfer.simulate import samples


def count(folder, prefix, lanes, **more):
    """Counts of a sample, shown to be those of the BAM file that is written beside them."""
    settings = align.Settings(EXTENSION, 1000, **more)
    path = folder / "S1.bam"
    sample = SampleReads("S1", lanes)
    kept, totals = count_sample(sample, prefix, RCRS, Counting(), settings, bam=path)
    again = count_bam(path)
    quick, _ = count_sample(sample, prefix, RCRS, Counting(), settings)
    for other in (again, quick):
        np.testing.assert_array_equal(kept.bases, other.bases)
        for one, two in zip(vars(kept.sums).values(), vars(other.sums).values(), strict=True):
            np.testing.assert_array_equal(one, two)
        assert kept.indels == other.indels
        assert kept.meta == other.meta
    assert totals == input_totals(path)
    return kept


@pytest.fixture(scope="module")
def lane(tmp_path_factory):
    """Heteroplasmies, indels, tracts, both ends, nuclear copies, duplicates."""
    folder = tmp_path_factory.mktemp("reads")
    other = {"A": "G", "G": "A", "C": "T", "T": "C"}
    rows = [(pos, RCRS.sequence[pos - 1], None, 0.1) for pos in (2, 73, 3106, 3108, 9000, 16567)]
    variants = [(p, ref, other[ref], vaf) for p, ref, _, vaf in rows]
    variants += [(309, "C", "CC", 0.5), (513, "GCA", "G", 0.3), (8270, RCRS.sequence[8269:8279],
                 RCRS.sequence[8269], 0.2)]  # fmt: skip
    table = pd.DataFrame(variants, columns=["pos", "ref", "alt", "vaf"])
    files = [folder / f"{k}.fastq.gz" for k in (1, 2)]
    samples.reads(table, 6000, *files, seed=4)
    return Lane(*files)


@pytest.mark.parametrize("marked", [False, True])
def test_paired_reads(tmp_path, prefix, lane, marked):
    result = count(tmp_path, prefix, [lane], mark_duplicates=marked)
    assert result.bases.sum() > 1_000_000
    assert len(result.indels) == 3
    assert (result.meta["filtered_duplicate"] > 100) is marked
    assert result.bases[:10].sum() > 100 and result.bases[-10:].sum() > 100


def test_single_reads_and_lanes_on_two_threads(tmp_path, prefix, lane):
    lanes = [Lane(lane.fastq_1), Lane(lane.fastq_2)]
    result = count(tmp_path, prefix, lanes, threads=2)
    assert result.meta["reads"] == result.meta["fragments"] == 12_000
