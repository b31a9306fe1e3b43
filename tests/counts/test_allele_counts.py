"""Files of allele counts are read as they were written; other files are refused."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest
from even_counts import META, counts_of_depth

from mitotransfer.counts import allele_counts, junctions
from mitotransfer.counts.allele_counts import BaseSums, Counted, Counts

ROWS = [(302, "A", "AC", 5, 6), (513, "GCA", "G", 0, 7)]
JUNCTIONS = np.array([[8469, 13447, 13, 4, 5], [16000, 101, 0, 1, 0]])


@pytest.fixture
def counted():
    rng = np.random.default_rng(2)
    bases = counts_of_depth(30, 20)
    arrays = [rng.integers(0, 1000, bases.shape).astype(np.uint32) for _ in range(3)]
    profile, pairs = (rng.integers(0, 9, shape).astype(np.uint32) for shape in ((64, 32), (5, 4)))
    spanning = rng.integers(0, 1000, (len(bases), 2)).astype(np.uint32)
    sums = BaseSums(*arrays, profile, pairs)
    return Counted(bases, ROWS, META, sums, junctions=JUNCTIONS, spanning=spanning)


def test_counts_are_read_as_they_were_written(tmp_path, counted):
    allele_counts.save(counted, tmp_path / "a.npz")
    found = allele_counts.load(tmp_path / "a.npz", sums=True)
    np.testing.assert_array_equal(found.bases, counted.bases)
    assert found.meta == META
    for field in dataclasses.fields(BaseSums):
        one, other = getattr(found.sums, field.name), getattr(counted.sums, field.name)
        np.testing.assert_array_equal(one, other)
        assert one.dtype == np.uint32
    assert list(found.indels.itertuples(index=False, name=None)) == ROWS
    np.testing.assert_array_equal(found.junctions.to_numpy(), JUNCTIONS)
    np.testing.assert_array_equal(found.spanning, counted.spanning)
    assert allele_counts.load(tmp_path / "a.npz").sums is None
    # With a table of indels the same counts are the same bytes.
    table = pd.DataFrame(ROWS, columns=allele_counts.INDEL_COLUMNS)
    frame = junctions.frame(JUNCTIONS)
    same = Counts(counted.bases, table, META, counted.sums, frame, counted.spanning)
    allele_counts.save(same, tmp_path / "b.npz")
    with np.load(tmp_path / "a.npz") as one, np.load(tmp_path / "b.npz") as other:
        assert one.files == other.files
        assert all(np.array_equal(one[name], other[name]) for name in one.files)


def test_a_table_without_indels_has_the_types_of_one_with(tmp_path, counted):
    allele_counts.save(dataclasses.replace(counted, indels=[]), tmp_path / "a.npz")
    empty = allele_counts.load(tmp_path / "a.npz").indels
    allele_counts.save(counted, tmp_path / "b.npz")
    filled = allele_counts.load(tmp_path / "b.npz").indels
    assert len(empty) == 0 and len(filled) == 2
    assert empty.dtypes.to_dict() == filled.dtypes.to_dict()


def test_counts_without_junctions_have_an_empty_table_and_no_intact_fragments(tmp_path, counted):
    bare = dataclasses.replace(counted, junctions=junctions.rows(), spanning=None)
    allele_counts.save(bare, tmp_path / "a.npz")
    found = allele_counts.load(tmp_path / "a.npz")
    assert list(found.junctions.columns) == junctions.COLUMNS and found.junctions.empty
    assert found.spanning.shape == (len(counted.bases), 2) and not found.spanning.any()
    made = Counts(counted.bases, allele_counts.empty_indels(), META)
    assert made.junctions.empty and made.spanning.shape == found.spanning.shape


def test_depth_and_major_allele(counted):
    counts = Counts(counted.bases, allele_counts.empty_indels(), META)
    np.testing.assert_array_equal(counts.depth, counted.bases.sum(axis=1))
    np.testing.assert_array_equal(counts.alleles, counted.bases.sum(axis=2))
    assert allele_counts.major(np.array([[5, 9, 9, 1], [0, 0, 0, 0]])).tolist() == [1, 0]
    with pytest.raises(ValueError, match="read-only"):
        counts.depth[0] = 0


@pytest.mark.parametrize("content", [b"", b"no archive", b"PK\3\4 cut"])
def test_a_file_of_another_kind_is_named(tmp_path, content):
    path = tmp_path / "x.npz"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"x\.npz: not a file of allele counts"):
        allele_counts.load(path)


def test_counts_of_another_version_or_cut_are_named(tmp_path, counted):
    path = tmp_path / "s.counts.npz"
    allele_counts.save(counted, path)
    whole = path.read_bytes()
    with np.load(path) as archive:
        older = {name: archive[name] for name in archive.files if name != "pairs"}
    np.savez(path, **older)
    with pytest.raises(ValueError, match=r"s\.counts\.npz: not a file of allele counts; count the"):
        allele_counts.load(path, sums=True)
    path.write_bytes(whole[:-200])
    with pytest.raises(ValueError, match=r"s\.counts\.npz: not a file of allele counts; count the"):
        allele_counts.load(path)
