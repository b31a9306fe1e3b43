"""The background of a cohort: site errors, identity and cross-talk, from all samples.

Samples are read one at a time, twice: first for sums over sites and haplotypes, then for reads of
other samples. Only the haplotypes (one byte per position) stay in memory.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mitotransfer.cohort import crosstalk, identity, shared_reads
from mitotransfer.cohort.crosstalk_table import crosstalk_table
from mitotransfer.cohort.sample_files import CohortReader, progress
from mitotransfer.counts.allele_counts import Counts
from mitotransfer.counts.filters import main_filter
from mitotransfer.counts.haplotypes import haplotype
from mitotransfer.counts.minor_alleles import heteroplasmic_alleles, mean_depth
from mitotransfer.errors import indel_sums, junction_sums
from mitotransfer.errors.indel_sums import IndelSums, indel_contribution
from mitotransfer.errors.junction_sums import JunctionSums, junction_contribution, no_junctions
from mitotransfer.errors.site_sums import (
    SiteSums,
    empty_sites,
    load_sites,
    save_sites,
    site_contribution,
)
from mitotransfer.genome.circle import Circle
from mitotransfer.inputs.settings import Settings


def contributes(role: str, design: str) -> bool:
    """Whether a sample's rare alleles count as errors for the other samples.

    Recipients of a donor's cells are left out: many may have the same donor line. So are animals
    with one tumour line.
    """
    return not (design in ("allogeneic", "syngeneic") and role == "immune")


@dataclass(frozen=True)
class CohortBackground:
    """Sums over the cohort.

    Attributes:
        sites: errors at each site (``errors.site_sums.SiteSums``).
        heteroplasmic: number of immune samples and normals with the allele, uint32, (length, 4).
        n_asked: number of these samples.
        junctions: of large deletions (``errors.junction_sums``).
        batches: fixed alleles of the libraries of each named batch of several patients.
        indels: small ones (``errors.indel_sums``).
    """

    sites: SiteSums
    heteroplasmic: NDArray[np.uint32]
    n_asked: int
    junctions: JunctionSums
    batches: Mapping[str, crosstalk.BatchAlleles] = field(default_factory=dict)
    indels: IndelSums = field(default_factory=IndelSums)

    def with_sample(self, counts: Counts, role: str, design: str) -> CohortBackground:
        """The background with one sample added; tumours do not count for ``heteroplasmic``."""
        if counts.failed or counts.rna or not contributes(role, design):
            return self
        junctions = self.junctions + junction_contribution(counts, role != "tumor")
        indels = self.indels + indel_contribution(counts, role != "tumor")
        learned = replace(
            self, sites=self.sites + site_contribution(counts), junctions=junctions, indels=indels
        )
        if role == "tumor":
            return learned
        carried = self.heteroplasmic + heteroplasmic_alleles(counts)
        return replace(learned, heteroplasmic=carried, n_asked=self.n_asked + 1)

    def at(self, positions: NDArray[np.integer]) -> CohortBackground:
        """The sums at some positions (0-based) only."""
        return replace(
            self,
            sites=self.sites.at(positions),
            heteroplasmic=self.heteroplasmic[positions],
            junctions=self.junctions.at(positions),
            indels=self.indels.at(positions),
        )

    def without(
        self, own: CohortBackground, at: NDArray[np.integer] | slice = slice(None)
    ) -> CohortBackground:
        """The background without some of its samples, such as one patient's own.

        Args:
            own: sums of these samples.
            at: 0-based positions of ``own`` if it holds only some; the others stay as they are.
        """
        carried = self.heteroplasmic.copy()
        carried[at] -= own.heteroplasmic
        return CohortBackground(
            self.sites.without(own.sites, at),
            carried,
            self.n_asked - own.n_asked,
            self.junctions.without(own.junctions, at),
            self.batches,
            self.indels.without(own.indels, at),
        )

    def save(self, path: str | Path) -> None:
        """Write ``background.npz``: the arrays of ``save_sites``, and all others."""
        save_sites(self.sites, path)
        with np.load(path) as archive:
            arrays = {name: archive[name] for name in archive.files}
        with open(path, "wb") as handle:
            names, batches = sorted(self.batches), self.batches
            empty = crosstalk.BatchAlleles(0.0, np.zeros(0, np.int64), np.zeros(0))
            parts = [batches[name] for name in names] or [empty]
            np.savez_compressed(
                handle,
                **arrays,
                **self.junctions.arrays(),
                **self.indels.arrays(),
                heteroplasmic=self.heteroplasmic,
                n_asked=np.asarray(self.n_asked),
                batch_names=np.array(names, dtype=str),
                batch_reads=np.array([part.reads for part in parts]),
                batch_sizes=np.array([len(part.keys) for part in parts]),
                batch_keys=np.concatenate([part.keys for part in parts]),
                batch_carried=np.concatenate([part.carried for part in parts]),
            )


def nothing_learned(length: int) -> CohortBackground:
    """An empty background, of a reference of this length."""
    nobody = np.zeros((length, 4), np.uint32)
    return CohortBackground(empty_sites(length), nobody, 0, no_junctions(length))


def load(path: str | Path) -> CohortBackground:
    """Read a background that ``CohortBackground.save`` wrote.

    Raises:
        ValueError: if another version wrote it.
    """
    sites = load_sites(path)
    with np.load(path, allow_pickle=False) as archive:
        needed = {"batch_sizes", "batch_keys", "batch_carried", "n_asked", "spanning"}
        if not needed | {"indel_errors"} <= set(archive):
            raise ValueError(f"{path}: not this version's; delete it and run again")
        ends = np.cumsum(archive["batch_sizes"])[:-1]
        keys, carried = archive["batch_keys"], archive["batch_carried"]
        parts = zip(
            archive["batch_names"], archive["batch_reads"], np.split(keys, ends),
            np.split(carried, ends),
            strict=False,
        )  # fmt: skip
        batches = {
            str(name): crosstalk.BatchAlleles(float(reads), own_keys, own_carried)
            for name, reads, own_keys, own_carried in parts
        }
        junctions = junction_sums.from_arrays(archive)
        return CohortBackground(
            sites,
            archive["heteroplasmic"],
            int(archive["n_asked"]),
            junctions,
            batches,
            indel_sums.from_arrays(archive),
        )


def joined_samples(
    sheet: pd.DataFrame, who: pd.DataFrame, crosstalk_rows: pd.DataFrame
) -> pd.DataFrame:
    """Rows of the sheet joined with ``identity.tsv`` and ``crosstalk.tsv``, all text."""
    who = who.drop(columns=["patient", "role"])
    joined = sheet.merge(who, on="sample", how="left", validate="1:1")
    return joined.merge(
        crosstalk_rows.drop(columns="batch"), on="sample", how="left", validate="1:1"
    ).fillna("")


def own_background(
    counts: Mapping[str, Counts], roles: Mapping[str, str], design: str
) -> CohortBackground:
    """Contribution of one patient's samples to the background."""
    found = nothing_learned(max((len(one.bases) for one in counts.values()), default=0))
    for sample, one in counts.items():
        found = found.with_sample(one, roles[sample], design)
    return found


