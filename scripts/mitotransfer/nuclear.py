"""Nuclear reads of a sample's own BAM or CRAM: somatic SNVs and mtDNA copies per cell.

A fragment counts once at a locus: mates that agree give one read, mates that differ none.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pysam
from numpy.typing import NDArray

from mitotransfer.reads import mitochondrial_contigs, open_alignments, view_reads

Ints = NDArray[np.int64]

NUCLEAR_COLUMNS = ("chrom", "pos", "ref", "alt", "ref_count", "alt_count", "tumor_vaf")
COPIES_COLUMNS = ("sample", "mitochondrial_depth", "autosomal_depth", "windows", "mtdna_copies")

# Unmapped, secondary, failed, duplicate, supplementary: none of them is a read of its own.
_SKIPPED = 0x4 | 0x100 | 0x200 | 0x400 | 0x800
# Depths keep duplicates: copies of both genomes are amplified alike, but at the depth of mtDNA
# most fragments that are marked share their place by chance.
_SKIPPED_IN_DEPTH = 0x4 | 0x100 | 0x200 | 0x800
_MAX_DEPTH = 1_000_000
# Loci where other alleles than the two of the VCF prevail: the VCF is of another genome.
_OTHER_SHARE = 0.5
_OTHER_MIN_READS = 50
_WINDOW = 1000
_WINDOWS = 3000
_MIN_WINDOWS = 100
_MIN_AUTOSOMAL_DEPTH = 1.0
_AUTOSOME = re.compile(r"(?:chr)?([1-9]|1\d|2[0-2])|NC_0000(0[1-9]|1\d|2[0-2])\.\d+")


@dataclass(frozen=True, order=True)
class Locus:
    """A somatic SNV: ``pos`` is 1-based; ``tumor_vaf`` is None where the VCF does not tell."""

    chrom: str
    pos: int
    ref: str
    alt: str
    tumor_vaf: float | None = None


def read_loci(path: Path) -> list[Locus]:
    """SNVs of a VCF that passed its filters, in the order of chromosome and position.

    The VAF in the tumour is that of the sample that the header names (``##tumor_sample``, as
    Mutect2 writes it), of one called TUMOR, or of the only sample: AD, else AF.

    Raises:
        ValueError: if the file is no VCF or holds no SNV that passed.
    """
    try:
        with pysam.VariantFile(str(path)) as source:
            tumor = _tumor_column(source.header)
            loci: dict[tuple[str, int], Locus] = {}
            for record in source:
                passed = not record.filter.keys() or "PASS" in record.filter
                alleles = record.alleles or ()
                snv = len(alleles) == 2 and all(a.upper() in ("A", "C", "G", "T") for a in alleles)
                if not passed or not snv or mitochondrial_contigs([(record.chrom, 0)]):
                    continue
                vaf = _vaf(record, tumor) if tumor is not None else None
                ref, alt = (allele.upper() for allele in alleles)
                # A second SNV at one position would share the other reads with the first.
                loci.setdefault(
                    (record.chrom, record.pos), Locus(record.chrom, record.pos, ref, alt, vaf)
                )
    except (OSError, ValueError) as error:
        raise ValueError(f"{path}: not a readable VCF ({error}); write it again") from None
    if not loci:
        raise ValueError(
            f"{path}: no nuclear SNV whose FILTER is PASS or empty; give the tumour's somatic SNVs"
        )
    return sorted(loci.values(), key=lambda locus: (locus.chrom, locus.pos))


def _tumor_column(header: pysam.VariantHeader) -> str | None:
    samples = list(header.samples)
    named = [r.value for r in header.records if r.key == "tumor_sample" and r.value in samples]
    named += [name for name in samples if name.upper() in ("TUMOR", "TUMOUR")]
    return named[0] if named else samples[0] if len(samples) == 1 else None


def _vaf(record: pysam.VariantRecord, tumor: str) -> float | None:
    values = record.samples[tumor]
    depths = values.get("AD")
    if isinstance(depths, tuple) and len(depths) == 2 and None not in depths and sum(depths):
        vaf = depths[1] / sum(depths)
    else:
        share = values.get("AF")
        vaf = share[0] if isinstance(share, tuple) else share
    return float(vaf) if isinstance(vaf, int | float) and 0 < vaf <= 1 else None


def _other_name(name: str) -> str:
    """The same chromosome in the other usual style, with or without ``chr``."""
    return name[3:] if name.startswith("chr") else f"chr{name}"


def _fragments(
    source: pysam.AlignmentFile, contig: str, pos: int, min_quality: int
) -> dict[str, int]:
    """Fragments by the base that they have at a 1-based position."""
    bases: dict[str, str] = {}
    columns = source.pileup(
        contig, pos - 1, pos, truncate=True, stepper="nofilter", max_depth=_MAX_DEPTH,
        ignore_overlaps=False, min_base_quality=min_quality,
    )  # fmt: skip
    for column in columns:
        for read in column.pileups:
            at = read.query_position
            if at is None:
                continue
            base = str(read.alignment.query_sequence)[at]
            name = str(read.alignment.query_name)
            bases[name] = base if bases.setdefault(name, base) == base else "discordant"
    found: dict[str, int] = {}
    for base in bases.values():
        found[base] = found.get(base, 0) + 1
    return found


def count_loci(
    path: Path,
    loci: Sequence[Locus],
    min_quality: int = 20,
    min_mapping: int = 20,
    cram_reference: Path | None = None,
) -> Ints:
    """Reads with the reference and the alternative allele, int64, shape (loci, 2).

    Raises:
        ValueError: if the file has no index, lacks a chromosome of the VCF, or shows other
            bases than the VCF: then that is of another genome build.
    """
    counts = np.zeros((len(loci), 2), np.int64)
    other = total = 0
    if not loci:
        return counts
    names = _names_in(path, dict(_contigs(path, cram_reference)), loci)
    regions = [(name, locus.pos - 1, locus.pos) for name, locus in zip(names, loci, strict=True)]
    with _reads_of(path, regions, _SKIPPED, min_mapping, cram_reference) as source:
        for row, (name, locus) in enumerate(zip(names, loci, strict=True)):
            found = _fragments(source, name, locus.pos, min_quality)
            counts[row] = found.get(locus.ref, 0), found.get(locus.alt, 0)
            reads = sum(n for base, n in found.items() if base in ("A", "C", "G", "T"))
            total += reads
            other += reads - int(counts[row].sum())
    if total >= _OTHER_MIN_READS and other > _OTHER_SHARE * total:
        raise ValueError(
            f"{path}: {other} of {total} reads have neither allele of the nuclear VCF; give a VCF "
            "of the genome that the file is aligned to"
        )
    return counts


def _names_in(path: Path, contigs: dict[str, int], loci: Sequence[Locus]) -> list[str]:
    """The file's own names of the chromosomes of loci."""
    names = []
    for locus in loci:
        name = next((n for n in (locus.chrom, _other_name(locus.chrom)) if n in contigs), None)
        if name is None or locus.pos > contigs[name]:
            what = "contig" if name is None else f"position {locus.pos} on the contig"
            raise ValueError(
                f"{path}: no {what} {locus.chrom} of the nuclear VCF; give a VCF of the genome "
                "that the file is aligned to"
            )
        names.append(name)
    return names


