"""Identity of samples: fixed mtDNA haplotypes compared within patients and across the cohort.

A *party* is a set of samples that should share one haplotype: all samples of a patient in an
autologous design; in an allogeneic one the tumours (the donor) and, apart from them, normals and
immune samples (the recipient). An allogeneic immune sample is a mixture by design, even if most of
it is the donor's: the donor's alleles are ignored in it.

Within a party the majority decides which sample is odd. Another patient's haplotype decides whether
the odd one was swapped or is foreign. Without a majority no sample is trusted, unless one side fits
another patient.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mitotransfer.arrays import Floats, Mask
from mitotransfer.counts.haplotypes import differences_between, varies
from mitotransfer.inputs.settings import Identity, Qc
from mitotransfer.patient.parties import MIN_COMPARED, Compared, Party, parties_of_patient
from mitotransfer.table_files import Column, Table
from mitotransfer.wording import plural

IDENTITY = Table(
    "cohort/identity.tsv",
    "Identity by fixed haplotypes. One row per sample.",
    (
        Column("sample", "Id of the sample."),
        Column("patient", "As in the sheet."),
        Column("role", "As in the sheet."),
        Column(
            "status",
            "ok, swapped, foreign, ambiguous, duplicate, shared (some reads in common with another "
            "sample of the patient), shallow, single, or failed (its files cannot be used).",
        ),
        Column(
            "differences", "Fixed differences from the patient's other samples.", int, optional=True
        ),
        Column("compared", "Positions compared.", int, optional=True),
        Column("best_patient", "Patient whose haplotype fits best."),
        Column("best_differences", "Fixed differences from it.", int, optional=True),
        Column(
            "same_haplotype",
            "Other patients of the cohort with this patient's haplotype, as animals of a strain "
            "have: mtDNA cannot tell their samples apart.",
            int,
        ),
        Column("reason", "In a sentence."),
    ),
)
ROLE_ORDER = ("normal", "immune", "tumor")


@dataclass(frozen=True)
class Haplotypes:
    """Haplotypes of all samples of a cohort, rows as in the sheet.

    Attributes:
        alleles: int8, shape (samples, length); below 0 where no allele is fixed.
        mean_depth: shape (samples,).
        bases: bases that count, shape (samples,).
        usable: positions at which haplotypes are compared, shape (length,).
    """

    alleles: NDArray[np.int8]
    mean_depth: Floats
    bases: Floats
    usable: Mask


def nearest_patients(
    candidates: Sequence[int],
    established: Mapping[int, str],
    patients: Sequence[str],
    haplotypes: Haplotypes,
    *,
    block: int = 256,
) -> dict[int, tuple[str, int]]:
    """For each candidate the other patient with the nearest established haplotype.

    Only columns at which the compared haplotypes vary are counted: linear in the cohort for each
    candidate. Haplotypes that leave more than half of a candidate's columns unknown are no match.

    Args:
        candidates: indices of samples.
        established: patient by index of the sample that stands for the haplotype.

    Returns:
        (patient, differences) by candidate; none where there is no other patient.
    """
    pool = sorted(established, key=lambda i: (established[i], i))
    if not pool or not candidates:
        return {}
    involved = sorted({*pool, *candidates})
    columns = haplotypes.usable & varies(haplotypes.alleles, involved)
    of_pool = haplotypes.alleles[pool][:, columns]
    pool_patients = np.array([established[i] for i in pool])
    found: dict[int, tuple[str, int]] = {}
    for start in range(0, len(candidates), block):
        chunk = list(candidates[start : start + block])
        of_chunk = haplotypes.alleles[chunk][:, columns]
        differing, compared = differences_between(of_chunk, of_pool)
        differing[compared < 0.5 * np.sum(of_chunk >= 0, axis=1, keepdims=True)] = np.inf
        for row, i in enumerate(chunk):
            others = np.where(pool_patients == patients[i], np.inf, differing[row])
            best = int(np.argmin(others))
            if np.isfinite(others[best]):
                found[i] = (str(pool_patients[best]), round(float(others[best])))
    return found


def assess(
    samples: pd.DataFrame,
    designs: Mapping[str, str],
    haplotypes: Haplotypes,
    rules: Identity,
    qc: Qc,
) -> pd.DataFrame:
    """``identity.tsv``: for each sample whether it is its patient's.

    Args:
        samples: columns ``sample patient role``, one row per sample.
        designs: design by patient; absent is autologous.
    """
    names, patients = samples["sample"].tolist(), samples["patient"].tolist()
    roles = samples["role"].tolist()
    deep = [
        depth >= qc.min_mean_depth and int(np.sum(row[haplotypes.usable] >= 0)) >= MIN_COMPARED
        for depth, row in zip(haplotypes.mean_depth, haplotypes.alleles, strict=True)
    ]
    parties: list[Party] = []
    whole = Compared(roles, haplotypes.alleles, haplotypes.usable, rules.max_differences)
    for patient, rows in samples.groupby("patient", sort=True).indices.items():
        name, indices = str(patient), [int(i) for i in rows if deep[int(i)]]
        design = designs.get(name, "autologous")
        parties += parties_of_patient(name, design, indices, whole)
    results, best = _judge_all(parties, patients, roles, haplotypes, rules)
    own = {i: _own_differences(p, a) for p in parties for a, i in enumerate(p.members)}
    alike = same_haplotypes(_representatives(parties, roles), haplotypes)
    table = []
    for i, name in enumerate(names):
        status, reason = results.get(i, ("shallow", "too shallow to compare haplotypes"))
        differing, compared = own.get(i) or ("", "")
        other, other_differences = best.get(i, ("", ""))
        same = alike.get(patients[i], 0)
        if same and status in ("ok", "single"):
            reason += f"; {plural(same, 'other patient')} cannot be told from this one by mtDNA"
        table.append(
            (
                name, patients[i], roles[i], status, differing, compared, other,
                other_differences, same, reason,
            )
        )  # fmt: skip
    return IDENTITY.frame(table)


def mark_failed(who: pd.DataFrame, failed: Mapping[str, str]) -> pd.DataFrame:
    """``identity.tsv`` with the status ``failed`` of samples whose files cannot be used.

    Args:
        failed: reason by sample.
    """
    reasons = who["sample"].map(failed)
    return who.assign(
        status=who["status"].mask(reasons.notna(), "failed"),
        reason=who["reason"].mask(reasons.notna(), reasons),
    )


def explain_shallow(who: pd.DataFrame, filtered: Mapping[str, str]) -> pd.DataFrame:
    """``identity.tsv`` with the filter that leaves out most reads of shallow samples.

    Args:
        filtered: what the filter does, by sample; empty where none leaves out most.
    """
    said = who["sample"].map(filtered).fillna("")
    shallow = (who["status"] == "shallow") & (said != "")
    return who.assign(reason=who["reason"].mask(shallow, who["reason"] + ": " + said))


def _judge_all(
    parties: Sequence[Party],
    patients: Sequence[str],
    roles: Sequence[str],
    haplotypes: Haplotypes,
    rules: Identity,
) -> tuple[dict[int, tuple[str, str]], dict[int, tuple[str, int]]]:
    """Status and reason of each sample, and of ``nearest_patients`` for the doubtful ones."""
    results: dict[int, tuple[str, str]] = {}
    best: dict[int, tuple[str, int]] = {}
    # Twice: samples trusted in the first round can explain others in the second.
    for _ in range(2):
        established = _representatives(parties, roles)
        candidates = sorted({i for party in parties for i in _doubtful(party, rules)})
        best = nearest_patients(candidates, established, patients, haplotypes)
        for party in parties:
            results |= _judge(party, best, rules)
    return results, best


def _representatives(parties: Sequence[Party], roles: Sequence[str]) -> dict[int, str]:
    """Patient by the sample that stands for a party: a normal, if one is trusted."""
    return {
        min(party.trusted, key=lambda i: (ROLE_ORDER.index(roles[i]), i)): party.patient
        for party in parties
        if party.trusted
    }


def same_haplotypes(standing: Mapping[int, str], haplotypes: Haplotypes) -> dict[str, int]:
    """How many other patients have a patient's haplotype; patients without any are left out.

    Alleles that are not known count as the cohort's usual ones, so that one pass over the cohort
    tells.

    Args:
        standing: patient by the sample that stands for it (of an allogeneic pair, two).
    """
    rows = sorted(standing)
    columns = haplotypes.usable & varies(haplotypes.alleles, rows)
    alleles = haplotypes.alleles[rows][:, columns]
    having = np.stack([(alleles == base).sum(axis=0) for base in range(4)])
    filled = np.where(alleles < 0, having.argmax(axis=0), alleles).astype(np.int8)
    holders: dict[bytes, set[str]] = {}
    for i, row in zip(rows, filled, strict=True):
        holders.setdefault(row.tobytes(), set()).add(standing[i])
    found: dict[str, set[str]] = {}
    for together in holders.values():
        for patient in together:
            found.setdefault(patient, set()).update(together - {patient})
    return {patient: len(others) for patient, others in found.items() if others}


def _reference_group(party: Party, a: int) -> list[int]:
    """The members that member ``a`` is measured against: the majority, or all others."""
    main = party.groups[0] if party.decided else range(len(party.members))
    return [b for b in main if b != a]


def _own_differences(party: Party, a: int) -> tuple[int, int] | None:
    """Differences from the nearest sample of the party, and positions compared; None if alone."""
    others = [b for b in _reference_group(party, a) if party.linked[a, b]]
    others = others or _reference_group(party, a)
    if not others:
        return None
    nearest = min(others, key=lambda b: (party.distances[a, b], b))
    return int(party.distances[a, nearest]), int(party.compared[a, nearest])


def _doubtful(party: Party, rules: Identity) -> list[int]:
    """Samples that another patient's haplotype may fit better than their own's."""
    found = []
    for a, i in enumerate(party.members):
        own = _own_differences(party, a)
        if own and own[0] >= rules.min_differences:
            found.append(i)
    return found


def _judge(
    party: Party, best: Mapping[int, tuple[str, int]], rules: Identity
) -> dict[int, tuple[str, str]]:
    """Status and reason of each member; sets ``party.trusted``."""
    if len(party.members) == 1:
        return {party.members[0]: ("single", "no other sample to compare with")}
    results: dict[int, tuple[str, str]] = {}
    for a, i in enumerate(party.members):
        own = _own_differences(party, a)
        assert own is not None  # there is another member
        differing, _ = own
        other, other_differences = best.get(i, ("", np.inf))
        fixed = plural(differing, "fixed difference")
        if other_differences <= min(rules.max_differences, differing - rules.min_differences):
            text = f"{fixed} from its patient's samples, {other_differences} from patient {other}"
            results[i] = ("swapped", text)
        elif not party.decided:
            text = f"{fixed} from the patient's nearest other sample"
            results[i] = ("ambiguous", text)
        elif a in party.groups[0]:
            results[i] = ("ok", f"{fixed} from its patient's samples")
        else:
            text = f"{fixed} from its patient's samples, no patient fits"
            results[i] = ("foreign", text)
    if not party.decided:
        sides = [
            group
            for group in party.groups
            if any(results[party.members[a]][0] == "ambiguous" for a in group)
        ]
        if len(sides) == 1:
            for a in sides[0]:
                i = party.members[a]
                if results[i][0] == "ambiguous":
                    results[i] = ("ok", "the patient's other samples fit other patients")
                    party.trusted = sorted({*party.trusted, i})
    else:
        party.trusted = [i for i in party.trusted if results[i][0] == "ok"]
    return results
