"""The table of index cross-talk: one row for each sample of the cohort."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mitotransfer.cohort import crosstalk, foreign_haplotypes
from mitotransfer.cohort.identity import ROLE_ORDER, Haplotypes
from mitotransfer.cohort.sample_files import CohortReader, progress
from mitotransfer.table_files import Column, Table

CROSSTALK = Table(
    "cohort/crosstalk.tsv",
    "Index cross-talk and foreign haplotypes. One row per sample.",
    (
        Column("sample", "Id of the sample."),
        Column("batch", "As in the sheet."),
        Column("source", "measured or assumed."),
        Column("rate", "Share of the sample's reads from other libraries of the batch.", float),
        Column("rate_low", "Lower bound.", float),
        Column("rate_high", "Upper bound.", float),
        Column("n_sites", "Sites of other haplotypes at which it was measured.", int),
        Column(
            "from_tumor_high",
            "Upper bound of the share from the patient's own tumour.",
            float,
        ),
        Column("foreign_patient", "Patient whose haplotype is mixed in beyond cross-talk."),
        Column("foreign_share", "Its share.", float),
        Column("foreign_low", "Lower bound.", float),
        Column("foreign_high", "Upper bound.", float),
    ),
)


def crosstalk_table(
    cohort: CohortReader,
    who: pd.DataFrame,
    haplotypes: Haplotypes,
    assumed: float,
    confidence: float,
) -> tuple[pd.DataFrame, dict[str, crosstalk.BatchAlleles]]:
    """``crosstalk.tsv``, a row per sample in the order of the sheet, and the batches' alleles.

    Args:
        who: ``identity.tsv``.
        assumed: upper bound of cross-talk where a batch cannot show it.
    """
    pool = _pool(who, cohort.designs, haplotypes)
    names, alleles = cohort.samples["sample"].tolist(), haplotypes.alleles
    of_patient = cohort.samples.groupby("patient").indices
    rows: dict[int, dict[str, object]] = {}
    batches: dict[str, crosstalk.BatchAlleles] = {}
    done = 0
    for label, members in sorted(cohort.samples.groupby("batch").indices.items()):
        inside = cohort.samples.iloc[members]
        batch = crosstalk.Batch(
            _sources(inside["patient"], cohort.designs),
            inside["role"].tolist(),
            haplotypes.bases[members],
            alleles[members],
        )
        # Without a batch it is unknown which samples were sequenced together.
        measured = bool(label) and len(set(batch.patients)) > 1
        if measured:
            batches[str(label)] = batch.alleles()
        sites: dict[int, crosstalk.Sites] = {}
        foreign: dict[int, tuple[foreign_haplotypes.Foreign, float] | None] = {}
        for b, (i, patient) in enumerate(zip(members, inside["patient"], strict=True)):
            counts, errors = cohort.counts(names[i]), cohort.errors(names[i])
            weights = batch.weights(b) if measured else np.zeros((alleles.shape[1], 4))
            if measured:
                sites[b] = crosstalk.foreign_sites(
                    counts, alleles[i], weights, errors, haplotypes.usable
                )
            found = foreign_haplotypes.find_foreign(
                counts, errors, pool, own_patient=patient,
                excluded=_fixed(alleles[of_patient[patient]]), confidence=confidence,
            )  # fmt: skip
            foreign[b] = found and (found[0], float(weights[found[1], found[2]].mean()))
            done += 1
            progress(done, len(names), "cross-talk")
        rates = _batch_rates(sites, confidence)
        for b, i in enumerate(members):
            weight = batch.tumor_weight(b)
            row = _bounds(rates.get(b), weight, assumed, alone=bool(label) and weight == 0)
            if batch.roles[b] == "tumor":
                row["from_tumor_high"] = np.nan
            rows[i] = {"sample": names[i], "batch": label} | row
            other = foreign[b]
            if other and other[0].low > row["rate_high"] * (other[1] if label else 1.0):
                rows[i] |= {
                    "foreign_patient": other[0].patient,
                    "foreign_share": other[0].share,
                    "foreign_low": other[0].low,
                    "foreign_high": other[0].high,
                }
    return CROSSTALK.frame(rows[i] for i in range(len(names))), batches


def _sources(patients: Iterable[str], designs: Mapping[str, str]) -> list[str]:
    """The patient that each library stands for: animals with a tumour line of the cohort are one.

    Any of their libraries may bring mtDNA of the line.
    """
    return [" syngeneic" if designs.get(name) == "syngeneic" else name for name in patients]


def _fixed(haplotypes: NDArray[np.int8]) -> NDArray[np.bool_]:
    """Alleles that any of the haplotypes has, shape (length, 4)."""
    found = np.zeros((haplotypes.shape[1], 4), bool)
    for alleles in haplotypes:
        known = np.flatnonzero(alleles >= 0)
        found[known, alleles[known]] = True
    return found


def _bounds(
    rate: crosstalk.Rate | None, weight: float, assumed: float, *, alone: bool
) -> dict[str, Any]:
    """Cross-talk into a library, and the part of it that comes from the patient's own tumour.

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
    who: pd.DataFrame, designs: Mapping[str, str], haplotypes: Haplotypes
) -> foreign_haplotypes.HaplotypePool:
    """One haplotype of each patient, and of each allogeneic donor."""
    chosen: list[tuple[str, int]] = []
    for patient, rows in who.groupby("patient", sort=True).indices.items():
        trusted = [int(i) for i in rows if who["status"].iloc[i] in ("ok", "single")]
        by_role = sorted(trusted, key=lambda i: ROLE_ORDER.index(who["role"].iloc[i]))
        standing = by_role[:1]
        if designs.get(str(patient)) == "allogeneic":
            standing += [i for i in by_role[1:] if who["role"].iloc[i] == "tumor"][:1]
        chosen += [(str(patient), i) for i in standing]
    return foreign_haplotypes.haplotype_pool(
        [patient for patient, _ in chosen],
        haplotypes.alleles[np.array([i for _, i in chosen], np.intp)],
        haplotypes.usable,
    )
