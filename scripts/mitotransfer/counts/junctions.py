"""Junctions of a sample: fragments whose reads leave the circle's order, and those that keep it.

A molecule with a deletion joins two bases that are far apart on the circle. Reads across the joint
are split there. Reads of the other molecules run across the same two places without a break.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mitotransfer.arrays import Ints
from mitotransfer.genome.circle import Circle

if TYPE_CHECKING:
    import pandas as pd

#: Of the table: last base kept before the junction and first base kept after it (1-based), bases of
#: the direct repeat at the breakpoints, and fragments by the strand of the read that shows it.
COLUMNS = ["start", "end", "repeat", "forward", "reverse"]
_KEYS = COLUMNS[:3]
#: Least bases that a junction leaves out, and least that it keeps; smaller ones are indels.
MIN_SIZE = 50
#: Bases that a read must show on each side of a junction, or of a bond between two neighbours.
MARGIN = 20
#: The same of a long read: minimap2 does not always align shorter parts.
LONG_MARGIN = 150


def rows() -> Ints:
    """A table without junctions, as ``counts.allele_counts.Counted`` has it: shape (0, 5)."""
    return np.zeros((0, len(COLUMNS)), np.int64)


def frame(found: Ints) -> pd.DataFrame:
    """Rows of ``COLUMNS`` as the table of ``counts.allele_counts.Counts``."""
    import pandas as pd

    return pd.DataFrame(found.reshape(-1, len(COLUMNS)), columns=COLUMNS)


def added(tables: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Tables of several samples summed: a row for each junction, sorted by its ends."""
    import pandas as pd

    filled = [table for table in tables if len(table)]
    if not filled:
        return frame(rows())
    grouped = pd.concat(filled).groupby(_KEYS, sort=True, as_index=False)
    return grouped[["forward", "reverse"]].sum()[COLUMNS]


def missing(start: Ints, end: Ints, circle: Circle) -> Ints:
    """Bases between the two ends of a junction, from its start on round the circle.

    Args:
        start, end: 1-based, on the reference; its placeholder is no base.
    """
    first, last = (circle.to_circle(np.asarray(pos) - 1) for pos in (start, end))
    return (last - first - 1) % circle.length


def on_reference(found: Ints, circle: Circle) -> Ints:
    """Rows with both ends 0-based on the circle as rows of ``COLUMNS``, sorted."""
    ends = circle.to_reference(found[:, :2]) + 1
    rows_there = np.concatenate([ends, found[:, 2:]], axis=1)
    return rows_there[np.lexsort(ends.T[::-1])]


def on_bonds(spanning: Ints, circle: Circle) -> Ints:
    """Fragments by bond of the circle as rows of the reference.

    The bases on both sides of the placeholder are neighbours on the circle: both bonds of the
    placeholder have the fragments across theirs.
    """
    if circle.gap < 0:
        return spanning
    return np.insert(spanning, circle.gap, spanning[circle.gap - 1], axis=0)


def intact(
    spanning: NDArray[np.uint32], start: Ints, end: Ints
) -> tuple[NDArray[np.uint32], NDArray[np.uint32]]:
    """Fragments, per strand, that run across the two ends of junctions without a break.

    Args:
        spanning: of a sample, shape (length, 2).
        start, end: n junctions, 1-based.

    Returns:
        At the start and at the end, shape (n, 2) each.
    """
    first, last = np.asarray(start, np.int64) - 1, np.asarray(end, np.int64) - 2
    return spanning[first], spanning[last]  # before the first base: the bond across the origin
