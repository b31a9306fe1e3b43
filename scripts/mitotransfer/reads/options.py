"""Options of the scripts that read what a laboratory has."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mitotransfer.inputs import checksums
from mitotransfer.reads.align import Settings
from mitotransfer.reads.lanes import Lane


@dataclass(frozen=True)
class Reads:
    """Files with a sample's reads."""

    lanes: list[Lane]
    alignments: list[Path]
    cram_reference: Path | None


def add_reads(parser: argparse.ArgumentParser) -> None:
    """Options that name a sample's reads and say how to align them."""
    parser.add_argument("--sample", required=True, help="name of the sample and read group")
    parser.add_argument(
        "--index",
        required=True,
        type=lambda path: path.removesuffix(".0123"),
        help="what index_reference.py wrote: its prefix, or the first of its files",
    )
    parser.add_argument("--reference", required=True, help="FASTA with the mitogenome")
    parser.add_argument("--extension", type=int, default=1000, help="as for the index (1000)")
    parser.add_argument("--batch-size", type=int, default=10_000, help="pairs a batch (10000)")
    parser.add_argument("--threads", type=int, default=1, help="threads (1)")
    parser.add_argument(
        "--platform", default="", help="pacbio or nanopore: align long, erroneous reads"
    )
    parser.add_argument(
        "--mark-duplicates", action="store_true", help="flag pairs at the place of another one"
    )
    parser.add_argument(
        "--fastq",
        nargs="+",
        action="append",
        default=[],
        metavar="FASTQ",
        help="R1 and, for pairs, R2, plain or gzipped; once for each lane",
    )
    parser.add_argument(
        "--bam", action="append", default=[], help="BAM or CRAM; may be given more than once"
    )
    parser.add_argument("--cram-reference", help="FASTA that the CRAM was written with")
    parser.add_argument("--checksums", help="TSV to write: checksums of what was read and written")


def reads(parser: argparse.ArgumentParser, args: argparse.Namespace) -> Reads:
    """The files that the options of ``add_reads`` name.

    Raises:
        ValueError: if one is not there.
    """
    if not args.fastq and not args.bam:
        parser.error("give --fastq or --bam")
    if any(len(files) > 2 for files in args.fastq):
        parser.error("--fastq takes one or two files; give it once for each lane")
    if args.threads < 1 or args.batch_size < 1:
        parser.error("--threads and --batch-size are at least 1")
    # htslib would otherwise look for CRAM references on the internet.
    os.environ.setdefault("REF_PATH", os.devnull)
    for path in [*(file for files in args.fastq for file in files), *args.bam]:
        if not Path(path).is_file():
            raise ValueError(f"{path}: no such file")
    return Reads(
        [Lane(*map(Path, files)) for files in args.fastq],
        [Path(path) for path in args.bam],
        Path(args.cram_reference) if args.cram_reference else None,
    )


def settings(args: argparse.Namespace) -> Settings:
    return Settings(
        args.extension, args.batch_size, args.platform, args.mark_duplicates, args.threads
    )


def write_checksums(args: argparse.Namespace, outputs: Sequence[str]) -> None:
    """Checksums of the reads and of ``outputs``, where they are asked for."""
    if args.checksums:
        inputs = [*(file for files in args.fastq for file in files), *args.bam]
        rows = [checksums.record("input", path, whole=False) for path in inputs]
        rows += [checksums.record("output", path) for path in outputs]
        checksums.write(rows, args.checksums)
