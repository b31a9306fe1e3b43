"""Who a sample is: fixed mtDNA haplotypes compared within patients and across the cohort.

A *party* is a set of samples that should share one haplotype: all samples of a patient in an
autologous design; in an allogeneic one the tumours (the donor) and, apart from them, normals and
immune samples (the recipient). The donor's alleles say nothing in an allogeneic immune sample,
which is a mixture by design, be it mostly donor.

Within a party the majority decides which sample is odd; another patient's haplotype decides
whether the odd one was swapped or is foreign; without a majority nobody is trusted, unless one
side fits another patient.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csgraph

from mitotransfer.counts import varies
from mitotransfer.wording import plural

IDENTITY_COLUMNS = [
    "sample", "patient", "role", "status", "differences", "compared", "best_patient",
    "best_differences", "reason",
]  # fmt: skip

#: Fragments and VAF from which the major allele counts as fixed.
MIN_FIXED_DEPTH, MIN_FIXED_VAF = 10, 0.9
#: Positions with a fixed allele below which a sample cannot be compared.
MIN_COMPARED = 500
#: Fixed differences from the majority above which a sample is not pooled with its patient's.
POOLING_DIFFERENCES = 8

UNKNOWN = -1
ROLE_ORDER = ("normal", "immune", "tumor")

Haplotype = NDArray[np.int8]
Mask = NDArray[np.bool_]


def haplotype(bases: NDArray[np.uint32]) -> Haplotype:
    """Fixed allele per position (A, C, G, T: 0 to 3), -1 where mixed or not covered.

    Args:
        bases: fragments, shape (16569, 4, 2).
    """
    # Along the long axis: sums over the short ones take ten times as long.
    alleles = np.ascontiguousarray(bases.T).sum(axis=0, dtype=np.int64)
    depth = alleles.sum(axis=0)
    fixed = (depth >= MIN_FIXED_DEPTH) & (alleles.max(axis=0) >= MIN_FIXED_VAF * depth)
    return np.where(fixed, alleles.argmax(axis=0), UNKNOWN).astype(np.int8)


def count_differences(one: Haplotype, other: Haplotype, usable: Mask) -> tuple[int, int]:
    """Positions at which two haplotypes differ, and those at which both are known."""
    known = usable & (one >= 0) & (other >= 0)
    return int(np.sum(known & (one != other))), int(known.sum())


@dataclass
class Party:
    """Samples that should share one haplotype.

    Attributes:
        members: indices of samples deep enough to compare.
        distances: fixed differences between them, shape (members, members).
        compared: positions compared, same shape.
        linked: whether the two can be compared at all, same shape.
        groups: members (as indices into ``members``) that agree with one another, largest first.
        trusted: members whose haplotype is the party's: at first those of the majority.
    """

    patient: str
    members: list[int]
    distances: NDArray[np.int64]
    compared: NDArray[np.int64]
    linked: NDArray[np.bool_]
    groups: list[list[int]]
    trusted: list[int] = field(init=False)

    def __post_init__(self) -> None:
        self.trusted = [self.members[a] for a in self.groups[0]] if self.decided else []

    @property
    def decided(self) -> bool:
        """True where one haplotype has the majority."""
        return len(self.groups) == 1 or len(self.groups[0]) > len(self.groups[1])


def parties_of_patient(
    patient: str,
    design: str,
    indices: Sequence[int],
    roles: Sequence[str],
    haplotypes: Sequence[Haplotype] | NDArray[np.int8],
    usable: Mask,
    max_differences: int,
) -> list[Party]:
    """The parties of a patient, each split into groups of samples that agree.

    Args:
        indices: the patient's samples that are deep enough, indices into roles and haplotypes.
        usable: positions to compare, shape (16569,): artefact tracts are left out.
        max_differences: fixed differences up to which two samples agree.
    """
    sides: list[tuple[list[int], list[int]]] = [(list(indices), [])]
    if design == "allogeneic":
        donors = [i for i in indices if roles[i] == "tumor"]
        sides = [(donors, []), ([i for i in indices if roles[i] != "tumor"], donors)]
    return [
        _party(patient, members, haplotypes, mixed_in, roles, usable, max_differences)
        for members, mixed_in in sides
        if members
    ]


def _party(
    patient: str,
    members: list[int],
    haplotypes: Sequence[Haplotype] | NDArray[np.int8],
    donors: list[int],
    roles: Sequence[str],
    usable: Mask,
    max_differences: int,
) -> Party:
    n = len(members)
    distances, compared = np.zeros((n, n), np.int64), np.zeros((n, n), np.int64)
    own = []
    for i in members:
        alleles = haplotypes[i]
        if roles[i] == "immune":
            for donor in donors:
                alleles = np.where(alleles == haplotypes[donor], np.int8(UNKNOWN), alleles)
        own.append(alleles)
    for a in range(n):
        for b in range(a):
            differing, _ = count_differences(own[a], own[b], usable)
            _, known = count_differences(haplotypes[members[a]], haplotypes[members[b]], usable)
            distances[a, b] = distances[b, a] = differing
            compared[a, b] = compared[b, a] = known
    linked = np.ones((n, n), bool)
    immune = np.array([roles[i] == "immune" for i in members], bool)
    if donors and not immune.all():
        # Two mixtures say too little about each other: they are linked through the normals.
        linked = ~(immune[:, None] & immune[None, :])
    _, labels = csgraph.connected_components(
        linked & (distances <= max_differences), directed=False
    )
    groups = [np.flatnonzero(labels == label).tolist() for label in np.unique(labels)]
    groups.sort(key=lambda group: (-len(group), group[0]))
    return Party(patient, members, distances, compared, linked, groups)


def outsiders(
    design: str, roles: Sequence[str], haplotypes: Sequence[Haplotype], usable: Mask
) -> set[int]:
    """Samples of one patient that a majority of the others contradicts.

    Their counts must not be summed with the others'. Without a majority there are none: who is
    wrong cannot be told then, and ``assess`` calls them all ambiguous.
    """
    deep = [i for i, h in enumerate(haplotypes) if np.sum(h >= 0) >= MIN_COMPARED]
    found = set()
    parties = parties_of_patient("", design, deep, roles, haplotypes, usable, POOLING_DIFFERENCES)
    for party in parties:
        if party.decided:
            for group in party.groups[1:]:
                found |= {party.members[a] for a in group}
    return found


def differences_between(
    rows: NDArray[np.int8], others: NDArray[np.int8]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Fixed differences of all pairs of haplotypes, and the positions at which both are known.

    Products of indicator matrices, one per base.

    Args:
        rows, others: shapes (n, positions) and (m, positions).

    Returns:
        Whole numbers, shape (n, m) each.
    """
    compared = (rows >= 0).astype(np.float32) @ (others >= 0).astype(np.float32).T
    same = sum(
        (rows == base).astype(np.float32) @ (others == base).astype(np.float32).T
        for base in range(4)
    )
    return compared - same, compared


