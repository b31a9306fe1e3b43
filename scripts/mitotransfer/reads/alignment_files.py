"""Mitochondrial reads of BAM and CRAM files, as FASTQ for the aligner.

samtools takes the reads of the mitochondrial contig and their mates, or all reads of an unaligned
file, and puts those of one name beside each other. ``reads.bam_fragments`` writes them as temporary
FASTQ. An index that is older than its file, or that counts other reads than are found, is not used.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import NoReturn

import numpy as np
import pysam

from mitotransfer.genome.reference import Facts
from mitotransfer.problems import BadFile, warn
from mitotransfer.reads.bam_fragments import Written, write_fastq
from mitotransfer.reads.bam_names import take_off_numbers
from mitotransfer.reads.cell_tags import CellTags
from mitotransfer.reads.lanes import Lane
from mitotransfer.reads.species import both_contigs, mitochondrial_contigs, own_contigs

_INDEXES = (".bai", ".csi", ".crai")
_FIRST_RECORDS = 1000
_FIRST_TAGS = 20


def open_alignments(path: Path, cram_reference: Path | None) -> pysam.AlignmentFile:
    """A BAM or CRAM file, open.

    Raises:
        BadFile: if it is neither, or damaged.
    """
    # htslib would otherwise look for CRAM references on the internet.
    os.environ.setdefault("REF_PATH", os.devnull)
    try:
        return pysam.AlignmentFile(
            str(path),
            check_sq=False,
            reference_filename=None if cram_reference is None else str(cram_reference),
        )
    except (OSError, ValueError) as error:
        reason = str(error)
        if "truncated" in reason.lower() or "EOF" in reason:
            raise BadFile(f"{path}: the file is truncated; copy it again") from None
        raise BadFile(f"{path}: not a readable BAM or CRAM file ({reason})") from None


def _cram_needs(header: pysam.AlignmentHeader, names: Sequence[str]) -> str:
    """The sequences that a CRAM was written with, as its header describes them."""
    lines = [line for line in header.to_dict().get("SQ", []) if line["SN"] in names]
    parts = []
    for line in lines or header.to_dict().get("SQ", [])[:1]:
        known = [f"{key} {line[key]}" for key in ("LN", "M5", "UR", "AS") if key in line]
        parts.append(f"{line['SN']} ({', '.join(known)})")
    return "; ".join(parts)


def extract_lanes(
    path: Path,
    folder: Path,
    facts: Facts | tuple[Facts, Facts],
    *,
    threads: int = 1,
    cram_reference: Path | None = None,
    umis: bool = False,
    cells: CellTags | None = None,
) -> list[Lane]:
    """Mitochondrial reads of a BAM or CRAM file and their mates, as FASTQ in ``folder``.

    With an index, only the mitochondrial contig is read, with the unaligned reads that are placed
    at their mates. Without one that fits, the whole file is read. Of a file without aligned reads
    all reads are taken.

    Args:
        facts: of the genome; where there are two species, of both, whose reads are all taken.
        umis: put the UMI of a read's tags behind its name.
        cells: put barcode and UMI of a read's tags behind its name; leave reads without them out.

    Raises:
        BadFile: if the file is damaged, has no mitochondrial reads, holds several samples or
            another species, or is a CRAM whose reference is missing.
    """
    with open_alignments(path, cram_reference) as source:
        header = source.header
        contigs = list(zip(source.references, source.lengths, strict=True))
        indexed = source.has_index() and not index_is_older(path)
        counted = _counted(source) if indexed and not source.is_cram else None
    _check_one_sample(path, header)
    lines = header.to_dict().get("SQ", [])
    if isinstance(facts, tuple):
        names = both_contigs(path, lines, *facts)
        facts = facts[0]
    else:
        names = own_contigs(path, lines, facts)
    taker = _Taker(path, folder, threads, cram_reference, names, contigs, umis, cells)
    if names and indexed:
        try:
            written = taker.take("-P", str(path), *names)
        except ValueError as error:
            if isinstance(error, _Refused):
                raise
            written = None
        expected = None if counted is None else sum(counted[name] for name in names)
        if written is None or expected not in (None, written.on_contig):
            warn(f"{path}: its index does not fit; all is read")
            indexed, written = False, None
    else:
        written, indexed = None, False
    if written is None and names:
        wanted = " || ".join(f'rname == "{name}" || mrname == "{name}"' for name in names)
        written = taker.take("-e", wanted, str(path))
    if written is None or not written.records:
        if contigs and _has_aligned(path, cram_reference):
            if names:
                raise BadFile(f"{path}: no mitochondrial reads; take it out of the sheet")
            _raise_no_contig(path, contigs, facts)
        written = taker.take(str(path))
    if not written.records:
        if contigs and not names:
            _raise_no_contig(path, contigs, facts)
        raise BadFile(f"{path}: no reads in the file; take it out of the sheet")
    if written.no_cell == written.records:
        assert cells is not None
        raise BadFile(f"{path}: {cells.missing()}")
    if written.unrated == written.records:
        raise BadFile(
            f"{path}: its reads have no base qualities, so no base can count; give the reads with "
            "the qualities of the sequencer"
        )
    if written.unrated:
        what = f"{written.unrated:,} of {written.records:,} reads have no base qualities"
        warn(f"{path}: {what} and do not count")
    return taker.lanes(written)


class _Refused(BadFile):
    """A fault of the reads that another way of reading the file does not mend."""


@dataclass(frozen=True)
class _Taker:
    """Takes reads out of a BAM or CRAM file."""

    path: Path
    folder: Path
    threads: int
    cram_reference: Path | None
    names: Sequence[str]
    contigs: Sequence[tuple[str, int]]
    umis: bool
    cells: CellTags | None

    @property
    def _files(self) -> tuple[Path, Path, Path]:
        one, two, alone = (self.folder / f"reads_{key}.fastq" for key in ("1", "2", "0"))
        return one, two, alone

    def take(self, *words: str) -> Written:
        """Write the reads that ``samtools view`` selects by its arguments as FASTQ."""
        taken = self.folder / "taken.bam"
        extra = str(max(self.threads - 1, 0))
        view = ["--no-PG", "-@", extra, "-u", "-o", str(taken), *words]
        view_reads(self.path, self.cram_reference, *view, contigs=self.names)
        written = self._write(taken)
        if written.numbered and not written.others:
            # Mates have names of their own (x/1 and x/2), so that none was found.
            renamed = self.folder / "renamed.bam"
            take_off_numbers(taken, renamed)
            written = self._write(renamed)
            renamed.unlink()
        taken.unlink()
        return written

    def _write(self, taken: Path) -> Written:
        """Write the reads of a BAM file as FASTQ."""
        collated = self.folder / "collated.bam"
        pysam.samtools.collate(
            "--no-PG", "-u", "-T", str(self.folder / "collate"), "-o", str(collated), str(taken),
            catch_stdout=False,
        )  # fmt: skip
        wanted = np.array([name in self.names for name, _ in self.contigs], np.uint8)
        try:
            return write_fastq(collated, self.path, wanted, self._files, self.umis, self.cells)
        except ValueError as error:
            raise _Refused(str(error)) from None
        finally:
            collated.unlink()

    def lanes(self, written: Written) -> list[Lane]:
        one, two, alone = self._files
        lanes = [Lane(one, two, origin=self.path)] if written.pairs else []
        single = Lane(alone, interleaved=False, origin=self.path)
        return [*lanes, single] if written.single else lanes


def index_of(path: Path) -> Path | None:
    """The index beside a BAM or CRAM file."""
    beside = [Path(f"{path}{suffix}") for suffix in _INDEXES]
    beside += [path.with_suffix(suffix) for suffix in _INDEXES]
    return next((file for file in beside if file.is_file()), None)


def index_is_older(path: Path) -> bool:
    """Whether a file was written after its index, which may then be of another state."""
    index = index_of(path)
    return index is not None and index.stat().st_mtime_ns < path.stat().st_mtime_ns


def index_fits(path: Path, cram_reference: Path | None, facts: Facts) -> bool:
    """Whether the index of a file is of its present state.

    It may not be older than the file. Of a BAM file the records on one contig are counted too: on
    the mitochondrial one, else on that with the fewest.
    """
    fits = not index_is_older(path)
    with open_alignments(path, cram_reference) as source:
        if fits and source.is_bam:
            counted = {name: number for name, number in _counted(source).items() if number}
            contigs = list(zip(source.references, source.lengths, strict=True))
            named = [name for name in mitochondrial_contigs(contigs, facts) if name in counted]
            looked = named[:1] or sorted(counted, key=lambda name: counted[name])[:1]
            try:
                for name in looked:
                    found = int(str(pysam.samtools.view("-c", str(path), name)))
                    fits = fits and found == counted[name]
            except pysam.SamtoolsError:
                fits = False
    if not fits:
        warn(f"{path}: its index does not fit; all is read")
    return fits


def _counted(source: pysam.AlignmentFile) -> dict[str, int]:
    """Records on each contig, as the index counts them."""
    return {row.contig: row.total for row in source.get_index_statistics()}


def _check_one_sample(path: Path, header: pysam.AlignmentHeader) -> None:
    groups = header.to_dict().get("RG", [])
    samples = sorted({group["SM"] for group in groups if group.get("SM")})
    if len(samples) > 1:
        raise BadFile(
            f"{path}: its read groups name {len(samples)} samples ({', '.join(samples[:6])}); "
            "split the file (samtools split) and give each sample its own"
        )


def tell_of_umi_tags(path: Path, cram_reference: Path | None) -> None:
    """Warn of UMIs (tag RX) and cell barcodes (CB) of a file's first reads, which are not used."""
    with open_alignments(path, cram_reference) as source:
        try:
            first = list(islice(source, _FIRST_TAGS))
        except OSError:
            return  # told when its reads are taken
    if first and all(record.has_tag("RX") for record in first):
        warn(f"{path}: its reads have UMIs (tag RX), which are not used; set the column umi to RX")
    # Some reads of a library of cells have a barcode that no cell has, and so no tag.
    if 2 * sum(record.has_tag("CB") for record in first) > len(first):
        warn(
            f"{path}: its reads have cell barcodes (tag CB), which are not used: copies and cells "
            "are not told apart; give a library of single cells role cells and its assay"
        )