def _contigs(path: Path, cram_reference: Path | None) -> list[tuple[str, int]]:
    with open_alignments(path, cram_reference) as source:
        if not source.has_index():
            message = "has no index, which nuclear reads need; run samtools index on it"
            raise ValueError(f"{path}: {message}")
        return list(zip(source.references, source.lengths, strict=True))


@contextmanager
def _reads_of(
    path: Path,
    regions: Sequence[tuple[str, int, int]],
    skipped: int,
    min_mapping: int,
    cram_reference: Path | None,
) -> Iterator[pysam.AlignmentFile]:
    """The reads of some regions as an indexed BAM file of their own, one sweep for all."""
    with tempfile.TemporaryDirectory() as folder:
        bed, taken = Path(folder) / "regions.bed", Path(folder) / "taken.bam"
        bed.write_text("".join(f"{name}\t{start}\t{end}\n" for name, start, end in regions))
        view_reads(
            path, cram_reference, "--no-PG", "-1", "-o", str(taken), "-F", str(skipped),
            "-q", str(min_mapping), "-M", "-L", str(bed), str(path),
        )  # fmt: skip
        pysam.samtools.index(str(taken), catch_stdout=False)
        with pysam.AlignmentFile(str(taken)) as source:
            yield source


def nuclear_table(loci: Sequence[Locus], counts: Ints) -> str:
    """A table of nuclear counts as TSV."""
    rows = [list(NUCLEAR_COLUMNS)]
    for locus, (ref, alt) in zip(loci, counts.tolist(), strict=True):
        vaf = "" if locus.tumor_vaf is None else f"{locus.tumor_vaf:.6g}"
        rows.append([locus.chrom, str(locus.pos), locus.ref, locus.alt, str(ref), str(alt), vaf])
    return _tsv(rows)


