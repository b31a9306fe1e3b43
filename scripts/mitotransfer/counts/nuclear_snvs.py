"""Reads of a sample's own BAM or CRAM file at somatic nuclear SNVs.

A fragment counts once at a locus: mates that agree count as one read, mates that differ do not
count.
"""

from __future__ import annotations

from collections import Counter as Multiset
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pysam
from numpy.typing import NDArray

from mitotransfer.genome.reference import Facts
from mitotransfer.inputs.settings import Counting
from mitotransfer.problems import BadFile
from mitotransfer.reads.alignment_files import contigs_of, reads_of
from mitotransfer.reads.species import mitochondrial_contigs
from mitotransfer.table_files import Column, Table

Ints = NDArray[np.int64]

NUCLEAR_COUNTS = Table(
    "samples/{sample}/{sample}.nuclear_counts.tsv",
    "Reads at the somatic SNVs of nuclear_vcf, where the sheet gives one; columns as in the "
    "sheet's nuclear_counts.",
    (
        Column("chrom", "Chromosome, as in the VCF."),
        Column("pos", "Position, 1-based.", int),
        Column("ref", "Reference base."),
        Column("alt", "The tumour's base."),
        Column("ref_count", "Reads with the reference base.", int),
        Column("alt_count", "Reads with the tumour's base.", int),
        Column("tumor_vaf", "VAF in the tumour, as the VCF has it; empty: not given.", float),
    ),
    optional=True,
)

# Unmapped, secondary, failed, duplicate and supplementary records do not count.
_SKIPPED = 0x4 | 0x100 | 0x200 | 0x400 | 0x800
_READ1, _READ2 = 0x40, 0x80
_MAX_DEPTH = 1_000_000
# Above this share of reads with neither allele of the VCF, the VCF is of another genome.
_OTHER_SHARE = 0.5
_OTHER_MIN_READS = 50


@dataclass(frozen=True, order=True)
class Locus:
    """A somatic SNV: ``pos`` is 1-based; ``tumor_vaf`` is None if the VCF does not give it."""

    chrom: str
    pos: int
    ref: str
    alt: str
    tumor_vaf: float | None = None


def read_loci(path: Path, facts: Facts) -> list[Locus]:
    """SNVs of a VCF that passed its filters, sorted by chromosome and position.

    The VAF in the tumour comes from AD, else AF, of the sample that the header names
    (``##tumor_sample``, as Mutect2 writes it), of one called TUMOR, or of the only sample.

    Raises:
        BadFile: if the file is no VCF or holds no SNV that passed.
    """
    try:
        with pysam.VariantFile(str(path)) as source:
            tumor = _tumor_column(source.header)
            loci: dict[tuple[str, int], Locus] = {}
            for record in source:
                passed = not record.filter.keys() or "PASS" in record.filter
                alleles = record.alleles or ()
                snv = len(alleles) == 2 and all(a.upper() in ("A", "C", "G", "T") for a in alleles)
                if not passed or not snv or mitochondrial_contigs([(record.chrom, 0)], facts):
                    continue
                vaf = _vaf(record, tumor) if tumor is not None else None
                ref, alt = (allele.upper() for allele in alleles)
                # A second SNV at one position would share the other reads with the first.
                loci.setdefault(
                    (record.chrom, record.pos), Locus(record.chrom, record.pos, ref, alt, vaf)
                )
    except (OSError, ValueError, IndexError) as error:  # the last: a line without a sample's values
        raise BadFile(f"{path}: not a readable VCF ({error}); write it again") from None
    except NotImplementedError:
        raise BadFile(f"{path}: compressed with gzip; compress it with bgzip, or not") from None
    if not loci:
        raise BadFile(
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
    """Fragments by the base that they have at a 1-based position.

    Mates share name and read group. Reads that also share their place in the pair are of other
    fragments, numbered alike.
    """
    bases: dict[tuple[str, str, int], str] = {}
    seen: Multiset[tuple[str, str, int]] = Multiset()
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
            record = read.alignment
            group = str(record.get_tag("RG")) if record.has_tag("RG") else ""
            name, end = str(record.query_name), record.flag & (_READ1 | _READ2)
            if end in (0, _READ1 | _READ2):
                end = 0  # a read by itself
            seen[name, group, end] += 1
            fragment = (name, group, seen[name, group, end] if end else -seen[name, group, end])
            bases[fragment] = base if bases.setdefault(fragment, base) == base else "discordant"
    found: dict[str, int] = {}
    for base in bases.values():
        found[base] = found.get(base, 0) + 1
    return found


def count_loci(
    path: Path,
    loci: Sequence[Locus],
    facts: Facts,
    rules: Counting,
    *,
    cram_reference: Path | None = None,
) -> Ints:
    """Reads with the reference and the alternative allele, int64, shape (loci, 2).

    Args:
        rules: base and mapping quality that a read needs.

    Raises:
        BadFile: if the file has no index, lacks a chromosome of the VCF, or shows other
            bases than the VCF: then that is of another genome build.
    """
    counts = np.zeros((len(loci), 2), np.int64)
    other = total = 0
    if not loci:
        return counts
    names = _names_in(path, dict(contigs_of(path, cram_reference)), loci)
    regions = [(name, locus.pos - 1, locus.pos) for name, locus in zip(names, loci, strict=True)]
    with reads_of(
        path, regions, _SKIPPED, rules.min_mapping_quality, facts, cram=cram_reference
    ) as source:
        for row, (name, locus) in enumerate(zip(names, loci, strict=True)):
            found = _fragments(source, name, locus.pos, rules.min_base_quality)
            counts[row] = found.get(locus.ref, 0), found.get(locus.alt, 0)
            reads = sum(n for base, n in found.items() if base in ("A", "C", "G", "T"))
            total += reads
            other += reads - int(counts[row].sum())
    if total >= _OTHER_MIN_READS and other > _OTHER_SHARE * total:
        raise BadFile(
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
            raise BadFile(
                f"{path}: no {what} {locus.chrom} of the nuclear VCF; give a VCF of the genome "
                "that the file is aligned to"
            )
        names.append(name)
    return names


def nuclear_table(loci: Sequence[Locus], counts: Ints) -> str:
    """A table of nuclear counts as TSV."""
    return NUCLEAR_COUNTS.text(
        (locus.chrom, locus.pos, locus.ref, locus.alt, ref, alt, locus.tumor_vaf)
        for locus, (ref, alt) in zip(loci, counts.tolist(), strict=True)
    )
