"""The people among a patient's samples, by their haplotypes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

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


@dataclass(frozen=True)
class Compared:
    """Samples whose haplotypes are compared.

    Attributes:
        roles, haplotypes: of each sample.
        usable: positions to compare, shape (length,): artefact tracts are left out.
        max_differences: fixed differences up to which two samples agree.
    """

    roles: Sequence[str]
    haplotypes: Sequence[Haplotype] | NDArray[np.int8]
    usable: Mask
    max_differences: int


def parties_of_patient(
    patient: str, design: str, indices: Sequence[int], samples: Compared
) -> list[Party]:
    """The parties of a patient, each split into groups of samples that agree.

    Args:
        indices: the patient's samples that are deep enough, as indices into ``samples``.
    """
    sides: list[tuple[list[int], list[int]]] = [(list(indices), [])]
    if design == "allogeneic":
        donors = [i for i in indices if samples.roles[i] == "tumor"]
        sides = [(donors, []), ([i for i in indices if samples.roles[i] != "tumor"], donors)]
    return [_party(patient, members, donors, samples) for members, donors in sides if members]


def _party(patient: str, members: list[int], donors: list[int], samples: Compared) -> Party:
    """One party. ``donors``: samples whose mtDNA may be mixed into its immune samples."""
    roles, haplotypes, usable = samples.roles, samples.haplotypes, samples.usable
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
    groups = connected(linked & (distances <= samples.max_differences))
    return Party(patient, members, distances, compared, linked, groups)


def connected(joined: NDArray[np.bool_]) -> list[list[int]]:
    """Connected components of the members, the largest first.

    Args:
        joined: symmetric, shape (members, members).
    """
    groups, left = [], set(range(len(joined)))
    while left:
        group: set[int] = set()
        new = {min(left)}
        while new:
            group |= new
            new = {int(b) for a in new for b in np.flatnonzero(joined[a])} - group
        left -= group
        groups.append(sorted(group))
    return sorted(groups, key=lambda group: (-len(group), group[0]))


def outsiders(
    design: str, roles: Sequence[str], haplotypes: Sequence[Haplotype], usable: Mask
) -> set[int]:
    """Indices of a patient's samples whose haplotype differs from the majority's.

    Their counts must not be summed with the others'. Without a majority there are none: it is
    unknown which samples are wrong, and ``assess`` calls them all ambiguous.
    """
    deep = [i for i, h in enumerate(haplotypes) if np.sum(h >= 0) >= MIN_COMPARED]
    found = set()
    samples = Compared(roles, haplotypes, usable, POOLING_DIFFERENCES)
    for party in parties_of_patient("", design, deep, samples):
        if party.decided:
            for group in party.groups[1:]:
                found |= {party.members[a] for a in group}
    return found
