"""Records to fragments: each record is one read, mates are joined within a read group."""

from __future__ import annotations

import numpy as np
import pysam
import pytest

from mitotransfer.reads.bam_fragments import write_fastq
from mitotransfer.reads.bam_names import take_off_numbers
from mitotransfer.reads.lanes import Lane, batches

HEADER = pysam.AlignmentHeader.from_dict(
    {
        "HD": {"VN": "1.6"},
        "SQ": [{"SN": "chr1", "LN": 2000}, {"SN": "chrM", "LN": 16569}],
        "RG": [{"ID": key, "SM": "S"} for key in ("A", "B")],
    }
)


def record(name, flag, bases="ACGT", *, group="", quality="I5IF", contig=1, **tags):
    made = pysam.AlignedSegment(HEADER)
    made.query_name, made.flag, made.query_sequence = name, flag, bases
    if quality:
        made.query_qualities_str = quality
    made.reference_id = contig
    if contig >= 0:
        made.reference_start = 100
    if not flag & 4:
        made.cigarstring = f"{len(bases)}M"
    for key, value in {**({"RG": group} if group else {}), **tags}.items():
        made.set_tag(key, value)
    return made


def fastq_of(folder, records, umis=False):
    source = folder / "in.bam"
    with pysam.AlignmentFile(str(source), "wb", header=HEADER) as target:
        for one in records:
            target.write(one)
    collated, files = folder / "collated.bam", tuple(folder / f"{k}.fq" for k in range(3))
    pysam.samtools.collate("-u", "-o", str(collated), str(source), catch_stdout=False)
    wanted = np.array([0, 1], np.uint8)
    return write_fastq(collated, source, wanted, files, umis), [path.read_text() for path in files]


def names(text):
    return sorted(line[1:] for line in text.splitlines()[::4])


def test_a_pair_in_its_own_direction(tmp_path):
    records = [record("r", 0x53, "ACGN", quality="I5IF"), record("r", 0xA3, "GATT", quality="FFI5")]
    records += [record("r", 0x853, "AC", quality="I5"), record("q", 0x41, contig=0)]
    written, (one, two, alone) = fastq_of(tmp_path, records)
    assert one == "@r\nNCGT\n+\nFI5I\n"
    assert two == "@r\nGATT\n+\nFFI5\n"
    assert alone == "@q\nACGT\n+\nI5IF\n"
    assert written[:5] == (3, 3, 1, 1, 0)


def test_read_groups_numbered_alike_are_kept_apart(tmp_path):
    records = [
        record(f"r{k}", flag, bases, group=group)
        for k in range(50)
        for group, bases in (("A", "AAAA"), ("B", "CCCC"), ("", "GGGG"))
        for flag in (0x41, 0x81)
    ]
    written, (one, two, _) = fastq_of(tmp_path, records)
    assert (written.pairs, written.single) == (150, 0)
    lane = Lane(tmp_path / "0.fq", tmp_path / "1.fq")
    (batch,) = batches(lane, 1000)
    assert batch.reads.sequences() == batch.mates.sequences()
    assert len(set(batch.reads.names())) == 150
    assert names(one) == names(two)


@pytest.mark.parametrize("flag", [0, 0x10, 0xC1, 0x1])
def test_reads_of_one_name_with_neither_or_both_flags_are_reads_by_themselves(tmp_path, flag):
    written, (_, _, alone) = fastq_of(tmp_path, [record("r", flag) for _ in range(5)])
    assert (written.records, written.pairs, written.single) == (5, 0, 5)
    assert len(set(names(alone))) == 5


@pytest.mark.parametrize("flags", [(0x41, 0x81, 0x41), (0x81, 0x81), (0x41, 0x81, 0x41, 0x81)])
def test_one_place_in_the_pair_twice_is_refused(tmp_path, flags):
    with pytest.raises(ValueError, match=r"in\.bam: two reads are called 'r'.*rows of their own"):
        fastq_of(tmp_path, [record("r", flag, group="A") for flag in flags])


def test_a_fragment_with_a_read_that_failed_the_filter_says_so(tmp_path):
    records = [record("a", 0x41), record("a", 0x281), record("b", 0x41), record("b", 0x81)]
    records.append(record("c", 0x200))
    fastq_of(tmp_path, records)
    (pairs,) = batches(Lane(tmp_path / "0.fq", tmp_path / "1.fq"), 10)
    assert pairs.reads.names() == [b"b"] and pairs.failed == 1
    (single,) = batches(Lane(tmp_path / "2.fq"), 10)
    assert len(single) == 0 and single.failed == 1


def test_reads_without_qualities_are_counted_and_get_the_lowest(tmp_path):
    written, (_, _, alone) = fastq_of(tmp_path, [record("a", 0, quality=""), record("b", 0)])
    assert written.unrated == 1
    assert sorted(alone.splitlines()[3::4]) == ["!!!!", "I5IF"]


def test_umis_are_put_behind_the_names(tmp_path):
    records = [record("a", 0x41, RX="AC-GT"), record("a", 0x81)]
    records += [record("b", 0, CB="CELL-1", UB="TTT"), record("c", 0, RX="A A", UB="T")]
    _, (one, two, alone) = fastq_of(tmp_path, records, umis=True)
    assert names(one) == names(two) == ["a:AC-GT"]
    assert names(alone) == ["b:CELL-1TTT", "c:A_A"]
    with pytest.raises(ValueError, match=r"in\.bam: read 'd' has no tag RX"):
        fastq_of(tmp_path, [record("d", 0)], umis=True)


def test_groups_longer_than_what_is_read_at_once(tmp_path, monkeypatch):
    monkeypatch.setattr("mitotransfer.reads.bam_fragments._CHUNK", 200)
    records = [record("same", 0) for _ in range(40)]
    records += [record(f"r{k}", flag) for k in range(40) for flag in (0x41, 0x81)]
    written, (one, two, alone) = fastq_of(tmp_path, records)
    assert written[:5] == (120, 120, 40, 40, 0)
    assert names(one) == names(two) and len(set(names(alone))) == 40


@pytest.mark.parametrize("mark", "/._:")
def test_mates_with_names_of_their_own(tmp_path, mark):
    records = [record(f"r{k}{mark}{end}", 0x40 * end | 1) for k in range(30) for end in (1, 2)]
    written, _ = fastq_of(tmp_path, records)
    assert (written.pairs, written.numbered, written.others) == (0, 60, 0)
    renamed = tmp_path / "renamed.bam"
    take_off_numbers(tmp_path / "in.bam", renamed)
    with pysam.AlignmentFile(str(renamed)) as source:
        found = list(source)
    with pysam.AlignmentFile(str(tmp_path / "in.bam")) as source:
        for one, other in zip(source, found, strict=True):
            one.query_name = one.query_name[:-2]
            assert one == other and one.to_string() == other.to_string()
    written, _ = fastq_of(tmp_path, found)
    assert (written.pairs, written.numbered, written.others) == (30, 0, 30)
