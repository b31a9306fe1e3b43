"""Decoded reads against pysam's aligned pairs."""

from __future__ import annotations

import numpy as np
import pytest
from bam_counts import raw_records
from places import RCRS
from simulated_reads import CIRCLE, Library, aligned, pair, with_errors

from mitotransfer.compiled import njit_views
from mitotransfer.counts import records
from mitotransfer.counts.decode import (
    E_SIZE,
    EVENT_COLUMNS,
    NOTHING,
    R_EVENTS,
    R_MISMATCHES,
    R_SPAN,
    R_START,
    READ_COLUMNS,
    UNCOUNTED,
    Read,
    decode,
)  # fmt: skip
from mitotransfer.genome.circle import Circle, circle_codes
from mitotransfer.reads.bam_records import reference_span

ROUND = Circle.of(RCRS)
CODES = circle_codes(RCRS)
LIMITS = records.Limits(ROUND, 20, 20, 10, 40, 30, 4.0, True)
END = 10


@njit_views
def lay(data, at, primers, codes, limits, read):
    """Decode a record; fields of it."""
    record = records.parse(data, at, reference_span(data, at), limits.circle, 1024)
    inner = records.trim(record, primers)
    decode(record, inner, codes, limits, read)
    return (
        record.start, record.stop, record.mate, record.first, record.last, record.before,
        record.after, inner[0], inner[1],
    )  # fmt: skip


@pytest.fixture(scope="module")
def pairs(tmp_path_factory, prefix):
    """Reads with errors and indels at both ends of the genome, at 3107 and elsewhere."""
    rng = np.random.default_rng(9)
    indels = CIRCLE[:9000] + "GATTACA" + CIRCLE[9000:9500] + CIRCLE[9505:]
    library = Library()
    for k in range(400):
        start = (16400, 2900, 8800, 9300, 12000)[k % 5] + int(rng.integers(-80, 80))
        both = [with_errors(rng, b, 0.01) for b in pair(indels, start, 260, 120, bool(k % 2))]
        library.add(f"r{k}", tuple(b for b, _ in both), tuple(q for _, q in both))
    folder = tmp_path_factory.mktemp("decode")
    return aligned(folder, prefix, [library.write(folder / "r")])


def test_bases_are_those_of_the_aligned_pairs(pairs):
    import pysam

    data, offsets = raw_records(pairs)
    primers = np.zeros((2, ROUND.length), np.int64)
    primers[0] = 3
    read = Read(
        np.empty(READ_COLUMNS, np.int64), np.empty(1000, np.uint8), np.empty(1000, np.uint8),
        np.empty((1000, EVENT_COLUMNS), np.int64),
    )  # fmt: skip
    halves, sizes = 0, set()
    with pysam.AlignmentFile(str(pairs)) as source:
        known = list(source)
    for record, at in zip(known, offsets.tolist(), strict=True):
        if record.is_unmapped or (record.is_supplementary and not record.has_tag("YB")):
            continue
        start, stop, mate, first, last, before, after, left, right = lay(
            data, at, primers, CODES, LIMITS, read
        )
        assert [start, stop, mate] == [
            int(ROUND.to_circle(pos))
            for pos in (record.reference_start, record.reference_end, record.next_reference_start)
        ]
        assert (first, last) == (record.query_alignment_start, record.query_alignment_end)
        tags = dict(record.get_tags())
        assert (before, after) == (tags.get("YB", 0), tags.get("YA", 0))
        halves += before + after > 0
        assert (left, right) == (start if before else start + 3, stop)
        low, high = first + max(0, END - before), last - max(0, END - after)
        expected, mismatches = [NOTHING] * (stop - start), 0
        for query, pos in record.get_aligned_pairs(matches_only=True):
            code = "ACGT".find(record.query_sequence[query])
            if code < 0 or record.query_qualities[query] < 20:
                continue
            here = int(ROUND.to_circle(pos))
            inside = low <= query < high and left <= here < right
            expected[here - start] = code if inside else code + UNCOUNTED
            mismatches += code != CODES[here]
        row = read.row
        assert read.bases[: row[R_SPAN]].tolist() == expected
        assert (row[R_START], row[R_MISMATCHES]) == (start, mismatches)
        sizes |= set(read.events[: row[R_EVENTS], E_SIZE].tolist())
    assert halves > 20
    assert {7, -5} <= sizes
