"""A patient's tumours and normals: which of them are pooled, and their summed counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mitotransfer.arrays import Floats
from mitotransfer.counts import junctions
from mitotransfer.counts.allele_counts import INDEL_COLUMNS, Counts, empty_indels
from mitotransfer.counts.haplotypes import haplotype
from mitotransfer.counts.indel_depth import pooled_facts
from mitotransfer.errors.sample_errors import SampleErrors
from mitotransfer.patient import parties
from mitotransfer.table_files import Column, Table

POOLED = Table(
    "patients/{patient}/pooled.tsv",
    "Samples whose counts are summed as tumour and as normal. One row per tumour and "
    "normal sample.",
    (
        Column("patient", "Id of the person."),
        Column("sample", "Id of the sample."),
        Column("role", "tumor or normal."),
        Column(
            "pooled",
            "Whether its counts are summed with the others; false where most of the patient's "
            "samples have another haplotype, its reads are of RNA, or its files cannot be used.",
            bool,
        ),
    ),
)


def pooled_table(
    patient: str,
    design: str,
    roles: Mapping[str, str],
    counts: Mapping[str, Counts],
    usable: NDArray[np.bool_],
) -> pd.DataFrame:
    """``pooled.tsv``: a row per tumour and normal; failed and odd samples, and RNA, are not pooled.

    Args:
        roles, counts: of all samples of the patient.
        usable: positions to compare, shape (length,).
    """
    names = list(roles)
    haplotypes = [haplotype(counts[name].bases) for name in names]
    odd = parties.outsiders(design, list(roles.values()), haplotypes, usable)
    rows = [
        (patient, name, roles[name], i not in odd and not (counts[name].failed or counts[name].rna))
        for i, name in enumerate(names)
        if roles[name] != "immune"
    ]
    return POOLED.frame(rows)


def pooled_names(table: pd.DataFrame) -> frozenset[str]:
    """Names of the pooled samples in ``pooled.tsv``."""
    return frozenset(table.loc[table["pooled"], "sample"])


@dataclass(frozen=True)
class Pooled:
    """A patient's tumours and normals, each by itself and summed.

    Attributes:
        length: of the reference.
    """

    tumors: Sequence[Counts]
    normals: Sequence[Counts]
    length: int = 0

    @cached_property
    def tumor(self) -> Counts:
        return pool(self.tumors, self._length)

    @cached_property
    def normal(self) -> Counts:
        return pool(self.normals, self._length)

    @property
    def _length(self) -> int:
        given = [len(counts.bases) for counts in (*self.tumors, *self.normals)]
        return given[0] if given else self.length


@dataclass(frozen=True)
class Patient:
    """One patient's data.

    Attributes:
        samples: rows of the sheet, of ``identity.tsv`` and of ``crosstalk.tsv``, joined.
        pooled_names: tumours and normals that are pooled.
        evidence, contamination, tumor_cells: the tables of ``compare_samples``.
        counts: of every sample; errors: of the immune samples.
        molecules: ``molecules.tsv``: what long reads show; None where it is not known.
    """

    name: str
    design: str
    samples: pd.DataFrame
    pooled_names: frozenset[str]
    evidence: pd.DataFrame
    contamination: pd.DataFrame
    tumor_cells: pd.DataFrame
    counts: Mapping[str, Counts]
    errors: Mapping[str, SampleErrors]
    molecules: pd.DataFrame | None = None

    @cached_property
    def haplotypes(self) -> Mapping[str, NDArray[np.int8]]:
        """Fixed alleles of every sample (``counts.haplotypes.haplotype``)."""
        return {name: haplotype(one.bases) for name, one in self.counts.items()}

    @cached_property
    def pooled(self) -> Pooled:
        """Counts of the tumours and normals that are pooled, in the order of the sheet."""

        def of_role(role: str) -> list[Counts]:
            names = self.samples.loc[self.samples["role"] == role, "sample"]
            return [self.counts[name] for name in names if name in self.pooled_names]

        length = max((len(one.bases) for one in self.counts.values()), default=0)
        return Pooled(of_role("tumor"), of_role("normal"), length)

    @property
    def pooled_tumors(self) -> list[str]:
        """Names of the tumours that are pooled, in the order of the sheet."""
        names = self.samples.loc[self.samples["role"] == "tumor", "sample"]
        return [name for name in names if name in self.pooled_names]

    def contamination_of(self, sample: str, tumor: str) -> dict[str, object] | None:
        """Row of ``contamination.tsv`` of an immune sample and a tumour sample, if there is one."""
        table = self.contamination
        rows = table[(table["sample"] == sample) & (table["tumor"] == tumor)]
        return None if rows.empty else {str(k): v for k, v in rows.iloc[0].items()}

    def refused_counts(self, sample: str) -> str:
        """Why nuclear counts that a sample needs cannot be used; empty where they can."""
        rows = self.contamination.loc[self.contamination["sample"] == sample, "refused"]
        return next((why for why in rows if isinstance(why, str) and why), "")

    def cell_curve(self, sample: str, tumor: str) -> Floats:
        """Log likelihood of the measured share of tumour cells (``tumor_cells.tsv``)."""
        table = self.tumor_cells
        chosen = (table["sample"] == sample) & (table["tumor"] == tumor)
        return table.loc[chosen, "log_likelihood"].to_numpy(float)


def pool(counts: Sequence[Counts], length: int = 0) -> Counts:
    """Counts of several samples summed; of none, counts without fragments of ``length``."""
    shape = counts[0].bases.shape if counts else (length, 4, 2)
    bases = np.zeros(shape, np.int64)
    for one in counts:
        bases += one.bases
    tables = [one.indels for one in counts if len(one.indels)]
    indels = empty_indels()
    if tables:
        grouped = pd.concat(tables).groupby(["pos", "ref", "alt"], sort=True, as_index=False)
        indels = grouped[["forward", "reverse"]].sum()[INDEL_COLUMNS]
    spanning = np.zeros((len(bases), 2), np.int64)
    for one in counts:
        spanning += one.spanning
    joined = junctions.added([one.junctions for one in counts])
    facts = pooled_facts(counts)
    return Counts(bases.astype(np.uint32), indels, facts, None, joined, spanning.astype(np.uint32))
