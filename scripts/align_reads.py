"""Align the reads of one sample to the circular mitogenome: sorted BAM on rCRS."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from mitotransfer import align, checksums, reference
from mitotransfer.reads import Lane


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sample", required=True, help="name of the sample and read group")
    parser.add_argument("--index", required=True, help="prefix that index_reference.py wrote")
    parser.add_argument("--reference", required=True, help="FASTA with the mitogenome")
    parser.add_argument("--extension", type=int, default=1000, help="as for the index (1000)")
    parser.add_argument("--batch-size", type=int, default=10_000, help="pairs a batch (10000)")
    parser.add_argument("--threads", type=int, default=1, help="threads (1)")
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
    parser.add_argument("--output", required=True, help="BAM to write; its .bai goes beside it")
    parser.add_argument("--checksums", help="TSV to write: checksums of what was read and written")
    args = parser.parse_args(argv)
    if not args.fastq and not args.bam:
        parser.error("give --fastq or --bam")
    if any(len(files) > 2 for files in args.fastq):
        parser.error("--fastq takes one or two files; give it once for each lane")
    if args.threads < 1 or args.batch_size < 1:
        parser.error("--threads and --batch-size are at least 1")
    # htslib would otherwise look for CRAM references on the internet.
    os.environ.setdefault("REF_PATH", os.devnull)
    try:
        inputs = [*(file for files in args.fastq for file in files), *args.bam]
        for path in inputs:
            if not Path(path).is_file():
                raise ValueError(f"{path}: no such file")
        totals = align.align_sample(
            [Lane(*map(Path, files)) for files in args.fastq],
            [Path(path) for path in args.bam],
            args.index,
            reference.load(args.reference),
            args.sample,
            Path(args.output),
            args.extension,
            args.batch_size,
            args.threads,
            Path(args.cram_reference) if args.cram_reference else None,
        )
        if args.checksums:
            rows = [checksums.record("input", path, whole=False) for path in inputs]
            checksums.write([*rows, checksums.record("output", args.output)], args.checksums)
    except (OSError, ValueError) as error:
        print(f"align_reads: {error}", file=sys.stderr)
        return 1
    print(
        f"{args.sample}: {totals.reads:,} reads, {totals.unaligned:,} left out as unaligned",
        file=sys.stderr,
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
