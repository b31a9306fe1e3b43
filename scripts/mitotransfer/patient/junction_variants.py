"""Deletions of the tumour as variants: one more allele each, beside SNVs.

The alternative fragments are those split at the junction; the depth adds the intact ones, the mean
of the two ends. The share of both is one of molecules, as a VAF is, so that E[share_immune] =
(1 - f) share_normal + f share_tumor holds with the same f. Two things are approximate: the mean is
rounded to whole fragments, per strand, and a molecule with another deletion across one of the ends
counts at the other end alone.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mitotransfer.counts import junction_table
from mitotransfer.counts.allele_counts import Counts
from mitotransfer.counts.junctions import intact
from mitotransfer.counts.minor_alleles import MIN_FRAGMENTS
from mitotransfer.genome import junction_alleles
from mitotransfer.genome.bundle import Genome
from mitotransfer.genome.junction_alleles import CONSEQUENCES, JUNCTION


def junction_counts(counts: Counts, variants: pd.DataFrame) -> NDArray[np.int64]:
    """Split fragments of junctions, and depth, by strand: alt, alt, depth, depth; shape (J, 4).

    Args:
        variants: rows of type ``JUNCTION``. The sample need not show them.
    """
    start, end = junction_alleles.ends(variants)
    table = counts.junctions.set_index(["start", "end"])[["forward", "reverse"]]
    wanted = pd.MultiIndex.from_arrays([start, end])
    split = table.reindex(wanted, fill_value=0).to_numpy(np.int64)
    at_start, at_end = (found.astype(np.int64) for found in intact(counts.spanning, start, end))
    return np.hstack([split, split + np.rint((at_start + at_end) / 2).astype(np.int64)])


def tumor_junctions(tumor: Counts, genome: Genome) -> pd.DataFrame:
    """Junctions of a tumour as alleles: of ``MIN_FRAGMENTS`` fragments, on both strands.

    Columns are those of ``patient.informative.VARIANT_COLUMNS``, without a phase set.
    """
    table = tumor.junctions
    strands = table[["forward", "reverse"]].to_numpy(np.int64)
    seen = table[junction_table.seen(*strands.T) & (strands.sum(axis=1) >= MIN_FRAGMENTS)]
    ends = [seen[column].to_numpy(np.int64) for column in ("start", "end")]
    kinds = [str(kind) or "deletion" for kind in junction_table.kinds(ends[0], ends[1], genome)]
    start, end = (one.tolist() for one in ends)
    bases = [genome.reference.sequence[one - 1] for one in start]
    pairs = list(zip(start, end, strict=True))
    return pd.DataFrame(
        {
            "pos": np.array(start, np.int64),
            "ref": np.array(bases, object),
            "alt": np.array(
                [junction_alleles.allele(b, e) for b, e in zip(bases, end, strict=True)], object
            ),
            "type": JUNCTION,
            "gene": [junction_alleles.gene_names(genome.genes, *pair) for pair in pairs],
            "consequence": [CONSEQUENCES[kind] for kind in kinds],
            "hgvs_m": [
                junction_alleles.name(genome.reference, *pair, kind)
                for pair, kind in zip(pairs, kinds, strict=True)
            ],
            "flags": "",
        }
    )
