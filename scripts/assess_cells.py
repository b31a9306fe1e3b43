"""Judge a library of single cells: which immune cells carry mtDNA of the tumour, and how much.

In:  counts per cell, the annotation; counts of the patient's bulk normals and tumours, if any
Out: a table of cells, of shares by kind of cell, of variants, and the distribution of fractions;
     the cells by variants as h5ad
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mitotransfer import command
from mitotransfer.cells import assess, cell_counts, h5ad, tables
from mitotransfer.cells.assess import Prior
from mitotransfer.cells.cell_counts import CellCounts
from mitotransfer.cells.variants import Rules
from mitotransfer.counts import allele_counts
from mitotransfer.genome import bundle, reference
from mitotransfer.genome.bundle import Genome
from mitotransfer.inputs import cell_annotation
from mitotransfer.inputs.cell_settings import Cells
from mitotransfer.inputs.columns import CELL_RNA
from mitotransfer.inputs.settings import Fraction, Informative

#: Settings of the judgement; all positions are counted for other tools.
JUDGED = [field.name for field in fields(Cells) if field.name != "all_positions"]


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sample", required=True, help="id of the library")
    parser.add_argument("--patient", required=True, help="id of the person")
    parser.add_argument("--assay", default="", help="of the library: sc_atac, sc_rna, ...")
    parser.add_argument("--counts", required=True, help=".cells.npz of count_cells")
    parser.add_argument("--annotation", required=True, help="TSV, CSV or h5ad")
    parser.add_argument("--normals", nargs="*", default=[], help="counts of bulk normals (.npz)")
    parser.add_argument("--tumors", nargs="*", default=[], help="counts of bulk tumours (.npz)")
    reference.add_bundle_option(parser)
    command.add_settings(parser, Cells, *JUDGED)
    command.add_settings(parser, Informative, "max_normal_vaf")
    command.add_settings(parser, Fraction, "confidence")
    parser.add_argument("--cells", required=True, help="output .tsv.gz")
    parser.add_argument("--shares", required=True, help="output .tsv")
    parser.add_argument("--variants", required=True, help="output .tsv")
    parser.add_argument("--fractions", required=True, help="output .tsv")
    parser.add_argument("--h5ad", required=True, help="output .h5ad")
    return parser.parse_args()


def bulk(paths: Sequence[str | Path], positions: NDArray[np.int64]) -> NDArray[np.int64] | None:
    """Fragments by allele of bulk samples at the positions, summed; None without a sample."""
    read = [allele_counts.load(path) for path in paths]
    used = [one.alleles[positions] for one in read if not one.failed]
    return np.sum(used, axis=0) if used else None


def excluded(genome: Genome, rna: bool) -> dict[int, str]:
    """Positions that are no evidence, and why."""
    found = dict.fromkeys(np.flatnonzero(genome.artefact).tolist(), "artefact")
    if rna:
        found |= dict.fromkeys(genome.rna_sites.tolist(), "rna_position")
    return found


def write_h5ad(path: str, cells: pd.DataFrame, variants: pd.DataFrame, counts: CellCounts) -> None:
    """Write the judged cells by all variants of the tumour, used or not."""
    names = variants["pos"].astype(str) + variants["own"] + ">" + variants["alt"]
    rows = pd.Index(counts.barcodes).get_indexer(pd.Index(cells["barcode"]))
    alt, depth = assess.alleles(counts, variants, rows)
    by_name = variants.set_index(pd.Index(names, dtype=object))
    h5ad.write(path, cells.set_index("barcode"), by_name, alt, depth)


def main() -> None:
    args = parse_arguments()
    counts = cell_counts.load(args.counts)
    genome = bundle.load(args.bundle)
    settings = command.settings(Cells, args, *JUDGED)
    rna = args.assay in CELL_RNA
    rules = Rules(
        settings.min_tumor_vaf, args.max_normal_vaf, settings.error_rate, excluded(genome, rna),
        genome.reference.length, args.confidence,
    )  # fmt: skip
    prior = Prior(
        rules,
        normal=bulk(args.normals, counts.positions),
        rna=rna,
        dna=bulk(args.tumors, counts.positions),
    )
    annotation = cell_annotation.read(args.annotation)
    found = assess.assess(counts, annotation, prior, settings, args.confidence)
    tables.CELLS.write(found.cells, args.cells)
    shares = found.shares.assign(patient=args.patient, library=args.sample)
    tables.LIBRARY_SHARES.write(shares, args.shares)
    tables.CELL_VARIANTS.write(found.variants, args.variants)
    tables.FRACTIONS.write(found.fractions, args.fractions)
    write_h5ad(args.h5ad, found.cells, found.variants, counts)


if __name__ == "__main__":
    command.run(main)
