"""Write the counts of a library's cells at all positions in the format of mgatk, for Signac.

In:  the library's aligned BAM; annotation
Out: folder with a table of each allele, of the coverage, of the depth and of the reference
"""

from __future__ import annotations

import argparse
from pathlib import Path

from mitotransfer import command
from mitotransfer.cells import mgatk_export
from mitotransfer.cells.counting import Library
from mitotransfer.genome import reference
from mitotransfer.inputs import cell_annotation
from mitotransfer.inputs.columns import UMI_TAG
from mitotransfer.inputs.settings import Counting


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--bam", required=True, help="of align_cells.py")
    parser.add_argument("--umis", action="store_true", help="the reads have UMIs")
    parser.add_argument("--annotation", required=True, help="TSV, CSV or h5ad: cells to write")
    reference.add_bundle_option(parser)
    command.add_settings(parser, Counting)
    parser.add_argument("--output", required=True, type=Path, help="folder to write")
    args = parser.parse_args()
    frame = cell_annotation.read(args.annotation)
    umi_tag = UMI_TAG if args.umis else ""
    library = Library(Path(args.bam), umi_tag=umi_tag, barcodes=frame.index.tolist())
    genome = reference.load(args.bundle)
    mgatk_export.write(library, args.output, genome, command.settings(Counting, args))


if __name__ == "__main__":
    command.run(main)
