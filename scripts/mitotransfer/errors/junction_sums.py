"""Junctions of unrelated samples: the error rate of a junction, and who else has it.

Template switching during PCR joins places of the circle that no molecule of the cells joins, at
direct repeats above all. The rate p of such fragments at one junction is unknown beforehand. Its
prior is a Beta distribution of mean ``PRIOR_RATE`` (at repeats ``REPEAT_RATE``), as certain as half
a fragment: both are assumptions, on the safe side of any junction that unrelated samples lack. With
K split fragments among n in unrelated samples

    mean = (a + K) / (a / PRIOR_RATE + n),   relative variance = 1 / (a + K) + SPREAD

so that samples may still differ in how much their polymerase switches.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import reduce
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mitotransfer.arrays import Floats, Ints
from mitotransfer.counts.allele_counts import Counts
from mitotransfer.counts.junctions import intact
from mitotransfer.counts.minor_alleles import ERROR_CAP, MIN_FRAGMENTS

#: Mean error rate of a junction before unrelated samples are asked; the same at a direct repeat.
PRIOR_RATE = 1e-4
REPEAT_RATE = 1e-3
#: Split fragments that the prior is worth.
PRIOR_FRAGMENTS = 0.5
#: Relative variance of the rate between samples.
SPREAD = 1.0
#: Bases of a direct repeat from which polymerases are taken to switch templates there.
SWITCHING_REPEAT = 8
# Columns of the values: split fragments that are errors, intact fragments of samples in which the
# junction is a variant, and samples that have it.
_ERRORS, _LEFT_OUT, _CARRIERS = range(3)
_KEY = 1 << 20


class Seen(NamedTuple):
    """What unrelated samples show at J junctions, each shape (J,).

    Attributes:
        errors, depth: split fragments, and all fragments, of samples without the junction.
        carriers: immune samples and normals that have it; at a direct repeat those that show it.
    """

    errors: Floats
    depth: Floats
    carriers: Ints


class _Part(NamedTuple):
    """Rows by sorted key, and their values, shape (n, 3)."""

    keys: Ints
    values: Ints


@dataclass(frozen=True)
class JunctionSums:
    """Junctions summed over samples; sums can be added and taken away.

    Attributes:
        parts: their rows; a junction may be in several.
        spanning: intact fragments at each bond, both strands, float64, shape (length,).
    """

    spanning: Floats
    parts: tuple[_Part, ...] = field(default=())

    def __add__(self, other: JunctionSums) -> JunctionSums:
        return JunctionSums(self.spanning + other.spanning, self.parts + other.parts)

    def without(
        self, other: JunctionSums, at: NDArray[np.integer] | slice = slice(None)
    ) -> JunctionSums:
        """The sums less others, whose bonds are all or those of ``at`` (0-based) alone."""
        left = self.spanning.copy()
        left[at] = np.maximum(left[at] - other.spanning, 0.0)
        taken = tuple(_Part(part.keys, -part.values) for part in other.parts)
        return JunctionSums(left, self.parts + taken)

    def at(self, bonds: NDArray[np.integer]) -> JunctionSums:
        """The sums with some bonds (0-based) alone."""
        return replace(self, spanning=self.spanning[bonds])

    def merged(self) -> JunctionSums:
        """The same sums in one part, for many lookups and for a file."""
        keys = np.concatenate([np.zeros(0, np.int64), *(part.keys for part in self.parts)])
        values = np.concatenate([np.zeros((0, 3), np.int64), *(p.values for p in self.parts)])
        found, place = np.unique(keys, return_inverse=True)
        total = np.zeros((len(found), 3), np.int64)
        np.add.at(total, place, values)
        return replace(self, parts=(_Part(found, total),))

    def seen(self, start: Ints, end: Ints) -> Seen:
        """What the samples show at junctions, given their ends (1-based)."""
        keys = start * _KEY + end
        zero = np.zeros((len(keys), 3), np.int64)
        total = reduce(np.add, (_values(part, keys) for part in self.parts), zero)
        bonds = (self.spanning[start - 1] + self.spanning[end - 2]) / 2
        errors = np.maximum(total[:, _ERRORS], 0).astype(float)
        depth = np.maximum(bonds - total[:, _LEFT_OUT], 0.0) + errors
        return Seen(errors, depth, np.maximum(total[:, _CARRIERS], 0))

    def arrays(self) -> dict[str, Any]:
        """The sums for a file."""
        (part,) = self.merged().parts
        return {
            "junction_keys": part.keys,
            "junction_values": part.values,
            "spanning": self.spanning,
        }


def _values(part: _Part, keys: Ints) -> Ints:
    """Values of a part at keys, shape (J, 3); zero where it has none."""
    found = np.zeros((len(keys), 3), np.int64)
    place = np.minimum(np.searchsorted(part.keys, keys), max(len(part.keys) - 1, 0))
    if len(part.keys):
        there = part.keys[place] == keys
        found[there] = part.values[place[there]]
    return found


def from_arrays(arrays: Mapping[str, Any]) -> JunctionSums:
    """Sums of ``JunctionSums.arrays``."""
    part = _Part(
        np.asarray(arrays["junction_keys"], np.int64),
        np.asarray(arrays["junction_values"], np.int64),
    )
    return JunctionSums(np.asarray(arrays["spanning"], float), (part,))


def no_junctions(length: int) -> JunctionSums:
    """Sums over no sample, of a reference of this length."""
    return JunctionSums(np.zeros(length))


def junction_contribution(counts: Counts, asked: bool) -> JunctionSums:
    """What one sample adds; depends on that sample alone.

    A junction of a share above ``ERROR_CAP`` is a variant of the sample: it adds neither errors nor
    depth.

    Args:
        asked: whether the sample tells who has the junction: an immune sample or a normal.
    """
    table = counts.junctions
    start, end, repeat = (table[c].to_numpy(np.int64) for c in ("start", "end", "repeat"))
    split = table[["forward", "reverse"]].to_numpy(np.int64).sum(axis=1)
    at_start, at_end = intact(counts.spanning, start, end)
    whole = (at_start.sum(axis=1, dtype=np.int64) + at_end.sum(axis=1, dtype=np.int64)) // 2
    variant = split > ERROR_CAP * (split + whole)
    carried = variant & (split >= MIN_FRAGMENTS) | (repeat >= SWITCHING_REPEAT)
    values = np.stack(
        [np.where(variant, 0, split), np.where(variant, whole, 0), asked & carried], axis=1
    )
    keys = start * _KEY + end
    order = np.argsort(keys)
    part = _Part(keys[order], values[order].astype(np.int64))
    return JunctionSums(counts.spanning.sum(axis=1, dtype=np.float64), (part,))


def junction_shapes(repeat: Ints, seen: Seen | None = None) -> tuple[Floats, Floats]:
    """Beta parameters of the error rates of J junctions.

    Args:
        repeat: bases of the direct repeat at each, shape (J,).
        seen: of unrelated samples; None: the prior alone.
    """
    prior = np.where(repeat >= SWITCHING_REPEAT, REPEAT_RATE, PRIOR_RATE)
    errors = seen.errors if seen else np.zeros(len(prior))
    depth = seen.depth if seen else np.zeros(len(prior))
    return learned_shapes(prior, PRIOR_FRAGMENTS, errors, depth)


def learned_shapes(
    prior: Floats, worth: Floats | float, errors: Floats, depth: Floats
) -> tuple[Floats, Floats]:
    """Beta parameters of error rates from a prior and what unrelated samples show; (n,) each.

    Args:
        prior: mean rates before.
        worth: fragments that the prior is worth.
        errors, depth: false fragments of unrelated samples, and all of theirs.
    """
    fragments = worth + errors
    mean = np.minimum(fragments / (worth / prior + depth), 0.5)
    spread = 1.0 / fragments + SPREAD
    # A Beta distribution of small mean m and relative variance s has parameters 1 / s, 1 / (s m).
    alpha = np.maximum((1.0 - mean) / spread - mean, 1e-3)
    return alpha, alpha * (1.0 - mean) / mean
