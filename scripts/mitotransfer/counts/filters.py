"""The filters of reads in words, the one that leaves out most, and mates that are doubtful."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

#: What became of the reads that a filter left out, by its key in ``meta``.
FILTERED = {
    "filtered_quality_check": "failed the vendor's filter",
    "filtered_duplicate": "are duplicates",
    "filtered_mapping_quality": "have a low mapping quality",
    "filtered_short": "have fewer aligned bases than counting.min_aligned_length",
    "filtered_clipped": "are clipped by more than counting.max_clipped (long reads: by more than "
    "150 bases and a twentieth of what aligns)",
    "filtered_mismatches": "have too many mismatches",
}
_MOST = 0.5
#: From so many pairs on it is told that their mates do not lie together.
_FEW_PAIRS = 100


def main_filter(meta: Mapping[str, Any], bases: int) -> str:
    """The filter that leaves out most of the reads that align; empty where none does.

    Args:
        meta: of the sample's counts.
        bases: that were counted. Reads that pass have a number of bases off their ends, half of
            them twice in a pair: fewer show that their quality is low.
    """
    name = max(FILTERED, key=lambda key: meta.get(key, 0))
    left_out, aligned = meta.get(name, 0), meta.get("aligned", 0)
    if left_out > _MOST * aligned:
        return f"{left_out / aligned:.0%} of the reads that align {FILTERED[name]}"
    least = 0.5 * (meta.get("min_aligned_length", 0) - 2 * meta.get("read_end", 0))
    if bases < _MOST * least * meta.get("used_reads", 0):
        return "nearly all bases of its reads have a quality below counting.min_base_quality"
    return ""


def mate_doubt(meta: Mapping[str, Any]) -> str:
    """Why the mates of most pairs may be none; empty where they lie together, and for single reads.

    Names of reads do not tell, where all files number their reads alike.
    """
    pairs = meta["used_reads"] - meta["fragments"]  # at least so many have two reads that count
    together = sum(meta["insert_sizes"])
    if pairs < _FEW_PAIRS or together >= _MOST * pairs:
        return ""
    return (
        f"of at least {pairs:,} pairs only {together:,} have mates that face each other within "
        "2,000 bases: unless fragments are longer, or all of one amplicon across the origin, give "
        "the two files of one run"
    )
