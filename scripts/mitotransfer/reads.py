"""Reads of a sample, from whatever a laboratory has, as batches for the aligner.

FASTQ is read as it is. From BAM and CRAM the reads of the mitochondrial contig and their
mates are taken (all reads where nothing is aligned), in their original orientation and
paired by name, and written to temporary FASTQ by samtools.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import pysam

from mitotransfer import fastq
from mitotransfer.fastq import FastqReads
from mitotransfer.reference import CONTIG_LENGTHS, CONTIG_NAMES


@dataclass(frozen=True)
class Lane:
    """FASTQ files of one lane; ``fastq_2`` is None for single reads."""

    fastq_1: Path
    fastq_2: Path | None = None


@dataclass(frozen=True)
class Batch:
    """Reads in file order: those of the first file and, for pairs, their mates."""

    reads: FastqReads
    mates: FastqReads | None

    def __len__(self) -> int:
        return len(self.reads.places)


def batches(lane: Lane, size: int) -> Iterator[Batch]:
    """Reads of a lane, ``size`` single reads or pairs at a time.

    Raises:
        ValueError: for malformed or empty files, or mates out of step.
    """
    one = fastq.read(lane.fastq_1, size)
    first = 1
    if lane.fastq_2 is None:
        for reads in one:
            yield Batch(reads, None)
            first += len(reads.places)
    else:
        two = fastq.read(lane.fastq_2, size)
        while True:
            left, right = next(one, fastq.NONE), next(two, fastq.NONE)
            if not fastq.same_names(left, right):
                _raise_mates(lane, first, left.names(), right.names())
            if not len(left.places):
                break
            yield Batch(left, right)
            first += len(left.places)
    if first == 1:
        raise ValueError(f"{lane.fastq_1}: no reads in the file; take it out of the sheet")


def _raise_mates(lane: Lane, first: int, left: list[bytes], right: list[bytes]) -> NoReturn:
    both = f"{lane.fastq_1} and {lane.fastq_2}"
    for k, (a, b) in enumerate(zip(left, right, strict=False)):
        if a != b:
            raise ValueError(
                f"{both}: mates out of step at record {first + k}: '{a.decode()}' and "
                f"'{b.decode()}'; give the two files of one run, unfiltered or filtered together"
            )
    files = (lane.fastq_1, lane.fastq_2)
    shorter, longer = files if len(left) < len(right) else files[::-1]
    raise ValueError(
        f"{shorter}: ends after record {first - 1 + min(len(left), len(right))} but {longer} "
        "goes on; copy both files again"
    )


def mitochondrial_contigs(contigs: Sequence[tuple[str, int]]) -> list[str]:
    """Names of the mitochondrial contigs: by name, else the only one of a usual length."""
    named = [name for name, _ in contigs if name.lower() in CONTIG_NAMES]
    sized = [name for name, length in contigs if length in CONTIG_LENGTHS]
    return named or (sized if len(sized) == 1 else [])


def open_alignments(path: Path, cram_reference: Path | None) -> pysam.AlignmentFile:
    """A BAM or CRAM file, open.

    Raises:
        ValueError: if it is neither, or damaged.
    """
    try:
        return pysam.AlignmentFile(
            str(path),
            check_sq=False,
            reference_filename=None if cram_reference is None else str(cram_reference),
        )
    except (OSError, ValueError) as error:
        reason = str(error)
        if "truncated" in reason.lower() or "EOF" in reason:
            raise ValueError(f"{path}: the file is truncated; copy it again") from None
        raise ValueError(f"{path}: not a readable BAM or CRAM file ({reason})") from None


def _cram_needs(header: pysam.AlignmentHeader, names: Sequence[str]) -> str:
    """What the header says about the sequences that a CRAM was written with."""
    lines = [line for line in header.to_dict().get("SQ", []) if line["SN"] in names]
    parts = []
    for line in lines or header.to_dict().get("SQ", [])[:1]:
        known = [f"{key} {line[key]}" for key in ("LN", "M5", "UR", "AS") if key in line]
        parts.append(f"{line['SN']} ({', '.join(known)})")
    return "; ".join(parts)


def extract_lanes(
    path: Path, folder: Path, threads: int = 1, cram_reference: Path | None = None
) -> list[Lane]:
    """Mitochondrial reads of a BAM or CRAM file and their mates, as FASTQ in ``folder``.

    With an index only the mitochondrial contig is read (reads that do not align but stand
    there with their mates are among them); without one the whole file is.

    Raises:
        ValueError: if the file is damaged, has no mitochondrial contig, or is a CRAM whose
            reference is missing.
    """
    with open_alignments(path, cram_reference) as source:
        contigs = list(zip(source.references, source.lengths, strict=True))
        indexed = source.has_index()
    names = mitochondrial_contigs(contigs)
    if contigs and not names:
        shown = ", ".join(name for name, _ in contigs[:4])
        raise ValueError(
            f"{path}: no mitochondrial contig (chrM, MT, M, NC_012920.1) among {len(contigs)} "
            f"contigs ({shown}, ...); give a file aligned to a genome that has one, or FASTQ"
        )
    taken, collated = folder / "taken.bam", folder / "collated.bam"
    # Primary records only: they alone hold all bases of a read.
    view = ["--no-PG", "-@", str(max(threads - 1, 0)), "-u", "-F", "0x900", "-o", str(taken)]
    if names and indexed:
        view += ["-P", str(path), *names]
    elif names:
        wanted = " || ".join(f'rname == "{name}" || mrname == "{name}"' for name in names)
        view += ["-e", wanted, str(path)]
    else:
        view += [str(path)]
    files = {key: folder / f"reads_{key}.fastq" for key in ("1", "2", "s", "0")}
    outputs = [word for key, file in files.items() for word in (f"-{key}", str(file))]
    view_reads(path, cram_reference, *view)
    pysam.samtools.collate(
        "--no-PG", "-u", "-T", str(folder / "collate"), "-o", str(collated), str(taken),
        catch_stdout=False,
    )  # fmt: skip
    taken.unlink()
    pysam.samtools.fastq("-n", *outputs, str(collated), catch_stdout=False)
    collated.unlink()
    lanes = []
    if files["1"].stat().st_size:
        lanes.append(Lane(files["1"], files["2"]))
    lanes += [Lane(files[key]) for key in ("s", "0") if files[key].stat().st_size]
    return lanes


def view_reads(path: Path, cram_reference: Path | None, *words: str) -> None:
    """``samtools view`` on a user's file, with messages that name it and the cure.

    Raises:
        ValueError: if the file is damaged, or a CRAM whose reference is missing.
    """
    given = [] if cram_reference is None else ["--reference", str(cram_reference)]
    try:
        pysam.samtools.view(*given, *words, catch_stdout=False)
    except pysam.SamtoolsError as error:
        raise _explained(path, str(error), cram_reference) from None


def _explained(path: Path, error: str, cram_reference: Path | None) -> ValueError:
    with open_alignments(path, cram_reference) as source:
        header, is_cram = source.header, source.is_cram
        contigs = list(zip(source.references, source.lengths, strict=True))
    lower = error.lower()
    cut = "truncat" in lower or "eof" in lower
    if is_cram and not cut and (cram_reference is None or "ref" in lower or "md5" in lower):
        needs = _cram_needs(header, mitochondrial_contigs(contigs))
        given = "none was given" if cram_reference is None else f"{cram_reference} does not fit"
        return ValueError(
            f"{path}: the CRAM cannot be read without the reference it was written with: "
            f"{needs}; {given}: set reference.cram_fasta in the config to that FASTA"
        )
    if "index" in lower and "truncat" not in lower:
        return ValueError(f"{path}: its index does not fit; run samtools index on it again")
    detail = error.split("stderr=")[-1].strip().replace("\\n", " ")[:200]
    return ValueError(f"{path}: truncated or damaged file ({detail}); copy it again")
