"""Molecules with a large deletion: shorter circles beside the whole ones."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from mitotransfer.simulate.genomes import Variant, mixture
from mitotransfer.simulate.library import Source
from mitotransfer.simulate.scenario import DeletionPlan


def split(
    sources: Sequence[Source], start: int, end: int, share: float, length: int
) -> list[Source]:
    """Sources, weighted by molecules, of which a share of the molecules have a deletion.

    Args:
        sources: of whole circles.
        start, end: last base before the deletion and first base after it, 1-based; across the
            origin end comes before start.
        share: of the molecules, 0 to 1.
        length: of the reference.

    Raises:
        ValueError: for a source that is no whole circle, a share beyond 0 to 1, or ends that are
            not on the circle or have nothing between them.
    """
    if not 0 <= share <= 1:
        raise ValueError(f"a share of {share} is not within 0 and 1")
    if not (1 <= start <= length and 1 <= end <= length and (end - start) % length > 1):
        raise ValueError(f"no deletion has the ends {start} and {end} on {length} bases")
    if any(source.segment for source in sources):
        raise ValueError("only whole circles can have a deletion: give sources without segment")
    kept = (start - end) % length + 1
    found = []
    for source in sources:
        left = [v for v in source.variants if (v.pos - end) % length + len(v.ref) <= kept]
        found += [
            replace(source, weight=source.weight * (1 - share)),
            replace(
                source, weight=source.weight * share, variants=left, label="deleted",
                segment=(end - 1, kept), closed=True,
            ),
        ]  # fmt: skip
    return [source for source in found if source.weight > 0]


def pool(
    share: float,
    variants: Sequence[Variant],
    label: str,
    deletion: DeletionPlan | None,
    length: int,
) -> list[Source]:
    """Molecules of one origin, weighted by molecules; some have a deletion where one is planned."""
    sources = [Source(share, sorted(variants), label)]
    if deletion is None:
        return sources
    return split(sources, deletion.start, deletion.end, deletion.share, length)


def by_fragments(sources: Sequence[Source], length: int) -> list[Source]:
    """Sources weighted by molecules as sources weighted by fragments, of the same sum.

    Fragments come from molecules in proportion to their length. So a library in which half of the
    molecules lack half of their bases has a third of its fragments from these, and the depth falls
    within the deletion alone.
    """
    if not any(source.closed for source in sources):
        return list(sources)
    weights = [source.weight / _density(source, length) for source in sources]
    scale = sum(source.weight for source in sources) / sum(weights)
    return [
        replace(source, weight=weight * scale)
        for source, weight in zip(sources, weights, strict=True)
    ]


def with_deletion(
    sources: Sequence[Source], start: int, end: int, share: float, length: int
) -> list[Source]:
    """``split``, weighted by fragments."""
    return by_fragments(split(sources, start, end, share, length), length)


def alleles(sources: Sequence[Source], length: int) -> list[Variant]:
    """Alleles and their VAFs among the molecules that have the position."""
    found = mixture([(one.weight * _density(one, length), one.variants) for one in sources])
    if not any(source.closed for source in sources):
        return found
    return [v._replace(vaf=v.vaf / coverage(sources, v.pos, length)) for v in found]


def junctions(sources: Sequence[Source], length: int) -> dict[tuple[int, int], float]:
    """Share of the molecules at its ends that have each deletion, by start and end (1-based)."""
    joined: dict[tuple[int, int], float] = defaultdict(float)
    for source in sources:
        if source.closed and source.segment:
            first, kept = source.segment
            joined[(first + kept - 1) % length + 1, first + 1] += source.weight * length / kept
    return {
        (start, end): part
        / ((coverage(sources, start, length) + coverage(sources, end, length)) / 2)
        for (start, end), part in sorted(joined.items())
    }


def coverage(sources: Sequence[Source], pos: int, length: int) -> float:
    """Depth at a position (1-based), 1 for sources that all are whole circles."""
    total = 0.0
    for source in sources:
        first, kept = source.segment or (0, length)
        if (pos - 1 - first) % length < kept:
            total += source.weight * _density(source, length)
    return total


def _density(source: Source, length: int) -> float:
    """Depth of a source where it has bases, for a weight of 1."""
    return length / source.segment[1] if source.segment else 1.0
