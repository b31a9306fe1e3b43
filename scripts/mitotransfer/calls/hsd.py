"""Haplotypes in the format of haplogroup tools (hsd of HaploGrep).

Given a VCF, such tools ignore filters and take the reference's allele wherever none is listed. An
hsd file gives the positions at which the haplotype is known, and only fixed differences.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mitotransfer.calls.frame import HOMOPLASMIC
from mitotransfer.calls.own_indels import Allele
from mitotransfer.counts.allele_counts import Counts
from mitotransfer.counts.minor_alleles import own_bases
from mitotransfer.genome.bundle import Genome
from mitotransfer.genome.hgvs import Change
from mitotransfer.genome.reference import CODE_N, LETTERS, Reference

# Share of the fragments from which a base is the haplotype's (HaploGrep's default).
FIXED_SHARE = 0.9
_HEADER = "SampleID\tRange\tHaplogroup\tPolymorphisms\n"


@dataclass(frozen=True)
class Profile:
    """A haplotype for haplogroup tools.

    Attributes:
        variants: differences from rCRS, ``73G``, ``8281-8289d``, ``573.1C``.
        ranges: positions at which it is known, ``1-301;317-16569``.
    """

    variants: tuple[str, ...]
    ranges: str


def hsd(profiles: Mapping[str, Profile]) -> str:
    """An hsd file of haplotypes by name; empty where there is none.

    Without a header line, the tool would read a sample name with ``range`` in it as the header. A
    haplotype without a difference from rCRS has no line, because the tool requires one.
    """
    lines = [
        "\t".join([name, profile.ranges, "?", *profile.variants]) + "\n"
        for name, profile in profiles.items()
        if profile.variants
    ]
    return "".join([_HEADER, *lines]) if lines else ""


def profile(
    bases: NDArray[np.integer],
    known: NDArray[np.bool_],
    reference: Reference,
    indels: Mapping[str, int] | None = None,
) -> Profile:
    """The haplotype with these bases.

    Args:
        bases: codes, shape (length,).
        known: positions at which it is known, the same shape.
        indels: names of indels with their first position (0-based).
    """
    known = known & (reference.codes < CODE_N)
    ends = np.flatnonzero(np.diff(np.concatenate([[False], known, [False]]).astype(np.int8)))
    ranges = [f"{start + 1}-{end}" for start, end in zip(ends[::2], ends[1::2], strict=True)]
    different = np.flatnonzero(known & (bases < CODE_N) & (bases != reference.codes))
    named = [(int(pos), f"{pos + 1}{LETTERS[bases[pos]]}") for pos in different]
    named += [(pos, name) for name, pos in (indels or {}).items()]
    return Profile(tuple(name for _, name in sorted(named)), ";".join(ranges))


def of_sample(
    counts: Counts,
    calls: pd.DataFrame,
    changes: Mapping[Allele, Change],
    genome: Genome,
    min_depth: int,
) -> Profile:
    """The haplotype of a sample: bases that nearly all of its fragments have, and fixed indels.

    Tracts in which no SNV passes do not count.

    Args:
        calls: its calls frame.
        changes: its indels along its own sequence (``calls.own_indels``).
    """
    reference, usable = genome.reference, ~genome.no_snv
    own = own_bases(counts)
    total = counts.depth.sum(axis=1)
    share = counts.bases.sum(axis=2).max(axis=1) / np.maximum(total, 1)
    known = usable & (total >= min_depth) & (share >= FIXED_SHARE)
    fixed = (calls["filter"] == "PASS") & (calls["state"] == HOMOPLASMIC) & (calls["type"] != "SNV")
    named: dict[str, int] = {}
    for pos, ref, alt in calls.loc[fixed, ["pos", "ref", "alt"]].itertuples(index=False):
        change = changes[pos, ref, alt]
        first, last = change.pos, change.pos + max(change.deleted, 1) - 1
        if last > reference.length or not usable[first - 1 : last].all():
            continue
        if change.deleted:
            known[first - 1 : last] = True
            own[first - 1 : last] = CODE_N
            named[f"{first}d" if first == last else f"{first}-{last}d"] = first - 1
        elif first > 1 and known[first - 2]:
            named[f"{first - 1}.1{change.inserted}"] = first - 2
    return profile(own, known, reference, named)
