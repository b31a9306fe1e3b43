"""Readers of what users give, fed with anything: a table, or problems that name the file."""

from __future__ import annotations

import warnings
from dataclasses import fields

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mitotransfer import table_files
from mitotransfer.cohort import background
from mitotransfer.counts import allele_counts, nuclear_snvs, primers
from mitotransfer.errors import site_sums
from mitotransfer.genome.reference import LENGTH
from mitotransfer.inputs import columns, nuclear_tables
from mitotransfer.inputs.sheets import read_cohort
from mitotransfer.problems import InputError

fuzzed = settings(
    max_examples=150,
    deadline=2000,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)

#: Cells that mean something to a parser, and cells that should not.
CELLS = st.one_of(
    st.sampled_from([
        "", "0", "1", "-1", "1e400", "nan", "NaN", "inf", "0.5", "1.0", "A", "C", "N", "chr1", ".",
        "P1", "S1", "tumor", "immune", "normal", "../../etc/passwd", "$(touch x)", "a;b", "'", '"',
        "#", "x" * 300, "１", "\x00", "\u202e", "é", "=cmd()", "0x10", "1_000", " 7 ",
        "9" * 30,
    ]),
    st.text(max_size=8),
)  # fmt: skip


@st.composite
def tables(draw, columns: list[str]) -> bytes:
    """A table of some known columns and some others, damaged in the ways that programs do."""
    header = draw(st.permutations([*columns, draw(CELLS)]))
    header = header[: draw(st.integers(len(header) - 2, len(header)))]
    rows = draw(st.lists(st.lists(CELLS, max_size=len(header) + 1), max_size=5))
    end = draw(st.sampled_from(["\n", "\r\n", "\r"]))
    mark = draw(st.sampled_from(["\t", "\t", "\t", ",", " "]))
    text = end.join(mark.join(cells) for cells in [header, *rows])
    data = text.encode(draw(st.sampled_from(["utf-8", "utf-8", "utf-8-sig", "utf-16"])), "replace")
    return data[: draw(st.integers(0, len(data)))] if draw(st.booleans()) else data


@fuzzed
@given(tables([column.name for column in columns.SAMPLES]))
def test_sheets_of_samples(tmp_path, data):
    (tmp_path / "sheet.tsv").write_bytes(data)
    try:
        cohort = read_cohort(str(tmp_path / "sheet.tsv"), "")
    except InputError as error:
        assert all(problem.file.endswith("sheet.tsv") for problem in error.problems)
    else:
        assert all(sample.name in cohort.samples for p in cohort.patients for sample in
                   cohort.of_patient(p))  # fmt: skip


@fuzzed
@given(tables([column.name for column in columns.PATIENTS]))
def test_sheets_of_patients(tmp_path, data):
    (tmp_path / "reads.fastq").write_text("@r\nA\n+\nI\n")
    good = "sample\tpatient\trole\tfastq_1\nS1\tP1\timmune\t" + str(tmp_path / "reads.fastq")
    (tmp_path / "samples.tsv").write_text(good + "\n")
    (tmp_path / "sheet.tsv").write_bytes(data)
    try:
        cohort = read_cohort(str(tmp_path / "samples.tsv"), str(tmp_path / "sheet.tsv"))
    except InputError as error:
        assert all(problem.file.endswith("sheet.tsv") for problem in error.problems)
    else:
        assert list(cohort.patients) == ["P1"]


@fuzzed
@given(tables([*nuclear_tables.REQUIRED_COLUMNS, "tumor_vaf"]))
def test_nuclear_counts(tmp_path, data):
    path = tmp_path / "nuclear.tsv"
    path.write_bytes(data)
    try:
        table = nuclear_tables.read_nuclear_counts(path)
    except InputError as error:
        assert all(problem.file == str(path) for problem in error.problems)
    else:
        assert (table[["ref_count", "alt_count"]].to_numpy(np.int64) >= 0).all()
        assert table["ref"].isin(list("ACGT")).all() and table["alt"].isin(list("ACGT")).all()


HEAD = (
    "##fileformat=VCFv4.2\n##contig=<ID=1,length=1000>\n"
    '##FORMAT=<ID=AF,Number=A,Type=Float,Description="VAF">\n'
)
VCF_CELLS = st.one_of(
    CELLS.map(lambda cell: cell.replace("\t", "").replace("\n", "").replace("\r", "")),
    st.sampled_from(["1", "17", "ACGT", "<DEL>", "*", "PASS", "GT:AF", "0/1:0.3", "AF", "A,C"]),
)


@fuzzed
@given(
    st.lists(st.lists(VCF_CELLS, min_size=7, max_size=11), max_size=4),
    st.booleans(),
    st.integers(0, 400),
)
def test_nuclear_vcf(tmp_path, rows, headed, cut):
    columns = "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\tTUMOR\n"
    text = (HEAD + columns if headed else "") + "".join("\t".join(row) + "\n" for row in rows)
    path = tmp_path / "somatic.vcf"
    path.write_bytes(text.encode("utf-8", "replace")[: -cut or None])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            loci = nuclear_snvs.read_loci(path)
        except (ValueError, OSError) as error:
            assert str(path) in str(error)
        else:
            assert all({locus.ref, locus.alt} <= set("ACGT") for locus in loci)


