"""Mitochondrial reads of BAM and CRAM files, as FASTQ for the aligner.

samtools takes the reads of the mitochondrial contig and their mates, or all reads of an unaligned
file. It restores their original orientation, pairs them by name and writes temporary FASTQ.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pysam

from mitotransfer.genome.reference import CONTIG_LENGTHS, CONTIG_NAMES
from mitotransfer.reads.lanes import Lane


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
            raise ValueError(f"{path}: the file is truncated; copy it again") from None
        raise ValueError(f"{path}: not a readable BAM or CRAM file ({reason})") from None


def _cram_needs(header: pysam.AlignmentHeader, names: Sequence[str]) -> str:
    """The sequences that a CRAM was written with, as its header describes them."""
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

    With an index, only the mitochondrial contig is read, with the unaligned reads that are placed
    at their mates. Without one, the whole file is read.

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
    """Run ``samtools view`` on a user's file; an error names the file and the cure.

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


def contigs_of(path: Path, cram_reference: Path | None) -> list[tuple[str, int]]:
    with open_alignments(path, cram_reference) as source:
        if not source.has_index():
            message = "has no index, which nuclear reads need; run samtools index on it"
            raise ValueError(f"{path}: {message}")
        return list(zip(source.references, source.lengths, strict=True))


@contextmanager
def reads_of(
    path: Path,
    regions: Sequence[tuple[str, int, int]],
    skipped: int,
    min_mapping: int,
    cram_reference: Path | None,
) -> Iterator[pysam.AlignmentFile]:
    """The reads of some regions as a temporary indexed BAM file, from one pass over the input."""
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
