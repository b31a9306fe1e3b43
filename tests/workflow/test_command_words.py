"""Words of command lines agree with the sheet and the configuration."""

from __future__ import annotations

from dataclasses import replace

from mitotransfer.inputs.config import fill_defaults
from mitotransfer.inputs.libraries import Library
from mitotransfer.inputs.sheets import (
    READING_COLUMNS,
    SAMPLE_COLUMNS,
    Cohort,
    Patient,
    Sample,
    Unit,
)
from mitotransfer.workflow import command_words as words

PAIR = (Unit(2, "r_1.fq", "r_2.fq"),)
BAM = (Unit(2, bam="r.bam"),)


def sample(name="A", role="immune", units=PAIR, **given):
    return Sample(
        name,
        "P",
        role,
        2,
        dict.fromkeys((*SAMPLE_COLUMNS[3:], *READING_COLUMNS), "") | given,
        units,
    )


def cohort(*samples):
    return Cohort(
        {one.name: one for one in samples},
        {"P": Patient("P", {"design": "autologous"})},
        _members={"P": sorted(one.name for one in samples)},
    )


def test_options_are_one_quoted_text():
    section = {"min_depth": 30, "copy_ratio": [1, 10], "title": "a 'b' $(c)"}
    (text,) = words.options(section)
    assert text == "--min-depth 30 --copy-ratio 1 10 --title 'a '\"'\"'b'\"'\"' $(c)'"
    assert words.options(section, "min_depth") == ["--min-depth 30"]
    assert words.options({"keep_bam": True, "all": False, "limit": None}) == ["--keep-bam --no-all"]


def test_reads_are_named_lane_by_lane():
    lanes = (Unit(2, "a_1.fq", "a_2.fq"), Unit(3, "b.fq"))
    assert words.read_words(cohort(sample(units=lanes)), "A") == [
        "--fastq", "a_1.fq", "a_2.fq", "--fastq", "b.fq",
    ]  # fmt: skip
    assert words.read_words(cohort(sample(units=BAM)), "A") == ["--bam", "r.bam"]


def test_duplicates_are_marked_in_whole_genomes_and_exomes_alone():
    for assay, marked in {"wgs": 1, "wes": 1, "amplicon": 0, "capture": 0, "": 0}.items():
        found = words.align_words(cohort(sample(units=BAM, assay=assay)), "A")
        assert found == ["--bam", "r.bam", *["--mark-duplicates"] * marked]
    rna = words.align_words(cohort(sample(units=BAM, assay="rna")), "A")
    assert rna == ["--bam", "r.bam", "--rna"]
    found = words.align_words(cohort(sample(units=BAM, platform="nanopore")), "A")
    assert found == ["--bam", "r.bam", "--platform", "nanopore"]


def test_how_the_reads_are_read():
    one = cohort(sample("A", interleaved="true", umi="name"), sample("B", umi="RX", units=BAM))
    expected = ["--fastq", "r_1.fq", "r_2.fq", "--interleaved", "true", "--umi", "name"]
    assert words.align_words(one, "A") == expected
    assert words.align_words(one, "B") == ["--bam", "r.bam", "--umi", "RX"]


def test_only_amplicons_have_primers():
    config = fill_defaults({"reference": {"primer_bed": "p.bed"}})
    one = cohort(sample("A", assay="amplicon"), sample("W", assay="wgs"))
    assert words.primer_bed(one, "A", config) == "p.bed"
    assert words.primer_bed(one, "W", config) == ""
    assert words.primer_bed(one, "A", fill_defaults({})) == ""


def test_copies_are_estimated_from_bam_files_of_whole_genomes_where_not_measured():
    assert words.estimates_copies(sample(units=BAM, assay="wgs"))
    assert not words.estimates_copies(sample(units=BAM, assay="wes"))
    assert not words.estimates_copies(sample(units=PAIR, assay="wgs"))
    assert not words.estimates_copies(sample(units=BAM, assay="wgs", mtdna_copies="300"))


def test_words_of_a_patient_are_its_samples_and_measurements():
    one = cohort(
        sample("I", tumor_cell_fraction="0.1", tumor_cell_fraction_high="0.2", mtdna_copies="300"),
        sample("N", "normal", nuclear_counts="n.tsv"),
        sample("T", "tumor", BAM, nuclear_vcf="v.vcf", assay="wgs"),
    )
    counts, copies = (f"out/samples/T/T.{n}.tsv" for n in ("nuclear_counts", "mtdna_copies"))
    assert words.patient_words(one, "P", "out/") == [
        "--design", "autologous",
        "--sample", "I", "immune", "--measured", "I", "tumor_cell_fraction", "0.1",
        "--measured", "I", "tumor_cell_fraction_high", "0.2",
        "--measured", "I", "mtdna_copies", "300",
        "--sample", "N", "normal", "--nuclear-counts", "N", "n.tsv",
        "--sample", "T", "tumor", "--nuclear-counts", "T", counts,
        "--own-nuclear-reads", "T", "--whole-genome", "T", "--mtdna-copies-file", "T", copies,
    ]  # fmt: skip
    other = cohort(sample("I", nuclear_vcf="v.vcf", nuclear_bam="b.bam"))
    assert "--own-nuclear-reads" not in words.patient_words(other, "P", "out/")
    assert words.nuclear_files(one, "P", "out") == ["n.tsv", counts, copies]
    assert words.nuclear_words(one, "T") == [
        "--vcf", "v.vcf", "--nuclear-bam", "r.bam", "--copies", "--bam", "r.bam",
    ]  # fmt: skip
    assert words.nuclear_reads(one, "T") == ["r.bam"]


