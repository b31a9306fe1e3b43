"""The filters of reads in words, and the one that leaves out most of a sample's reads."""

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
