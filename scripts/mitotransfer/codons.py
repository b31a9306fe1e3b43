"""SNVs that share a codon: what the protein becomes of both.

A molecule with a heteroplasmy has the sample's fixed differences too, so that its codon holds them
all and the protein is named by that codon. Of two heteroplasmies in one codon, counts do not tell
whether they are on the same molecules: each is named without the other, and flagged.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mitotransfer.annotation import Annotation, Gene, codon_effect
from mitotransfer.calls import HOMOPLASMIC


def shared_codons(
    pos: NDArray[np.int64], snv: NDArray[np.bool_], annotation: Annotation
) -> Iterator[tuple[Gene, NDArray[np.int64]]]:
    """Protein genes and the rows (of the mask ``snv``) that share a codon of theirs, at two or more
    positions."""
    for gene in annotation.genes:
        if gene.kind != "protein":
            continue
        rows = np.flatnonzero(snv & (pos >= gene.start) & (pos <= gene.end))
        codon = (pos[rows] - gene.start if gene.strand == "+" else gene.end - pos[rows]) // 3
        for one in np.unique(codon):
            members = rows[codon == one]
            if np.unique(pos[members]).size > 1:
                yield gene, members


def join(calls: pd.DataFrame, annotation: Annotation) -> pd.DataFrame:
    """A copy of an annotated calls frame with the consequences of whole codons.

    Rows whose codon holds other fixed SNVs get the ``consequence`` and ``hgvs_p`` of all of them
    (flag ``joint_codon``); two heteroplasmies of a codon get the flag ``same_codon``.
    """
    pos = calls["pos"].to_numpy(np.int64)
    snv = ((calls["type"] == "SNV") & (calls["filter"] == "PASS")).to_numpy(bool)
    fixed = (calls["state"] == HOMOPLASMIC).to_numpy(bool)
    alt = calls["alt"].tolist()
    # By row, a part for each gene; the flags by row.
    genes, consequences, names = (
        [str(text).split(",") for text in calls[column]]
        for column in ("gene", "consequence", "hgvs_p")
    )
    flags = [str(text).split(";") if text else [] for text in calls["flags"]]
    for gene, rows in shared_codons(pos, snv, annotation):
        for row in rows:
            others = [i for i in rows if pos[i] != pos[row]]
            context = {int(pos[i]): alt[i] for i in others if fixed[i]}
            if context:
                part = genes[row].index(gene.name)
                effect = codon_effect(annotation, gene, context | {int(pos[row]): alt[row]})
                consequences[row][part], names[row][part] = effect
                flags[row].append("joint_codon")
            if not fixed[row] and not all(fixed[others]):
                flags[row].append("same_codon")
    return calls.assign(
        consequence=pd.Series([",".join(parts) for parts in consequences], calls.index, object),
        hgvs_p=pd.Series([",".join(parts) for parts in names], calls.index, object),
        flags=pd.Series([";".join(words) for words in flags], calls.index, object),
    )
