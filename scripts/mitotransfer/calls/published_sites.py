"""Flags of calls that users should know of: recurrent positions, alleles of nuclear copies."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mitotransfer.calls.nuclear_copies import Copy
from mitotransfer.genome.reference import LENGTH, allele_codes


@dataclass(frozen=True)
class Published:
    """Where mutations recur, and what nuclear copies bring; 0-based masks.

    Attributes:
        bases: positions that mutated often in the human tree, (16569,).
        indels: anchors and bases of homopolymers in which tumours have indels, (16569,).
        nuclear: alleles of nuclear copies of mtDNA, (16569, 4).
    """

    bases: NDArray[np.bool_]
    indels: NDArray[np.bool_]
    nuclear: NDArray[np.bool_]


def load(resources: str | Path, copies: Iterable[Copy]) -> Published:
    """``hotspots.tsv`` (column ``pos``) and ``indel_hotspots.tsv`` (``start end``) of a folder, and
    the alleles of published nuclear copies."""
    folder = Path(resources)
    bases, indels = np.zeros(LENGTH, bool), np.zeros(LENGTH, bool)
    bases[pd.read_csv(folder / "hotspots.tsv", sep="\t")["pos"].to_numpy(np.int64) - 1] = True
    runs = pd.read_csv(folder / "indel_hotspots.tsv", sep="\t")
    for start, end in zip(runs["start"], runs["end"], strict=True):
        indels[start - 2 : end] = True
    nuclear = np.zeros((LENGTH, 4), bool)
    for copy in copies:
        nuclear[copy.pos, copy.allele] = True
    return Published(bases, indels, nuclear)


def add(calls: pd.DataFrame, published: Published) -> pd.DataFrame:
    """A copy of a calls frame with ``hot_spot``, ``indel_hot_spot`` and ``numt`` in ``flags``.

    Nuclear copies are a minority of the reads: only minor alleles can be theirs.
    """
    snv = (calls["type"] == "SNV").to_numpy(bool)
    at = calls["pos"].to_numpy(np.int64) - 1
    minor = snv & (calls["vaf"] < 0.5).to_numpy(bool)
    nuclear = minor.copy()
    nuclear[minor] = published.nuclear[at[minor], allele_codes(calls["alt"][minor])]
    found = {
        "hot_spot": snv & published.bases[at],
        "indel_hot_spot": ~snv & published.indels[at],
        "numt": nuclear,
    }
    out = calls.copy()
    for name, rows in found.items():
        old = out.loc[rows, "flags"]
        out.loc[rows, "flags"] = [f"{text};{name}" if text else name for text in old]
    return out
