"""One test per mistake that a sheet can hold, each with the message that the user reads."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pysam
import pytest
from fuzzed_tables import damaged, fuzzed, tables
from hypothesis import given
from places import RCRS

from mitotransfer.inputs import columns, sheets, user_tables
from mitotransfer.inputs.read_files import check_files_of
from mitotransfer.problems import InputError

TRIO = [
    ["sample", "patient", "role", "fastq_1", "fastq_2"],
    ["T", "P", "tumor", "T_1.fq", "T_2.fq"],
    ["I", "P", "immune", "I_1.fq", "I_2.fq"],
    ["N", "P", "normal", "N_1.fq", "N_2.fq"],
]


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in "TIN":
        for mate in "12":
            Path(f"{name}_{mate}.fq").write_text(f"@r{name} {mate}:N:0:AC\nA\n+\nI\n")
    return tmp_path


def sheet(rows, name="s.tsv"):
    Path(name).write_text("".join("\t".join(row) + "\n" for row in rows))
    return name


CHECK_FILES = partial(check_files_of, facts=RCRS.facts)


def read(rows, patients=None, covariates=(), check_files=CHECK_FILES):
    patients_path = sheet(patients, "p.tsv") if patients else ""
    return sheets.read_cohort(
        sheet(rows) if isinstance(rows, list) else rows,
        patients_path,
        covariates,
        check_files=check_files,
    )


def problems(*args, **options):
    with pytest.raises(InputError) as caught:
        read(*args, **options)
    return [str(problem) for problem in caught.value.problems]


def with_column(column, *values):
    return [[*row, value] for row, value in zip(TRIO, [column, *values], strict=True)]


def changed(line, column, value):
    rows = [list(row) for row in TRIO]
    rows[line - 1][TRIO[0].index(column)] = value
    return rows


def test_a_good_sheet():
    cohort = read(TRIO)
    assert list(cohort.samples) == ["T", "I", "N"]
    assert [s.name for s in cohort.of_patient("P")] == ["I", "N", "T"]
    assert cohort.samples["I"].read_files == ["I_1.fq", "I_2.fq"]
    assert cohort.patients["P"].design == "autologous"
    assert cohort.warnings == ()


def test_lanes_are_merged_whatever_their_order():
    for name in ("U_1.fq", "U_2.fq"):
        Path(name).write_text("@u\nA\n+\nI\n")
    lane = ["T", "P", "tumor", "U_1.fq", "U_2.fq"]
    one = read([*TRIO, lane]).samples["T"].units
    other = read([TRIO[0], lane, *TRIO[1:]]).samples["T"].units
    assert [u.files for u in one] == [["T_1.fq", "T_2.fq"], ["U_1.fq", "U_2.fq"]]
    assert [u.files for u in one] == [u.files for u in other]


def test_layout_of_the_sheet_changes_nothing():
    plain = read(TRIO).digest
    text = "".join("\t".join(row) + "\r\n" for row in [TRIO[0], *reversed(TRIO[1:])])
    Path("w.tsv").write_bytes(b"\xef\xbb\xbf# a comment\r\n" + text.encode() + b"\r\n\r\n")
    assert read("w.tsv").digest == plain


def test_digest_follows_content():
    assert read(with_column("cell_type", "", "CD8", "")).digest != read(TRIO).digest
    patients = [["patient", "stage"], ["P", "IV"]]
    assert read(TRIO, patients).digest != read(TRIO).digest


def test_further_columns_of_patients_are_kept():
    patients = [["patient", "stage", "note"], ["P", "IV", "x"]]
    other = [["patient", "stage", "note"], ["P", "IV", "y"]]
    cohort = read(TRIO, patients)
    header, row = sheets.patient_table(cohort)
    assert (header[-1], row[-1]) == ("note", "x")
    assert cohort.digest != read(TRIO, other).digest


def test_unknown_role():
    assert problems(changed(2, "role", "tumour")) == [
        "s.tsv:2: role: found 'tumour', expected one of tumor, immune, normal, cells; "
        "did you mean 'tumor'?"
    ]


def test_empty_required_cell():
    assert "s.tsv:3: patient: is empty, expected a value" in problems(changed(3, "patient", ""))


def test_no_number():
    assert problems(with_column("timepoint", "", "day 3", "")) == [
        "s.tsv:3: timepoint: found 'day 3', expected a number"
    ]
    assert problems(with_column("timepoint", "", "3,5", "")) == [
        "s.tsv:3: timepoint: found '3,5', expected a number: write a decimal point, no comma"
    ]
    assert "expected a finite number" in problems(with_column("timepoint", "", "inf", ""))[0]
    for digits in ("1_0", "\N{FULLWIDTH DIGIT ONE}"):  # numbers to Python alone
        found = problems(with_column("timepoint", "", digits, ""))
        assert found == [f"s.tsv:3: timepoint: found '{digits}', expected a number"]


@pytest.mark.parametrize("word", ["NA", "n/a", "nan", "None", "unknown"])
def test_words_for_missing_values_are_empty_cells(word):
    for column in ("timepoint", "batch", "cell_type", "assay"):
        cohort = read(with_column(column, word, word, word))
        assert cohort.samples["I"].fields[column] == ""
    patients = [["patient", "death", "stage"], ["P", word, word]]
    assert read(TRIO, patients).patients["P"].fields["death"] == ""


def test_a_sample_may_be_called_na():
    cohort = read(changed(3, "sample", "NA"))
    assert cohort.samples["NA"].role == "immune"


def test_number_out_of_range():
    assert problems(with_column("tumor_cell_fraction", "", "1.5", "")) == [
        "s.tsv:3: tumor_cell_fraction: found '1.5', expected at least 0 and at most 1: "
        "a share of 1, no percentage"
    ]
    assert problems(with_column("mtdna_copies", "", "0", "")) == [
        "s.tsv:3: mtdna_copies: found '0', expected above 0"
    ]


def test_no_reads():
    rows = changed(2, "fastq_1", "")
    rows[1][4] = ""
    assert problems(rows) == ["s.tsv:2: no reads: give fastq_1 (and fastq_2) or bam"]


def test_second_mates_only():
    assert problems(changed(2, "fastq_1", "")) == [
        "s.tsv:2: fastq_1: is empty although fastq_2 is given; single reads go here"
    ]


def test_fastq_and_bam():
    Path("x.bam").write_text("x")
    (found,) = problems(with_column("bam", "x.bam", "", ""))
    assert found == "s.tsv:2: bam: found FASTQ and BAM in one row, expected one of them"


def test_how_reads_are_read_fits_their_files():
    rows = with_column("interleaved", "true", "", "false")
    assert problems(rows, check_files=None) == [
        "s.tsv:2: interleaved: found 'true', but mates are interleaved in fastq_1 alone"
    ]
    rows = with_column("umi", "RX", "name", "")
    assert problems(rows, check_files=None) == [
        "s.tsv:2: umi: found 'RX', a tag of BAM files; of FASTQ files give 'name'"
    ]
    cohort = read(with_column("umi", "", "name", ""), check_files=None)
    assert cohort.samples["I"].fields["umi"] == "name"
    # Whether amplicons have UMIs decides how certain their counts are.
    assert cohort.digest != read(TRIO, check_files=None).digest
    joined = read(with_column("interleaved", "", "false", ""), check_files=None)
    assert joined.digest == read(TRIO, check_files=None).digest


def test_files_are_checked_only_where_asked():
    assert problems(changed(2, "fastq_1", "missing")) == [
        "s.tsv:2: fastq_1: found 'missing', expected a readable file: no such file or directory"
    ]
    assert read(changed(2, "fastq_1", "missing"), check_files=None)


def test_problems_of_the_tables_themselves_are_reported():
    assert problems("none.tsv") == [
        "none.tsv: file not found: give a TSV sheet in the configuration"
    ]
    (found,) = problems([row[:2] + row[3:] for row in TRIO])
    assert found.startswith("s.tsv:1: role: required column is missing")
    assert problems([*TRIO[:3], [*TRIO[3], "more"]]) == ["s.tsv:4: found 6 cells, expected 5"]


def test_one_sample_in_two_patients():
    rows = [*TRIO, ["T", "Q", "tumor", "U_1.fq", ""]]
    Path("U_1.fq").write_text("@u\nA\n+\nI\n")
    (found,) = problems(rows)
    assert found.startswith("s.tsv:5: patient: sample 'T': found 'Q', but line 2 has 'P'; rows of")


@pytest.mark.parametrize("column", ["sample", "patient"])
def test_names_that_differ_by_case_alone(column):
    rows = changed(3, column, TRIO[1][TRIO[0].index(column)].lower())
    name = TRIO[1][TRIO[0].index(column)]
    expected = f"s.tsv:3: {column}: found '{name.lower()}', which differs from '{name}' in line 2"
    assert any(line.startswith(expected) for line in problems(rows))


def test_fastq_and_bam_lanes_of_one_sample():
    Path("x.bam").write_text("x")
    rows = [[*row, ""] for row in TRIO]
    rows[0][-1] = "bam"
    rows.append(["T", "P", "tumor", "", "", "x.bam"])
    assert problems(rows) == ["s.tsv:5: bam: sample 'T' mixes FASTQ and BAM rows"]


def lanes(*cells):
    """Two lanes of sample I beside T and N, with a further column."""
    Path("I_3.fq").write_text("@u\nA\n+\nI\n")
    rows = with_column(cells[0], "", cells[1], "")
    return [*rows, ["I", "P", "immune", "I_3.fq", "", cells[2]]]


@pytest.mark.parametrize("given", [("n.tsv", "n.tsv"), ("n.tsv", ""), ("", "n.tsv")])
def test_lanes_with_one_table_of_nuclear_counts(given):
    Path("n.tsv").write_text("chrom\tpos\tref\talt\tref_count\talt_count\nchr1\t5\tA\tC\t9\t1\n")
    cohort = read(lanes("nuclear_counts", *given))
    assert cohort.samples["I"].fields["nuclear_counts"] == "n.tsv"
    assert len(cohort.samples["I"].units) == 2 and cohort.warnings == ()


def test_one_table_of_nuclear_counts_for_two_samples_is_a_mistake():
    Path("n.tsv").write_text("chrom\tpos\tref\talt\tref_count\talt_count\nchr1\t5\tA\tC\t9\t1\n")
    assert problems(with_column("nuclear_counts", "n.tsv", "n.tsv", "")) == [
        "s.tsv:3: nuclear_counts: 'n.tsv' is used twice: also in line 2, nuclear_counts"
    ]


def test_unknown_columns_may_differ_between_lanes():
    (warning,) = read(lanes("lane", "L001", "L002")).warnings
    assert str(warning) == "s.tsv:1: lane: unknown column is ignored"


def test_lanes_that_disagree():
    assert problems(lanes("cell_type", "CD8", "CD4")) == [
        "s.tsv:5: cell_type: sample 'I': found 'CD4', but line 3 has 'CD8'; rows of one sample are "
        "its lanes and have to agree, another sample needs another name"
    ]


def test_patients_whose_names_differ_by_punctuation_are_a_warning():
    warnings = [str(w) for w in read(changed(4, "patient", "P-0")).warnings]
    assert not any("if they are one person" in line for line in warnings)
    rows = [TRIO[0], *([row[0], name, *row[2:]] for row, name in
            zip(TRIO[1:], ("P01", "P-1", "P01"), strict=True))]  # fmt: skip
    (found,) = [str(w) for w in read(rows).warnings if "one person" in str(w)]
    assert found.startswith("s.tsv:3: patient: found 'P-1', and 'P01' in line 2")


def test_a_percentage_in_place_of_a_share():
    rows = with_column("ambient_mtdna_high", "", "0.8", "")
    (warning,) = read(rows).warnings
    assert "found 0.8, which means 80% of this sample: for 0.8 % write 0.008" in str(warning)
    (found,) = problems(with_column("ambient_mtdna_high", "", "8%", ""))
    assert found.endswith("found '8%', expected a number: write 0.08")


def test_warnings_are_shown_beside_errors():
    rows = [[*row, ""] for row in changed(2, "role", "x")]
    rows[0][-1] = "lane"
    with pytest.raises(InputError) as caught:
        read(rows)
    text = str(caught.value)
    assert text.startswith("1 problem in the input; nothing was run.\n  s.tsv:2: role:")
    assert "Warnings:\n  s.tsv:1: lane: unknown column is ignored" in text


@pytest.mark.parametrize("role", ["tumor", "normal", "immune"])
def test_missing_role_is_a_warning(role):
    cohort = read([row for row in TRIO if row[2] != role])
    (warning,) = cohort.warnings
    assert f"patient 'P' has no {role} sample" in str(warning)


def test_upper_bound_without_estimate():
    assert problems(with_column("tumor_cell_fraction_high", "", "0.1", "")) == [
        "s.tsv:3: tumor_cell_fraction: is empty although its upper bound is given"
    ]


def test_upper_bound_below_estimate():
    rows = [
        [*row, *cells]
        for row, cells in zip(
            TRIO,
            [
                ("tumor_cell_fraction", "tumor_cell_fraction_high"),
                ("", ""),
                ("0.2", "0.1"),
                ("", ""),
            ],
            strict=True,
        )
    ]
    assert problems(rows) == [
        "s.tsv:3: tumor_cell_fraction_high: found 0.1, expected at least tumor_cell_fraction (0.2)"
    ]


def test_estimate_without_upper_bound_is_a_warning():
    cohort = read(with_column("tumor_cell_fraction", "", "0.1", ""))
    assert "counts as unmeasured" in str(cohort.warnings[0])


def test_batches_that_differ_by_case_are_a_warning():
    (warning,) = read(with_column("batch", "run7", "Run7", "run8")).warnings
    assert "found 'Run7', which differs from 'run7' in line 2 by case alone" in str(warning)


def test_no_count_of_cells_shows_that_there_are_none():
    rows = with_column("tumor_cell_fraction", "", "0", "")
    rows = [
        [*row, cell]
        for row, cell in zip(rows, ("tumor_cell_fraction_high", "", "0", ""), strict=True)
    ]
    (warning,) = read(rows).warnings
    assert "found 0, but no count of cells shows" in str(warning)


def test_nuclear_vcf_is_counted_in_a_bam_and_takes_the_place_of_counts():
    Path("v.vcf").write_text("##fileformat=VCFv4.2\n")
    (problem,) = problems(with_column("nuclear_vcf", "", "v.vcf", ""))
    assert problem == (
        "s.tsv:3: nuclear_vcf: is counted in a BAM or CRAM: give that in bam, or in nuclear_bam"
    )


def test_nuclear_reads_may_be_in_another_file_than_those_of_mtdna():
    header = {"HD": {"VN": "1.6"}, "SQ": [{"SN": "chr1", "LN": 1000}]}
    with pysam.AlignmentFile("exome.bam", "wb", header=header):
        pass
    pysam.index("exome.bam")
    head = (
        "##fileformat=VCFv4.2\n##contig=<ID=chr1>\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"
    )
    Path("v.vcf").write_text(f"{head}chr1\t5\t.\tA\tC\t.\tPASS\t.\n")
    rows = [[*row, cell] for row, cell in
            zip(with_column("nuclear_vcf", "", "v.vcf", ""), ("nuclear_bam", "", "exome.bam", ""),
                strict=True)]  # fmt: skip
    cohort = read(rows)
    assert cohort.warnings == ()
    assert cohort.samples["I"].fields["nuclear_bam"] == "exome.bam"
    rows[2][-2] = ""
    (found,) = problems(rows)
    assert found == (
        "s.tsv:3: nuclear_bam: is given without nuclear_vcf, which names the SNVs to count in it"
    )
    rows[2][-2] = rows[3][-2] = "v.vcf"
    rows[3][-1] = "exome.bam"
    (found,) = problems(rows)
    assert found == ("s.tsv:4: nuclear_bam: 'exome.bam' is used twice: also in line 3, nuclear_bam")
    Path("exome.bam.bai").unlink()
    (warning,) = read(rows[:3] + [[*row, "", ""] for row in TRIO[3:]]).warnings
    assert "'exome.bam' has no index, which nuclear reads need" in str(warning)


def test_patient_given_twice():
    assert problems(TRIO, [["patient"], ["P"], ["P"]]) == [
        "p.tsv:3: patient: patient 'P' is already in line 2"
    ]


def test_unknown_design():
    assert problems(TRIO, [["patient", "design"], ["P", "allogenic"]]) == [
        "p.tsv:2: design: found 'allogenic', expected one of autologous, allogeneic, "
        "syngeneic; did you mean 'allogeneic'?"
    ]


def test_patient_without_samples_is_a_warning():
    without_row, warning = map(str, read(TRIO, [["patient"], ["P2"]]).warnings)
    assert without_row == "p.tsv:2: patient: patient 'P2' has no sample; did you mean 'P'?"
    assert warning == "s.tsv:2: patient: patient 'P' has no row in p.tsv; did you mean 'P2'?"
    (warning,) = read(TRIO, [["patient"], ["P"], ["P2"]]).warnings  # P has its own row
    assert str(warning) == "p.tsv:3: patient: patient 'P2' has no sample"


def test_patients_beside_the_samples_that_are_not_used_are_a_warning():
    sheet([["patient"], ["P"]], "patients.tsv")
    (warning,) = read(TRIO).warnings
    assert "patients.tsv is not used: set `patients` to it" in str(warning)
    assert read(TRIO, [["patient"], ["P"]]).warnings == ()


def test_missing_covariate():
    found = problems(TRIO, [["patient", "response"], ["P", "CR"]], ["respons"])
    assert found == [
        "p.tsv:1: respons: column named by cohort.covariates is missing; did you mean 'response'?"
    ]
    assert "needs a patients sheet" in problems(TRIO, None, ["x"])[0]


def test_all_problems_of_both_sheets_at_once():
    rows = changed(2, "role", "x")
    rows[2][3] = "missing"
    rows[3][0] = "a b"
    found = problems(rows, [["patient", "death"], ["P", "yes"]])
    assert [line.split(": ")[0] for line in found] == ["p.tsv:2", "s.tsv:2", "s.tsv:3", "s.tsv:4"]


def test_normalised_tables_hold_a_row_per_sample_and_patient(folder):
    cohort = read(
        with_column("cell_type", "", 'CD8 "high"', ""), [["patient", "stage"], ["P", "4"]]
    )
    user_tables.write_table(sheets.sample_table(cohort), "out.tsv")
    header, rows = user_tables.read_table("out.tsv", [], [])
    assert header == list(sheets.SAMPLE_COLUMNS)
    assert [row["sample"] for _, row in rows] == ["I", "N", "T"]
    assert rows[0][1]["cell_type"] == 'CD8 "high"'
    assert sheets.patient_table(cohort)[1][:4] == ["P", "", "4", "autologous"]


def test_any_sheet_of_samples_ends_in_a_cohort_or_in_problems():
    accepted = []

    @fuzzed
    @given(tables([column.name for column in columns.SAMPLES]) | damaged(TRIO))
    def check(data):
        Path("s.tsv").write_bytes(data)
        try:
            cohort = read("s.tsv")
        except InputError as error:
            assert error.problems and all(problem.file == "s.tsv" for problem in error.problems)
        else:
            members = [s.name for patient in cohort.patients for s in cohort.of_patient(patient)]
            assert sorted(members) == sorted(cohort.samples)
            accepted.append(len(members))

    check()
    assert 3 in accepted  # the good table; a damaged cell may hold line breaks, which make rows


def test_any_sheet_of_patients_ends_in_a_cohort_or_in_problems():
    accepted = []

    @fuzzed
    @given(
        tables([column.name for column in columns.PATIENTS])
        | damaged([["patient", "stage", "design"], ["P", "4", "autologous"]])
    )
    def check(data):
        Path("p.tsv").write_bytes(data)
        try:
            cohort = sheets.read_cohort(sheet(TRIO), "p.tsv")
        except InputError as error:
            assert error.problems and all(problem.file == "p.tsv" for problem in error.problems)
        else:
            assert list(cohort.patients) == ["P"]
            accepted.append(cohort)

    check()
    assert accepted


@pytest.mark.parametrize(
    "name",
    ["a b", "a/b", "../a", "..", "$(id)", "a;b", "`id`", "a\\b", "-a", "é", "x" * 101, "{s}"],
)
@pytest.mark.parametrize(("column", "expected"), [("sample", "Unique id"), ("patient", "Id of")])
def test_names_that_a_shell_or_a_path_would_split_are_refused(name, column, expected):
    found = [line for line in problems(changed(2, column, name)) if f" {column}: found" in line]
    assert found[0].startswith(f"s.tsv:2: {column}: found '{name}', expected {expected}")
