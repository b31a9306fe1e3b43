"""Nuclear counts: reading, errors, and pooling of samples."""

from pathlib import Path

import numpy as np
import pytest
from fuzzed_tables import damaged, fuzzed, tables
from hypothesis import given
from nuclear_loci import loci

from mitotransfer.inputs import nuclear_tables
from mitotransfer.inputs.nuclear_tables import read_nuclear_counts
from mitotransfer.problems import InputError

HEADER = "chrom\tpos\tref\talt\tref_count\talt_count\ttumor_vaf\n"


def test_reads_counts_with_and_without_vaf(tmp_path: Path) -> None:
    path = tmp_path / "nuclear.tsv"
    path.write_text(HEADER + "chr1\t100\tC\tT\t480\t20\t0.4\nchr2\t5\tg\ta\t90\t0\t\n")
    frame = read_nuclear_counts(path)
    assert frame["alt_count"].tolist() == [20, 0]
    assert frame["ref"].tolist() == ["C", "G"]
    assert frame["tumor_vaf"][0] == 0.4 and np.isnan(frame["tumor_vaf"][1])
    path.write_text("chrom\tpos\tref\talt\tref_count\talt_count\n1\t9\tA\tG\t3\t1\n")
    assert read_nuclear_counts(path)["tumor_vaf"].isna().all()
    path.write_text(HEADER)
    assert len(read_nuclear_counts(path)) == 0


@pytest.mark.parametrize(
    ("line", "place", "value"),
    [
        ("chr1\t0\tC\tT\t1\t1\t0.5", ":3: pos:", "'0'"),
        ("chr1\tx\tC\tT\t1\t1\t0.5", ":3: pos:", "'x'"),
        ("chr1\t7\tCA\tT\t1\t1\t0.5", ":3: ref:", "'CA'"),
        ("chr1\t7\tC\tC\t1\t1\t0.5", ":3: alt:", "'C'"),
        ("chr1\t7\tC\tT\t-1\t1\t0.5", ":3: ref_count:", "'-1'"),
        ("chr1\t7\tC\tT\t1\t1.5\t0.5", ":3: alt_count:", "'1.5'"),
        ("chr1\t7\tC\tT\t1\t1\t40", ":3: tumor_vaf:", "'40'"),
        ("\t7\tC\tT\t1\t1\t0.4", ":3: chrom:", "''"),
        ("chr1\t5\tC\tT\t1\t1\t0.4", ":3: pos:", "line 2"),
    ],
)
def test_names_each_problem(tmp_path: Path, line: str, place: str, value: str) -> None:
    path = tmp_path / "nuclear.tsv"
    path.write_text(HEADER + "chr1\t5\tC\tT\t10\t1\t0.4\n" + line + "\n")
    with pytest.raises(InputError) as error:
        read_nuclear_counts(path)
    assert f"{path}{place}" in str(error.value) and value in str(error.value)


def test_names_all_problems_at_once(tmp_path: Path) -> None:
    path = tmp_path / "nuclear.tsv"
    path.write_text(HEADER + "chr1\t0\tN\tT\t1\t1\t0.5\nchr1\t2\tA\tT\tmany\t1\t0.5\n")
    with pytest.raises(InputError) as error:
        read_nuclear_counts(path)
    assert len(error.value.problems) == 3
    path.write_text("chrom\tpos\tref\tref_count\talt_count\n1\t2\tA\t3\t4\n")
    with pytest.raises(InputError, match="alt: required column is missing"):
        read_nuclear_counts(path)


def test_pooling_sums_samples() -> None:
    pooled = nuclear_tables.pool_nuclear_counts([loci([1, 2], [10, 10]), loci([3], [10])])
    assert pooled["alt_count"].tolist() == [4, 2] and pooled["ref_count"].tolist() == [16, 8]


GOOD = [line.split("\t") for line in HEADER.splitlines()]
GOOD += [["chr1", "5", "A", "G", "80", "20", "0.4"], ["chr2", "7", "C", "T", "10", "0", "0.5"]]


def test_any_bytes_end_in_counts_or_in_problems(tmp_path):
    path = tmp_path / "nuclear.tsv"
    read = []

    @fuzzed
    @given(tables([*nuclear_tables.REQUIRED_COLUMNS, "tumor_vaf"]) | damaged(GOOD))
    def check(data):
        path.write_bytes(data)
        try:
            table = nuclear_tables.read_nuclear_counts(path)
        except InputError as error:
            assert error.problems
            assert all(problem.file == str(path) for problem in error.problems)
        else:
            read.append(len(table))
            assert (table[["ref_count", "alt_count"]].to_numpy(np.int64) >= 0).all()
            assert table["ref"].isin(list("ACGT")).all() and table["alt"].isin(list("ACGT")).all()

    check()
    assert 2 in read  # the good table; a damaged cell may hold line breaks, which make rows
