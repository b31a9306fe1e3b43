"""Molecules from their copies, against simulation with known truth, through to the counts."""

from __future__ import annotations

import numpy as np
import pysam
import pytest
from simulated_reads import CIRCLE, EXTENSION, RCRS, Library, complement, on_circle, pair

from mitotransfer.counts.count_sample import count_sample
from mitotransfer.genome.reference import BASES
from mitotransfer.inputs.settings import Counting
from mitotransfer.reads import align, molecules
from mitotransfer.reads.lanes import SampleReads

POS = 5000  # of the variant, 1-based
OTHER = {"A": "G", "G": "A", "C": "T", "T": "C"}


def umi_of(rng, size=10):
    return "".join(rng.choice(list("ACGT"), size))


def library(n_molecules, copies, *, error=0.0, umi_error=0.0, carriers=1, seed=1):
    """Molecules over one position, each with its copies; some carry the variant.

    Each copy has errors of its own, and now and then one in its UMI.
    """
    rng = np.random.default_rng(seed)
    made = Library()
    changed = on_circle(POS)
    number = 0
    for k in range(n_molecules):
        genome = CIRCLE
        if k < carriers:
            base = OTHER[CIRCLE[changed]]
            genome = CIRCLE[:changed] + base + CIRCLE[changed + 1 :]
        start = changed - int(rng.integers(30, 60))
        umi = umi_of(rng)
        for _ in range(copies if isinstance(copies, int) else int(rng.integers(*copies))):
            bases = []
            for read in pair(genome, start, 180 + k % 3, 100, bool(k % 2)):
                letters = np.array(list(read))
                wrong = rng.random(len(letters)) < error
                letters[wrong] = rng.choice(list("ACGT"), wrong.sum())
                bases.append("".join(letters))
            seen = list(umi)
            if rng.random() < umi_error:
                seen[int(rng.integers(len(seen)))] = str(rng.choice(list("ACGT")))
            made.add(f"M:{number}:{''.join(seen)}", tuple(bases), ("I" * 100, "I" * 100))
            number += 1
    return made


def count(prefix, sample, **more):
    return count_sample(sample, prefix, RCRS, Counting(), align.Settings(EXTENSION), **more)


def alleles(counts):
    return counts.bases[POS - 1].sum(axis=1)


def test_copies_count_once_and_their_errors_do_not(tmp_path, prefix):
    lane = library(60, 20, error=0.01).write(tmp_path / "umi")
    counts, totals = count(prefix, SampleReads("S", [lane], umi="name"))
    assert (totals.reads, totals.molecules, totals.copies) == (2400, 60, 2 * 60 * 19)
    own, other = BASES.index(CIRCLE[on_circle(POS)]), BASES.index(OTHER[CIRCLE[on_circle(POS)]])
    assert alleles(counts)[other] == 1
    assert alleles(counts)[own] == 59
    every = counts.bases.sum()
    assert every == pytest.approx(60 * 170, rel=0.1)
    wrong = every - counts.bases[np.arange(len(RCRS.codes)), RCRS.codes % 4].sum()
    assert wrong == 1  # the carrier's own
    plain, _ = count(prefix, SampleReads("S", [lane]))
    assert alleles(plain)[other] > 15


def test_errors_in_umis_make_few_more_molecules(tmp_path, prefix):
    lane = library(60, (5, 30), umi_error=0.05).write(tmp_path / "umi")
    _, totals = count(prefix, SampleReads("S", [lane], umi="name"))
    assert totals.molecules == 60


def test_single_copies_and_unequal_sizes_lose_nothing(tmp_path, prefix):
    lane = library(200, (1, 4), carriers=40).write(tmp_path / "umi")
    counts, totals = count(prefix, SampleReads("S", [lane], umi="name"))
    assert totals.molecules == 200
    assert alleles(counts).sum() == 200 and alleles(counts).max() == 160


def test_the_tag_of_a_bam_gives_what_the_name_gives(tmp_path, prefix):
    made = library(30, 6, error=0.005)
    lane = made.write(tmp_path / "umi")
    expected, totals = count(prefix, SampleReads("S", [lane], umi="name"))
    header = pysam.AlignmentHeader.from_dict({"HD": {"VN": "1.6"}})
    path = tmp_path / "unaligned.bam"
    with pysam.AlignmentFile(str(path), "wb", header=header) as target:
        for entries in zip(made.first, made.second, strict=True):
            for flag, entry in zip((0x4D, 0x8D), entries, strict=True):
                name, bases, _, quality = entry.splitlines()
                record = pysam.AlignedSegment(header)
                record.query_name, record.flag = name[1:].rpartition(":")[0], flag
                record.query_sequence, record.query_qualities_str = bases, quality
                record.set_tag("RX", name.rpartition(":")[2])
                target.write(record)
    found, again = count(prefix, SampleReads("S", [], [path], umi="RX"))
    np.testing.assert_array_equal(found.bases, expected.bases)
    assert (again.molecules, again.copies) == (totals.molecules, totals.copies)


def test_parts_of_the_records_give_what_all_at_once_gives(tmp_path, prefix, monkeypatch):
    lane = library(50, 5, error=0.01).write(tmp_path / "umi")
    whole, _ = count(prefix, SampleReads("S", [lane], umi="name"), bam=tmp_path / "S.bam")
    monkeypatch.setattr(molecules, "_PART", 10_000)
    parts, _ = count(prefix, SampleReads("S", [lane], umi="name"))
    np.testing.assert_array_equal(whole.bases, parts.bases)
    assert whole.meta == parts.meta
    with pysam.AlignmentFile(str(tmp_path / "S.bam")) as source:
        reads = list(source)
    assert len(reads) == 100
    for read in reads:
        text = RCRS.sequence[read.reference_start : read.reference_end]
        differ = sum(a != b for a, b in zip(read.query_sequence, text, strict=True))
        assert read.get_tag("NM") == differ


def test_names_without_umis_are_refused(tmp_path, prefix):
    made = Library()
    made.add("plain", ("ACGT" * 25, complement("ACGT" * 25)), ("I" * 100, "I" * 100))
    made.add("M:1:AC", pair(CIRCLE, 100, 200, 100, False), ("I" * 100, "I" * 100))
    made.add("other", pair(CIRCLE, 100, 200, 100, False), ("I" * 100, "I" * 100))
    with pytest.raises(ValueError, match="read 'other' has no UMI"):
        count(prefix, SampleReads("S", [made.write(tmp_path / "x")], umi="name"))
