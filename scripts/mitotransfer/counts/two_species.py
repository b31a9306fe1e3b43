"""Fragments of two species as the allele counts of one sample.

Each species is counted on its own circle. In the joined counts the alleles stand for species: at
the markers of ``genome.species_pair``, where the bases differ, the fragments of the tumour's
species have its base, and those of the host its own, whatever the base that a read shows there. At
all other positions the fragments of both count as the reference's base. A fragment reaches one
marker at most, so that the markers are independent counts of fragments; a read's species rests on
dozens of differences, so that errors of bases do not matter. Variants within a species and indels
are not in these counts.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mitotransfer.arrays import Ints
from mitotransfer.counts.allele_counts import BaseSums, Counted
from mitotransfer.counts.fragments import OVERLAPS, STATS
from mitotransfer.genome.reference import BASES, CODE_N
from mitotransfer.genome.species_pair import SpeciesPair
from mitotransfer.inputs.settings import Counting

#: Key of ``meta``: what ``fragments_by_species`` tells of the two species.
SPECIES = "species"
# No VAF is so high: the few reads of one species are not a haplotype of their own, so that a stack
# of reads of nuclear copies does not pass for one.
_NO_OWN_ALLELES = 2.0


def rules_of_pair(rules: Counting) -> Counting:
    """The rules by which each of two species is counted: mismatches against its reference."""
    return replace(rules, own_allele_vaf=_NO_OWN_ALLELES)


def fragments_by_species(
    tumor: Counted, host: Counted, pair: SpeciesPair, ambiguous: int, rules: Counting
) -> Counted:
    """The counts of both species on the tumour's mitogenome.

    ``meta`` adds the reads of the two, and holds ``species``: names of the ``tumor`` and ``host``,
    ``tumor_fragments`` and ``host_fragments`` at the markers, ``markers``, and
    ``ambiguous_reads``, which fit both circles and count for none.

    Args:
        tumor, host: each on its own mitogenome.
        ambiguous: reads that are of neither.
        rules: settings of the counting, as the user set them.
    """

    def both(name: str) -> NDArray[np.uint32]:
        values = (_of(tumor, name), _of(host, name))
        return _joined(values[0], values[1], pair).astype(np.uint32)

    own, other = tumor.sums, host.sums
    if own is None or other is None:
        raise ValueError("two species are joined from reads, not from counts of another tool")
    bases = both("bases")
    sums = BaseSums(
        both("qualities"),
        both("distances"),
        both("mismatches"),
        own.profile + other.profile,
        np.zeros((5, 0), np.uint32),
    )
    at = pair.markers
    seen = bases[at].sum(axis=2, dtype=np.int64)
    alleles = _alleles(pair)
    rows = np.arange(len(at))
    facts = {
        "tumor": pair.tumor.reference.facts.species,
        "host": pair.host.reference.facts.species,
        "tumor_fragments": int(seen[rows, alleles[0]].sum()),
        "host_fragments": int(seen[rows, alleles[1]].sum()),
        "markers": len(at),
        "ambiguous_reads": ambiguous,
    }
    meta = _meta(tumor.meta, host.meta) | {"own_allele_vaf": rules.own_allele_vaf, SPECIES: facts}
    return Counted(bases, [], meta, sums)


def _of(counts: Counted, name: str) -> Ints:
    """A table of sums over all alleles, (length, 2)."""
    table = counts.bases if name == "bases" else getattr(counts.sums, name)
    return np.asarray(table.sum(axis=1, dtype=np.int64))


def _alleles(pair: SpeciesPair) -> tuple[Ints, Ints]:
    """Bases of the tumour and of the host at the markers, (markers,) each."""
    at = pair.markers
    codes = pair.tumor.reference.codes[at], pair.host.reference.codes[pair.host_at[at]]
    return codes[0].astype(np.int64), codes[1].astype(np.int64)


def _joined(tumor: Ints, host: Ints, pair: SpeciesPair) -> Ints:
    """Sums of both species by position, allele and strand, (length, 4, 2)."""
    codes = pair.tumor.reference.codes
    out = np.zeros((len(codes), len(BASES), 2), np.int64)
    lifted = np.where((pair.host_at >= 0)[:, None], host[pair.host_at], 0)
    known = np.flatnonzero(codes != CODE_N)
    out[known, codes[known]] = (tumor + lifted)[known]
    at, (own, other) = pair.markers, _alleles(pair)
    out[at, own] = tumor[at]
    out[at, other] = lifted[at]
    return out


def _meta(tumor: dict[str, Any], host: dict[str, Any]) -> dict[str, Any]:
    """Facts about the reads of both: numbers of reads are added."""
    counted = {key: tumor[key] + host[key] for key in (*STATS, *OVERLAPS)}
    size = max(len(one["insert_sizes"]) for one in (tumor, host))
    inserts = [
        np.pad(np.array(one["insert_sizes"], np.int64), (0, size - len(one["insert_sizes"])))
        for one in (tumor, host)
    ]
    more = tumor if tumor["used_reads"] >= host["used_reads"] else host
    return (
        tumor
        | counted
        | {
            "insert_sizes": (inserts[0] + inserts[1]).tolist(),
            "insert_size_median": more["insert_size_median"],
        }
    )
