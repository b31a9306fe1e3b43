"""The people among the samples of a patient: who shares whose haplotype."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csgraph

from mitotransfer.arrays import Mask
from mitotransfer.counts.haplotypes import UNKNOWN, Haplotype, count_differences

#: Positions with a fixed allele below which a sample cannot be compared.
MIN_COMPARED = 500
#: Fixed differences from the majority above which a sample is not pooled with its patient's.
POOLING_DIFFERENCES = 8


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
