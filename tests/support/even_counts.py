"""Counts of even depth, and facts about reads, to be summed up as quality."""

from __future__ import annotations

import numpy as np
from places import LENGTH, RCRS

META = {
    "sample": "S1", "reads": 200, "fragments": 100, "aligned": 160, "used_reads": 120,
    "filtered_short": 16, "filtered_mismatches": 24, "overlapping_bases": 1000,
    "discordant_bases": 5, "own_allele_vaf": 0.03, "nuclear_reads": 40,
    "failed_reads": 10, "copies": 0, "molecules": 0,
    "insert_sizes": [0, 20, 60], "duplicates": 8, "duplicates_by_chance": 2,
}  # fmt: skip


def counts_of_depth(forward, reverse):
    bases = np.zeros((LENGTH, 4, 2), np.uint32)
    real = np.flatnonzero(RCRS.codes < 4)
    bases[real, RCRS.codes[real], 0] = forward
    bases[real, RCRS.codes[real], 1] = reverse
    return bases
