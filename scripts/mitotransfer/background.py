"""What the samples of a cohort tell about one another: site errors, identity, cross-talk.

Samples are read one at a time, twice: sums over sites and haplotypes first, then the reads that
each sample has of the others. Only haplotypes (one byte per position) are kept of all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mitotransfer import copies, crosstalk, identity
from mitotransfer.cohortfiles import Load, LoadErrors, progress
from mitotransfer.counts import Counts, major
from mitotransfer.errormodel import (
    ERROR_CAP,
    SiteSums,
    empty_sites,
    load_sites,
    save_sites,
    site_contribution,
)
from mitotransfer.reference import LENGTH

#: Bases of the reference that reads can cover: all but the placeholder.
COVERABLE = LENGTH - 1
#: Fragments with an allele that make it a heteroplasmy of a sample.
MIN_FRAGMENTS = 4


def mean_depth(counts: Counts) -> float:
    """Fragments per position that reads can cover."""
    return float(counts.depth.sum()) / COVERABLE


def contributes(role: str, design: str) -> bool:
    """Whether a sample's rare alleles are errors to others.

    Recipients of a donor's cells are not asked: the same donor line may be used with many.
    """
    return not (design == "allogeneic" and role == "immune")


def heteroplasmic_alleles(counts: Counts) -> NDArray[np.bool_]:
    """Alleles too frequent for errors and not fixed, shape (16569, 4)."""
    alleles = counts.alleles
    depth = counts.depth[:, :1] + counts.depth[:, 1:]
    vaf = alleles / np.maximum(depth, 1)
    minor = np.arange(4) != major(alleles)[:, None]
    return minor & (vaf > ERROR_CAP) & (alleles >= MIN_FRAGMENTS)


@dataclass(frozen=True)
class CohortBackground:
    """Sums over the cohort.

    Attributes:
        sites: errors at each site (``errormodel.SiteSums``).
        heteroplasmic: immune samples and normals in which an allele is, uint32, (16569, 4).
        n_asked: number of these samples.
        batches: fixed alleles of the libraries of each named batch of several patients.
    """

    sites: SiteSums
    heteroplasmic: NDArray[np.uint32]
    n_asked: int
    batches: Mapping[str, crosstalk.BatchAlleles] = field(default_factory=dict)

    def with_sample(self, counts: Counts, role: str, design: str) -> CohortBackground:
        """With what one sample adds; tumours say nothing of what arises in other cells."""
        if not contributes(role, design):
            return self
        learned = replace(self, sites=self.sites + site_contribution(counts))
        if role == "tumor":
            return learned
        carried = self.heteroplasmic + heteroplasmic_alleles(counts)
        return replace(learned, heteroplasmic=carried, n_asked=self.n_asked + 1)

    def without(self, own: CohortBackground) -> CohortBackground:
        """Less what some of its samples added, such as one patient's own."""
        return CohortBackground(
            self.sites - own.sites,
            self.heteroplasmic - own.heteroplasmic,
            self.n_asked - own.n_asked,
            self.batches,
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
                heteroplasmic=self.heteroplasmic,
                n_asked=np.asarray(self.n_asked),
                batch_names=np.array(names, dtype=str),
                batch_reads=np.array([part.reads for part in parts]),
                batch_sizes=np.array([len(part.keys) for part in parts]),
                batch_keys=np.concatenate([part.keys for part in parts]),
                batch_carried=np.concatenate([part.carried for part in parts]),
            )


def nothing_learned() -> CohortBackground:
    return CohortBackground(empty_sites(), np.zeros((LENGTH, 4), np.uint32), 0)


def load(path: str | Path) -> CohortBackground:
    """A background as ``CohortBackground.save`` wrote it.

    Raises:
        ValueError: if another version wrote it.
    """
    sites = load_sites(path)
    with np.load(path, allow_pickle=False) as archive:
        if not {"batch_sizes", "batch_keys", "batch_carried", "n_asked"} <= set(archive):
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
        return CohortBackground(sites, archive["heteroplasmic"], int(archive["n_asked"]), batches)


