"""Infer tumour fractions, detection limits, verdicts and prevalence of a cohort."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mitotransfer import (
    assessment,
    background,
    cohort,
    cohortdata,
    cohortfiles,
    command,
    contamination,
    crosstalk,
    errormodel,
    identity,
    informative,
    parallel,
    reference,
    swapped,
    unrelated,
)
from mitotransfer.tracts import load_artefacts, tract_masks


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--samples", required=True, help="normalised sheet of samples")
    parser.add_argument("--patients", required=True, help="normalised sheet of patients")
    parser.add_argument("--samples-folder", required=True, help="folder with a folder per sample")
    parser.add_argument("--patients-folder", required=True, help="folder with a folder per patient")
    parser.add_argument("--background", required=True, help="of cohort_background")
    parser.add_argument("--identity", required=True, help="of cohort_background")
    parser.add_argument("--crosstalk", required=True, help="of cohort_background")
    parser.add_argument("--reference", required=True, help="FASTA of the mitogenome")
    parser.add_argument(
        "--resources", default=reference.RESOURCES, help="folder with the tables of sites"
    )
    parser.add_argument("--confidence", type=float, default=0.95)
    parser.add_argument("--max-q-value", type=float, default=0.01)
    parser.add_argument("--false-positive-rate", type=float, default=0.01)
    parser.add_argument("--power", type=float, default=0.95)
    parser.add_argument("--max-detection-limit", type=float, default=0.02)
    parser.add_argument("--min-mean-depth", type=float, default=50)
    parser.add_argument("--max-normal-vaf", type=float, default=0.02)
    parser.add_argument("--copy-ratio", nargs=2, type=float, default=[1, 10])
    parser.add_argument("--sequencing-error", type=float, default=0.001)
    parser.add_argument("--max-tumor-fraction", type=float, help="screen against this limit")
    parser.add_argument("--threads", type=int, default=1, help="processes")
    parser.add_argument("--transfer", required=True, help="output .tsv")
    parser.add_argument("--shared-variants", required=True, help="output .tsv")
    parser.add_argument("--explanations", required=True, help="output .tsv")
    parser.add_argument("--prevalence", required=True, help="output .tsv")
    parser.add_argument("--screening", required=True, help="output .tsv")
    parser.add_argument("--foreign", help="output .hsd: haplotypes of people outside the cohort")
    parser.add_argument("--null", required=True, help="output .tsv: swapped pairs")
    parser.add_argument("--null-summary", required=True, help="output .tsv")
    return parser.parse_args()


def foreign_haplotypes(
    samples: pd.DataFrame, load: cohortfiles.Load
) -> Callable[[str], NDArray[np.int8] | None]:
    """Function that gives the fixed alleles of a patient, the most certain sample first."""

    def haplotype(patient: str) -> NDArray[np.int8] | None:
        rows = samples[(samples["patient"] == patient) & samples["status"].isin(["ok", "single"])]
        if rows.empty:
            return None
        order = rows["role"].map(identity.ROLE_ORDER.index)
        return identity.haplotype(load(str(rows["sample"].iloc[int(np.argmin(order))])).bases)

    return haplotype


def main() -> None:
    arguments = parse_arguments()
    genome = reference.load(arguments.reference)
    tracts = load_artefacts(Path(arguments.resources) / "artefacts.tsv")
    flagged, _ = tract_masks(tracts, genome.length)
    settings = cohortdata.Settings(
        arguments.confidence,
        arguments.max_q_value,
        arguments.false_positive_rate,
        arguments.power,
        arguments.max_detection_limit,
        arguments.min_mean_depth,
        arguments.max_normal_vaf,
        arguments.max_tumor_fraction,
        arguments.copy_ratio[1],
        arguments.sequencing_error,
    )
    load, load_errors = cohortfiles.loaders(arguments.samples_folder)
    patients = cohortfiles.read_sheet(arguments.patients)
    designs = cohortfiles.designs_of(patients)
    samples = background.joined_samples(
        cohortfiles.read_sheet(arguments.samples),
        cohortfiles.read_sheet(arguments.identity, identity.IDENTITY_COLUMNS),
        cohortfiles.read_sheet(arguments.crosstalk, crosstalk.CROSSTALK_COLUMNS),
    )
    learned = background.load(arguments.background)
    shared = cohortdata.Cohort(
        learned,
        errormodel.spread_within(learned.sites),
        genome,
        ~flagged,
        samples["patient"].nunique(),
        unrelated.load_hot_spots(Path(arguments.resources) / "hotspots.tsv"),
        foreign_haplotypes(samples, load),
    )
    folder = Path(arguments.patients_folder)
    pairs = swapped.Partners(
        samples, designs, lambda name: informative.read_evidence(folder / name / "evidence.tsv"),
        load,
    )  # fmt: skip
    groups = {str(name): at for name, at in samples.groupby("patient").indices.items()}

    def assess(name: str) -> tuple[list[assessment.Assessment], list[tuple[object, ...]]]:
        """A patient's immune samples, and its rows of swapped pairs."""
        rows = samples.iloc[groups[name]].reset_index(drop=True)
        immune = rows.loc[rows["role"] == "immune", "sample"]
        if immune.empty:
            return [], []
        patient = cohortdata.Patient(
            name,
            designs.get(name, "autologous"),
            rows,
            informative.read_evidence(folder / name / "evidence.tsv"),
            cohortfiles.read_sheet(
                folder / name / "contamination.tsv", contamination.CONTAMINATION_COLUMNS
            ),
            {sample: load(sample) for sample in rows["sample"]},
            {sample: load_errors(sample) for sample in immune},
        )
        others = unrelated.unrelated(patient, shared)
        assessed = assessment.assess_patient(patient, others, shared, settings)
        return assessed, swapped.null_rows(patient, assessed, others, shared, settings, pairs)

    results, null = [], []
    found = parallel.in_order(assess, sorted(groups), arguments.threads)
    for done, (assessed, rows) in enumerate(found, 1):
        results += assessed
        null += rows
        cohortfiles.progress(done, len(groups), "patients assessed")
    transfer, variants, explanations = cohort.conclude(results, settings)
    variants = variants.assign(usable=variants["usable"].map({True: "true", False: "false"}))
    cohortfiles.write_table(transfer, arguments.transfer)
    cohortfiles.write_table(variants, arguments.shared_variants)
    cohortfiles.write_table(explanations, arguments.explanations)
    table = cohort.prevalence(transfer, patients, settings.confidence)
    cohortfiles.write_table(table, arguments.prevalence)
    cohortfiles.write_table(cohort.screening(results, settings), arguments.screening)
    if arguments.foreign:
        Path(arguments.foreign).write_text(cohort.foreign_haplotypes(results), encoding="utf-8")
    null_table = pd.DataFrame(null, columns=swapped.NULL_COLUMNS)
    cohortfiles.write_table(null_table, arguments.null)
    summary = swapped.summary(null_table, settings.false_positive_rate, settings.confidence)
    cohortfiles.write_table(summary, arguments.null_summary)
    if warning := swapped.warning_text(summary):
        print(warning, file=sys.stderr)


if __name__ == "__main__":
    command.run(main)
