"""Reads have the requested coverage, lengths, duplicates and VAFs.

Reads are checked without an aligner: by exact words of the reads, or by placing them where the
trace, which is never written, says that they came from.
"""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from places import PLACEHOLDER

from mitotransfer.simulate.sequencer import pairs_for_depth


def test_mates_pair_and_names_are_unique(noisy: dict) -> None:
    first, second = noisy["names"]
    bare = [name.split()[0] for name in first]
    assert bare == [name.split()[0] for name in second]
    assert len(set(bare)) == len(bare)
    assert all(name.split()[1].startswith("1:N:0:") for name in first)
    assert all(name.split()[1].startswith("2:N:0:") for name in second)


def test_order_and_names_do_not_show_the_origin(noisy: dict) -> None:
    trace, n = noisy["trace"], len(noisy["trace"].start)
    x = np.array([int(name.split()[0].split(":")[5]) for name in noisy["names"][0]])
    order = np.arange(n)
    for origin in (trace.start, trace.copy, trace.forward, trace.insert):
        for told in (x, order):
            assert abs(np.corrcoef(origin, told)[0, 1]) < 5 / np.sqrt(n)
    # Copies of one fragment do not follow each other.
    neighbours = (np.diff(trace.start) == 0) & (np.diff(trace.insert) == 0)
    assert neighbours.mean() < 0.002


def test_gzip_has_no_time_stamp(noisy: dict) -> None:
    for path in noisy["paths"]:
        assert path.read_bytes()[:8] == b"\x1f\x8b\x08\x00\x00\x00\x00\x00"


def test_coverage_is_even_across_the_origin_and_none_at_the_placeholder(noisy: dict) -> None:
    depth = noisy["seen"].sum(axis=(0, 2, 3, 4))
    assert depth[PLACEHOLDER] == 0
    windows = np.roll(depth, 50)[: 16500 // 100 * 100].reshape(-1, 100).mean(axis=1)
    others = np.delete(windows, [0, (3106 + 50) // 100])
    # The spread of the other windows is the Monte Carlo error.
    assert abs(windows[0] - others.mean()) < 4 * others.std()
    assert others.std() / others.mean() < 0.06


def test_depth_is_what_was_asked(noisy: dict) -> None:
    model, trace = noisy["model"], noisy["trace"]
    covered = np.minimum(trace.insert, 300).sum() / 16568
    assert pairs_for_depth(covered, model) == pytest.approx(len(trace.start), rel=0.01)


def test_inserts_follow_the_distribution(noisy: dict) -> None:
    sizes, weights = noisy["model"].sequencing.insert_distribution()
    insert = noisy["trace"].insert
    mean = (sizes * weights).sum()
    spread = np.sqrt((sizes**2 * weights).sum() - mean**2)
    assert insert.min() >= 150
    assert insert.mean() == pytest.approx(mean, abs=4 * spread / np.sqrt(len(insert) / 1.2))
    assert insert.std() == pytest.approx(spread, rel=0.03)


def test_duplicates_have_their_share_and_are_true_copies(noisy: dict) -> None:
    trace = noisy["trace"]
    share = (trace.copy > 0).mean()
    assert share == pytest.approx(0.08, abs=4 * np.sqrt(0.08 / 20_000))
    keys = Counter(zip(trace.start, trace.insert, trace.forward, strict=True))
    copies = np.flatnonzero(trace.copy > 0)
    assert all(keys[trace.start[i], trace.insert[i], trace.forward[i]] > 1 for i in copies[:500])