def _has_aligned(path: Path, cram_reference: Path | None) -> bool:
    """Whether any read of a file is aligned."""
    with open_alignments(path, cram_reference) as source:
        first = list(islice(source, _FIRST_RECORDS))
    if not all(record.is_unmapped for record in first):
        return True
    if len(first) < _FIRST_RECORDS:
        return False
    try:
        return int(str(pysam.samtools.view("-c", "-F", "4", str(path)))) > 0
    except pysam.SamtoolsError as error:
        raise _explained(path, str(error), cram_reference, ()) from None


def _raise_no_contig(path: Path, contigs: Sequence[tuple[str, int]], facts: Facts) -> NoReturn:
    shown = ", ".join(name for name, _ in contigs[:4])
    raise BadFile(
        f"{path}: no mitochondrial contig (chrM, MT, M, {facts.accession}) among {len(contigs)} "
        f"contigs ({shown}, ...); give a file aligned to a genome that has one, or FASTQ"
    )


def view_reads(
    path: Path, cram_reference: Path | None, *words: str, contigs: Sequence[str] = ()
) -> None:
    """Run ``samtools view`` on a user's file; an error names the file and the cure.

    Args:
        contigs: that are read.

    Raises:
        BadFile: if the file is damaged, or a CRAM whose reference is missing.
    """
    given = [] if cram_reference is None else ["--reference", str(cram_reference)]
    try:
        pysam.samtools.view(*given, *words, catch_stdout=False)
    except pysam.SamtoolsError as error:
        raise _explained(path, str(error), cram_reference, contigs) from None


