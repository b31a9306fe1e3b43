"""Alignment of a sample's reads to rCRS: batches through bwa-mem3, then folded."""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import bwa_mem3
import numpy as np

from mitotransfer.arrays import Bytes, Ints
from mitotransfer.genome.circle import Circle
from mitotransfer.genome.reference import Reference
from mitotransfer.genome.species_pair import SpeciesPair
from mitotransfer.inputs.settings import Reads
from mitotransfer.reads import aligner_index, bam_records, cell_tags, exact_pairs, fold, minimap2
from mitotransfer.reads.alignment_files import extract_lanes, tell_of_umi_tags
from mitotransfer.reads.bam_header import Totals
from mitotransfer.reads.bam_records import Records
from mitotransfer.reads.duplicates import Duplicates
from mitotransfer.reads.fastq import LENGTH
from mitotransfer.reads.lanes import Batch, Lane, SampleReads, batches, tell_of_umis
from mitotransfer.reads.minimap2 import LongAligner
from mitotransfer.reads.molecules import Molecules
from mitotransfer.reads.record_writer import read_group_tag
from mitotransfer.reads.species_split import HOST_CONTIG, split

_PROGRESS_EVERY = 100  # batches
_NO_RECORDS = np.zeros(0, np.uint8)
_LONG_BATCH = 500  # long reads aligned per batch
_DECOY_HITS = 200  # alternative alignments that the aligner reports, with a decoy
# Least score of an alignment, by default and at least, and the part of a read that it is: the two
# parts of a short read across a junction have less than the default.
_LEAST, _LOWEST, _LEAST_SHARE = 30, 20, 0.3


@dataclass(frozen=True)
class Settings:
    """How a sample's reads are aligned.

    Attributes:
        extension: bases by which the circle was extended for the index.
        batch_size: read pairs aligned at once.
        platform: ``illumina``, ``iontorrent``, ``pacbio``, ``nanopore`` or empty.
        mark_duplicates: flag duplicates.
        threads: batches aligned at the same time.
        pair: the genomes of two species, both of whose circles the index holds.
    """

    extension: int = Reads.extension
    batch_size: int = Reads.batch_size
    platform: str = ""
    mark_duplicates: bool = False
    threads: int = 1
    pair: SpeciesPair | None = None

    @property
    def host(self) -> Reference | None:
        """The second species."""
        return None if self.pair is None else self.pair.host.reference

    @property
    def long_reads(self) -> bool:
        """Whether minimap2 aligns the reads, which can go round the circle."""
        return self.platform in minimap2.PRESETS

    def aligner(self) -> tuple[str, str] | None:
        """Name and version of the aligner; None for bwa-mem3."""
        return (minimap2.PROGRAM, minimap2.version()) if self.long_reads else None


@dataclass
class HostReads:
    """Fragments of the second species, which come beside those of the first.

    Attributes:
        take: gets their records, in batches.
        reads: of the second species.
        ambiguous: reads that fit both circles, or whose mates lie on the two.
    """

    take: Callable[[Records], None]
    reads: int = 0
    ambiguous: int = 0


