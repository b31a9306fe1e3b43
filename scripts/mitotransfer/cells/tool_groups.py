"""The cells of one role as a sample, from the counts per cell of another tool.

These have bases by strand alone: no indels, base qualities or places in reads, and nothing of the
reads they were counted in. Later steps test what is there.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

import numpy as np

from mitotransfer.cells.other_tools import BASES_PER_FRAGMENT, Entries, bases
from mitotransfer.counts.allele_counts import FRAGMENT_BASES, TOOL, Counted
from mitotransfer.counts.counter import Counter
from mitotransfer.genome.reference import Reference
from mitotransfer.inputs.settings import Counting
from mitotransfer.reads.bam_header import Totals

#: Share of the mitogenome that a tool has to list: of fewer sites the sample's errors are unknown.
MIN_LISTED = 0.5


def count_group(
    entries: Entries, cells: Collection[str], name: str, reference: Reference, rules: Counting
) -> Counted:
    """Counts of the cells of a group; of groups they add up to those of all their cells.

    Args:
        cells: barcodes of the group.
        name: of the sample that the group makes.
    """
    empty = Counter(reference, rules).counts(name, Totals())
    members = frozenset(cells)
    facts = {
        TOOL: entries.tool,
        "cells": len(members),
        "stranded": entries.stranded,
        FRAGMENT_BASES: BASES_PER_FRAGMENT,
    }
    return replace(
        empty, bases=bases(entries, members), sums=None, spanning=None, meta=empty.meta | facts
    )


def reason_without_counts(entries: Entries, result: Counted) -> str:
    """Why a group cannot be used as a sample; empty where it can."""
    length = len(result.bases)
    if entries.listed is not None and len(entries.listed) < MIN_LISTED * length:
        return (
            f"{entries.tool} counted at {len(entries.listed):,} sites of {length:,}, which do not "
            "show the errors of a sample; count at all positions of the mitogenome"
        )
    return "" if np.any(result.bases) else f"the counts of {entries.tool} hold none of its cells"
