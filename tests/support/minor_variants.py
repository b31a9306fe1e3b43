"""Counts of rCRS with variants at chosen positions, their calls and what is informative of them."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from places import BUNDLE, PLACEHOLDER, RCRS

from mitotransfer.counts.allele_counts import Counts, empty_indels
from mitotransfer.genome.bundle import Genome
from mitotransfer.genome.reference import BASES
from mitotransfer.inputs.settings import Informative
from mitotransfer.patient.informative import informative_variants
from mitotransfer.patient.pooling import Pooled

NOWHERE = np.zeros(RCRS.length, bool)


def sample(
    changes: dict[int, dict[str, float]], depth: int = 1000, seed: int | None = None
) -> Counts:
    """Counts at an even depth; ``changes``: share of each base at a 1-based position."""
    shares = np.zeros((RCRS.length, 4))
    known = np.flatnonzero(RCRS.codes < 4)
    shares[known, RCRS.codes[known]] = 1
    for pos, parts in changes.items():
        shares[pos - 1] = 0
        for base, share in parts.items():
            shares[pos - 1, BASES.index(base)] = share
    if seed is None:
        strand = np.round(shares * depth / 2).astype(np.uint32)
        return Counts(np.stack([strand, strand], axis=2), empty_indels(), {})
    rng = np.random.default_rng(seed)
    shares[known] = 0.999 * shares[known] + 0.001 / 4
    shares[PLACEHOLDER] = [1, 0, 0, 0]
    strands = [rng.multinomial(depth // 2, shares) for _ in range(2)]
    return Counts(np.stack(strands, axis=2).astype(np.uint32), empty_indels(), {})


def genome_with(**tables: object) -> Genome:
    """rCRS with other tables than those of the resources: attributes of ``Genome`` by name."""
    genome = Genome(RCRS, BUNDLE)
    vars(genome).update(tables)
    return genome


def calls(*rows: tuple[int, str, str, str]) -> pd.DataFrame:
    """Calls with position, ref, alt and filter."""
    frame = pd.DataFrame(rows, columns=["pos", "ref", "alt", "filter"])
    longer = frame["alt"].str.len() - frame["ref"].str.len()
    frame["type"] = np.select([longer > 0, longer < 0], ["insertion", "deletion"], "SNV")
    named = frame.assign(gene="MT-X", consequence="missense", hgvs_m="m.", flags="")
    return named.assign(phase_set=np.nan)


def find(
    tumor: Counts,
    normal: Counts,
    *tumor_calls: pd.DataFrame,
    artefact: NDArray[np.bool_] = NOWHERE,
    allogeneic: bool = False,
) -> pd.DataFrame:
    """Informative variants of one tumour and one normal, with the settings' defaults."""
    pooled = Pooled([tumor], [normal])
    return informative_variants(
        pooled, list(tumor_calls), genome_with(artefact=artefact), Informative(), confidence=0.95,
        allogeneic=allogeneic,
    )  # fmt: skip


def base(pos: int) -> str:
    """The base of rCRS at a position."""
    return RCRS.sequence[pos - 1]


def other(pos: int) -> str:
    """Another base: the transition."""
    return BASES[(BASES.index(base(pos)) + 2) % 4]


def mix(pos: int, share: float) -> dict[int, dict[str, float]]:
    """Another base at a position with this share, for ``sample``."""
    return {pos: {base(pos): 1 - share, other(pos): share}}


def snv(pos: int, word: str = "PASS") -> tuple[int, str, str, str]:
    """A row of ``calls``."""
    return (pos, base(pos), other(pos), word)
