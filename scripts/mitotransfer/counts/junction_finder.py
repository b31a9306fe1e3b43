"""From split reads to the junctions of a sample, each fragment once."""

from __future__ import annotations

import numpy as np

from mitotransfer.arrays import Bytes, Ints, Mask
from mitotransfer.counts.junctions import MARGIN, MIN_SIZE
from mitotransfer.counts.records import Limits
from mitotransfer.counts.spanning import SHORTEST
from mitotransfer.counts.split_reads import (
    AFTER,
    BEFORE,
    CLIP,
    END,
    KEY,
    KIND,
    LEFT,
    MATE,
    MISMATCHES,
    PLACED,
    RIGHT,
    START,
    STRAND,
    WORD,
)

_BEYOND = 4  # bases by which an aligned part can reach beyond the repeat at a junction, by chance
_NEAR = 15  # bases between the ends that reads of one junction show
_MOST = 1000  # bases of a repeat that are looked at


def find_junctions(
    reads: Ints, own: Bytes, codes: Bytes, limits: Limits, *, slack: int = 0
) -> Ints:
    """Junctions that reads show.

    A read shows a junction if it has ``MARGIN`` bases on each side, and no more mismatches against
    the sample's own alleles than a read may have. Where both mates show it, the first one counts.

    Args:
        reads: rows of ``counts.split_reads``.
        own: bit mask per position of the alleles that are the sample's own.
        codes: bases of the circle.
        limits: those of the counting.
        slack: bases by which reads of one junction can differ in its size.

    Returns:
        int64, shape (n, 5): start and end (0-based on the circle), bases of the repeat, fragments
        on the forward and on the reverse strand.
    """
    reads = reads[_few_mismatches(reads, own, limits)]
    circle = len(codes)
    placed = reads[reads[:, KIND] == PLACED]
    placed = placed[_is_junction(placed[:, [START, END]], codes, limits)]
    placed = _joined(placed, circle, slack)
    placed = placed[_shown(placed[:, LEFT], placed[:, RIGHT])]
    if not len(placed):
        return np.zeros((0, 5), np.int64)
    ends, number = np.unique(placed[:, [START, END]], axis=0, return_inverse=True)
    clips, of_clips = _clips_that_fit(reads, ends, codes)
    members = np.concatenate([placed, clips])
    numbers = np.concatenate([number.ravel(), of_clips])
    order = np.lexsort((members[:, MATE], members[:, KEY], numbers))
    members, numbers = members[order], numbers[order]
    first = np.ones(len(members), bool)
    first[1:] = (numbers[1:] != numbers[:-1]) | (members[1:, KEY] != members[:-1, KEY])
    fragments = np.bincount(
        2 * numbers[first] + members[first, STRAND], minlength=2 * len(ends)
    ).reshape(-1, 2)
    return np.column_stack([ends, _repeats(ends, codes), fragments])


def _joined(placed: Ints, circle: int, slack: int) -> Ints:
    """Reads of about one size whose ends are close moved to the ends that most of them have.

    An error in the repeat makes a read change from one part to the other too early or too late.
    """
    if not len(placed):
        return placed
    shown = _shown(placed[:, LEFT], placed[:, RIGHT])
    ends, number = np.unique(placed[:, [START, END]], axis=0, return_inverse=True)
    number = number.ravel()
    times = np.bincount(number, shown) + 1e-6 * np.bincount(number)
    size = (ends[:, 1] - ends[:, 0]) % circle
    kind = _chained(size, np.zeros(len(ends), np.int64), slack)
    starts = _unrolled(ends[:, 0], circle)
    group = _chained(starts, kind, _NEAR)
    ranked = np.lexsort((ends[:, 0], -times, group))
    main = ranked[np.searchsorted(group[ranked], group)]
    moved = starts[main[number]] - starts[number]
    out = placed.copy()
    out[:, START], out[:, END] = ends[main[number]].T
    out[:, LEFT] += moved
    out[:, RIGHT] -= moved
    return out


def _unrolled(places: Ints, circle: int) -> Ints:
    """Places of the circle as numbers from its longest stretch without a place on."""
    found = np.unique(places)
    widest = int(np.argmax(np.diff(found, append=found[0] + circle)))
    unrolled: Ints = (places - found[(widest + 1) % len(found)]) % circle
    return unrolled


def _chained(values: Ints, group: Ints, most: int) -> Ints:
    """Numbers of parts of groups: neighbours in value are at most so far apart."""
    order = np.lexsort((values, group))
    new = np.ones(len(values), bool)
    new[1:] = (np.diff(group[order]) != 0) | (np.diff(values[order]) > most)
    out = np.empty(len(values), np.int64)
    out[order] = np.cumsum(new) - 1
    return out


