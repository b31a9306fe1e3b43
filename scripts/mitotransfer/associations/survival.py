"""Survival by transfer status and by the tumour's mtDNA mutations.

Survival is that of the patients sheet (``os_months``, ``death``), from the sheet's own day 0.
Patients are compared in two groups: curves by Kaplan and Meier, the log-rank test, and the hazard
ratio of Cox's model (Efron's ties) with its Wald interval.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from mitotransfer import flag_words
from mitotransfer.associations.fractions import CohortTables
from mitotransfer.associations.tables import SURVIVAL
from mitotransfer.flags import ARTEFACT, FOREIGN_HAPLOTYPE, NORMALS_DISAGREE
from mitotransfer.genome.consequences import is_truncating
from mitotransfer.verdicts.verdict import DETECTED, shown

#: Fewer deaths, or fewer patients in a group, give a sentence instead of a p value.
MIN_EVENTS = 10
MIN_GROUP = 5
#: Largest group that also gets a permutation test, and the number of permutations.
PERMUTED_GROUP, PERMUTATIONS = 20, 10_000
#: Below this p value of a constant hazard ratio the row says that it changes with time.
MIN_CONSTANT = 0.05

MUTATIONS = ("truncating", "missense", "tRNA", "rRNA")
#: Flags of variants that are no mutations of the tumour.
NO_MUTATION = (ARTEFACT, FOREIGN_HAPLOTYPE, NORMALS_DISAGREE)


@dataclass(frozen=True)
class Contrast:
    """Two groups of patients.

    Attributes:
        status: True or False per patient (index); patients of unknown status are left out.
        groups: names of the groups True and False.
    """

    family: str
    variable: str
    status: pd.Series
    groups: tuple[str, str]


def times(patients: pd.DataFrame) -> pd.DataFrame:
    """Columns ``months`` and ``death`` (bool) of the patients (index) who have both."""
    if not {"os_months", "death"} <= set(patients):
        return pd.DataFrame({"months": [], "death": []})
    sheet = patients.set_index("patient")
    found = pd.DataFrame(
        {column: pd.to_numeric(sheet[source], errors="coerce")
         for column, source in (("months", "os_months"), ("death", "death"))}
    ).dropna()  # fmt: skip
    return found.assign(death=found["death"] == 1)


def transfer_status(transfer: pd.DataFrame) -> Iterator[Contrast]:
    """Contrasts by verdict: patients with such an immune sample against those with none detected.

    In neither group are patients without detection and with too little power, patients whose normal
    may have as much, and, where transfer is compared, those whose tumour mtDNA may be
    contamination.
    """
    verdicts = transfer.groupby("patient")["verdict"].agg(set)
    seen = verdicts.map(lambda found: not found.isdisjoint(DETECTED)).astype(bool)
    detected = shown(transfer).groupby(transfer["patient"]).any()
    clear = verdicts.map(lambda found: "not_detected" in found).astype(bool)
    supported = verdicts.map(lambda found: "transfer_supported" in found).astype(bool)
    family = "survival_by_transfer"
    for variable, positive, name in (
        ("transfer_supported", supported, "transfer supported"),
        ("detected", detected, "tumour mtDNA detected"),
    ):
        known = positive | (clear & ~seen)
        yield Contrast(family, variable, positive[known], (name, "not detected"))


def mutation_status(tables: CohortTables) -> Iterator[Contrast]:
    """Contrasts by the tumour's mtDNA mutations: any class, and each class, against the rest.

    A mutation is a variant of ``shared_variants``: the tumour has it, the patient's normal lacks
    it. Indels count. Positions on the artefact list, foreign haplotypes and variants of one of
    several normals do not. The status is unknown without a tumour or a normal, after failed quality
    control, and in allogeneic patients.
    """
    transfer, shared, samples, patients, _ = tables
    roles = samples.groupby("patient")["role"].agg(set)
    both = {str(p) for p, found in roles.items() if {"tumor", "normal"} <= found}
    judged = set(transfer.loc[transfer["verdict"] != "failed_qc", "patient"])
    mixed: set[str] = set()
    if "design" in patients:
        mixed = set(patients.loc[patients["design"] == "allogeneic", "patient"])
    known = sorted((both & judged) - mixed)
    doubtful = np.array(flag_words.has(shared["flags"].fillna(""), *NO_MUTATION), bool)
    variants = shared[~doubtful & shared["patient"].isin(known)]
    carriers = {
        name: set(variants.loc[has_mutation(variants["consequence"], name), "patient"])
        for name in MUTATIONS
    }
    carriers = {"any": set().union(*carriers.values()), **carriers}
    for name, found in carriers.items():
        label = "protein-changing or RNA" if name == "any" else name
        yield Contrast(
            "survival_by_mutation",
            f"{name}_mutation",
            pd.Series([patient in found for patient in known], index=known, dtype=bool),
            (f"{label} mutation", "the rest"),
        )


def has_mutation(consequence: pd.Series, kind: str) -> pd.Series:
    """Whether any gene's consequence is one of ``MUTATIONS``."""
    if kind == "truncating":
        return is_truncating(consequence)
    return consequence.map(lambda text: kind in str(text).split(",")).astype(bool)


