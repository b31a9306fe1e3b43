"""The circular genome: reference positions, positions on the circle, and its sequence."""

from __future__ import annotations

from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from mitotransfer.arrays import Int
from mitotransfer.compiled import njit
from mitotransfer.genome.reference import CODE_N, Reference

#: A position or an array of positions, 0-based.
Positions = TypeVar("Positions", int, NDArray[Any])


#: Beyond all positions.
_NOWHERE = 1 << 40


class Circle(NamedTuple):
    """The circular molecule, and the position of the reference's placeholder.

    A tuple of integers, for compiled kernels. Positions may go on past the origin: one lap adds
    ``length`` on the circle and ``reference_length`` on the reference.

    Attributes:
        length: bases of the circle, without the placeholder.
        gap: 0-based position of the placeholder on the reference; -1 where it has none.
        tract_start, tract_middle, tract_end: ``Facts.split_tract``; beyond all positions where
            there is none.
    """

    length: int
    gap: int
    tract_start: int = _NOWHERE
    tract_middle: int = _NOWHERE
    tract_end: int = -2

    @classmethod
    def of(cls, reference: Reference) -> Circle:
        """The circle that a reference describes."""
        gap = reference.placeholder
        return cls(reference.length - (gap >= 0), gap, *reference.facts.split_tract)

    @property
    def reference_length(self) -> int:
        """Positions of the reference, the placeholder among them."""
        return self.length + (self.gap >= 0)

    def to_reference(self, at: Positions) -> Positions:
        """Reference positions of positions on the circle."""
        lap, within = at // self.length, at % self.length
        return lap * self.reference_length + within + ((within >= self.gap) & (self.gap >= 0))

    def to_circle(self, pos: Positions) -> Positions:
        """Positions on the circle of reference positions; of the placeholder, the base after it."""
        lap, within = pos // self.reference_length, pos % self.reference_length
        return lap * self.length + within - ((within > self.gap) & (self.gap >= 0))

    def rows(self, values: NDArray[Any]) -> NDArray[Any]:
        """Values of the circle's bases as rows of the reference, 0 at the placeholder."""
        return np.insert(values, self.gap, 0, axis=0) if self.gap >= 0 else values

    def bases(self, values: NDArray[Any]) -> NDArray[Any]:
        """Rows of the reference without that of the placeholder: of the circle's bases."""
        return np.delete(values, self.gap, axis=0) if self.gap >= 0 else values.copy()


def circle_codes(reference: Reference) -> NDArray[np.uint8]:
    """Codes of the circle as it exists: the reference without the placeholder."""
    return Circle.of(reference).bases(reference.codes)


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
            "one placeholder N alone can be handled: give a complete sequence"
        )
    return np.concatenate([circle, circle[:extension]])


@njit
def to_reference(at: Int, circle: Circle) -> Int:
    """``Circle.to_reference`` for kernels."""
    lap = at // circle.length
    within = at % circle.length
    shift = np.int64(1) if circle.gap >= 0 else np.int64(0)
    past = shift if within >= circle.gap else np.int64(0)
    return lap * (circle.length + shift) + within + past


@njit
def to_circle(pos: Int, circle: Circle) -> Int:
    """``Circle.to_circle`` for kernels, of positions of the first lap; -1 stays -1."""
    return pos - 1 if 0 <= circle.gap < pos else pos


@njit
def deleted_bases(at: Int, size: Int, circle: Circle) -> Int:
    """Bases of the circle in a deletion of ``size`` positions of the reference.

    The placeholder is no base: a deletion over it is one base shorter.

    Args:
        at: position on the circle after the last base before the deletion.
    """
    return size - 1 if at <= circle.gap < at + size else size