def _explained(path: Path, error: str, cram_reference: Path | None, read: Sequence[str]) -> BadFile:
    with open_alignments(path, cram_reference) as source:
        header, is_cram = source.header, source.is_cram
    lower = error.lower()
    cut = "truncat" in lower or "eof" in lower
    if is_cram and not cut and (cram_reference is None or "ref" in lower or "md5" in lower):
        needs = _cram_needs(header, read)
        given = "none was given" if cram_reference is None else f"{cram_reference} does not fit"
        return BadFile(
            f"{path}: the CRAM cannot be read without the reference it was written with: "
            f"{needs}; {given}: set reference.cram_fasta in the config to that FASTA"
        )
    if "index" in lower and "truncat" not in lower:
        return BadFile(f"{path}: its index does not fit; run samtools index on it again")
    detail = error.split("stderr=")[-1].strip().replace("\\n", " ")[:200]
    return BadFile(f"{path}: truncated or damaged file ({detail}); copy it again")


def contigs_of(path: Path, cram_reference: Path | None) -> list[tuple[str, int]]:
    with open_alignments(path, cram_reference) as source:
        if not source.has_index():
            message = "has no index, which nuclear reads need; run samtools index on it"
            raise BadFile(f"{path}: {message}")
        return list(zip(source.references, source.lengths, strict=True))


@contextmanager
def reads_of(
    path: Path,
    regions: Sequence[tuple[str, int, int]],
    skipped: int,
    min_mapping: int,
    facts: Facts,
    *,
    cram: Path | None,
) -> Iterator[pysam.AlignmentFile]:
    """The reads of some regions as a temporary indexed BAM file, from one pass over the input."""
    with_index = ["-M"] if index_fits(path, cram, facts) else []
    with tempfile.TemporaryDirectory() as folder:
        bed, taken = Path(folder) / "regions.bed", Path(folder) / "taken.bam"
        bed.write_text("".join(f"{name}\t{start}\t{end}\n" for name, start, end in regions))
        view_reads(
            path, cram, "--no-PG", "-1", "-o", str(taken), "-F", str(skipped),
            "-q", str(min_mapping), *with_index, "-L", str(bed), str(path),
            contigs=sorted({name for name, _, _ in regions})[:4],
        )  # fmt: skip
        pysam.samtools.index(str(taken), catch_stdout=False)
        with pysam.AlignmentFile(str(taken)) as source:
            yield source