def compare(contrast: Contrast, survival: pd.DataFrame, confidence: float) -> dict[str, Any]:
    """A row of ``associations.tsv`` without its q value.

    Args:
        survival: of ``times``.
    """
    data = survival.join(contrast.status.rename("positive"), how="inner")
    positive = data["positive"].astype(bool)
    sizes = int(positive.sum()), int((~positive).sum())
    deaths = int(data.loc[positive, "death"].sum()), int(data.loc[~positive, "death"].sum())
    row: dict[str, Any] = {
        "family": contrast.family,
        "outcome": "overall_survival",
        "variable": contrast.variable,
        "comparison": f"{contrast.groups[0]} against {contrast.groups[1]}",
        "n": len(data),
        "events": sum(deaths),
        "groups": "; ".join(
            f"{name}: {dead} of {n} died"
            for name, n, dead in zip(contrast.groups, sizes, deaths, strict=True)
        ),
        "test": "log_rank",
        "measure": "hazard_ratio",
    }
    if min(sizes) < MIN_GROUP or sum(deaths) < MIN_EVENTS:
        return row | {
            "note": f"Not tested: at least {MIN_GROUP} patients with known survival in each group "
            f"and {MIN_EVENTS} deaths in all are needed."
        }
    # Deaths while the other group was still followed: no other death enters the comparison.
    met = data["death"] & (data["months"] <= data.groupby(positive)["months"].max().min())
    if not met.any():
        return row | {"note": "Not tested: nobody died while both groups were followed."}
    if not (met & positive).any() or not (met & ~positive).any():
        return row | {
            "p_value": log_rank(data),
            "note": "While both groups were followed, only one had deaths: a hazard ratio cannot "
            "be estimated.",
        }
    effect, low, high, constant = hazard_ratio(data, confidence)
    note = "Not adjusted for age, stage or treatment."
    if constant < MIN_CONSTANT:
        note += f" The ratio changes with time (p {constant:.2g}): it is an average."
    return row | {
        "effect": effect, "effect_low": low, "effect_high": high, "p_value": log_rank(data),
        "note": note,
    }  # fmt: skip


def log_rank(data: pd.DataFrame) -> float:
    """p of the log-rank test; columns ``months``, ``death`` and ``positive``.

    In a small group the tail of chi-squared is too short (5 patients against 40: 2.6 times too many
    p values below 0.01). The larger p value is taken of it and of a permutation test of the same
    difference, deaths less those expected.
    """
    from lifelines.statistics import logrank_test

    yes = data["positive"].astype(bool)
    result = logrank_test(
        data.loc[yes, "months"], data.loc[~yes, "months"],
        data.loc[yes, "death"], data.loc[~yes, "death"],
    )  # fmt: skip
    smaller = yes if 2 * yes.sum() <= len(yes) else ~yes
    p_value = float(result.p_value)
    return max(p_value, permuted(data, smaller)) if smaller.sum() <= PERMUTED_GROUP else p_value


def permuted(data: pd.DataFrame, group: pd.Series) -> float:
    """Two-sided permutation p of the deaths in a group less those expected there."""
    months, death = data["months"].to_numpy(float), data["death"].to_numpy(float)
    times, at = np.unique(months, return_inverse=True)
    at_risk = len(months) - np.searchsorted(np.sort(months), times)
    hazard = np.cumsum(np.bincount(at, weights=death) / at_risk)
    excess = death - hazard[at]  # sums to zero over all
    rng, size = np.random.default_rng(1), int(group.sum())
    rows = np.tile(excess, (100, 1))
    blocks = range(PERMUTATIONS // len(rows))
    drawn = np.concatenate([rng.permuted(rows, axis=1)[:, :size].sum(axis=1) for _ in blocks])
    own = excess[group.to_numpy(bool)].sum()
    tail = 1 + min((drawn >= own - 1e-9).sum(), (drawn <= own + 1e-9).sum())
    return float(min(1.0, 2 * tail / (1 + PERMUTATIONS)))


def hazard_ratio(data: pd.DataFrame, confidence: float) -> tuple[float, float, float, float]:
    """Cox's hazard ratio of positive patients over the others, and its Wald interval.

    The last number is the p value of a constant ratio (Grambsch and Therneau, Biometrika 1994, doi
    10.1093/biomet/81.3.515; time as Kaplan and Meier's estimate).
    """
    from lifelines import CoxPHFitter
    from lifelines.statistics import proportional_hazard_test

    columns = data[["months", "death", "positive"]].astype(float)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fitted = CoxPHFitter(alpha=1 - confidence).fit(columns, "months", "death")
        constant = proportional_hazard_test(fitted, columns, time_transform="km")
    low, high = np.exp(fitted.confidence_intervals_.loc["positive"].to_numpy(float))
    ratio = math.exp(float(fitted.params_["positive"]))
    return ratio, float(low), float(high), float(np.squeeze(constant.p_value))


def curves(contrast: Contrast, survival: pd.DataFrame, confidence: float) -> pd.DataFrame:
    """Kaplan and Meier's estimate per group, a row per time of death or censoring.

    ``at_risk`` counts those just before that time. Intervals are Greenwood's, on the scale of
    log(-log S).
    """
    from lifelines import KaplanMeierFitter

    data = survival.join(contrast.status.rename("positive"), how="inner")
    parts = []
    for value, name in zip((True, False), contrast.groups, strict=True):
        group = data[data["positive"].astype(bool) == value]
        if group.empty:
            continue
        fitted = KaplanMeierFitter(alpha=1 - confidence).fit(group["months"], group["death"])
        table, bounds = fitted.event_table, fitted.confidence_interval_
        parts.append(
            pd.DataFrame(
                {
                    "family": contrast.family,
                    "variable": contrast.variable,
                    "group": name,
                    "months": table.index.to_numpy(float),
                    "at_risk": table["at_risk"].to_numpy(int),
                    "deaths": table["observed"].to_numpy(int),
                    "censored": table["censored"].to_numpy(int),
                    "survival": fitted.survival_function_.to_numpy(float)[:, 0],
                    "survival_low": bounds.to_numpy(float)[:, 0],
                    "survival_high": bounds.to_numpy(float)[:, 1],
                }
            )
        )
    return pd.concat(parts, ignore_index=True) if parts else SURVIVAL.frame()