def _tsv(rows: list[list[str]]) -> str:
    return "".join("\t".join(row) + "\n" for row in rows)


@dataclass(frozen=True)
class Depths:
    """Mean depth of the mitochondrial contig, median depth of the autosomes, windows seen."""

    mitochondrial: float
    autosomal: float
    windows: int

    @property
    def copies(self) -> float | None:
        """mtDNA copies per diploid cell; None where the autosomes are too shallow to tell."""
        if self.windows < _MIN_WINDOWS or self.autosomal < _MIN_AUTOSOMAL_DEPTH:
            return None
        return 2 * self.mitochondrial / self.autosomal


def depths(path: Path, cram_reference: Path | None = None) -> Depths:
    """Depths of the two genomes in a whole-genome BAM or CRAM file.

    Autosomes are read in 3,000 windows of 1 kb, evenly spread (as fastMitoCalc does, Qian et al.
    2017, doi 10.1093/bioinformatics/btx167); the median over the windows with reads passes over
    assembly gaps and collapsed repeats. Duplicates count on both sides.
    """
    contigs = _contigs(path, cram_reference)
    lengths = dict(contigs)
    autosomes = [(name, size) for name, size in contigs if _AUTOSOME.fullmatch(name)]
    step = max(sum(size for _, size in autosomes) // _WINDOWS, _WINDOW)
    windows = [
        (name, start, start + _WINDOW)
        for name, size in autosomes
        for start in range(step // 2, size - _WINDOW, step)
    ]
    circles = [(name, 0, lengths[name]) for name in mitochondrial_contigs(contigs)]
    with _reads_of(path, [*windows, *circles], _SKIPPED_IN_DEPTH, 0, cram_reference) as source:
        mitochondrial = sum(_mean_depth(source, *circle) for circle in circles)
        seen = [_mean_depth(source, *window) for window in windows]
    covered = [depth for depth in seen if depth > 0]
    return Depths(mitochondrial, float(np.median(covered)) if covered else 0.0, len(covered))


def _mean_depth(source: pysam.AlignmentFile, contig: str, start: int, end: int) -> float:
    """Aligned bases within [start, end), per position."""
    bases = sum(read.get_overlap(start, end) or 0 for read in source.fetch(contig, start, end))
    return bases / (end - start)


def add_depths(parts: Iterable[Depths]) -> Depths:
    """Depths of a sample's files together."""
    parts = list(parts)
    return Depths(
        sum(part.mitochondrial for part in parts),
        sum(part.autosomal for part in parts),
        min(part.windows for part in parts),
    )


def copies_table(sample: str, found: Depths | None) -> str:
    """A table of mtDNA copies as TSV, without a row where no depths were taken."""
    rows = [list(COPIES_COLUMNS)]
    if found is not None:
        copies = "" if found.copies is None else f"{found.copies:.6g}"
        numbers = [f"{found.mitochondrial:.6g}", f"{found.autosomal:.6g}", str(found.windows)]
        rows.append([sample, *numbers, copies])
    return _tsv(rows)
