"""Flags of annotated calls that users should know of: recurrent positions, SNVs in one codon."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mitotransfer.annotation import Annotation
from mitotransfer.reference import LENGTH


@dataclass(frozen=True)
class Hotspots:
    """Positions (0-based masks, (16569,)) where mutations recur.

    Attributes:
        bases: positions that mutated often in the human tree.
        indels: anchors and bases of homopolymers in which tumours have indels.
    """

    bases: NDArray[np.bool_]
    indels: NDArray[np.bool_]


def load(resources: str | Path) -> Hotspots:
    """``hotspots.tsv`` (column ``pos``) and ``indel_hotspots.tsv`` (``start end``) of a folder."""
    folder = Path(resources)
    bases, indels = np.zeros(LENGTH, bool), np.zeros(LENGTH, bool)
    bases[pd.read_csv(folder / "hotspots.tsv", sep="\t")["pos"].to_numpy(np.int64) - 1] = True
    runs = pd.read_csv(folder / "indel_hotspots.tsv", sep="\t")
    for start, end in zip(runs["start"], runs["end"], strict=True):
        indels[start - 2 : end] = True
    return Hotspots(bases, indels)


def add(calls: pd.DataFrame, annotation: Annotation, hotspots: Hotspots) -> pd.DataFrame:
    """A copy of a calls frame with ``hot_spot``, ``indel_hot_spot``, ``same_codon`` in ``flags``.

    Counts do not tell whether two SNVs of one codon are on the same molecules; so each is named as
    if it were alone, and the flag says that it may not be.
    """
    snv = (calls["type"] == "SNV").to_numpy(bool)
    pos = calls["pos"].to_numpy(np.int64)
    passes = (calls["filter"] == "PASS").to_numpy(bool)
    found = {
        "hot_spot": snv & hotspots.bases[pos - 1],
        "indel_hot_spot": ~snv & hotspots.indels[pos - 1],
        "same_codon": in_one_codon(pos, snv & passes, annotation),
    }
    out = calls.copy()
    for name, rows in found.items():
        old = out.loc[rows, "flags"]
        out.loc[rows, "flags"] = [f"{text};{name}" if text else name for text in old]
    return out


def in_one_codon(
    pos: NDArray[np.int64], snv: NDArray[np.bool_], annotation: Annotation
) -> NDArray[np.bool_]:
    """Rows (of the mask ``snv``) that share a gene's codon with one at another position."""
    shared = np.zeros(len(pos), bool)
    for gene in annotation.genes:
        if gene.kind != "protein":
            continue
        rows = np.flatnonzero(snv & (pos >= gene.start) & (pos <= gene.end))
        codon = (pos[rows] - gene.start if gene.strand == "+" else gene.end - pos[rows]) // 3
        for one in np.unique(codon):
            members = rows[codon == one]
            shared[members] |= np.unique(pos[members]).size > 1
    return shared
