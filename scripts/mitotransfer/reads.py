"""Reads of a sample, from whatever a laboratory has, as batches for the aligner.

FASTQ is read as it is. From BAM and CRAM the reads of the mitochondrial contig and their
mates are taken (all reads where nothing is aligned), in their original orientation and
paired by name, and written to temporary FASTQ by samtools.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import IO

import numpy as np
import pysam
from isal import igzip

from mitotransfer.bam import DeflateError
from mitotransfer.reference import CONTIG_LENGTHS, CONTIG_NAMES

_MAX_NAME = 254  # BAM holds no longer names


@dataclass(frozen=True)
class Lane:
    """FASTQ files of one lane; ``fastq_2`` is None for single reads."""

    fastq_1: Path
    fastq_2: Path | None = None


@dataclass(frozen=True)
class Batch:
    """Reads in file order. For single reads the lists of mates are empty bytes."""

    names: list[bytes]
    sequences_1: list[bytes]
    qualities_1: list[bytes]
    sequences_2: list[bytes]
    qualities_2: list[bytes]


def _open(path: Path) -> IO[bytes]:
    with open(path, "rb") as handle:
        magic = handle.read(4)
    if magic[:2] == b"\x1f\x8b":
        return io.BufferedReader(igzip.open(path, "rb"), 1 << 20)
    for start, name in ((b"BZh", "bzip2"), (b"\xfd7zX", "xz"), (b"(\xb5/\xfd", "zstd")):
        if magic.startswith(start):
            raise ValueError(f"{path}: compressed with {name}; compress it with gzip instead")
    if magic in (b"CRAM", b"BAM\1"):
        raise ValueError(f"{path}: not FASTQ; give this file in the column 'bam'")
    return open(path, "rb")


def _malformed(path: Path, record: int, what: str) -> ValueError:
    return ValueError(f"{path}: malformed FASTQ at record {record}: {what}; write the file again")


def _name(path: Path, record: int, header: bytes) -> bytes:
    if not header.startswith(b"@") or not header[1:].split():
        shown = header[:30].decode("ascii", "replace")
        raise _malformed(path, record, f"expected '@' and a read name, found '{shown}'")
    name = header[1:].split(None, 1)[0]
    if len(name) > _MAX_NAME:
        raise _malformed(path, record, f"read name longer than {_MAX_NAME} characters")
    return name


def _checked_names(path: Path, first: int, lines: list[bytes]) -> list[bytes]:
    """Names of whole records in ``lines``, the first of which is record ``first``."""
    headers, bases, pluses, qualities = (lines[k::4] for k in range(4))
    if len(lines) % 4:
        raise _malformed(path, first + len(lines) // 4, "the file ends inside the record")
    try:
        names = [header[1:].split(None, 1)[0] for header in headers]
    except IndexError:
        names = []
    scores = np.frombuffer(b"".join(qualities), np.uint8)
    sound = (
        len(names) == len(headers)
        and all(header.startswith(b"@") for header in headers)
        and all(plus.startswith(b"+") for plus in pluses)
        and list(map(len, bases)) == list(map(len, qualities))
        and max(map(len, names), default=0) <= _MAX_NAME
        and (not len(scores) or (scores.min() >= 33 and scores.max() <= 126))
    )
    if not sound:
        for k, header in enumerate(headers):
            _name(path, first + k, header)
            if not pluses[k].startswith(b"+"):
                raise _malformed(path, first + k, "its third line does not start with '+'")
            if len(bases[k]) != len(qualities[k]):
                what = f"{len(bases[k])} bases but {len(qualities[k])} qualities"
                raise _malformed(path, first + k, what)
            if any(not 33 <= score <= 126 for score in qualities[k]):
                raise _malformed(path, first + k, "a quality is not between '!' and '~'")
    return [name[:-2] if name.endswith((b"/1", b"/2")) else name for name in names]


def fastq_records(path: Path, size: int) -> Iterator[tuple[list[bytes], list[bytes], list[bytes]]]:
    """Names, bases and qualities of a FASTQ file, ``size`` records at a time.

    Raises:
        ValueError: for a damaged or malformed file, with the number of the record.
    """
    first = 1
    with _open(path) as handle:
        while True:
            try:
                lines = b"".join(islice(handle, 4 * size)).splitlines()
            except (OSError, EOFError, DeflateError) as error:
                raise ValueError(
                    f"{path}: truncated or corrupt gzip after record {first - 1} ({error}); "
                    "copy or write the file again"
                ) from None
            if len(lines) < 4 * size:
                while lines and not lines[-1] and (len(lines) % 4 or not lines[-4]):
                    lines.pop()
            if not lines:
                return
            yield _checked_names(path, first, lines), lines[1::4], lines[3::4]
            first += len(lines) // 4


def batches(lane: Lane, size: int) -> Iterator[Batch]:
    """Reads of a lane, ``size`` single reads or pairs at a time.

    Raises:
        ValueError: for malformed or empty files, or mates out of step.
    """
    one = fastq_records(lane.fastq_1, size)
    first = 1
    if lane.fastq_2 is None:
        for names, bases, qualities in one:
            nothing = [b""] * len(names)
            yield Batch(names, bases, qualities, nothing, nothing)
            first += len(names)
    else:
        two = fastq_records(lane.fastq_2, size)
        while True:
            left = next(one, ([], [], []))
            right = next(two, ([], [], []))
            _check_mates(lane, first, left[0], right[0])
            if not left[0]:
                break
            yield Batch(left[0], left[1], left[2], right[1], right[2])
            first += len(left[0])
    if first == 1:
        raise ValueError(f"{lane.fastq_1}: no reads in the file; take it out of the sheet")


def _check_mates(lane: Lane, first: int, left: list[bytes], right: list[bytes]) -> None:
    if left == right:
        return
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
