"""Fragments of a human tumour and a mouse host as the counts of one sample."""

from __future__ import annotations

import numpy as np
import pysam
import pytest
from places import RCRS
from simulated_reads import EXTENSION, Library, pair
from two_species import MOUSE, human_and_mouse, write_reads

from mitotransfer.counts import quality
from mitotransfer.counts.count_sample import count_sample
from mitotransfer.counts.two_species import SPECIES, rules_of_pair
from mitotransfer.inputs.settings import Counting
from mitotransfer.reads import align, aligner_index
from mitotransfer.reads.lanes import Lane, SampleReads

FRAGMENTS, SHARE = 8000, 0.1


@pytest.fixture(scope="module")
def prefix(tmp_path_factory):
    prefix = tmp_path_factory.mktemp("index") / "circle"
    aligner_index.write_index(RCRS, EXTENSION, prefix, host=MOUSE.reference)
    return prefix


def count(prefix, lane, **more):
    settings = align.Settings(EXTENSION, pair=human_and_mouse())
    return count_sample(SampleReads("S", [lane]), prefix, RCRS, Counting(), settings, **more)


@pytest.fixture(scope="module")
def lane(tmp_path_factory):
    return write_reads(tmp_path_factory.mktemp("reads") / "S", SHARE, FRAGMENTS)


@pytest.fixture(scope="module")
def mixed(prefix, lane, tmp_path_factory):
    bam = tmp_path_factory.mktemp("bam") / "S.bam"
    return *count(prefix, lane, bam=bam), bam


def test_markers_count_fragments_of_each_species(mixed):
    counts, _, _ = mixed
    species = human_and_mouse()
    at = species.markers
    seen = counts.bases[at].sum(axis=2, dtype=np.int64)
    tumor = seen[np.arange(len(at)), RCRS.codes[at]]
    host = seen[np.arange(len(at)), MOUSE.reference.codes[species.host_at[at]]]
    assert np.array_equal(tumor + host, seen.sum(axis=1))
    facts = counts.meta[SPECIES]
    assert facts["tumor_fragments"] == tumor.sum() and facts["host_fragments"] == host.sum()
    assert (facts["tumor"], facts["host"]) == ("human", "mouse")
    share = tumor.sum() / seen.sum()
    assert abs(share - SHARE) < 4 * np.sqrt(SHARE * (1 - SHARE) / seen.sum())


def test_elsewhere_both_species_count_as_the_reference(mixed):
    counts, totals, _ = mixed
    species = human_and_mouse()
    other = np.setdiff1d(np.flatnonzero(RCRS.codes < 4), species.markers)
    alleles = counts.bases.sum(axis=2, dtype=np.int64)
    assert np.array_equal(alleles[other, RCRS.codes[other]], alleles[other].sum(axis=1))
    depth = np.median(alleles[species.host_at >= 0].sum(axis=1))
    at_markers = np.median(alleles[species.markers].sum(axis=1))
    assert abs(depth / at_markers - 1) < 0.05
    assert counts.indels == [] and counts.meta["reads"] == totals.reads == 2 * FRAGMENTS


def test_a_sample_of_one_species_has_no_fragment_of_the_other(prefix, tmp_path):
    for share, absent in ((0.0, "tumor_fragments"), (1.0, "host_fragments")):
        counts, _ = count(prefix, write_reads(tmp_path / f"pure{share}", share, FRAGMENTS))
        assert counts.meta[SPECIES][absent] == 0


def test_the_summary_adds_the_reads_of_both(mixed):
    counts, _, _ = mixed
    told = quality.summarise(counts, RCRS)
    assert told["aligned_share"] > 0.99 and told["own_allele_vaf"] == Counting.own_allele_vaf
    assert sum(told["insert_sizes"]) == pytest.approx(FRAGMENTS, rel=0.01)
    assert told["insert_size_median"] == pytest.approx(300, abs=10)


def test_the_bam_file_holds_the_tumours_species(mixed):
    _, _, bam = mixed
    with pysam.AlignmentFile(bam) as source:
        assert source.references == ("chrM",) and source.lengths == (16569,)
        names = {record.query_name for record in source}
    assert len(names) == pytest.approx(SHARE * FRAGMENTS, abs=4 * np.sqrt(SHARE * FRAGMENTS))


def test_a_stack_of_odd_reads_is_no_haplotype_of_the_minority(prefix, tmp_path):
    # Nuclear copies, 5 % from the human genome: no human read is there beside them.
    rng = np.random.default_rng(3)
    start, circle = 7000, RCRS.sequence.replace("N", "")
    copied = list(circle[start : start + 1500])
    for at in range(7, 1500, 20):
        copied[at] = "ACGT"[("ACGT".index(copied[at]) + 2) % 4]

    made, quality_ = Library(), ("I" * 150, "I" * 150)
    for k in range(40):
        at = int(rng.integers(0, 1200))
        made.add(f"c{k}", pair("".join(copied)[at : at + 300] * 2, 0, 300, 150, False), quality_)
    host = MOUSE.reference.sequence
    for k in range(3000):
        made.add(f"h{k}", pair(host, int(rng.integers(len(host))), 300, 150, False), quality_)
    lane = made.write(tmp_path / "odd")
    counts, _ = count(prefix, Lane(lane.fastq_1, lane.fastq_2))
    assert counts.meta[SPECIES]["tumor_fragments"] == 0
    assert counts.meta["filtered_mismatches"] >= 60
    assert rules_of_pair(Counting()).own_allele_vaf > 1
