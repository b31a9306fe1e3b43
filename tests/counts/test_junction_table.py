"""The table of junctions: shares, classes and what passes."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from even_counts import META, counts_of_depth

from mitotransfer.counts import junctions
from mitotransfer.counts.allele_counts import Counts, empty_indels
from mitotransfer.counts.junction_shares import share
from mitotransfer.counts.junction_table import DELETION, DUPLICATION, JUNCTIONS, kinds, table
from mitotransfer.genome import bundle, reference

GENOME = bundle.load(reference.bundled())
ROWS = np.array([[8469, 13447, 13, 14, 16], [9000, 12000, 0, 2, 0], [16000, 500, 2, 3, 3]])


def counts_with(rows) -> Counts:
    rng = np.random.default_rng(1)
    spanning = rng.integers(10, 90, (GENOME.reference.length, 2)).astype(np.uint32)
    frame = junctions.frame(np.array(rows))
    bases = counts_of_depth(30, 20)
    return Counts(bases, empty_indels(), META, junctions=frame, spanning=spanning)


def test_a_row_has_fragments_share_and_class(tmp_path):
    counts = counts_with(ROWS)
    JUNCTIONS.write(table(counts, GENOME, 0.9), tmp_path / "j.tsv")
    found = JUNCTIONS.read(tmp_path / "j.tsv")
    assert found["size"].tolist() == [4977, 2999, 569 + 499]
    assert found["class"].tolist() == [DELETION, DELETION, DUPLICATION]
    assert found["passes"].tolist() == [True, False, True]
    first, last = counts.spanning[8468], counts.spanning[13445]
    row = found.iloc[0]
    assert row[["intact_start_forward", "intact_start_reverse"]].tolist() == first.tolist()
    assert row[["intact_end_forward", "intact_end_reverse"]].tolist() == last.tolist()
    expected = share(30, first.sum(), last.sum(), 0.9)
    np.testing.assert_allclose(
        row[["share", "share_low", "share_high"]].tolist(), [float(x) for x in expected], rtol=1e-5
    )


def test_a_sample_without_junctions_has_a_table_without_rows(tmp_path):
    found = table(counts_with(junctions.rows()), GENOME, 0.95)
    JUNCTIONS.write(found, tmp_path / "j.tsv")
    assert JUNCTIONS.read(tmp_path / "j.tsv").empty


@pytest.mark.parametrize(
    ("start", "end"),
    [
        (5720, 5722),  # the first base of the light strand's origin alone
        (5797, 6500),  # its last base
        (5730, 5740),  # a part of it
        (440, 1000),  # the last base of the heavy strand's origin
        (16000, 111),  # its first base, across the origin of the numbers
        (16000, 9000),  # all of both
    ],
)
def test_a_junction_that_takes_a_base_of_an_origin_is_a_duplication(start, end):
    assert kinds(np.array([start]), np.array([end]), GENOME) == [DUPLICATION]


@pytest.mark.parametrize(("start", "end"), [(5798, 16000), (441, 5721), (16500, 110), (5600, 5721)])
def test_a_junction_that_leaves_both_origins_is_a_deletion(start, end):
    assert kinds(np.array([start]), np.array([end]), GENOME) == [DELETION]


def test_without_origins_there_is_no_class():
    facts = dataclasses.replace(GENOME.reference.facts, origins=())
    bare = dataclasses.replace(GENOME, reference=dataclasses.replace(GENOME.reference, facts=facts))
    assert kinds(np.array([8469]), np.array([13447]), bare) == [""]
    mouse = bundle.load(reference.bundled().parent / "mouse_C57BL6J")
    assert kinds(np.array([5000, 8000]), np.array([5170, 9000]), mouse) == [DUPLICATION, DELETION]