def test_nuclear_reads_of_another_file():
    one = cohort(sample("A", units=PAIR, nuclear_vcf="v.vcf", nuclear_bam="exome.bam"))
    assert words.nuclear_words(one, "A") == ["--vcf", "v.vcf", "--nuclear-bam", "exome.bam"]
    assert words.nuclear_reads(one, "A") == ["exome.bam"]
    both = cohort(sample("A", units=BAM, assay="wgs", nuclear_vcf="v.vcf", nuclear_bam="exome.bam"))
    assert words.nuclear_words(both, "A")[4:] == ["--copies", "--bam", "r.bam"]
    assert words.nuclear_reads(both, "A") == ["r.bam", "exome.bam"]


def test_sheets_are_named_with_the_covariates():
    given = {"samples": "s.tsv", "patients": "p.tsv", "cohort": {"covariates": ["age", "sex"]}}
    assert words.sheet_words(fill_defaults(given)) == [
        "--samples", "s.tsv", "--patients", "p.tsv", "--covariates", "age", "sex",
    ]  # fmt: skip
    assert words.sheet_words(fill_defaults({"samples": "s.tsv"})) == ["--samples", "s.tsv"]


def library(assay="sc_atac", umi="", cells=(), counts=""):
    fields = {"assay": assay, "barcode_tag": "CB", "umi_tag": umi, "cell_counts": counts}
    return Library("L1", "P1", 2, fields, (), cells, {"tumor": 3})


def test_words_for_the_tags_of_a_library():
    assert words.cell_words(library()) == ["--barcode-tag", "CB"]
    rna = library("sc_rna", "UB")
    assert words.cell_words(rna) == ["--barcode-tag", "CB", "--umi-tag", "UB"]
    assert words.cell_words(library(cells=("A1", "A2"))) == ["--cell", "A1", "A2"]
    assert words.molecule_words(library()) == []
    assert words.molecule_words(rna) == ["--umis"]
    assert words.molecule_words(rna, rna=True) == ["--umis", "--rna"]
    assert words.counted_words(rna, "L1.bam") == ["--bam", "L1.bam", "--umis"]
    assert words.counted_words(rna, "L1.bam", rna=True) == ["--bam", "L1.bam", "--umis", "--rna"]


def test_cells_are_counted_in_the_aligned_bam_or_in_counts_of_another_tool():
    libraries = {"L1": library(), "L2": library(counts="mgatk/")}
    cohort = Cohort({}, {}, libraries=libraries)
    assert words.counted_file(cohort, "L1", "out/") == "out/samples/L1/L1.bam"
    assert words.counted_file(cohort, "L2", "out") == "mgatk/"
    assert words.counted_words(libraries["L2"], "mgatk/") == ["--cell-counts", "mgatk/"]
    rna = library("sc_rna", counts="mgatk/")
    assert words.counted_words(rna, "mgatk/", rna=True) == ["--cell-counts", "mgatk/", "--rna"]
    assert words.with_reads(cohort) == ["L1"]


def test_groups_of_a_library_have_no_reads_of_their_own():
    made = cohort(sample("L.immune"), sample("L.x", "tumor"), sample("T", "tumor"))
    made = replace(made, libraries={"L": library()})
    assert words.own_sample_words(made, "P") == [
        "--sample",
        "L.x",
        "tumor",
        "--sample",
        "T",
        "tumor",
    ]


def test_bulk_normals_and_tumors_in_dna_of_a_library():
    found = cohort(
        sample("N", "normal", assay="wgs"),
        Sample("L.normal", "P", "normal", 2, {"assay": "sc_atac"}, BAM, "L"),
        Sample("L.tumor", "P", "tumor", 2, {"assay": "sc_atac"}, BAM, "L"),
        sample("T", "tumor", assay="rna"),
        Sample("R.tumor", "P", "tumor", 2, {"assay": "sc_rna"}, BAM, "R"),
    )
    fields = {"assay": "sc_rna", "cell_annotation": "a.tsv"}
    found.libraries["R"] = Library("R", "P", 2, fields, BAM, (), {})
    assert words.library_words(found) == ["--library", "R", "P", "a.tsv"]
    assert words.bulk_normals(found, "R") == ["N"]
    assert words.dna_tumors(found, "R") == ["L.tumor"]


def test_immune_samples_of_long_reads_have_their_molecules_traced():
    long = [
        sample(name, role, platform="pacbio") for name, role in (("B", "immune"), ("T", "tumor"))
    ]
    short = sample("A", platform="illumina")
    assert words.immune_of_long_reads(cohort(short, *long)) == ["B"]
    assert words.has_long_reads(cohort(short, *long)) and not words.has_long_reads(cohort(short))
