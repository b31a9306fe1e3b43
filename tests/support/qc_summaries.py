"""Quality of made-up samples, as ``qc.json`` holds it."""

from __future__ import annotations

from even_counts import META, counts_of_depth
from simulated_reads import RCRS

from mitotransfer.counts import quality
from mitotransfer.counts.allele_counts import Counts, empty_indels


def summary(name, forward, reverse):
    meta = {**META, "sample": name}
    bases = counts_of_depth(forward, reverse)
    bases[300, 2, 0] += 1  # an error, of A
    return quality.summarise(Counts(bases, empty_indels(), meta), RCRS)


def summaries():
    """Two samples and one without a read, by name."""
    empty = {**dict.fromkeys(META, 0), "sample": "none", "own_allele_vaf": 0.03}
    empty |= {"insert_sizes": [], "duplicates": None, "duplicates_by_chance": None}
    nothing = quality.summarise(Counts(counts_of_depth(0, 0), empty_indels(), empty), RCRS)
    return {"S_1.a": summary("S_1.a", 90, 30), "T": summary("T", 5, 15), "none": nothing}