def nearest_patients(
    candidates: Sequence[int],
    established: Mapping[int, str],
    patients: Sequence[str],
    haplotypes: NDArray[np.int8],
    usable: Mask,
    block: int = 256,
) -> dict[int, tuple[str, int]]:
    """For each candidate the other patient whose established haplotype is nearest.

    Only columns at which the compared haplotypes vary are counted: linear in the cohort for each
    candidate. Haplotypes that leave more than half of a candidate's columns unknown are no match.

    Args:
        candidates: indices of samples.
        established: index of the sample that stands for a haplotype: its patient.

    Returns:
        (patient, differences) by candidate; none where there is no other patient.
    """
    pool = sorted(established, key=lambda i: (established[i], i))
    if not pool or not candidates:
        return {}
    involved = sorted({*pool, *candidates})
    columns = usable & varies(haplotypes, involved)
    of_pool = haplotypes[pool][:, columns]
    pool_patients = np.array([established[i] for i in pool])
    found: dict[int, tuple[str, int]] = {}
    for start in range(0, len(candidates), block):
        chunk = list(candidates[start : start + block])
        of_chunk = haplotypes[chunk][:, columns]
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
    haplotypes: NDArray[np.int8],
    mean_depth: Sequence[float] | NDArray[np.float64],
    usable: Mask,
    max_differences: int,
    min_differences: int,
    min_mean_depth: float,
) -> pd.DataFrame:
    """``identity.tsv``: for each sample whether it is its patient's.

    Args:
        samples: columns ``sample patient role``, one row per sample.
        designs: design by patient; absent is autologous.
        haplotypes: int8, shape (samples, 16569), rows as in ``samples``.
        mean_depth: per sample.
        usable: positions to compare.
        max_differences: up to this many fixed differences a sample agrees with the others: a
            tumour may carry homoplasmic variants of its own.
        min_differences: advantage from which another patient's haplotype fits better.
    """
    names, patients = samples["sample"].tolist(), samples["patient"].tolist()
    roles = samples["role"].tolist()
    deep = [
        depth >= min_mean_depth and int(np.sum(row[usable] >= 0)) >= MIN_COMPARED
        for depth, row in zip(mean_depth, haplotypes, strict=True)
    ]
    parties: list[Party] = []
    for patient, rows in samples.groupby("patient", sort=True).indices.items():
        name, indices = str(patient), [int(i) for i in rows if deep[int(i)]]
        design = designs.get(name, "autologous")
        parties += parties_of_patient(
            name, design, indices, roles, haplotypes, usable, max_differences
        )
    results, best = _judge_all(
        parties, patients, roles, haplotypes, usable, max_differences, min_differences
    )
    own = {i: _own_differences(p, a) for p in parties for a, i in enumerate(p.members)}
    table = []
    for i, name in enumerate(names):
        status, reason = results.get(i, ("shallow", "too shallow to compare haplotypes"))
        differing, compared = own.get(i) or ("", "")
        other, other_differences = best.get(i, ("", ""))
        table.append(
            (
                name, patients[i], roles[i], status, differing, compared, other,
                other_differences, reason,
            )
        )  # fmt: skip
    return pd.DataFrame(table, columns=IDENTITY_COLUMNS)


