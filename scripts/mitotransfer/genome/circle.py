"""The circular genome: reference positions, positions on the circle, and its sequence."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mitotransfer.arrays import Int
from mitotransfer.compiled import njit
from mitotransfer.genome.reference import CODE_N, PLACEHOLDER, Reference


def placeholder(reference: Reference) -> int:
    """0-based position of the placeholder N, -1 where the sequence has none."""
    has_one = reference.length > PLACEHOLDER and reference.codes[PLACEHOLDER] == CODE_N
    return PLACEHOLDER if has_one else -1


def circle_codes(reference: Reference) -> NDArray[np.uint8]:
    """Codes of the circle as it exists: the reference without the placeholder."""
    gap = placeholder(reference)
    return np.delete(reference.codes, gap) if gap >= 0 else reference.codes.copy()


def extended_codes(reference: Reference, extension: int) -> NDArray[np.uint8]:
    """Codes of the circle followed by its first ``extension`` bases.

    Raises:
        ValueError: if the extension is not between 0 and the length of the circle, or
            if the sequence holds ambiguous bases beside the placeholder.
    """
    circle = circle_codes(reference)
    if not 0 <= extension <= len(circle):
        raise ValueError(f"extension {extension}: expected 0 to {len(circle)} bases")
    if (circle == CODE_N).any():
        first = int(np.flatnonzero(circle == CODE_N)[0]) + 1
        raise ValueError(
            f"the reference has a base other than A, C, G, T near position {first}; "
            f"only the placeholder N at {PLACEHOLDER + 1} can be handled: give a complete sequence"
        )
    return np.concatenate([circle, circle[:extension]])


@njit
def to_reference(at: Int, circle: Int, gap: Int) -> Int:
    """rCRS coordinate of a coordinate on the extended circle; counts on past the origin."""
    lap = at // circle
    within = at % circle
    shift = np.int64(1) if gap >= 0 else np.int64(0)
    past = shift if within >= gap else np.int64(0)
    return lap * (circle + shift) + within + past