def joined_samples(
    sheet: pd.DataFrame, who: pd.DataFrame, crosstalk_rows: pd.DataFrame
) -> pd.DataFrame:
    """Rows of the sheet with what ``identity.tsv`` and ``crosstalk.tsv`` say, all text."""
    who = who.drop(columns=["patient", "role"])
    joined = sheet.merge(who, on="sample", how="left", validate="1:1")
    return joined.merge(
        crosstalk_rows.drop(columns="batch"), on="sample", how="left", validate="1:1"
    ).fillna("")


def own_background(
    counts: Mapping[str, Counts], roles: Mapping[str, str], design: str
) -> CohortBackground:
    """What one patient's samples add to the cohort's background."""
    found = nothing_learned()
    for sample, one in counts.items():
        found = found.with_sample(one, roles[sample], design)
    return found


def learn(
    samples: pd.DataFrame,
    designs: Mapping[str, str],
    load: Load,
    load_sample_errors: LoadErrors,
    usable: NDArray[np.bool_],
    assumed_crosstalk: float,
    max_differences: int,
    min_differences: int,
    min_mean_depth: float,
    confidence: float,
    same_files: Sequence[tuple[str, str]] = (),
) -> tuple[CohortBackground, pd.DataFrame, pd.DataFrame]:
    """Background, ``identity.tsv`` and ``crosstalk.tsv`` of a cohort.

    Args:
        samples: normalised sheet, columns ``sample patient role batch``.
        usable: positions at which haplotypes are compared, shape (16569,).
        assumed_crosstalk: upper bound of cross-talk where a batch cannot show it.
        same_files: pairs of samples with an input file in common (``copies.same_files``).
    """
    names = samples["sample"].tolist()
    haplotypes = np.empty((len(names), LENGTH), np.int8)
    sizes, depths = np.zeros(len(names)), np.zeros(len(names))
    learned, found = nothing_learned(), copies.Copies()
    for i, (name, patient, role) in enumerate(
        zip(names, samples["patient"], samples["role"], strict=True)
    ):
        counts = load(name)
        haplotypes[i] = identity.haplotype(counts.bases)
        depths[i], sizes[i] = mean_depth(counts), counts.depth.sum()
        found.add(name, patient, counts)
        learned = learned.with_sample(counts, role, designs.get(patient, "autologous"))
        progress(i + 1, len(names), "samples read")
    who = identity.assess(
        samples, designs, haplotypes, depths, usable, max_differences, min_differences,
        min_mean_depth,
    )  # fmt: skip
    who = copies.mark(who, [*found.same, *same_files], found.parts)
    table, batches = crosstalk_table(
        samples, who, designs, haplotypes, sizes, load, load_sample_errors, usable,
        assumed_crosstalk, confidence,
    )  # fmt: skip
    return replace(learned, batches=batches), who, table


