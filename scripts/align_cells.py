"""Align a library of single cells to the circular mitogenome, with cell barcodes and UMIs as tags.

In:  BAM or CRAM with cell tags, or one file per cell
Out: sorted BAM with tags CB and, where reads have UMIs, UB; its index; checksums
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from mitotransfer import command
from mitotransfer.cells.library_bam import align_library
from mitotransfer.counts import failed_sample
from mitotransfer.genome import reference
from mitotransfer.inputs import checksums
from mitotransfer.inputs.columns import BARCODE_TAG
from mitotransfer.inputs.settings import Checks, Reads
from mitotransfer.reads.align import Settings
from mitotransfer.reads.bam_header import Totals
from mitotransfer.reads.cell_tags import CellTags
from mitotransfer.reads.lanes import SampleReads


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--library", required=True)
    parser.add_argument(
        "--index", required=True, type=lambda path: path.removesuffix(".0123"),
        help="index of index_reference.py: its prefix, or the first of its files",
    )  # fmt: skip
    reference.add_bundle_option(parser)
    command.add_settings(parser, Reads, "extension", "batch_size")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--bam", nargs="+", required=True, help="BAM or CRAM of the library")
    parser.add_argument(
        "--cell", nargs="+", default=[], help="of a plate: the cell of each file, in their order"
    )
    parser.add_argument("--barcode-tag", default=BARCODE_TAG)
    parser.add_argument("--umi-tag", default="")
    parser.add_argument("--cram-reference", help="FASTA that the CRAM was written with")
    command.add_settings(parser, Checks)
    parser.add_argument("--output-bam", required=True)
    parser.add_argument("--checksums", required=True, help="TSV to write")
    args = parser.parse_args()
    cells = args.cell or [""] * len(args.bam)
    if len(cells) != len(args.bam):
        parser.error(f"--cell names {len(cells)} cells of {len(args.bam)} files")
    sample = SampleReads(
        args.library,
        alignments=[Path(path) for path in args.bam],
        cram_reference=Path(args.cram_reference) if args.cram_reference else None,
        cells=[CellTags(args.barcode_tag, args.umi_tag, cell) for cell in cells],
    )
    settings = Settings(args.extension, args.batch_size, threads=args.threads)
    output = Path(args.output_bam)
    output.parent.mkdir(parents=True, exist_ok=True)
    genome = reference.load(args.bundle)
    totals = Totals()
    try:
        totals = align_library(sample, args.index, genome, settings, output)
    except failed_sample.FILE_ERRORS as error:
        # What a file brings about is the failure of this library alone.
        if args.stop_on_bad_file or failed_sample.of_machine(error):
            raise
        failed_sample.write_empty_bam(output, args.library, genome)
        reason = failed_sample.reason_of(error)
        print(f"{args.library}: cannot be used: {reason}", file=sys.stderr)
    rows = [checksums.record("input", path, whole=False) for path in args.bam]
    checksums.write([*rows, checksums.record("output", output)], args.checksums)
    print(
        f"{args.library}: {totals.reads:,} reads with a barcode, {totals.unaligned:,} left out as "
        f"unaligned, {totals.nuclear:,} as nuclear",
        file=sys.stderr,
    )


if __name__ == "__main__":
    command.run(main)