def _judge_all(
    parties: Sequence[Party],
    patients: Sequence[str],
    roles: Sequence[str],
    haplotypes: NDArray[np.int8],
    usable: Mask,
    max_differences: int,
    min_differences: int,
) -> tuple[dict[int, tuple[str, str]], dict[int, tuple[str, int]]]:
    """Status and reason of each sample, and of ``nearest_patients`` for the doubtful ones."""
    results: dict[int, tuple[str, str]] = {}
    best: dict[int, tuple[str, int]] = {}
    # Twice: sides of a party that the first round trusts can explain others in the second.
    for _ in range(2):
        # A normal stands for the person: a tumour has variants of its own.
        established = {
            min(party.trusted, key=lambda i: (ROLE_ORDER.index(roles[i]), i)): party.patient
            for party in parties
            if party.trusted
        }
        candidates = sorted({i for party in parties for i in _doubtful(party, min_differences)})
        best = nearest_patients(candidates, established, patients, haplotypes, usable)
        for party in parties:
            results |= _judge(party, best, max_differences, min_differences)
    return results, best


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


def _doubtful(party: Party, min_differences: int) -> list[int]:
    """Samples that another patient's haplotype may fit better than their own's."""
    found = []
    for a, i in enumerate(party.members):
        own = _own_differences(party, a)
        if own and own[0] >= min_differences:
            found.append(i)
    return found


def _judge(
    party: Party,
    best: Mapping[int, tuple[str, int]],
    max_differences: int,
    min_differences: int,
) -> dict[int, tuple[str, str]]:
    """Status and reason of each member; sets whom the party trusts."""
    if len(party.members) == 1:
        return {party.members[0]: ("single", "no other sample to compare with")}
    results: dict[int, tuple[str, str]] = {}
    for a, i in enumerate(party.members):
        own = _own_differences(party, a)
        assert own is not None  # there is another member
        differing, _ = own
        other, other_differences = best.get(i, ("", np.inf))
        fixed = plural(differing, "fixed difference")
        if other_differences <= min(max_differences, differing - min_differences):
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
