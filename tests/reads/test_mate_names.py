"""Names of mates: which are alike, which a last number tells apart, and neighbours."""

from __future__ import annotations

import pytest

from mitotransfer.reads import fastq, mate_names


def reads(tmp_path, names):
    path = tmp_path / "names.fastq"
    path.write_text("".join(f"@{name}\nACGT\n+\nIIII\n" for name in names))
    return next(fastq.read(path, 10_000))


@pytest.mark.parametrize(
    ("one", "two", "expected"),
    [
        ("a", "a", 0),
        ("a/1", "a/2", 0),  # taken off where names are read
        ("a.1", "a.2", ord(".")),
        ("SRR1.7.1 7 length=4", "SRR1.7.2 7 length=4", ord(".")),
        ("a_1", "a_2", ord("_")),
        ("a:1", "a:2", ord(":")),
        ("a.2", "a.1", 0),  # exchanged: no way in which mates differ
        ("a1", "a2", 0),
        ("a.1", "b.2", 0),
        ("a.1", "a.3", 0),
        (".1", ".2", 0),
    ],
)
def test_how_the_first_names_differ(tmp_path, one, two, expected):
    left, right = reads(tmp_path, [one]), reads(tmp_path, [two])
    assert mate_names.relation(left, right) == expected
    alike = one.split("/")[0] == two.split("/")[0] or expected != 0
    assert mate_names.in_step(left, right, expected) == int(alike)


def test_all_pairs_differ_as_the_first_one_does(tmp_path):
    left, right = reads(tmp_path, ["r.1", "r.2", "r.3"]), reads(tmp_path, ["r.2", "r.3", "r.4"])
    assert mate_names.in_step(left, right, mate_names.relation(left, right)) == 1
    assert mate_names.in_step(left, left, mate_names.EQUAL) == 3
    assert mate_names.in_step(left, fastq.NONE, mate_names.EQUAL) == 0


def test_the_number_is_taken_off_where_mates_are_known(tmp_path):
    left = reads(tmp_path, ["x.1", "y.1"])
    assert mate_names.without_number(left, ord(".")).names() == [b"x", b"y"]
    assert mate_names.without_number(left, mate_names.EQUAL).names() == [b"x", b"y"]


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["a", "a", "b", "b"], 0),
        (["a/1", "a/2", "b/1", "b/2"], 0),
        (["a.1", "a.2", "b.1", "b.2"], ord(".")),
        (["a", "a", "s", "b", "b"], 0),  # a read without its mate between them
        (["a", "b", "c", "d"], None),
        (["r.1", "r.2"], None),  # single reads may be numbered
        ([f"r.{k}" for k in range(1, 30)], None),
        ([f"r_{k}" for k in range(1, 300)], None),
        (["a", "a", "b", "c", "d", "e"], None),
    ],
)
def test_interleaved_files_are_recognised(tmp_path, names, expected):
    assert mate_names.interleaved(reads(tmp_path, names)) == expected


def test_neighbours(tmp_path):
    found = mate_names.neighbours(reads(tmp_path, ["s", "a", "a", "a", "b", "b", "t"]), 0)
    assert [part.tolist() for part in found] == [[1, 4], [2, 5], [0, 3, 6]]