def learn(
    cohort: CohortReader,
    usable: NDArray[np.bool_],
    circle: Circle,
    settings: Settings,
    same_files: Sequence[tuple[str, str]] = (),
) -> tuple[CohortBackground, pd.DataFrame, pd.DataFrame]:
    """Background, ``identity.tsv`` and ``crosstalk.tsv`` of a cohort.

    Args:
        usable: positions at which haplotypes are compared, shape (length,).
        circle: of the genome.
        settings: of ``identity``, ``crosstalk``, ``qc``, and the confidence of ``fraction``.
        same_files: pairs of samples with an input file in common
            (``cohort.shared_reads.same_files``).
    """
    samples = cohort.samples
    names = samples["sample"].tolist()
    haplotypes = identity.Haplotypes(
        np.empty((len(names), len(usable)), np.int8),
        np.zeros(len(names)),
        np.zeros(len(names)),
        usable,
    )
    learned, found = nothing_learned(len(usable)), shared_reads.Copies()
    failed: dict[str, str] = {}
    filtered: dict[str, str] = {}
    for i, (name, patient, role) in enumerate(
        zip(names, samples["patient"], samples["role"], strict=True)
    ):
        counts = cohort.counts(name)
        haplotypes.alleles[i] = haplotype(counts.bases)
        haplotypes.mean_depth[i], haplotypes.bases[i] = (
            mean_depth(counts, circle),
            counts.depth.sum(),
        )
        found.add(name, patient, counts)
        failed |= {name: counts.failed} if counts.failed else {}
        filtered[name] = main_filter(counts.meta, int(counts.depth.sum()))
        learned = learned.with_sample(counts, role, cohort.designs.get(patient, "autologous"))
        progress(i + 1, len(names), "samples read")
    who = identity.assess(samples, cohort.designs, haplotypes, settings.identity, settings.qc)
    who = shared_reads.mark(who, [*found.same, *same_files], found.parts)
    who = identity.explain_shallow(identity.mark_failed(who, failed), filtered)
    table, batches = crosstalk_table(
        cohort, who, haplotypes, settings.crosstalk.assumed_high, settings.fraction.confidence
    )
    return replace(learned, batches=batches), who, table
