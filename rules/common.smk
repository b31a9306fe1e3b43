# Configuration and sheets, validated before anything runs; functions that all stages share.

import os
import re
import sys
from pathlib import Path

from snakemake.exceptions import WorkflowError
from snakemake.logging import logger
from snakemake.settings.types import DeploymentMethod

WORKFLOW = Path(str(workflow.current_basedir)).parent
SCRIPTS = WORKFLOW / "scripts"
sys.path.insert(0, str(SCRIPTS))
from mitotransfer import __version__, startup  # noqa: E402
from mitotransfer.inputs import libraries  # noqa: E402
from mitotransfer.problems import InputError  # noqa: E402
from mitotransfer.workflow import command_words as words  # noqa: E402
from mitotransfer.workflow import code_digest, log_lines, messages, run_record, setup  # noqa: E402
from mitotransfer.workflow.stored_files import StoredFiles  # noqa: E402

startup.collect_rarely()
log_lines.shorten(logger)
# Jobs run this interpreter, unless a rule activates a conda environment.
setup.put_first_on_path(Path(sys.executable).parent)
run_record.announce_run()

STORED = StoredFiles(storage)
try:
    config, COHORT = setup.prepare(
        config,
        WORKFLOW,
        workflow.configfiles,
        check_files=workflow.is_main_process,
        url_fault=STORED.fault,
        with_conda=DeploymentMethod.CONDA in workflow.deployment_settings.deployment_method,
    )
except InputError as error:
    raise WorkflowError(str(error)) from None
COHORT = STORED.localised(COHORT)
if workflow.is_main_process:
    for warning in COHORT.warnings:
        logger.warning(f"Warning: {warning}")

BUNDLE_FOLDER = setup.bundle_folder(config["reference"]["bundle"], WORKFLOW)
# The input of rules: its facts and tables are part of the checksums of code.
BUNDLE = str(BUNDLE_FOLDER / "genome.fasta")
# A second species, where the configuration names one.
HOST_FOLDER = (
    setup.bundle_folder(config["reference"]["host_bundle"], WORKFLOW)
    if config["reference"]["host_bundle"]
    else None
)
HOST = str(HOST_FOLDER / "genome.fasta") if HOST_FOLDER else []
HOST_WORDS = ["--host-bundle", HOST] if HOST else []
DECOY_MEGABYTES = setup.file_megabytes(config["reference"]["decoy_fasta"])
CRAM_FASTA = config["reference"]["cram_fasta"] or []
CRAM_WORDS = ["--cram-reference", CRAM_FASTA] if CRAM_FASTA else []


pathvars:
    results=config["results"].rstrip("/"),


wildcard_constraints:
    sample="[A-Za-z0-9_][A-Za-z0-9._-]*",
    patient="[A-Za-z0-9_][A-Za-z0-9._-]*",


# A sample with reads of its own: no library of cells, and no group of its cells.
BULK = (
    "(?!({})([.]({}))?/)".format(
        "|".join(map(re.escape, COHORT.libraries)), "|".join(libraries.GROUPS)
    )
    if COHORT.libraries
    else ""
) + "[A-Za-z0-9_][A-Za-z0-9._-]*"


def script(name):
    """The path of a step's script; a function of input, so that a moved clone reruns nothing."""
    path = os.path.relpath(SCRIPTS / f"{name}.py")
    return lambda wildcards, input: path


def code(name):
    """Checksum of a step's code, its imports and the tables of the genome that it reads.

    As a parameter of a rule it triggers a rerun after an edit.
    """
    path = SCRIPTS / f"{name}.py"
    host = code_digest.code_digest(path, HOST_FOLDER) if HOST_FOLDER else ""
    return code_digest.code_digest(path, BUNDLE_FOLDER) + host


# Names haplogroups. No verdict needs them, so a missing or failing tool (it fetches its tree) stops
# nothing: the table then has no rows, and the log says why.
CLASSIFY = (
    "printf 'SampleID\\tHaplogroup\\tRank\\tQuality\\tRange\\n' > {output:q};"
    " if ! [ -s {input:q} ]; then echo 'No difference from rCRS to name a haplogroup by' > {log:q};"
    " elif ! command -v haplogrep3 > /dev/null; then"
    " echo 'haplogrep3 is not installed: run with --sdm conda' > {log:q};"
    " elif haplogrep3 classify --tree {params.tree:q} --in {input:q} --out {output:q}.part"
    " > {log:q} 2>&1 && [ -s {output:q}.part ]; then mv {output:q}.part {output:q};"
    " else echo 'haplogrep3 failed; to try again, delete' {output:q} >> {log:q};"
    " rm -f {output:q}.part; fi"
)


# Functions, not lists: Snakemake hashes a whole input list for each of its items.
def of_all_samples(pattern):
    """The pattern for each sample of the cohort."""
    return lambda wildcards: expand(pattern, sample=sorted(COHORT.samples))


def of_all_patients(pattern):
    """The pattern for each patient."""
    return lambda wildcards: expand(pattern, patient=COHORT.patients)


def of_patient(*patterns):
    """The patterns for each of a patient's samples, and the tables of their nuclear reads."""
    return lambda wildcards: (
        expand(patterns, sample=[s.name for s in COHORT.of_patient(wildcards.patient)])
        + words.nuclear_files(COHORT, wildcards.patient, config["results"])
    )


def of_patient_of_sample(pattern):
    """The pattern for the patient of a sample."""
    return lambda wildcards: expand(pattern, patient=COHORT.samples[wildcards.sample].patient)


def of_long_reads(pattern):
    """The pattern for each immune sample of long reads."""
    return lambda wildcards: expand(pattern, sample=words.immune_of_long_reads(COHORT))


def of_all_libraries(pattern):
    """The pattern for each library of single cells."""
    return lambda wildcards: expand(pattern, library=sorted(COHORT.libraries))


def annotation(wildcards):
    """The annotation of a library's cells."""
    return COHORT.libraries[wildcards.library].fields["cell_annotation"]


def reads(wildcards):
    """The files with a sample's reads."""
    return STORED.inputs(COHORT.samples[wildcards.sample].read_files)


def megabytes(wildcards):
    """Size of a sample's reads, for memory and time of its jobs."""
    fetched = STORED.megabytes(COHORT.samples[wildcards.sample].read_files)
    return setup.read_megabytes(COHORT, wildcards.sample, fetched)


def primers(wildcards):
    """The BED file of primers, for samples of amplicons only."""
    return words.primer_bed(COHORT, wildcards.sample, config) or []


def primer_words(wildcards, input):
    """Command-line words for the primers."""
    return ["--primers", input.primers] if input.primers else []


def stop_words(wildcards, input):
    """Command-line words for files that cannot be used; of input, so that they rerun nothing."""
    return words.options(config["checks"])


def folder_of(files):
    """The folder with the samples' (or patients') folders of these input files."""
    return lambda wildcards, input: str(Path(getattr(input, files)[0]).parents[1])


def counting_memory(wildcards, attempt):
    """Megabytes: counts of another tool are read whole, some 30 bytes for each that is not zero."""
    whole = bool(COHORT.libraries[wildcards.library].fields["cell_counts"])
    return attempt * (8000 if whole else 2000)
