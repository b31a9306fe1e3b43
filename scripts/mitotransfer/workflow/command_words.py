"""Words of the command lines that rules run."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Any

from mitotransfer.inputs import columns
from mitotransfer.inputs.columns import CELL_RNA
from mitotransfer.inputs.libraries import GROUPS, Library
from mitotransfer.inputs.samples import Sample
from mitotransfer.inputs.sheets import Cohort

#: Columns of the sheet that are measurements of a sample's cells.
MEASUREMENTS = (
    "tumor_cell_fraction",
    "tumor_cell_fraction_high",
    "cells_counted",
    "mtdna_copies",
    "mtdna_copies_low",
    "mtdna_copies_high",
    "purity",
    "purity_low",
    "purity_high",
    "ploidy",
    "input_cells",
)


def options(section: Mapping[str, Any], *keys: str) -> list[str]:
    """Command-line words of a section's keys (all by default): ``--min-depth 30 --no-keep-bam``.

    A key without a value has no words. They are joined to one quoted text, because Snakemake
    examines each item of a list several times for each job.
    """
    words = []
    for key in keys or section:
        value, option = section[key], key.replace("_", "-")
        if isinstance(value, bool):
            words.append(f"--{option}" if value else f"--no-{option}")
        elif value is not None:
            words += [f"--{option}", *map(str, value if isinstance(value, list) else [value])]
    return [shlex.join(words)]


def align_words(cohort: Cohort, sample: str) -> list[str]:
    """Command-line words for a sample's reads, and for alignment by assay and platform.

    Duplicates are marked in whole genomes and exomes. They are not marked in amplicons, which all
    start at primers, nor in capture, where at high depth many duplicates arise by chance.
    """
    fields = cohort.samples[sample].fields
    words = read_words(cohort, sample)
    for column in ("platform", "interleaved", "umi"):
        words += [f"--{column}", fields[column]] if fields[column] else []
    words += ["--rna"] if fields["assay"] == "rna" else []
    return [*words, "--mark-duplicates"] if fields["assay"] in ("wgs", "wes") else words


def primer_bed(cohort: Cohort, sample: str, config: Mapping[str, Any]) -> str:
    """The BED file of primers for a sample of amplicons, empty for all others."""
    amplicon = cohort.samples[sample].fields["assay"] == "amplicon"
    return (config["reference"]["primer_bed"] or "") if amplicon else ""


def read_words(cohort: Cohort, sample: str) -> list[str]:
    """Command-line words that name a sample's reads, lane by lane."""
    words = []
    for unit in cohort.samples[sample].units:
        words += ["--bam", unit.bam] if unit.bam else ["--fastq", *unit.files]
    return words


def own_samples(cohort: Cohort, patient: str) -> list[Sample]:
    """The patient's samples with reads of their own: groups of a library's cells have none."""
    groups = {f"{library}.{group}" for library in cohort.libraries for group in GROUPS}
    return [one for one in cohort.of_patient(patient) if one.name not in groups]


def own_sample_words(cohort: Cohort, patient: str) -> list[str]:
    """Command-line words for the names and roles of ``own_samples``."""
    samples = own_samples(cohort, patient)
    return [word for one in samples for word in ("--sample", one.name, one.role)]


def patient_words(cohort: Cohort, patient: str, results: str) -> list[str]:
    """Command-line words for a patient's samples and the measurements of their cells."""
    words = ["--design", cohort.patients[patient].design]
    for sample in cohort.of_patient(patient):
        words += ["--sample", sample.name, sample.role]
        fields = sample.fields
        if fields["nuclear_counts"] or fields["nuclear_vcf"]:
            words += ["--nuclear-counts", sample.name, nuclear_file(sample, results, "counts")]
        for column in MEASUREMENTS:
            if fields[column]:
                words += ["--measured", sample.name, column, fields[column]]
        if fields["nuclear_vcf"] and not fields["nuclear_bam"]:
            words += ["--own-nuclear-reads", sample.name]
        if fields["assay"] == "wgs":
            words += ["--whole-genome", sample.name]
        if estimates_copies(sample):
            words += ["--mtdna-copies-file", sample.name, nuclear_file(sample, results, "copies")]
    return words


def estimates_copies(sample: Sample) -> bool:
    """Whether a sample's mtDNA copies are estimated from its depths.

    Only for whole genomes. In an exome the autosomal depth is that of the baits and the
    mitochondrial depth is that of off-target reads, so their ratio does not measure copies.
    """
    fields = sample.fields
    whole = fields["assay"] == "wgs" and all(unit.bam for unit in sample.units)
    return whole and not fields["mtdna_copies"]


def nuclear_file(sample: Sample, results: str, what: str) -> str:
    """Path of a sample's table of nuclear ``counts`` (given or counted) or of mtDNA ``copies``."""
    given = sample.fields["nuclear_counts"] if what == "counts" else ""
    suffix = {"counts": "nuclear_counts.tsv", "copies": "mtdna_copies.tsv"}[what]
    return given or f"{results.rstrip('/')}/samples/{sample.name}/{sample.name}.{suffix}"


