"""Molecules with a large deletion: shorter circles beside the whole ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from mitotransfer.simulate.library import Source


def with_deletion(
    sources: Sequence[Source], start: int, end: int, share: float, length: int
) -> list[Source]:
    """Sources of which a share of the molecules have a deletion.

    Fragments come from molecules in proportion to their length. So a library in which half of the
    molecules lack half of their bases has a third of its fragments from these, and the depth falls
    within the deletion alone.

    Args:
        sources: of whole circles.
        start, end: last base before the deletion and first base after it, 1-based; across the
            origin end comes before start.
        share: of the molecules, 0 to 1.
        length: of the reference.

    Raises:
        ValueError: for a source that is no whole circle, or a share beyond 0 to 1.
    """
    if not 0 <= share <= 1:
        raise ValueError(f"a share of {share} is not within 0 and 1")
    if any(source.segment for source in sources):
        raise ValueError("only whole circles can have a deletion: give sources without segment")
    kept = (start - end) % length + 1
    scale = 1 - share + share * kept / length
    found = []
    for source in sources:
        left = [v for v in source.variants if (v.pos - end) % length + len(v.ref) <= kept]
        found += [
            replace(source, weight=source.weight * (1 - share) / scale),
            replace(
                source, weight=source.weight * share * kept / length / scale, variants=left,
                label="deleted", segment=(end - 1, kept), closed=True,
            ),
        ]  # fmt: skip
    return [source for source in found if source.weight > 0]
