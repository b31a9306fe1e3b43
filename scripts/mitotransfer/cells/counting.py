"""Counts of a library's cells at some positions, or everywhere, from its sorted BAM file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mitotransfer.arrays import Bytes, Floats, Ints
from mitotransfer.cells import barcodes as barcode_lists
from mitotransfer.cells.bam_stream import mitochondrial_records
from mitotransfer.cells.barcodes import Known
from mitotransfer.cells.cell_counts import COVERAGE, CellCounts, arranged, with_facts
from mitotransfer.cells.kernel import SEEN, Targets, count_records, tags_of
from mitotransfer.cells.votes import Pool, Settled
from mitotransfer.compiled import njit
from mitotransfer.counts.decode import EVENT_COLUMNS, READ_COLUMNS, Read
from mitotransfer.counts.fragments import STATS
from mitotransfer.counts.records import Limits, limits_of
from mitotransfer.genome.circle import Circle, circle_codes
from mitotransfer.genome.reference import Reference
from mitotransfer.inputs.columns import BARCODE_TAG
from mitotransfer.inputs.settings import Counting
from mitotransfer.problems import BadFile
from mitotransfer.reads import bam_records as bam
from mitotransfer.reads.bam_records import Records

#: The mean depth is that at every so many positions.
PROBE_STEP = 64
#: Share of the read length that a read of a library of short reads has to align with.
MIN_ALIGNED_SHARE = 0.75
_BEYOND = 1 << 30
_MAX_OPS = 1 << 16
_CELLS = 1 << 15


@dataclass(frozen=True)
class Library:
    """What tells the cells and molecules of a BAM file.

    Attributes:
        barcode_tag, umi_tag: BAM tags; without a UMI tag the ends of a fragment tell the molecule.
        barcodes: those that count, of cells or not; empty: all that are met.
        cells: barcodes of the annotation.
    """

    path: Path
    barcode_tag: str = BARCODE_TAG
    umi_tag: str = ""
    barcodes: Sequence[str] = ()
    cells: frozenset[str] = frozenset()


def short_read_rules(rules: Counting, longest: int) -> Counting:
    """The rules with a floor on the aligned length that reads of this length can reach.

    >>> short_read_rules(Counting(), 38).min_aligned_length
    28
    >>> short_read_rules(Counting(), 90).min_aligned_length
    40
    """
    floor = int(MIN_ALIGNED_SHARE * longest)
    return replace(rules, min_aligned_length=min(rules.min_aligned_length, max(floor, 1)))


def longest_read(records: Records) -> int:
    """Bases of the longest read."""
    at = records.offsets[:, None] + np.arange(bam.O_SEQ_LENGTH, bam.O_SEQ_LENGTH + 4)
    return int(records.data[at].view("<i4").max(initial=0))


def _targets(positions: Ints, circle: int) -> Targets:
    following = np.searchsorted(positions, np.arange(circle + 1)).astype(np.int64)
    return Targets(following, np.append(positions, _BEYOND).astype(np.int64))


class Counter:
    """Lets the records of a sorted file vote, and gives the counted bases.

    Args:
        positions: of the targets on the circle, ascending.
        own: bases of the circle that mismatches are counted against.
    """

    def __init__(
        self,
        library: Library,
        positions: Ints,
        own: Bytes,
        reference: Reference,
        rules: Counting,
    ) -> None:
        self._reference, self._rules, self._own = reference, rules, own
        self._targets = _targets(positions, len(own))
        self._tags = tags_of(library.barcode_tag, library.umi_tag)
        self.known = Known(library.barcodes, more=not library.barcodes)
        self._fragments = np.zeros(max(len(library.barcodes) + 1, _CELLS), np.int64)
        self._seen = np.zeros(len(SEEN), np.int64)
        self._filtered = np.zeros(len(STATS), np.int64)
        self._limits: Limits | None = None
        self._pool = Pool()
        circle = len(own)
        self._read = Read(
            np.empty(READ_COLUMNS, np.int64),
            np.empty(2 * circle, np.uint8),
            np.empty(2 * circle, np.uint8),
            np.empty((_MAX_OPS, EVENT_COLUMNS), np.int64),
        )

    @property
    def fragments(self) -> Ints:
        """Molecules of each barcode, in the order of ``known.texts``."""
        return self._fragments[: len(self.known.texts)]

    @property
    def seen(self) -> dict[str, int]:
        """Numbers of records, by what became of them; of reads that filters leave out."""
        filtered = {
            name: number
            for name, number in zip(STATS, self._filtered.tolist(), strict=True)
            if name.startswith("filtered_") and name != "filtered_mismatches"
        }
        return {**dict(zip(SEEN, self._seen.tolist(), strict=True)), **filtered}

    def feed(self, records: Records) -> Iterator[Settled]:
        """Count records; gives the bases of positions that the reads have passed."""
        if self._limits is None:
            rules = short_read_rules(self._rules, longest_read(records))
            # Marked duplicates vote with their molecule.
            self._limits = limits_of(rules, Circle.of(self._reference), skip_duplicates=False)
        following, count = 0, len(records.offsets)
        while following < count:
            following = count_records(
                records, following, self._tags, self.known.table, self._own, self._limits,
                self._targets, self._pool.votes, self._fragments, self._seen, self._filtered,
                self._read,
            )  # fmt: skip
            self.known.name(records.data)
            if len(self.known.texts) >= len(self._fragments):
                self._fragments = np.append(self._fragments, np.zeros_like(self._fragments))
            if following < count:
                here = Records(records.data, records.offsets[following : following + 1])
                yield self._pool.settle(self._circle(int(here.positions()[0])))

    def _circle(self, position: int) -> int:
        return int(Circle.of(self._reference).to_circle(position))

    def finish(self) -> Settled:
        """The bases that are left."""
        return self._pool.settle(2 * _BEYOND)


@njit
def _add(found: Settled, columns: Ints, probes: Ints, counts: Ints, depth: Ints) -> None:
    """Add counted bases to the counts of targets with a column, and to the depth at probes."""
    for i in range(found.cells.shape[0]):
        cell, target = found.cells[i], found.targets[i]
        if columns[target] >= 0:
            counts[cell, columns[target], found.values[i] >> 1] += 1
        depth[cell] += probes[target]


def count_cells(
    library: Library,
    positions: Ints,
    reference: Reference,
    rules: Counting,
    own: Bytes | None = None,
) -> CellCounts:
    """Fragments of each cell at some positions, and its mean depth.

    Args:
        positions: 0-based, on the reference.
        own: bases of the circle that mismatches of reads are counted against: those of the patient
            where they are known, else of the reference.

    Raises:
        BadFile: if the file cannot be used, or no read has a barcode or a listed one.
    """
    circle = Circle.of(reference)
    wanted = np.unique(np.asarray(positions, np.int64))
    on_circle = np.asarray(circle.to_circle(wanted), np.int64)
    probes = np.arange(PROBE_STEP // 2, circle.length, PROBE_STEP)
    targets = np.union1d(on_circle, probes)
    columns = np.full(len(targets), -1, np.int64)
    columns[np.searchsorted(targets, on_circle)] = np.arange(len(wanted))
    codes = circle_codes(reference) if own is None else own
    counter = Counter(library, targets, codes, reference, rules)
    is_probe = np.isin(targets, probes).astype(np.int64)
    counts: NDArray[Any] = np.zeros((_CELLS, len(wanted), 4), np.uint32)
    depth = np.zeros(_CELLS, np.int64)
    at_target = np.zeros(len(targets), np.int64)

    def add(found: Settled) -> None:
        nonlocal counts, depth, at_target
        at_target += np.bincount(found.targets, minlength=len(targets))
        while len(counter.known.texts) > len(counts):
            counts = np.concatenate([counts, np.zeros_like(counts)])
            depth = np.concatenate([depth, np.zeros_like(depth)])
        _add(found, columns, is_probe, counts, depth)

    for records in mitochondrial_records(library.path, reference):
        for found in counter.feed(records):
            add(found)
    add(counter.finish())
    check_barcodes(library, counter, reference)
    n = len(counter.known.texts)
    cells = _arranged(counter, library, wanted, counts[:n], depth[:n] / len(probes))
    places = np.asarray(circle.to_reference(targets[is_probe > 0])).tolist()
    along = sorted(zip(places, at_target[is_probe > 0].tolist(), strict=True))
    return with_facts(cells, {COVERAGE: along})


def _arranged(
    counter: Counter, library: Library, positions: Ints, counts: NDArray[Any], depth: Floats
) -> CellCounts:
    texts = counter.known.texts
    return arranged(
        texts,
        positions,
        counts=counts,
        depth=depth,
        mtdna_fragments=counter.fragments,
        is_cell=np.array([text in library.cells for text in texts], np.bool_),
        meta={**counter.seen, "barcode_tag": library.barcode_tag, "umi_tag": library.umi_tag},
    )


_FIRST_READS = 100_000


def check_barcodes(library: Library, counter: Counter, reference: Reference) -> None:
    """Raise where the barcodes of the reads cannot be used.

    Raises:
        BadFile: with the cure, if no read has a barcode or a UMI, or none a listed one.
    """
    seen = counter.seen
    path, tag = library.path, library.barcode_tag
    if seen["records"] == 0:
        raise BadFile(f"{path}: no mitochondrial reads; take it out of the sheet")
    if seen["without_barcode"] == seen["records"]:
        raise BadFile(
            f"{path}: no read has a cell barcode in tag {tag}; name the tag in barcode_tag (10x "
            "writes CB, others XC or DB), or give the BAM of the program that assigned cells"
        )
    if library.umi_tag and seen["used"] == 0 and seen["without_umi"]:
        raise BadFile(
            f"{path}: no read has a UMI in tag {library.umi_tag}; name the tag in umi_tag, or give "
            "assay sc_atac if the library has none"
        )
    if library.barcodes and seen["used"] == 0 and seen["other_barcode"]:
        everything = Known((), more=True)
        for records in mitochondrial_records(path, reference):
            met = tagged_barcodes(records, tag)
            everything.texts += met
            if len(everything.texts) > _FIRST_READS:
                break
        raise BadFile(
            f"{path}: {barcode_lists.mismatch(sorted(library.barcodes), everything.texts)}"
        )


def tagged_barcodes(records: Records, tag: str) -> list[str]:
    """The texts of a tag of the first records of a chunk."""
    mark = tag.encode() + b"Z"
    found = []
    ends = np.append(records.offsets[1:], len(records.data))[:_FIRST_READS]
    for start, end in zip(records.offsets.tolist(), ends.tolist(), strict=False):
        raw = records.data[start:end].tobytes()
        at = raw.find(mark)
        if at >= 0:
            found.append(raw[at + 3 : raw.index(0, at + 3)].decode("ascii", "replace"))
    return found