def nuclear_files(cohort: Cohort, patient: str, results: str) -> list[str]:
    """Paths of the tables of nuclear counts and mtDNA copies of a patient's samples."""
    files = []
    for sample in cohort.of_patient(patient):
        if sample.fields["nuclear_counts"] or sample.fields["nuclear_vcf"]:
            files.append(nuclear_file(sample, results, "counts"))
        if estimates_copies(sample):
            files.append(nuclear_file(sample, results, "copies"))
    return files


def nuclear_words(cohort: Cohort, name: str) -> list[str]:
    """Command-line words for counting in a sample's nuclear reads."""
    sample = cohort.samples[name]
    words = []
    if vcf := sample.fields["nuclear_vcf"]:
        own = [unit.bam for unit in sample.units if unit.bam]
        files = [sample.fields["nuclear_bam"]] if sample.fields["nuclear_bam"] else own
        words += ["--vcf", vcf, *(word for path in files for word in ("--nuclear-bam", path))]
    return [*words, "--copies", *read_words(cohort, name)] if estimates_copies(sample) else words


def nuclear_reads(cohort: Cohort, name: str) -> list[str]:
    """Files with the nuclear reads of a sample: ``nuclear_bam``, or its own."""
    sample = cohort.samples[name]
    given = sample.fields["nuclear_bam"]
    own = sample.read_files if not given or estimates_copies(sample) else []
    return [*own, *([given] if given else [])]


def sheet_words(config: Mapping[str, Any]) -> list[str]:
    """Command-line words that name the sheets."""
    words = ["--samples", config["samples"]]
    if config["patients"]:
        words += ["--patients", config["patients"]]
    if config["cohort"]["covariates"]:
        words += ["--covariates", *config["cohort"]["covariates"]]
    return words


def cell_words(library: Library) -> list[str]:
    """Command-line words for the tags of a library of cells, or the cell of each of its files."""
    if library.cells:
        return ["--cell", *library.cells]
    words = ["--barcode-tag", library.fields["barcode_tag"]]
    return [*words, "--umi-tag", library.fields["umi_tag"]] if library.fields["umi_tag"] else words


def molecule_words(library: Library, *, rna: bool = False) -> list[str]:
    """Command-line words for what tells the molecules of a library, and whether it is RNA."""
    umis = ["--umis"] if library.fields["umi_tag"] else []
    return [*umis, "--rna"] if rna and library.is_rna else umis


def samples_beside(cohort: Cohort, library: str) -> list[str]:
    """Names of the samples of a library's patient."""
    return [sample.name for sample in cohort.of_patient(cohort.libraries[library].patient)]


def library_words(cohort: Cohort) -> list[str]:
    """Command-line words for all libraries of single cells: name, patient, annotation."""
    found = sorted(cohort.libraries.values(), key=lambda one: one.name)
    named = [[one.name, one.patient, one.fields["cell_annotation"]] for one in found]
    return [word for words in named for word in ("--library", *words)]


def bulk_normals(cohort: Cohort, library: str) -> list[str]:
    """Names of the bulk normals of a library's patient: cells of a library hold its free mtDNA."""
    samples = cohort.of_patient(cohort.libraries[library].patient)
    return [one.name for one in samples if one.role == "normal" and not one.library]


def dna_tumors(cohort: Cohort, library: str) -> list[str]:
    """Names of the tumours of a library's patient that were read as DNA."""
    samples = cohort.of_patient(cohort.libraries[library].patient)
    rna = ("rna", *CELL_RNA)
    return [one.name for one in samples if one.role == "tumor" and one.fields["assay"] not in rna]


def sample_words(cohort: Cohort, library: str) -> list[str]:
    """Command-line words for the samples of a library's patient."""
    samples = cohort.of_patient(cohort.libraries[library].patient)
    return [word for one in samples for word in ("--sample", one.name, one.role)]


def counted_file(cohort: Cohort, library: str, results: str) -> str:
    """Path of what a library's cells are counted in: its aligned BAM, or counts of another tool."""
    given = cohort.libraries[library].fields["cell_counts"]
    return given or f"{results.rstrip('/')}/samples/{library}/{library}.bam"


def counted_words(library: Library, path: str, *, rna: bool = False) -> list[str]:
    """Command-line words for that file, and what tells its molecules."""
    if library.fields["cell_counts"]:
        return ["--cell-counts", path, *(["--rna"] if rna and library.is_rna else [])]
    return ["--bam", path, *molecule_words(library, rna=rna)]


def with_reads(cohort: Cohort) -> list[str]:
    """Names of the libraries that are counted in reads."""
    return sorted(n for n, one in cohort.libraries.items() if not one.fields["cell_counts"])


def has_long_reads(cohort: Cohort) -> bool:
    """Whether a sample's reads are long."""
    return any(s.fields["platform"] in columns.LONG_READS for s in cohort.samples.values())


def immune_of_long_reads(cohort: Cohort) -> list[str]:
    """Names of the immune samples whose reads are long."""
    return sorted(
        name
        for name, sample in cohort.samples.items()
        if sample.role == "immune" and sample.fields["platform"] in columns.LONG_READS
    )
