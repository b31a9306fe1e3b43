"""Small indels of unrelated samples: how often a place errs, and who has an indel.

The rate of false indels after a base has a Beta prior from the sample's own places with runs of the
same length (``calls.allele_tests.indel_background``), with mean m and worth a fragments. As single
places can be far worse than most, a is no more than ``PRIOR_FRAGMENTS`` and m no less than
``PRIOR_RATE``. K false fragments among n of unrelated samples make it

    mean = (a + K) / (a / m + n),   relative variance = 1 / (a + K) + SPREAD

as for junctions (``errors.junction_sums``).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mitotransfer.arrays import Floats, Ints
from mitotransfer.counts.allele_counts import Counts
from mitotransfer.counts.indel_depth import at_anchor, fragments
from mitotransfer.counts.minor_alleles import ERROR_CAP, MIN_FRAGMENTS
from mitotransfer.errors.junction_sums import PRIOR_FRAGMENTS, PRIOR_RATE, learned_shapes

#: A sample has an indel fixed, as of its haplotype, from this share of its fragments on.
FIXED = 0.5

Key = tuple[int, str, str]


@dataclass(frozen=True)
class IndelSums:
    """Indels summed over samples; sums can be added and taken away.

    Attributes:
        errors: fragments with an indel after each base, of samples in which they are errors; int64,
            shape (length,); of no sample, shape (0,).
        carried: by indel (position from 1, ref, alt): immune samples and normals that have it, and
            samples of any role that have it fixed.
    """

    errors: Ints = field(default_factory=lambda: np.zeros(0, np.int64))
    carried: Mapping[Key, tuple[int, int]] = field(default_factory=dict)

    def __add__(self, other: IndelSums) -> IndelSums:
        if not self.errors.size or not other.errors.size:
            return self if self.errors.size else other
        return IndelSums(self.errors + other.errors, _joined(self.carried, other.carried, 1))

    def without(self, other: IndelSums, at: NDArray[np.integer] | slice = slice(None)) -> IndelSums:
        """The sums less others, whose places are all or those of ``at`` (0-based) alone."""
        if not other.errors.size:
            return self
        left = self.errors.copy()
        left[at] -= other.errors
        return IndelSums(left, _joined(self.carried, other.carried, -1))

    def at(self, places: NDArray[np.integer]) -> IndelSums:
        """The sums with the errors at some places (0-based) alone."""
        return IndelSums(self.errors[places] if self.errors.size else self.errors, self.carried)

    def errors_at(self, places: NDArray[np.integer]) -> Floats:
        """False fragments after bases (0-based)."""
        if not self.errors.size:
            return np.zeros(len(places))
        return self.errors[places].astype(float)

    def who(self, keys: Sequence[Key]) -> Ints:
        """Carriers, and samples that have each indel fixed, shape (n, 2)."""
        found = [self.carried.get(key, (0, 0)) for key in keys]
        return np.array(found, np.int64).reshape(-1, 2)

    def arrays(self) -> dict[str, Any]:
        """The sums for a file."""
        rows = [[*key, *self.carried[key]] for key in sorted(self.carried)]
        text = json.dumps(rows).encode()
        return {"indel_errors": self.errors, "indels_carried": np.frombuffer(text, np.uint8)}


def from_arrays(arrays: Mapping[str, Any]) -> IndelSums:
    """Sums of ``IndelSums.arrays``."""
    rows = json.loads(np.asarray(arrays["indels_carried"]).tobytes())
    carried = {(int(p), str(r), str(a)): (int(c), int(f)) for p, r, a, c, f in rows}
    return IndelSums(np.asarray(arrays["indel_errors"], np.int64), carried)


def _joined(
    one: Mapping[Key, tuple[int, int]], other: Mapping[Key, tuple[int, int]], sign: int
) -> dict[Key, tuple[int, int]]:
    """Numbers of ``one`` plus those of ``other``; without indels that nobody is left to have."""
    out = dict(one)
    for key, (carriers, fixed) in other.items():
        before = out.get(key, (0, 0))
        out[key] = before[0] + sign * carriers, before[1] + sign * fixed
        if out[key] == (0, 0):
            del out[key]
    return out


def indel_contribution(counts: Counts, asked: bool) -> IndelSums:
    """What one sample adds; depends on that sample alone.

    Where indels after a base are more than ``ERROR_CAP``, they are a variant of the sample.

    Args:
        asked: whether the sample tells who has an indel: an immune sample or a normal.
    """
    total, depth = at_anchor(counts).sum(axis=1), counts.depth.sum(axis=1)
    errors = np.where(total <= ERROR_CAP * depth, total, 0)
    table = counts.indels
    shown = fragments(table).sum(axis=1)
    covering = np.maximum(depth[table["pos"].to_numpy(np.int64) - 1], shown)
    has = (shown > ERROR_CAP * covering) & (shown >= MIN_FRAGMENTS)
    carried = {
        (int(pos), str(ref), str(alt)): (int(asked), int(k >= FIXED * n))
        for pos, ref, alt, k, n in zip(
            table["pos"][has], table["ref"][has], table["alt"][has], shown[has], covering[has],
            strict=True,
        )
    }  # fmt: skip
    return IndelSums(errors.astype(np.int64), carried)


def indel_shapes(
    prior: tuple[Floats, Floats], errors: Floats, depth: Floats
) -> tuple[Floats, Floats]:
    """Beta parameters of error rates, given those of the prior and what unrelated samples show.

    Args:
        prior: Beta parameters, each (n,).
        errors, depth: false fragments of unrelated samples, and all of theirs.
    """
    alpha, beta = prior
    rate = np.maximum(alpha / (alpha + beta), PRIOR_RATE)
    return learned_shapes(rate, np.minimum(alpha, PRIOR_FRAGMENTS), errors, depth)
