"""Samples whose reads cannot be used: the reason, and valid empty counts."""

from __future__ import annotations

import errno

import numpy as np
import pysam
import pytest
from simulated_reads import RCRS

from mitotransfer.counts import allele_counts, failed_sample, quality
from mitotransfer.inputs.settings import Counting
from mitotransfer.problems import BadFile, InputError, Problem


def test_counts_without_fragments_are_valid_and_hold_the_reason(tmp_path):
    made = failed_sample.without_fragments("A", "no reads", RCRS, Counting())
    allele_counts.save(made, tmp_path / "a.npz")
    found = allele_counts.load(tmp_path / "a.npz", sums=True)
    assert found.failed == "no reads" and not found.bases.any() and found.indels.empty
    summary = quality.summarise(made, RCRS)
    assert (summary["failed"], summary["mean_depth"], summary["reads"]) == ("no reads", 0, 0)


def test_counts_without_a_reason_have_not_failed():
    bases = np.zeros((16569, 4, 2), np.uint32)
    assert allele_counts.Counts(bases, allele_counts.empty_indels(), {}).failed == ""


def test_the_reason_is_one_line():
    assert failed_sample.reason_of(ValueError("a.bam:\n  cut")) == "a.bam: cut"
    problems = [Problem("a.tsv", "wrong", 2), Problem("a.tsv", "wrong", 3)]
    assert failed_sample.reason_of(InputError(problems)) == "a.tsv:2: wrong; a.tsv:3: wrong"
    assert failed_sample.reason_of(ValueError()) == "ValueError()"


@pytest.mark.parametrize(
    ("error", "machine"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), True),
        (OSError("truncated file"), False),
        (FileNotFoundError(errno.ENOENT, "gone"), False),
        (BadFile("x"), False),
    ],
)
def test_a_full_disk_is_no_fault_of_a_sample(error, machine):
    assert failed_sample.of_machine(error) == machine


def test_a_bug_is_no_bad_file():
    bugs = (ValueError("shapes"), IndexError(9), RuntimeError("x"), MemoryError(), KeyError("x"))
    assert not any(isinstance(bug, failed_sample.FILE_ERRORS) for bug in bugs)
    assert issubclass(pysam.SamtoolsError, failed_sample.FILE_ERRORS) is False
    for fault in (BadFile("x"), InputError([]), OSError("truncated file")):
        assert isinstance(fault, failed_sample.FILE_ERRORS)


def test_emptied_counts_keep_the_facts_about_the_reads():
    made = failed_sample.without_fragments("A", "", RCRS, Counting())
    made.bases[5] = 9
    made.meta.update(reads=7, aligned=6, used_reads=5)
    found = failed_sample.emptied(made, "RNA", RCRS, Counting())
    assert not found.bases.any() and len(found.indels) == 0
    assert (found.meta["failed"], found.meta["reads"], found.meta["aligned"]) == ("RNA", 7, 6)
    assert quality.summarise(found, RCRS)["aligned_share"] == 6 / 7
    assert failed_sample.with_facts(found, warnings=["w"]).meta["warnings"] == ["w"]


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ({"reads": 9, "aligned": 9, "used_reads": 1, "filtered_short": 8}, ""),
        ({}, "no mitochondrial reads in its files"),
        ({"reads": 1}, "no mitochondrial reads: none of 1 read aligns to the mitogenome"),
        (
            {"reads": 9, "aligned": 9, "filtered_short": 5, "filtered_clipped": 4},
            "none of 9 reads counts; most of those that align have fewer aligned bases than "
            "counting.min_aligned_length",
        ),
    ],
)
def test_why_no_read_counts(facts, reason):
    made = failed_sample.without_fragments("A", "", RCRS, Counting())
    made.meta.update(facts)
    assert failed_sample.reason_without_reads(made) == reason


def test_an_empty_bam_has_its_index(tmp_path):
    failed_sample.write_empty_bam(tmp_path / "A.bam", "A", RCRS)
    with pysam.AlignmentFile(str(tmp_path / "A.bam")) as source:
        assert source.has_index() and source.count() == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["A.bam", "A.bam.bai"]