BED_CELLS = st.one_of(
    VCF_CELLS,
    st.sampled_from(["chrM", "MT", "0", "16560", "16600", "+", "-", ".", "track", "9" * 5000]),
)


@fuzzed
@given(
    st.lists(st.lists(BED_CELLS, max_size=7), max_size=4),
    st.sampled_from(["utf-8", "utf-8", "utf-16", "latin-1"]),
)
def test_primer_bed(tmp_path, rows, encoding):
    path = tmp_path / "primers.bed"
    path.write_bytes("\n".join("\t".join(row) for row in rows).encode(encoding, "replace"))
    try:
        found = primers.read_bed(path, 16569)
    except ValueError as error:
        assert str(path) in str(error)
    else:
        assert found
        for start, end, strand in found:
            assert 0 <= start < 16569 and start < end <= 2 * 16569 and strand in "+-."


def test_a_thousand_columns_are_read_and_told_to_be_ignored(tmp_path):
    (tmp_path / "reads.fastq").write_text("@r\nA\n+\nI\n")
    extra = [f"note{i}" for i in range(1000)]
    header = ["sample", "patient", "role", "fastq_1", *extra]
    row = ["S1", "P1", "immune", str(tmp_path / "reads.fastq"), *("x" for _ in extra)]
    (tmp_path / "wide.tsv").write_text("\t".join(header) + "\n" + "\t".join(row) + "\n")
    cohort = read_cohort(str(tmp_path / "wide.tsv"), "")
    ignored = [w for w in cohort.warnings if "unknown column is ignored" in w.message]
    assert len(ignored) == 1000


BAD_NAMES = [
    "a b",
    "a/b",
    "../a",
    "..",
    "$(id)",
    "a;b",
    "`id`",
    "a\\b",
    "-a",
    "é",
    "x" * 300,
    "{s}",
]


@pytest.mark.parametrize("name", BAD_NAMES)
@pytest.mark.parametrize("column", ["sample", "patient"])
def test_names_that_a_shell_or_a_path_would_take_apart_are_refused(tmp_path, name, column):
    (tmp_path / "reads.fastq").write_text("@r\nA\n+\nI\n")
    row = {"sample": "S1", "patient": "P1", "role": "immune"} | {column: name}
    row["fastq_1"] = str(tmp_path / "reads.fastq")
    (tmp_path / "s.tsv").write_text("\t".join(row) + "\n" + "\t".join(row.values()) + "\n")
    with pytest.raises(InputError) as caught:
        read_cohort(str(tmp_path / "s.tsv"), "")
    (problem,) = [p for p in caught.value.problems if p.column == column]
    assert (problem.file, problem.line) == (str(tmp_path / "s.tsv"), 2)


# --- tables and arrays that another version wrote, or that were cut ------------------------------


@pytest.mark.parametrize("text", ["", "patient\tsample\nP1\tT\n"])
def test_a_table_without_a_column_is_named(tmp_path, text):
    table = tmp_path / "contamination.tsv"
    table.write_text(text)
    with pytest.raises(ValueError, match=r"contamination\.tsv: column .*source is missing; delete"):
        table_files.read_sheet(table, ["patient", "sample", "source"])


def test_an_empty_sheet_is_named(tmp_path):
    (tmp_path / "samples.tsv").write_text("")
    with pytest.raises(ValueError, match=r"samples\.tsv: its header is missing"):
        table_files.read_sheet(tmp_path / "samples.tsv")


def test_counts_of_another_version_or_cut_are_named(tmp_path):
    shape = (LENGTH, 4, 2)
    sums = allele_counts.BaseSums(
        *(np.zeros(shape, np.uint32) for _ in fields(allele_counts.BaseSums))
    )
    path = tmp_path / "s.counts.npz"
    allele_counts.save(
        allele_counts.Counts(np.zeros(shape, np.uint32), allele_counts.empty_indels(), {}, sums),
        path,
    )
    whole = path.read_bytes()
    with np.load(path) as archive:
        older = {name: archive[name] for name in archive.files if name != "pairs"}
    np.savez(path, **older)
    with pytest.raises(ValueError, match=r"s\.counts\.npz: not a file of allele counts; count the"):
        allele_counts.load(path, sums=True)
    path.write_bytes(whole[:-200])
    with pytest.raises(ValueError, match=r"s\.counts\.npz: not a file of allele counts; count the"):
        allele_counts.load(path)


def test_a_background_of_another_version_is_named(tmp_path):
    sites = site_sums.SiteSums(*(np.zeros((LENGTH, 4, 2)) for _ in range(5)), 0)
    path = tmp_path / "background.npz"
    site_sums.save_sites(sites, path)
    with pytest.raises(ValueError, match=r"background\.npz: not this version's"):
        background.load(path)
