"""Count the cells of one role of a library as a sample.

In:  the library's aligned BAM, or counts of another tool; annotation of its cells
Out: counts and their summary, as of count_alleles.py; checksums
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from mitotransfer import command
from mitotransfer.cells import other_tools, tool_groups
from mitotransfer.cells.counting import Library
from mitotransfer.cells.pseudobulk import count_group
from mitotransfer.counts import failed_sample, quality, rna
from mitotransfer.genome import bundle, reference
from mitotransfer.inputs import cell_annotation, checksums
from mitotransfer.inputs.columns import ROLES, UMI_TAG
from mitotransfer.inputs.settings import Counting


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--sample", required=True, help="name of the sample that the cells make")
    parser.add_argument("--role", required=True, choices=ROLES)
    given = parser.add_mutually_exclusive_group(required=True)
    given.add_argument("--bam", help="of align_cells.py")
    given.add_argument("--cell-counts", help="of mgatk, mgatk2 or cellSNP-lite")
    parser.add_argument("--umis", action="store_true", help="the reads have UMIs")
    parser.add_argument("--rna", action="store_true", help="the reads are of RNA")
    parser.add_argument("--annotation", required=True, help="TSV, CSV or h5ad")
    reference.add_bundle_option(parser)
    command.add_settings(parser, Counting)
    parser.add_argument("--counts", required=True, help="counts to write (.npz)")
    parser.add_argument("--qc", required=True, help="summary to write (.json)")
    parser.add_argument("--library-checksums", help="of align_cells.py, taken over")
    parser.add_argument("--checksums", required=True, help="TSV to write")
    args = parser.parse_args()
    genome = bundle.load(args.bundle)
    rules = command.settings(Counting, args)
    frame = cell_annotation.read(args.annotation)
    cells = cell_annotation.cells_of_role(frame, args.role)
    if args.cell_counts:
        entries = other_tools.read(args.cell_counts, genome.reference)
        result = tool_groups.count_group(entries, cells, args.sample, genome.reference, rules)
        reason = tool_groups.reason_without_counts(entries, result)
    else:
        library = Library(Path(args.bam), umi_tag=UMI_TAG if args.umis else "")
        result = count_group(library, cells, args.sample, genome.reference, rules)
        reason = failed_sample.reason_without_reads(result)
    if args.rna:
        result = rna.masked(result, genome)
    else:
        reason = reason or rna.reason_of_rna(result, genome)
    if reason:
        result = failed_sample.emptied(result, reason, genome.reference, rules)
        print(f"{args.sample}: cannot be used: {reason}", file=sys.stderr)
    quality.save(result, genome.reference, args.counts, args.qc)
    rows = checksums.read(args.library_checksums) if args.library_checksums else []
    counted = other_tools.files_of(args.cell_counts) if args.cell_counts else []
    rows += [checksums.record("input", path) for path in (*counted, args.annotation)]
    # The other groups have them too, without being copies of this one.
    shared = [row | {"role": "shared"} if row["role"] == "input" else row for row in rows]
    checksums.write(shared, args.checksums)


if __name__ == "__main__":
    command.run(main)