def _shown(left: Ints, right: Ints) -> Mask:
    return (left >= MARGIN) & (right >= MARGIN) & (left + right >= SHORTEST)


def _few_mismatches(reads: Ints, own: Bytes, limits: Limits) -> Mask:
    """Whether the mismatches of reads that are not the sample's own alleles are few enough."""
    packed = reads[:, MISMATCHES:, None] >> np.array([0, 18, 36]) & (1 << 18) - 1
    values = packed.reshape(len(reads), 9)
    place, code = values >> 3, (values & 7) - 1
    known = (code >= 0) & (code < 4)
    foreign = (own[place] >> np.maximum(code, 0) & 1 == 0) & known
    # The bases of a read other than A, C, G and T are no mismatches.
    bases = reads[:, LEFT] + reads[:, RIGHT]
    allowed = np.maximum((limits.max_mismatches_per_100 * bases / 100).astype(np.int64), 3)
    few: Mask = foreign.sum(axis=1) <= allowed
    return few


def _repeats(ends: Ints, codes: Bytes) -> Ints:
    """Bases of the direct repeat of junctions at the leftmost place."""
    circle = len(codes)
    sizes = np.zeros(len(ends), np.int64)
    same = np.ones(len(ends), bool)
    for k in range(_MOST):
        after = codes[(ends[:, 0] + 1 + k) % circle] == codes[(ends[:, 1] + k) % circle]
        same &= after
        if not same.any():
            break
        sizes += same
    return sizes


def _is_junction(ends: Ints, codes: Bytes, limits: Limits) -> Mask:
    """Whether ends are far enough apart, and none is in the tract whose length varies."""
    circle = len(codes)
    missing = (ends[:, 1] - ends[:, 0] - 1) % circle
    good: Mask = (missing >= MIN_SIZE) & (missing <= circle - MIN_SIZE)
    repeats = _repeats(ends, codes)
    first, last = limits.circle.tract_start - 1, limits.circle.tract_end + 1
    for begin in (ends[:, 0], ends[:, 1] - 1):
        good &= (begin + repeats + 1 < first) | (begin > last)
    return good


def _clips_that_fit(reads: Ints, ends: Ints, codes: Bytes) -> tuple[Ints, Ints]:
    """Reads whose short clips go on at the other end of a junction, and its number."""
    repeats = _repeats(ends, codes)
    found, numbers = [], []
    for kind in (AFTER, BEFORE):
        clips = _turn_on(
            reads[reads[:, KIND] == kind], len(codes) if kind == AFTER else -len(codes)
        )
        clips = clips[np.argsort(clips[:, START], kind="stable")]
        # The aligned part ends at the junction, or up to some bases beyond it.
        if kind == AFTER:
            low, high = ends[:, 0], ends[:, 0] + repeats + _BEYOND
        else:
            low, high = ends[:, 1] - _BEYOND, ends[:, 1]
        begin = np.searchsorted(clips[:, START], low)
        times = np.searchsorted(clips[:, START], high, side="right") - begin
        junction = np.repeat(np.arange(len(ends)), times)
        which = np.arange(len(junction)) - np.repeat(np.cumsum(times) - times, times)
        rows = clips[which + np.repeat(begin, times)]
        if kind == AFTER:
            beyond = rows[:, START] - ends[junction, 0]
            left, right = rows[:, LEFT] - beyond, rows[:, RIGHT] + beyond
            place, step = ends[junction, 1] + beyond, 1
            size = rows[:, RIGHT]
        else:
            beyond = ends[junction, 1] - rows[:, START]
            left, right = rows[:, LEFT] + beyond, rows[:, RIGHT] - beyond
            place, step = ends[junction, 0] - beyond, -1
            size = rows[:, LEFT]
        fits = _fitting(rows[:, CLIP], size, place, step, codes) & _shown(left, right)
        found.append(rows[fits])
        numbers.append(junction[fits])
    return np.concatenate(found), np.concatenate(numbers)


def _turn_on(clips: Ints, turn: int) -> Ints:
    """Clips, and the same clips one lap further, for junctions near the origin."""
    again = clips.copy()
    again[:, START] += turn
    return np.concatenate([clips, again])


def _fitting(clip: Ints, size: Ints, place: Ints, step: int, codes: Bytes) -> Mask:
    """Whether clipped bases are those of the circle from a place on; one in ten may differ."""
    known = np.minimum(size, WORD)
    wrong = np.zeros(len(clip), np.int64)
    for k in range(WORD):
        differs = codes[(place + step * k) % len(codes)] != clip >> 2 * k & 3
        wrong += differs & (k < known)
    fits: Mask = wrong <= known // 10
    return fits
