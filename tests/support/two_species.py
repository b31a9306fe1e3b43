"""Reads of two species in one library: of the human and the mouse mitogenome."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
from places import GENOME, RESOURCES
from simulated_reads import Library, pair, with_errors

from mitotransfer.genome import bundle
from mitotransfer.genome.species_pair import SpeciesPair
from mitotransfer.reads.lanes import Lane

MOUSE = bundle.load(RESOURCES / "mouse_C57BL6J")
CIRCLES = tuple(one.reference.sequence.replace("N", "") for one in (GENOME, MOUSE))


@cache
def human_and_mouse() -> SpeciesPair:
    """A human tumour with mouse cells."""
    return SpeciesPair(GENOME, MOUSE)


def write_reads(prefix: Path, share: float, fragments: int, errors: float = 0.003) -> Lane:
    """Pairs of 2 x 150 bases, of which a share is human, with sequencing errors."""
    rng = np.random.default_rng([fragments, round(1e6 * share)])
    made = Library()
    for k in range(fragments):
        circle = CIRCLES[0 if rng.random() < share else 1]
        at, size = int(rng.integers(len(circle))), int(rng.integers(220, 380))
        reads = [with_errors(rng, one, errors) for one in pair(circle, at, size, 150, bool(k % 2))]
        made.add(f"{prefix.name}.{k}", *zip(*reads, strict=True))
    return made.write(prefix)
