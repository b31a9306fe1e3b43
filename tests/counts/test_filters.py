"""Filters in words."""

from __future__ import annotations

import pytest

from mitotransfer.counts.filters import FILTERED, main_filter, mate_doubt
from mitotransfer.counts.fragments import STATS


def test_every_filter_has_words():
    assert set(FILTERED) == {name for name in STATS if name.startswith("filtered_")}


@pytest.mark.parametrize(
    ("meta", "expected"),
    [
        ({}, ""),
        ({"aligned": 0, "filtered_short": 0}, ""),
        ({"aligned": 100, "filtered_short": 40, "filtered_clipped": 30}, ""),
        (
            {"aligned": 1500, "filtered_clipped": 1498, "filtered_short": 1},
            "100% of the reads that align are clipped by more than counting.max_clipped (long "
            "reads: by more than 150 bases and a twentieth of what aligns)",
        ),
        (
            {"aligned": 100, "filtered_short": 60},
            "60% of the reads that align have fewer aligned bases than counting.min_aligned_length",
        ),
    ],
)
def test_the_filter_that_takes_most_reads(meta, expected):
    assert main_filter(meta, 0) == expected


def test_bases_of_low_quality_are_named():
    meta = {"aligned": 100, "used_reads": 90, "min_aligned_length": 40, "read_end": 10}
    said = "nearly all bases of its reads have a quality below counting.min_base_quality"
    assert main_filter(meta, 400) == said
    # Pairs of the shortest reads that overlap from end to end.
    assert main_filter(meta, 900) == ""
    assert main_filter(meta | {"filtered_duplicate": 90}, 0).endswith("are duplicates")


@pytest.mark.parametrize(
    ("used", "fragments", "inserts", "doubtful"),
    [
        (2000, 1000, [0, 0], True),
        (2000, 1000, [300, 199], True),
        (2000, 1000, [300, 200], False),
        (1000, 1000, [], False),  # single reads
        (1900, 20_000, [950], False),  # of a whole genome
        (198, 99, [], False),  # too few to tell
    ],
)
def test_mates_that_do_not_lie_together(used, fragments, inserts, doubtful):
    meta = {"used_reads": used, "fragments": fragments, "insert_sizes": inserts}
    assert ("give the two files of one run" in mate_doubt(meta)) == doubtful
