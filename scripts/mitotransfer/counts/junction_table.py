"""The junctions of a sample as a table: shares, and what kind of molecule shows each."""

from __future__ import annotations

import numpy as np
import pandas as pd

from mitotransfer.arrays import Ints, Mask
from mitotransfer.counts import junctions
from mitotransfer.counts.allele_counts import Counts
from mitotransfer.counts.junction_shares import share
from mitotransfer.genome.bundle import Genome
from mitotransfer.table_files import Column, Table

DELETION, DUPLICATION = "deletion", "duplication"
#: Fewest fragments of a junction that passes; each strand has one at least.
MIN_FRAGMENTS = 3

JUNCTIONS = Table(
    "samples/{sample}/{sample}.junctions.tsv",
    "Junctions that reads of the sample show: two bases joined that are not neighbours on the "
    "circle, one row each. A fragment counts once, with at least "
    f"{junctions.MARGIN} bases on each side, of long reads {junctions.LONG_MARGIN}.",
    (
        Column("start", "Last base before the junction, the leftmost that a repeat allows", int),
        Column("end", "First base after it; before start where the origin lies between", int),
        Column("size", "Bases from start forward to end, which are missing", int, "bp"),
        Column("repeat", "Direct repeat at both ends", int, "bp"),
        Column("split_forward", "Fragments split there, by a read of the forward strand", int),
        Column("split_reverse", "The same of the reverse strand", int),
        Column("intact_start_forward", "Fragments that run on at start, forward strand", int),
        Column("intact_start_reverse", "The same of the reverse strand", int),
        Column("intact_end_forward", "Fragments that run on into end, forward strand", int),
        Column("intact_end_reverse", "The same of the reverse strand", int),
        Column(
            "share",
            "Share of molecules with the junction: split fragments of these and the mean of the "
            "intact ones at both ends",
            float,
        ),
        Column("share_low", "Lower end of its interval (fraction.confidence)", float),
        Column("share_high", "Upper end of its interval", float),
        Column(
            "class",
            "deletion; or duplication, of what lies from end to start, where a molecule without "
            "the missing bases would lack an origin of replication. Empty where the bundle names "
            "no origins",
        ),
        Column(
            "passes",
            f"Whether both strands show it, and {MIN_FRAGMENTS} fragments at least",
            bool,
        ),
    ),
)


def table(counts: Counts, genome: Genome, confidence: float) -> pd.DataFrame:
    """The junctions of a sample, as ``JUNCTIONS``.

    Args:
        confidence: of the intervals.
    """
    found = counts.junctions
    start, end, repeat, forward, reverse = (found[name].to_numpy() for name in junctions.COLUMNS)
    at_start, at_end = junctions.intact(counts.spanning, start, end)
    shares = share(forward + reverse, at_start.sum(axis=1), at_end.sum(axis=1), confidence)
    values = (
        start, end, junctions.missing(start, end, genome.circle), repeat, forward, reverse,
        *at_start.T, *at_end.T, *shares, kinds(start, end, genome), seen(forward, reverse),
    )  # fmt: skip
    return pd.DataFrame(dict(zip(JUNCTIONS.names, values, strict=True)))


def seen(forward: Ints, reverse: Ints) -> Mask:
    """Whether junctions pass as seen, by their fragments on each strand.

    A single fragment can be a chimera of the library. Whether unrelated samples show the same
    junction is for the cohort to say.
    """
    found: Mask = (forward > 0) & (reverse > 0) & (forward + reverse >= MIN_FRAGMENTS)
    return found


def kinds(start: Ints, end: Ints, genome: Genome) -> list[str]:
    """Class of junctions by the origins of replication.

    A molecule that has lost a base of an origin cannot multiply as it is. Its junction is then read
    as that of a molecule with what is left twice: the same two bases are joined there (as MitoSAlt,
    Basu et al. 2020, doi 10.1371/journal.pgen.1009242).

    Args:
        start, end: 1-based.
    """
    origins = genome.reference.facts.origins
    if not origins:
        return [""] * len(start)
    length = genome.reference.length
    lost = np.zeros(len(start), bool)
    missing = (end - start - 1) % length
    for first, last in origins:
        # The first base of the origin at or after the first missing base, round the circle.
        ahead = (first - (start + 1)) % length
        lost |= (ahead < missing) | (ahead + (last - first) >= length)
    return np.where(lost, DUPLICATION, DELETION).tolist()
