"""SNVs that share a codon: their joint effect on the protein.

Molecules with a heteroplasmy carry the sample's fixed differences too, so the protein is named by
the codon with all of them. The reads show whether two heteroplasmies in a codon are on the same
molecules (``calls.phasing``). One is named together with the other if nearly all molecules with it
have the other; if not, it is named alone, with a flag that says whether nearly none have both.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mitotransfer import flag_words, flags
from mitotransfer.calls.frame import HOMOPLASMIC
from mitotransfer.calls.phasing import Phases
from mitotransfer.genome.bundle import Genome
from mitotransfer.genome.consequences import codon_effect
from mitotransfer.genome.genes import Gene

_ELSEWHERE = {False: flags.SAME_CODON, True: flags.OTHER_MOLECULES}


def shared_codons(
    pos: NDArray[np.int64], snv: NDArray[np.bool_], genome: Genome
) -> Iterator[tuple[Gene, NDArray[np.int64]]]:
    """Protein genes, and rows of the mask ``snv`` at several positions of one codon of theirs."""
    for gene in genome.genes:
        if gene.kind != "protein":
            continue
        rows = np.flatnonzero(snv & (pos >= gene.start) & (pos <= gene.end))
        codon = (pos[rows] - gene.start if gene.strand == "+" else gene.end - pos[rows]) // 3
        for one in np.unique(codon):
            members = rows[codon == one]
            if np.unique(pos[members]).size > 1:
                yield gene, members


def join(calls: pd.DataFrame, genome: Genome, phases: Phases) -> pd.DataFrame:
    """A copy of an annotated calls frame with the consequences of whole codons.

    Rows whose codon holds other SNVs, fixed or on the same molecules, get the ``consequence`` and
    ``hgvs_p`` of all of them (flag ``joint_codon``). Another heteroplasmy in the codon is left out
    if it is on other molecules (flag ``other_molecules``) or not clearly on either (flag
    ``same_codon``).
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
    marks = [flag_words.split(cell) for cell in calls["flags"]]
    for gene, rows in shared_codons(pos, snv, genome):
        for row in rows:
            others = [i for i in rows if pos[i] != pos[row]]
            there = [i for i in others if fixed[i] or (row, i) in phases.together]
            context = {int(pos[i]): alt[i] for i in there}
            if context:
                part = genes[row].index(gene.name)
                effect = codon_effect(genome, gene, context | {int(pos[row]): alt[row]})
                consequences[row][part], names[row][part] = effect
                marks[row].append(flags.JOINT_CODON)
            if not fixed[row]:
                elsewhere = {(row, i) in phases.apart for i in others if i not in there}
                marks[row] += [_ELSEWHERE[apart] for apart in sorted(elsewhere)]
    return calls.assign(
        consequence=pd.Series([",".join(parts) for parts in consequences], calls.index, object),
        hgvs_p=pd.Series([",".join(parts) for parts in names], calls.index, object),
        flags=pd.Series([flag_words.join(words) for words in marks], calls.index, object),
    )
