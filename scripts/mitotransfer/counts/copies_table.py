"""The table of a sample's mtDNA copies per cell; a step that reads it reads no BAM file."""

from __future__ import annotations

import math
from pathlib import Path

from mitotransfer.table_files import Column, Table

MTDNA_COPIES = Table(
    "samples/{sample}/{sample}.mtdna_copies.tsv",
    "mtDNA copies per cell from the depths of a whole genome, where they were not "
    "measured; otherwise no row.",
    (
        Column("sample", "Sample."),
        Column("mitochondrial_depth", "Mean depth of the mitochondrial contig.", float),
        Column("autosomal_depth", "Median depth of the autosomal windows with reads.", float),
        Column("windows", "Autosomal windows with reads.", int),
        Column(
            "mtdna_copies", "Copies per cell; empty where the autosomes are too shallow.", float
        ),
        Column("mtdna_copies_low", "Lower bound of their 95 % interval.", float),
        Column("mtdna_copies_high", "Upper bound.", float),
    ),
    optional=True,
)


def estimated(path: str | Path) -> tuple[float, float, float]:
    """Copies per cell and the bounds of their 95 % interval, NaN where none were estimated.

    Raises:
        ValueError: if the file is not such a table.
    """
    table = MTDNA_COPIES.read(path)
    if not len(table):
        return math.nan, math.nan, math.nan
    first = table.iloc[0]
    return first["mtdna_copies"], first["mtdna_copies_low"], first["mtdna_copies_high"]
