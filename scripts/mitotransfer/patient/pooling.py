"""The samples of a patient's tumours and normals that are counted together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mitotransfer.counts.allele_counts import INDEL_COLUMNS, Counts, empty_indels
from mitotransfer.counts.haplotypes import haplotype
from mitotransfer.errors.sample_errors import SampleErrors
from mitotransfer.genome.reference import LENGTH
from mitotransfer.patient import parties


@dataclass(frozen=True)
class Patient:
    """One patient's data.

    Attributes:
        samples: rows of the sheet, of ``identity.tsv`` and of ``crosstalk.tsv``, joined.
        evidence, contamination: the tables of ``compare_samples``.
        counts: of every sample; errors: of the immune samples.
    """

    name: str
    design: str
    samples: pd.DataFrame
    evidence: pd.DataFrame
    contamination: pd.DataFrame
    counts: Mapping[str, Counts]
    errors: Mapping[str, SampleErrors]

    @cached_property
    def haplotypes(self) -> Mapping[str, NDArray[np.int8]]:
        """Fixed alleles of every sample (``counts.haplotypes.haplotype``)."""
        return {name: haplotype(one.bases) for name, one in self.counts.items()}


def pooled_samples(patient: Patient, usable: NDArray[np.bool_], role: str) -> list[str]:
    """Samples of a role whose counts are summed: without those of another haplotype."""
    names, roles = patient.samples["sample"].tolist(), patient.samples["role"].tolist()
    haplotypes = [patient.haplotypes[name] for name in names]
    odd = parties.outsiders(patient.design, roles, haplotypes, usable)
    return [name for i, name in enumerate(names) if roles[i] == role and i not in odd]


def pooled_counts(patient: Patient, usable: NDArray[np.bool_], role: str) -> Counts:
    """Counts of a role's samples summed, as in the evidence."""
    names = pooled_samples(patient, usable, role)
    return pool([patient.counts[name] for name in names])


def pool(counts: Sequence[Counts]) -> Counts:
    """Counts of several samples summed; of none, counts without fragments."""
    bases = np.zeros((LENGTH, 4, 2), np.int64)
    for one in counts:
        bases += one.bases
    tables = [one.indels for one in counts if len(one.indels)]
    indels = empty_indels()
    if tables:
        grouped = pd.concat(tables).groupby(["pos", "ref", "alt"], sort=True, as_index=False)
        indels = grouped[["forward", "reverse"]].sum()[INDEL_COLUMNS]
    return Counts(bases.astype(np.uint32), indels, {})
