"""The table of index cross-talk: one row for each sample of the cohort."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mitotransfer.cohort import crosstalk, foreign_haplotypes, identity
from mitotransfer.cohort.sample_files import Load, LoadErrors, progress
from mitotransfer.genome.reference import LENGTH
from mitotransfer.table_files import Column, Table

CROSSTALK = Table(
    "cohort/crosstalk.tsv",
    "Index cross-talk and foreign haplotypes. One row per sample.",
    (
        Column("sample", "Id of the sample."),
        Column("batch", "As in the sheet."),
        Column("source", "measured or assumed."),
        Column("rate", "Share of the sample's reads that hopped in from the batch.", float),
        Column("rate_low", "Lower bound.", float),
        Column("rate_high", "Upper bound.", float),
        Column("n_sites", "Sites of other haplotypes that it was measured at.", int),
        Column("from_tumor_high", "Bound of what the patient's own tumour library brings.", float),
        Column("foreign_patient", "Patient whose haplotype is mixed in beyond cross-talk."),
        Column("foreign_share", "How much of it.", float),
        Column("foreign_low", "Lower bound.", float),
        Column("foreign_high", "Upper bound.", float),
    ),
)


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
        foreign: dict[int, tuple[foreign_haplotypes.Foreign, float] | None] = {}
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
            found = foreign_haplotypes.find_foreign(
                counts, patients[i], excluded, errors, pool, confidence
            )
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
    return CROSSTALK.frame(ordered), batches


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
) -> foreign_haplotypes.HaplotypePool:
    """One haplotype of each patient, and of each allogeneic donor."""
    chosen: list[tuple[str, int]] = []
    for patient, rows in who.groupby("patient", sort=True).indices.items():
        trusted = [int(i) for i in rows if who["status"].iloc[i] in ("ok", "single")]
        by_role = sorted(trusted, key=lambda i: identity.ROLE_ORDER.index(who["role"].iloc[i]))
        standing = by_role[:1]
        if designs.get(str(patient)) == "allogeneic":
            standing += [i for i in by_role[1:] if who["role"].iloc[i] == "tumor"][:1]
        chosen += [(str(patient), i) for i in standing]
    return foreign_haplotypes.haplotype_pool(
        [patient for patient, _ in chosen],
        haplotypes[[i for _, i in chosen]] if chosen else haplotypes[:0],
        usable,
    )
