"""Published nuclear copies of mtDNA (NUMTs): the alleles by which they differ from rCRS."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mitotransfer.arrays import Ints
from mitotransfer.genome.facts import read_facts
from mitotransfer.genome.reference import allele_codes


@dataclass(frozen=True)
class NuclearCopy:
    """Where a nuclear copy differs from rCRS: 0-based positions and allele codes, (n_alleles,)."""

    pos: Ints
    allele: Ints


def load_nuclear_copies(path: Path) -> tuple[NuclearCopy, ...]:
    """Copies of a table with the columns ``pos allele source``, sources joined by ``; ``."""
    alleles: dict[str, list[tuple[int, str]]] = {}
    for row in read_facts(path, ["pos", "allele", "source"]):
        for source in row["source"].split("; "):
            alleles.setdefault(source, []).append((int(row["pos"]) - 1, row["allele"]))
    return tuple(
        NuclearCopy(np.array([pos for pos, _ in of_copy]), allele_codes(a for _, a in of_copy))
        for _, of_copy in sorted(alleles.items())
    )
