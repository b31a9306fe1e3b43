"""Lanes: reads and mates in batches, in step."""

from __future__ import annotations

import pytest

from mitotransfer.problems import told
from mitotransfer.reads.lanes import Lane, batches, tell_of_umis


def test_names_lose_mate_numbers_and_comments(tmp_path):
    one, two = tmp_path / "1.fq", tmp_path / "2.fq"
    one.write_bytes(b"@a/1\nACGT\n+a/1\nIIII\r\n@b 1:N:0:AC\nA\n+\nI")
    two.write_bytes(b"@a/2\r\nACG\r\n+\r\nIII\r\n@b\t2:N:0:AC\n\n+\n\n\n\n")
    (batch,) = batches(Lane(one, two), 10)
    assert batch.reads.names() == [b"a", b"b"]
    assert batch.reads.sequences() == [b"ACGT", b"A"]
    assert batch.mates.sequences() == [b"ACG", b""]
    assert batch.reads.qualities() == [b"IIII", b"I"]


def test_mates_out_of_step_are_found(tmp_path):
    def write(name, names):
        path = tmp_path / name
        path.write_text("".join(f"@{n}\nACGT\n+\nIIII\n" for n in names))
        return path

    one = write("1.fq", ["a", "b", "c", "d"])
    for size in (1, 2, 3, 10):
        with pytest.raises(ValueError, match=r"out of step at record 3: 'c' and 'x'"):
            list(batches(Lane(one, write("2.fq", ["a", "b", "x", "d"])), size))
        with pytest.raises(ValueError, match=r"2\.fq: ends after record 2 but .*1\.fq goes on"):
            list(batches(Lane(one, write("2.fq", ["a", "b"])), size))
        with pytest.raises(ValueError, match=r"1\.fq: ends after record 4 but .*2\.fq goes on"):
            list(batches(Lane(one, write("2.fq", ["a", "b", "c", "d", "e"])), size))


def file_of(path, names, bases="ACGT"):
    path.write_text("".join(f"@{name}\n{bases}\n+\n{'I' * len(bases)}\n" for name in names))
    return path


@pytest.mark.parametrize("mark", ["/", ".", "_", ":"])
@pytest.mark.parametrize("comment", ["", " 7 length=4"])
@pytest.mark.parametrize("size", [2, 3, 100])
def test_mates_with_a_number_in_their_names_are_pairs(tmp_path, mark, comment, size):
    names = [f"SRR1.{k}" for k in range(1, 8)]
    one, two = (
        file_of(tmp_path / f"{m}.fq", [f"{n}{mark}{m}{comment}" for n in names]) for m in (1, 2)
    )
    found = list(batches(Lane(one, two), size))
    assert [n.decode() for b in found for n in b.reads.names()] == names
    assert [n.decode() for b in found for n in b.mates.names()] == names
    both = [f"{n}{mark}{m}{comment}" for n in names for m in (1, 2)]
    mixed = list(batches(Lane(file_of(tmp_path / "b.fq", both)), size))
    if size > 3:  # the first reads are too few to tell
        assert [n.decode() for b in mixed for n in b.mates.names()] == names


def test_single_reads_with_numbered_names_stay_single_and_apart(tmp_path):
    names = [f"SRR1.{k}" for k in range(1, 30)]
    (batch,) = batches(Lane(file_of(tmp_path / "s.fq", names)), 100)
    assert batch.mates is None
    assert [name.decode() for name in batch.reads.names()] == names


@pytest.mark.parametrize("size", [2, 3, 4, 5, 100])
def test_interleaved_mates_and_single_reads_between_them(tmp_path, size):
    names = ["a", "a", "b", "b", "s", "c", "c", "t", "d", "d", "e", "e", "u"]
    lane = Lane(file_of(tmp_path / "i.fq", names))
    found = list(batches(lane, size))
    pairs = [n for b in found if b.mates is not None for n in b.mates.names()]
    single = [n for b in found if b.mates is None for n in b.reads.names()]
    assert pairs == [b"a", b"b", b"c", b"d", b"e"]
    assert sorted(single) == [b"s", b"t", b"u"]


def test_the_sheet_may_say_whether_mates_are_interleaved(tmp_path):
    path = file_of(tmp_path / "i.fq", ["a", "a", "b", "b"])
    (batch,) = batches(Lane(path, interleaved=False), 100)
    assert batch.mates is None and len(batch) == 4
    (batch,) = batches(Lane(path, interleaved=True), 100)
    assert len(batch) == 2
    with pytest.raises(ValueError, match=r"x\.fq: no mates beside each other"):
        list(batches(Lane(file_of(tmp_path / "x.fq", ["a", "b"]), interleaved=True), 100))


def test_reads_that_failed_the_filter_are_left_out_with_their_mates(tmp_path):
    one = file_of(tmp_path / "1.fq", ["a 1:N:0:AC", "b 1:Y:0:AC", "c 1:N:18:AC", "d 1:Y:0"])
    two = file_of(tmp_path / "2.fq", ["a 2:N:0:AC", "b 2:N:0:AC", "c 2:Y:0:AC", "d 2:Y:0"])
    (batch,) = batches(Lane(one, two), 100)
    assert batch.reads.names() == batch.mates.names() == [b"a"]
    assert batch.failed == 3
    (batch,) = batches(Lane(one), 100)
    assert batch.reads.names() == [b"a", b"c"] and batch.failed == 2


def test_both_files_may_be_phred_64_each_by_itself(tmp_path):
    one, two = tmp_path / "1.fq", tmp_path / "2.fq"
    one.write_text("@a\nACGT\n+\nhBhh\n")
    two.write_text("@a\nACGT\n+\nIII#\n")
    (batch,) = batches(Lane(one, two), 10)
    assert batch.reads.qualities() == [b"I#II"] and batch.mates.qualities() == [b"III#"]


@pytest.mark.parametrize(
    ("name", "are_umis"),
    [
        ("A1:2:{umi}", True),
        ("r7_{umi}", True),
        ("A1:2:{umi}+{umi}", True),
        ("A1:2:ACGTACGT", False),  # the index of the sample: the same in all
        ("A1:2:{k}", False),
        ("r{k} 1:N:0:{umi}", False),
    ],
)
def test_umis_in_names_that_are_not_used_are_told(tmp_path, name, are_umis):
    bases = "ACGT"
    names = [
        name.format(k=k, umi="".join(bases[k // 4**i % 4] for i in range(6))) for k in range(40)
    ]
    lane = Lane(file_of(tmp_path / "u.fq", names))
    with told() as warnings:
        tell_of_umis(lane, next(batches(lane, 100)))
    assert bool(warnings) is are_umis
    if are_umis:
        assert "u.fq: its reads seem to have UMIs" in warnings[0]
