"""The table of a sample's molecules, with the posterior of tumour origin of each."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mitotransfer.arrays import Floats
from mitotransfer.counts.molecule_bases import MoleculeBases
from mitotransfer.fraction.molecule_haplotypes import Model, log_odds, posterior
from mitotransfer.fraction.patterns import Alleles
from mitotransfer.genome.circle import Circle
from mitotransfer.patient.molecule_patterns import Sites, pattern_text
from mitotransfer.table_files import Column, Table

TUMOR, OTHER, MIXED = "tumor", "other", "mixed"
#: Posterior from which a molecule is of tumour origin.
_LIKELY = 0.5
#: Share of the tumour's molecules that its haplotypes have at least.
_HAPLOTYPE = 0.01
MOLECULES = Table(
    "samples/{sample}/{sample}.molecules.tsv.gz",
    "Molecules of an immune sample of long reads, with what they show at the patient's informative "
    "variants, SNVs and a large deletion; of samples that span two or more.",
    (
        Column("patient", "Id of the person."),
        Column("sample", "Id of the sample."),
        Column("read", "Name of the read."),
        Column("strand", "+ or -."),
        Column("start", "First position covered, from 1.", int),
        Column("end", "Last one; before the first where the origin lies between.", int),
        Column("bases", "Positions with a base that counts.", int),
        Column("pattern", "As in patients/{patient}/molecules.tsv, whose variants it follows."),
        Column("tumor_alleles", "The tumour's alleles on it, joined by ','."),
        Column("posterior", "Probability that it is of tumour origin.", float),
        Column(
            "class",
            "tumor; other; mixed: has some of the tumour's alleles, and lacks others in a way that "
            "fewer than 1 % of the tumour's molecules do (template switching, errors).",
        ),
    ),
    optional=True,
)


def fraction_of(odds: Floats) -> float:
    """The fraction that makes molecules with these log odds most likely."""
    ratio = np.exp(np.minimum(odds, 500.0)) - 1.0

    def loss(fraction: float) -> float:
        return float(-np.log1p(fraction * ratio).sum())

    from scipy.optimize import minimize_scalar  # only long reads need its slow import

    found = minimize_scalar(loss, bounds=(0.0, 0.999), method="bounded", options={"xatol": 1e-7})
    return float(found.x) if loss(float(found.x)) < 0 else 0.0


def classes(alleles: Alleles, model: Model, probability: Floats) -> NDArray[np.str_]:
    """Class of each molecule."""
    own = model.own.weights >= _HAPLOTYPE
    tumor, absent = model.own.alleles[own], model.own.absent[own]
    shown = alleles >= 0
    # How many shown alleles differ from each of the tumour's haplotypes, or are not on it.
    other = ((alleles == 1)[:, None] != tumor[None]) | absent[None]
    differs = (shown[:, None] & other).sum(axis=2)
    fits = (differs == 0).any(axis=1) if len(tumor) else np.zeros(len(alleles), bool)
    some = (alleles == 1).any(axis=1)
    mixed = some & (alleles == 0).any(axis=1) & ~fits
    return np.where(mixed, MIXED, np.where(some & (probability >= _LIKELY), TUMOR, OTHER))


def molecule_rows(
    patient: str,
    sample: str,
    molecules: MoleculeBases,
    alleles: Alleles,
    sites: Sites,
    *,
    model: Model,
    circle: Circle,
) -> pd.DataFrame:
    """``molecules.tsv.gz``: the molecules that show at least one of the sites."""
    shown = np.flatnonzero((alleles >= 0).any(axis=1))
    alleles = alleles[shown]
    probability = posterior(
        alleles, model, fraction_of(log_odds(alleles, model.tumor, model.error))
    )
    strand, first, last, bases = molecules.facts[shown].T
    names = molecules.read_names()
    table = pd.DataFrame(
        {
            "read": [names[k] for k in shown],
            "strand": np.where(strand == 1, "-", "+"),
            "start": circle.to_reference(first) + 1,
            "end": circle.to_reference(last) + 1,
            "bases": bases,
            "pattern": [pattern_text(row) for row in alleles],
            "tumor_alleles": [_named(row, sites.names) for row in alleles],
            "posterior": probability,
            "class": classes(alleles, model, probability),
        }
    )
    table["patient"], table["sample"] = patient, sample
    return table[MOLECULES.names]


def _named(pattern: Alleles, names: Sequence[str]) -> str:
    return ",".join(name for name, allele in zip(names, pattern, strict=True) if allele == 1)
