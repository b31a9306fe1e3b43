"""Fragments at a junction that are shown: split there, or running on at one of its ends."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from pysam import AlignedSegment, AlignmentFile

from mitotransfer.counts.junctions import MARGIN
from mitotransfer.genome.junction_alleles import Windows, end_of, letters, windows
from mitotransfer.genome.reference import Reference
from mitotransfer.inputs.settings import Counting
from mitotransfer.patient.reads_table import AT_END, AT_START, REACH, SPLIT
from mitotransfer.patient.shown_reads import (
    CONTIG,
    SKIPPED,
    base_index,
    evenly,
    row,
)

#: Fragments of a sample that are shown: split ones, and intact ones at each end.
MAX_SPLIT, MAX_INTACT = 12, 6
#: Bases for each one that may differ.
_PER_MISMATCH = 10


@dataclass(frozen=True)
class JunctionRead:
    """A read at a junction.

    Attributes:
        start, end: of its main alignment, 0-based, half-open.
        bases: ``REACH`` on each side of the junction, ``.`` where it has none.
        qualities: Phred, as many.
    """

    start: int
    end: int
    strand: str
    kind: str
    bases: str
    qualities: tuple[int, ...]

    @property
    def quality(self) -> int:
        """The lower quality of the two bases beside the junction."""
        return min(self.qualities[REACH - 1 : REACH + 1])


def reads_at(
    bam: AlignmentFile, reference: Reference, ends: tuple[int, int], min_mapping_quality: int
) -> list[JunctionRead]:
    """The fragments at a junction, each once, in order of their start.

    As in the counts a read has ``counts.junctions.MARGIN`` bases on each side. It is split or
    intact by the sequence that it fits better; one that fits neither, or both alike, is left out.
    The bases are taken without a gap from the aligned one that is nearest to the junction, so that
    the clipped ones are among them. Both records of a read across the origin have all its bases.

    Args:
        ends: last base before the junction and first one after it (1-based).
    """
    places = windows(reference, *ends, REACH)
    expected = [letters(reference, one) for one in places]
    found: dict[str, JunctionRead] = {}
    for before, side in ((True, places.joined[:REACH]), (False, places.joined[REACH:])):
        for read in _reads_on(bam, side):
            if read.flag & SKIPPED or read.mapping_quality < min_mapping_quality:
                continue
            own = _shown(read, places, expected, before)
            name = str(read.query_name)
            if own is not None and (name not in found or _rank(own) > _rank(found[name])):
                found[name] = own
    return sorted(found.values(), key=lambda one: (one.start, one.end, one.strand, one.bases))


def _rank(read: JunctionRead) -> tuple[bool, int]:
    """Of the reads of a fragment one that is split is shown, then one of most bases."""
    return read.kind == SPLIT, -read.bases.count(".")


def _reads_on(bam: AlignmentFile, places: Sequence[int]) -> Iterator[AlignedSegment]:
    """Reads aligned to some of the places, which are in order round the circle."""
    first, last = places[0], places[-1]
    if first <= last:
        yield from bam.fetch(CONTIG, first, last + 1)
    else:
        yield from bam.fetch(CONTIG, first)
        yield from bam.fetch(CONTIG, 0, last + 1)


def _shown(
    read: AlignedSegment, places: Windows, expected: Sequence[str], before: bool
) -> JunctionRead | None:
    """What a read shows; None where it is too short or fits no sequence.

    Args:
        expected: the bases of ``places``.
        before: whether to start from the bases aligned before the junction.
    """
    order = range(REACH - 1, -1, -1) if before else range(REACH, 2 * REACH)
    indices = ((base_index(read, places.joined[column]), column) for column in order)
    first = next((at - column for at, column in indices if at is not None), None)
    if first is None:
        return None
    sequence, quality = str(read.query_sequence).upper(), read.query_qualities
    here = [first + k if 0 <= first + k < len(sequence) else None for k in range(2 * REACH)]
    bases = "".join("." if at is None else sequence[at] for at in here)
    if min(len(half.replace(".", "")) for half in (bases[:REACH], bases[REACH:])) < MARGIN:
        return None
    joined, at_start, at_end = (_mismatches(bases, one) for one in expected)
    intact = at_start if before else at_end
    if joined == intact or min(joined, intact) > (2 * REACH - bases.count(".")) // _PER_MISMATCH:
        return None
    return JunctionRead(
        read.reference_start,
        int(read.reference_end or read.reference_start + 1),
        "-" if read.is_reverse else "+",
        SPLIT if joined < intact else AT_START if before else AT_END,
        bases,
        tuple(0 if at is None or quality is None else int(quality[at]) for at in here),
    )


def _mismatches(bases: str, expected: str) -> int:
    return sum(one not in (".", "N", other) for one, other in zip(bases, expected, strict=True))


def choose(reads: Sequence[JunctionRead]) -> list[JunctionRead]:
    """Some of them, evenly from the list: those that are split first, then by end."""
    found = []
    for kind, most in ((SPLIT, MAX_SPLIT), (AT_START, MAX_INTACT), (AT_END, MAX_INTACT)):
        own = [one for one in reads if one.kind == kind]
        found += evenly(own, min(len(own), most))
    return found


def rows(
    bam: AlignmentFile,
    junctions: Iterable[tuple[int, str, str]],
    reference: Reference,
    filters: Counting,
) -> list[dict[str, Any]]:
    """Rows of ``reads.tsv`` of one sample, without patient, sample and role."""
    found: list[dict[str, Any]] = []
    # A sample that failed has no reads.
    for pos, ref, alt in junctions if CONTIG in bam.references else ():
        end = end_of(alt)
        if end is None:
            continue
        reads = reads_at(bam, reference, (pos, end), filters.min_mapping_quality)
        numbers = sum(one.kind == SPLIT for one in reads), len(reads)
        for one in choose(reads):
            signs = "".join(chr(33 + min(value, 93)) for value in one.qualities)
            found.append(
                row((pos, ref, alt), numbers, one, one.kind, bases=one.bases, qualities=signs)
            )
    return found