def crosstalk_table(
    samples: pd.DataFrame,
    who: pd.DataFrame,
    designs: Mapping[str, str],
    haplotypes: NDArray[np.int8],
    sizes: NDArray[np.float64],
    load: Load,
    load_sample_errors: LoadErrors,
    usable: NDArray[np.bool_],
    assumed: float,
    confidence: float,
) -> tuple[pd.DataFrame, dict[str, crosstalk.BatchAlleles]]:
    """``crosstalk.tsv``, a row per sample in the order of the sheet, and what batches carry."""
    pool = _pool(who, designs, haplotypes, usable)
    by_patient = {str(p): rows for p, rows in samples.groupby("patient").indices.items()}
    patients, roles = samples["patient"].tolist(), samples["role"].tolist()
    rows: dict[int, dict[str, object]] = {}
    batches: dict[str, crosstalk.BatchAlleles] = {}
    done = 0
    for label, members in sorted(samples.groupby("batch").indices.items()):
        name = str(label)
        inside = [int(i) for i in members]
        batch = crosstalk.Batch(
            [patients[i] for i in inside], [roles[i] for i in inside], sizes[inside],
            haplotypes[inside],
        )  # fmt: skip
        shared = bool(name) and len(set(batch.patients)) > 1
        carried = batch.carried(range(len(inside))) if shared else None
        if carried is not None:
            batches[name] = crosstalk.batch_alleles(batch, carried)
        parts: dict[int, crosstalk.Sites] = {}
        foreign: dict[int, tuple[crosstalk.Foreign, float] | None] = {}
        for b, i in enumerate(inside):
            sample = str(samples["sample"].iloc[i])
            counts, errors = load(sample), load_sample_errors(sample)
            weights = batch.weights(b, carried) if shared else np.zeros((LENGTH, 4))
            if shared:
                parts[b] = crosstalk.foreign_sites(counts, haplotypes[i], weights, errors, usable)
            excluded = np.zeros((LENGTH, 4), bool)
            for own in by_patient[patients[i]]:
                known = np.flatnonzero(haplotypes[own] >= 0)
                excluded[known, haplotypes[own][known]] = True
            found = crosstalk.find_foreign(counts, patients[i], excluded, errors, pool, confidence)
            foreign[b] = found and (found[0], float(weights[found[1], found[2]].mean()))
            done += 1
            progress(done, len(samples), "cross-talk")
        rates = _batch_rates(parts, confidence)
        for b, i in enumerate(inside):
            weight = batch.tumor_weight(b)
            row = _bounds(rates.get(b), weight, assumed, alone=bool(name) and weight == 0)
            if roles[i] == "tumor":
                row["from_tumor_high"] = np.nan
            rows[i] = {"sample": samples["sample"].iloc[i], "batch": name} | row
            other = foreign[b]
            if other and other[0].low > row["rate_high"] * (other[1] if name else 1.0):
                rows[i] |= {
                    "foreign_patient": other[0].patient,
                    "foreign_share": other[0].share,
                    "foreign_low": other[0].low,
                    "foreign_high": other[0].high,
                }
    ordered = [rows[i] for i in range(len(samples))]
    return pd.DataFrame(ordered, columns=crosstalk.CROSSTALK_COLUMNS), batches


def _bounds(
    rate: crosstalk.Rate | None, weight: float, assumed: float, *, alone: bool
) -> dict[str, Any]:
    """Cross-talk into a library, and what of it the own tumour's library can bring.

    Args:
        rate: as measured; None where the batch cannot show it.
        weight: share of the hopped reads that come from the own patient's tumour.
        alone: a batch without that tumour, from which nothing can hop.
    """
    if rate is None or rate.n_sites < crosstalk.MIN_SITES:
        # Without other patients the batch's composition bounds nothing.
        high = 0.0 if alone else assumed
        return {"source": "assumed", "rate_high": assumed, "n_sites": 0, "from_tumor_high": high}
    return {
        "source": "measured",
        "rate": rate.rate,
        "rate_low": rate.low,
        "rate_high": rate.high,
        "n_sites": rate.n_sites,
        "from_tumor_high": rate.high * weight,
    }


def _batch_rates(
    parts: Mapping[int, crosstalk.Sites], confidence: float
) -> dict[int, crosstalk.Rate]:
    """Cross-talk of each library; where it has too few sites, that of the batch."""
    rates = {b: crosstalk.estimate_rate(sites, confidence) for b, sites in parts.items()}
    if any(rate.n_sites < crosstalk.MIN_SITES for rate in rates.values()):
        pooled = crosstalk.estimate_rate(crosstalk.joined_sites(list(parts.values())), confidence)
        rates = {b: r if r.n_sites >= crosstalk.MIN_SITES else pooled for b, r in rates.items()}
    return rates


def _pool(
    who: pd.DataFrame,
    designs: Mapping[str, str],
    haplotypes: NDArray[np.int8],
    usable: NDArray[np.bool_],
) -> crosstalk.HaplotypePool:
    """One haplotype of each patient, and of each allogeneic donor."""
    chosen: list[tuple[str, int]] = []
    for patient, rows in who.groupby("patient", sort=True).indices.items():
        trusted = [int(i) for i in rows if who["status"].iloc[i] in ("ok", "single")]
        by_role = sorted(trusted, key=lambda i: identity.ROLE_ORDER.index(who["role"].iloc[i]))
        standing = by_role[:1]
        if designs.get(str(patient)) == "allogeneic":
            standing += [i for i in by_role[1:] if who["role"].iloc[i] == "tumor"][:1]
        chosen += [(str(patient), i) for i in standing]
    return crosstalk.haplotype_pool(
        [patient for patient, _ in chosen],
        haplotypes[[i for _, i in chosen]] if chosen else haplotypes[:0],
        usable,
    )
