"""Flags of calls that users should know of: recurrent positions."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

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


def add(calls: pd.DataFrame, hotspots: Hotspots) -> pd.DataFrame:
    """A copy of a calls frame with ``hot_spot`` and ``indel_hot_spot`` in ``flags``."""
    snv = (calls["type"] == "SNV").to_numpy(bool)
    pos = calls["pos"].to_numpy(np.int64)
    found = {
        "hot_spot": snv & hotspots.bases[pos - 1],
        "indel_hot_spot": ~snv & hotspots.indels[pos - 1],
    }
    out = calls.copy()
    for name, rows in found.items():
        old = out.loc[rows, "flags"]
        out.loc[rows, "flags"] = [f"{text};{name}" if text else name for text in old]
    return out
