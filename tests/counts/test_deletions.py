"""Deletions of a sample from its junctions, and the molecules that they leave."""

import numpy as np
import pytest
from deleted_samples import COMMON, deleted
from places import LENGTH

from mitotransfer.counts.deletions import Deletions, deletions


def of(shares: dict[tuple[int, int], float], depth: int = 20_000) -> Deletions:
    counts = deleted(shares, depth=depth)
    return deletions(counts.junctions.to_numpy(np.int64), counts.spanning)


def test_the_share_of_the_molecules_is_that_of_the_depth() -> None:
    found = of({COMMON: 0.8, (100, 900): 0.02})
    # 2 % are too few to matter.
    assert (found.start.tolist(), found.end.tolist()) == ([COMMON[0]], [COMMON[1]])
    assert found.share == pytest.approx([0.8], abs=0.02)
    at = np.array([COMMON[0], COMMON[0] + 1, COMMON[1] - 1, COMMON[1]])
    assert found.inside(at, LENGTH)[:, 0].tolist() == [False, True, True, False]
    assert found.copies(at, LENGTH) == pytest.approx([1, 0.2, 0.2, 1], abs=0.02)


def test_across_the_origin() -> None:
    copies = of({(16_000, 500): 0.5}).copies(np.array([16_500, 1, 499, 500, 16_000]), LENGTH)
    assert copies == pytest.approx([0.5, 0.5, 0.5, 1, 1], abs=0.02)


def test_without_a_deletion_every_molecule_has_every_position() -> None:
    found = of({}, depth=100)
    assert not len(found.share)
    assert (found.copies(np.arange(1, LENGTH + 1), LENGTH) == 1).all()


def test_few_fragments_are_no_deletion() -> None:
    spanning = np.full((LENGTH, 2), 5, np.uint32)
    rows = np.array([[*COMMON, 13, 1, 2], [6000, 12_000, 0, 2, 2]])
    assert deletions(rows, spanning).start.tolist() == [6000]