class Aligner:
    """bwa-mem3 on the extended circle, with records folded back to the reference."""

    def __init__(
        self, prefix: str | Path, reference: Reference, settings: Settings, sample: str
    ) -> None:
        extension = settings.extension
        for suffix in aligner_index.SUFFIXES:
            if not Path(f"{prefix}{suffix}").is_file():
                raise ValueError(f"{prefix}{suffix}: not found; run index_reference.py first")
        self._index = bwa_mem3.BwaIndex(str(prefix))
        expected = Circle.of(reference).length + extension
        contigs = self._index.contigs()
        contig = reference.facts.contig
        if contigs[:1] != [(contig, expected)]:
            raise ValueError(
                f"{prefix}: index of {contigs[:1]}, expected {contig} of {expected} "
                "bases; make it with the same reference and extension"
            )
        two = contigs[1:2] and contigs[1][0] == HOST_CONTIG
        if bool(two) != (settings.host is not None):
            raise ValueError(f"{prefix}: index with another host; index the genomes again")
        self._decoy = len(contigs) > 1 + bool(two)
        self._host = settings.host and replace(
            settings.host, facts=replace(settings.host.facts, contig=HOST_CONTIG)
        )
        self._reference = reference
        known = reference.facts.stretch_differences >= exact_pairs.DIFFERENCES
        alone = len(contigs) == 1
        self._lookup = exact_pairs.lookup(reference) if known and alone else None
        self._extension = extension
        self._group = read_group_tag(sample)
        self._options = bwa_mem3.MemOpts()
        self._options.set_pe(True)
        self._options.set_soft_clip_supplementary(True)
        if self._decoy or self._host:
            self._options.set_xa_max_hits(_DECOY_HITS, _DECOY_HITS)

    def learn(self, batch: Batch) -> None:
        """Take the least score of an alignment from the longest read of a batch."""
        share = int(_LEAST_SHARE * batch.reads.places[:, LENGTH].max())
        self._options.minimum_score = min(_LEAST, max(_LOWEST, share))

    def insert_sizes(self, batch: Batch) -> bwa_mem3.MemPeStat:
        """Insert-size model of a lane from its first batch."""
        return bwa_mem3.estimate_pestat(self._index, self._options, _pairs(batch, None))

    def no_pairs(self) -> bwa_mem3.MemPeStat:
        """Insert-size model for single reads: no two reads are a pair."""
        model = bwa_mem3.MemPeStat()
        for orientation in ("FF", "FR", "RF", "RR"):
            model.set_orientation(orientation, bwa_mem3.PeOrient(failed=True))
        return model

    def align(self, batch: Batch, model: bwa_mem3.MemPeStat, single: bool) -> fold.Folded:
        """Records on the reference: those of ungapped pairs first, then those of the aligner."""
        direct, rows = self._ungapped(batch, model)
        pairs = _pairs(batch, rows)
        records = bwa_mem3.align_batch(self._index, self._options, pairs, model)[0] if pairs else []
        raw = b"".join([record.bytes for record in records])
        if self._host is not None:
            return self._of_two_species(raw, self._host, single)
        folded = self._fold(raw, self._reference, single)
        return replace(folded, records=np.concatenate([direct, folded.records]))

    def _fold(self, raw: bytes, reference: Reference, single: bool) -> fold.Folded:
        return fold.fold_records(raw, reference, self._extension, self._group, single=single)

    def _of_two_species(self, raw: bytes, host: Reference, single: bool) -> fold.Folded:
        parts = split(raw, self._reference, single=single)
        folded = self._fold(parts.tumor.tobytes(), self._reference, single)
        other = self._fold(parts.host.tobytes(), host, single)
        return replace(folded, host=other.records, ambiguous=parts.ambiguous)

    def _ungapped(self, batch: Batch, model: bwa_mem3.MemPeStat) -> tuple[Bytes, Ints | None]:
        """Records of ungapped pairs, and the rows of the batch left to the aligner (None: all)."""
        found = {name: model.orientation(name) for name in ("FR", "FF", "RF", "RR")}
        facing = found.pop("FR")
        if self._lookup is None or batch.mates is None or facing.failed:
            return _NO_RECORDS, None
        if not all(other.failed for other in found.values()):
            return _NO_RECORDS, None
        return exact_pairs.take(
            batch.reads, batch.mates, self._lookup, self._extension, (facing.low, facing.high),
            self._group,
        )  # fmt: skip


def _pairs(batch: Batch, rows: Ints | None) -> list[bwa_mem3.ReadPair]:
    """Reads for the aligner; a single read gets an empty mate."""
    names, reads, mates = batch.reads.names(rows), batch.reads, batch.mates
    sequences = mates.sequences(rows) if mates else [b""] * len(names)
    qualities = mates.qualities(rows) if mates else [b""] * len(names)
    return list(
        map(
            bwa_mem3.ReadPair, names, reads.sequences(rows), names, sequences,
            reads.qualities(rows), qualities,
        )
    )  # fmt: skip


