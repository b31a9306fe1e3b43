"""Sheets from names of files."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mitotransfer.inputs.columns import SAMPLES
from mitotransfer.inputs.file_names import COLUMNS, guess, rows_of, sample_id


def lanes(*paths):
    """(sample, first mates or BAM, second mates) of each row."""
    rows, _ = rows_of(paths)
    return [(r["sample"], r["fastq_1"] or r["bam"], r["fastq_2"]) for r in rows]


@pytest.mark.parametrize(
    ("first", "second", "sample"),
    [
        ("P1_S1_L001_R1_001.fastq.gz", "P1_S1_L001_R2_001.fastq.gz", "P1"),
        ("P1_S12_R1_001.fastq.gz", "P1_S12_R2_001.fastq.gz", "P1"),
        ("SRR123_1.fastq.gz", "SRR123_2.fastq.gz", "SRR123"),
        ("ERR9_1.fastq", "ERR9_2.fastq", "ERR9"),
        ("P1.R1.fq.gz", "P1.R2.fq.gz", "P1"),
        ("P1-R1.fq", "P1-R2.fq", "P1"),
        ("P1_read1.fq.bz2", "P1_read2.fq.bz2", "P1"),
        ("P1_lane2_1.fq", "P1_lane2_2.fq", "P1"),
        ("V3001_L01_1.fq.gz", "V3001_L01_2.fq.gz", "V3001"),
        ("P1-TIL_CD8_R1.FASTQ.GZ", "P1-TIL_CD8_R2.FASTQ.GZ", "P1-TIL_CD8"),
    ],
)
def test_mates_are_paired(first, second, sample):
    assert lanes(second, first) == [(sample, first, second)]


def test_lanes_are_joined():
    names = [f"P1_S1_L00{k}_R{m}_001.fastq.gz" for k in (1, 2) for m in (1, 2)]
    assert lanes(*names) == [("P1", names[0], names[1]), ("P1", names[2], names[3])]


@pytest.mark.parametrize(
    ("name", "sample"),
    [
        ("P1.fastq.gz", "P1"),
        ("P1_1.fastq.gz", "P1_1"),
        ("P1_R1.fastq.gz", "P1"),
        ("P1.sorted.markdup.bam", "P1"),
        ("P1.cram", "P1"),
        ("P1_L002.bam", "P1"),
    ],
)
def test_single_files(name, sample):
    assert lanes(name) == [(sample, name, "")]


def test_what_is_no_sample_is_left_out_and_told():
    rows, left_out = rows_of([
        "A_S1_L001_I1_001.fastq.gz", "Undetermined_S0_L001_R1_001.fastq.gz", "SRR1_1.fastq",
        "SRR1_2.fastq", "SRR1.fastq", "SRR1.bam", "SRR1.bam.bai", "notes.txt",
    ])  # fmt: skip
    assert [row["sample"] for row in rows] == ["SRR1"]
    assert set(left_out) == {
        "A_S1_L001_I1_001.fastq.gz", "Undetermined_S0_L001_R1_001.fastq.gz", "SRR1.fastq",
        "SRR1.bam",
    }  # fmt: skip


def test_one_name_in_two_folders_is_to_be_looked_at():
    rows, _ = rows_of(["a/P1_R1.fq", "a/P1_R2.fq", "b/P1_R1.fq", "b/P1_R2.fq"])
    assert [row["fastq_2"] for row in rows] == ["a/P1_R2.fq", "b/P1_R2.fq"]
    assert all("several folders?" in row["review"] for row in rows)


@pytest.mark.parametrize(
    ("name", "patient", "role"),
    [
        ("P01-TIL-CD8", "P01", "immune"),
        ("P01_tumor", "P01", "tumor"),
        ("P01_PBMC", "P01", "normal"),
        ("MEL-3_adjacent_normal_tumor", "MEL-3", "normal"),
        ("P01_tumor_TIL2", "P01", "immune"),
        ("P01_T", "P01", "tumor"),
        ("P01-N1", "P01", "normal"),
        ("CD8_P1", "", "immune"),
        ("SRR1234", "", ""),
        ("T", "", ""),
        ("TILDA", "", ""),
    ],
)
def test_roles_are_guessed_from_words(name, patient, role):
    assert guess(name)[:2] == (patient, role)


def test_guesses_are_marked():
    (row,) = rows_of(["P01-TIL.bam"])[0]
    assert (row["patient"], row["role"]) == ("P01", "immune")
    assert row["review"] == "role guessed from 'TIL'"
    (row,) = rows_of(["SRR1.bam"])[0]
    assert (row["patient"], row["role"]) == ("SRR1", "")
    assert row["review"] == "give the role; is the patient right?"


NAMES = st.from_regex(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,8}[A-Za-z])?", fullmatch=True).filter(
    lambda name: not name.lower().startswith("undetermined")
)
LAYOUTS = ("{}_S1_L00{}_R{}_001.fastq.gz", "{}_L{}_{}.fq", "{}.lane{}.R{}.fastq.bz2")


@given(st.sets(NAMES, min_size=1, max_size=5), st.integers(1, 3), st.sampled_from(LAYOUTS))
def test_every_layout_gives_back_its_samples_and_lanes(names, n_lanes, layout):
    # Names that end like a lane or a number of Illumina's sheet are read as such.
    paths = {
        (name, k, mate): f"d/{layout.format(name, k, mate)}"
        for name in names
        for k in range(1, n_lanes + 1)
        for mate in (1, 2)
    }
    rows, left_out = rows_of(paths.values())
    assert not left_out
    assert [(r["sample"], r["fastq_1"], r["fastq_2"]) for r in rows] == [
        (sample_id(name), paths[name, k, 1], paths[name, k, 2])
        for name in sorted(names)
        for k in range(1, n_lanes + 1)
    ]


@given(st.lists(st.text(st.characters(exclude_characters="/\0"), min_size=1, max_size=30)))
def test_any_names_end_in_valid_ids(names):
    suffixes = (".fq", "_1.fq", "_R2.fastq.gz", ".bam")
    rows, _ = rows_of([name + suffixes[i % 4] for i, name in enumerate(names)])
    column = next(column for column in SAMPLES if column.name == "sample")
    for row in rows:
        assert list(row) == list(COLUMNS)
        assert not column.mistake(row["sample"]) and not column.mistake(row["patient"])
