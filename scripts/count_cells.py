"""Count the fragments of each cell of a library where the patient's tumour has alleles of its own.

In:  the library's aligned BAM, or counts of another tool; annotation; counts and calls of the
     patient's samples
Out: counts per cell (.npz)
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np

from mitotransfer import command
from mitotransfer.calls.frame import CALLS
from mitotransfer.cells import barcodes, cell_counts, checks, other_tools
from mitotransfer.cells.candidates import Sample, candidates, own_codes
from mitotransfer.cells.counting import Library, count_cells
from mitotransfer.counts import allele_counts
from mitotransfer.counts.allele_counts import Counts, empty_indels
from mitotransfer.genome import reference
from mitotransfer.inputs import cell_annotation
from mitotransfer.inputs.columns import ROLES, UMI_TAG
from mitotransfer.inputs.settings import Checks, Counting, Informative
from mitotransfer.problems import BadFile


def samples_of(named: list[list[str]], folder: Path) -> list[Sample]:
    """The patient's samples, with the calls of tumours."""
    found = []
    for name, role in named:
        counts = allele_counts.load(folder / name / f"{name}.counts.npz")
        calls = CALLS.read(folder / name / f"{name}.calls.tsv") if role == "tumor" else None
        found.append(Sample(role, counts, calls))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--library", required=True)
    parser.add_argument("--assay", default="", help="as in the sheet of samples")
    given = parser.add_mutually_exclusive_group(required=True)
    given.add_argument("--bam", help="of align_cells.py")
    given.add_argument("--cell-counts", help="of mgatk, mgatk2 or cellSNP-lite")
    parser.add_argument("--umis", action="store_true", help="the reads have UMIs")
    parser.add_argument("--annotation", required=True, help="TSV, CSV or h5ad")
    parser.add_argument("--barcodes", help="all barcodes seen, of cells or not (all of the BAM)")
    parser.add_argument(
        "--sample", nargs=2, metavar=("NAME", "ROLE"), action="append", default=[],
        help="of the patient",
    )  # fmt: skip
    parser.add_argument("--samples-folder", required=True, help="folder with a folder per sample")
    reference.add_bundle_option(parser)
    command.add_settings(parser, Counting)
    command.add_settings(parser, Informative, "min_tumor_vaf")
    command.add_settings(parser, Checks)
    parser.add_argument("--output", required=True, help="counts to write (.npz)")
    args = parser.parse_args()
    genome = reference.load(args.bundle)
    frame = cell_annotation.read(args.annotation)
    samples = samples_of(args.sample, Path(args.samples_folder))
    cells = frozenset(frame.index)
    if args.cell_counts:
        entries = other_tools.read(args.cell_counts, genome)
        for role in ROLES:
            members = frozenset(cell_annotation.cells_of_role(frame, role))
            counts = Counts(other_tools.bases(entries, members), empty_indels(), {})
            samples.append(Sample(role, counts))
    found = candidates(samples, args.min_tumor_vaf)
    positions = np.unique(np.array([position for position, _ in found], np.int64))
    if args.cell_counts:
        counted = other_tools.as_cell_counts(entries, positions, cells)
    else:
        listed = barcodes.read_list(args.barcodes) if args.barcodes else []
        library = Library(
            Path(args.bam),
            umi_tag=UMI_TAG if args.umis else "",
            barcodes=sorted({*listed, *cells}) if listed else (),
            cells=cells,
        )
        rules = command.settings(Counting, args)
        try:
            counted = count_cells(library, positions, genome, rules, own_codes(samples, genome))
        except BadFile as error:
            if args.stop_on_bad_file:
                raise
            counted = cell_counts.without_cells(positions, str(error))
            print(f"{args.library}: cannot be used: {error}", file=sys.stderr)
    warnings = checks.warnings(counted, frame) if len(counted.barcodes) else []
    meta = {"library": args.library, "assay": args.assay, "candidates": found, "warnings": warnings}
    counted = cell_counts.with_facts(counted, meta)
    cell_counts.save(counted, args.output)
    for warning in warnings:
        print(f"Warning: {args.library}: {warning}", file=sys.stderr)
    print(
        f"{args.library}: {len(counted.barcodes):,} barcodes, {int(counted.is_cell.sum()):,} of "
        f"cells, counted at {len(positions)} positions",
        file=sys.stderr,
    )


if __name__ == "__main__":
    command.run(main)