def _aligned(
    aligner: Aligner | LongAligner,
    lanes: Sequence[Lane],
    settings: Settings,
    totals: Totals,
    *,
    umis: bool,
) -> Iterator[fold.Folded]:
    """Folded records of all lanes in the order of the reads, for any number of threads."""
    threads = settings.threads
    waiting: deque[Future[fold.Folded]] = deque()

    def take() -> fold.Folded:
        folded = waiting.popleft().result()
        totals.unaligned += folded.unaligned
        totals.nuclear += folded.nuclear
        return folded

    done = 0
    with ThreadPoolExecutor(threads) as pool:
        for lane in lanes:
            paired = None
            for number, batch in enumerate(batches(lane, settings.batch_size)):
                if not (umis or number):
                    tell_of_umis(lane, batch)
                single = batch.mates is None
                ends = 1 if single else 2
                totals.fragments += len(batch) + batch.failed
                totals.reads += ends * (len(batch) + batch.failed)
                totals.failed += ends * batch.failed
                if not len(batch):
                    continue
                if not done:
                    aligner.learn(batch)
                if isinstance(aligner, LongAligner):
                    waiting.append(pool.submit(aligner.align, batch))
                else:
                    if not single and paired is None:
                        paired = aligner.insert_sizes(batch)
                    model = paired if paired and not single else aligner.no_pairs()
                    waiting.append(pool.submit(aligner.align, batch, model, single))
                done += 1
                if done % _PROGRESS_EVERY == 0:
                    print(f"{totals.fragments:,} fragments read", file=sys.stderr)
                if len(waiting) > threads + 1:
                    yield take()
        while waiting:
            yield take()


def aligned_batches(
    sample: SampleReads,
    prefix: str | Path,
    reference: Reference,
    settings: Settings,
    *,
    folder: Path,
    totals: Totals,
    host: HostReads | None = None,
) -> Iterator[Records]:
    """Records on the reference, in batches, mates next to each other.

    Args:
        prefix: of the index that ``aligner_index.write_index`` wrote for the same extension.
        folder: for temporary files.
        totals: filled batch by batch; complete after the last one.
        host: takes the fragments of ``settings.host``; filled in the same way.

    Raises:
        ValueError: for input that cannot be used; the message names the file and the cure.
    """
    aligner: Aligner | LongAligner
    if settings.long_reads:
        settings = replace(settings, batch_size=min(settings.batch_size, _LONG_BATCH))
        aligner = LongAligner(reference, settings.platform, sample.name, folder)
    else:
        aligner = Aligner(prefix, reference, settings, sample.name)
    lanes = list(sample.lanes)
    host_facts = settings.host.facts if settings.host else None
    facts = (reference.facts, host_facts) if host_facts else reference.facts
    for number, path in enumerate(sample.alignments):
        part = folder / str(number)
        part.mkdir()
        if not (sample.umi or sample.cells):
            tell_of_umi_tags(path, sample.cram_reference)
        umis = sample.umi == "RX"
        cells = sample.cells[number] if sample.cells else None
        lanes += extract_lanes(
            path, part, facts, threads=settings.threads,
            cram_reference=sample.cram_reference, umis=umis, cells=cells,
        )  # fmt: skip
    marks = settings.mark_duplicates and not sample.umi  # UMIs tell copies from molecules
    duplicates = Duplicates(Circle.of(reference), marks)
    molecules = Molecules(reference, sample.umi, folder) if sample.umi else None
    of_host = Duplicates(Circle.of(settings.host), marks) if settings.host else None
    kept = 0
    for found in _aligned(aligner, lanes, settings, totals, umis=bool(sample.umi or sample.cells)):
        if of_host and host and found.host is not None:
            others = bam_records.whole_records(found.host)
            of_host.look(others)
            host.reads += bam_records.count_reads(others)
            host.ambiguous += found.ambiguous
            host.take(others)
        records = bam_records.whole_records(found.records)
        kept += bam_records.count_reads(records)
        if sample.cells:
            yield cell_tags.to_tags(records)
        elif molecules is None:
            duplicates.look(records)
            yield records
        else:
            molecules.add(records)
    kept += host.reads + host.ambiguous if host else 0
    if totals.reads != kept + totals.failed + totals.unaligned + totals.nuclear:
        raise RuntimeError(f"{sample.name}: {kept} reads are kept of {totals}")
    if molecules is not None:
        for records in molecules.joined():
            duplicates.look(records)
            yield records
        totals.molecules, totals.copies = molecules.molecules, molecules.copies
    looked = [duplicates, *([of_host] if of_host else [])]
    totals.duplicates = sum(one.found for one in looked)
    totals.chance = sum(one.by_chance for one in looked)
