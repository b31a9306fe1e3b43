"""Infer tumour fractions, detection limits, verdicts and prevalence of a cohort."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mitotransfer import command, parallel, table_files
from mitotransfer.cohort import background, identity, sample_files
from mitotransfer.cohort.crosstalk_table import CROSSTALK
from mitotransfer.counts import haplotypes
from mitotransfer.genome import bundle, reference
from mitotransfer.inputs.settings import (
    Contamination,
    Fraction,
    Informative,
    Qc,
    Screening,
    Verdict,
)
from mitotransfer.patient import pooling
from mitotransfer.patient.contamination_table import CONTAMINATION, TUMOR_CELLS
from mitotransfer.patient.evidence_table import EVIDENCE
from mitotransfer.patient.molecule_patterns import PATTERNS
from mitotransfer.verdicts import assess as verdicts_assess
from mitotransfer.verdicts import conclude, preparations, prevalence, swapped_pairs
from mitotransfer.verdicts.assess import Assessment
from mitotransfer.verdicts.conclude import EXPLAINED, SCREENED, TRANSFER
from mitotransfer.verdicts.context import Cohort, PatientContext, unrelated
from mitotransfer.verdicts.preparations import PREPARATIONS
from mitotransfer.verdicts.prevalence import PREVALENCE
from mitotransfer.verdicts.settings import Settings
from mitotransfer.verdicts.shared_variants import SHARED_VARIANTS
from mitotransfer.verdicts.swapped_pairs import NULL, NULL_SUMMARY


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--samples", required=True, help="normalised sheet of samples")
    parser.add_argument("--patients", required=True, help="normalised sheet of patients")
    parser.add_argument("--samples-folder", required=True, help="folder with a folder per sample")
    parser.add_argument("--patients-folder", required=True, help="folder with a folder per patient")
    parser.add_argument("--background", required=True, help="of cohort_background")
    parser.add_argument("--identity", required=True, help="of cohort_background")
    parser.add_argument("--crosstalk", required=True, help="of cohort_background")
    reference.add_bundle_option(parser)
    for section in (Verdict, Contamination, Qc, Screening):
        command.add_settings(parser, section)
    command.add_settings(parser, Fraction, "confidence", "amplicon_molecules")
    command.add_settings(parser, Informative, "max_normal_vaf")
    parser.add_argument("--threads", type=int, default=1, help="processes")
    parser.add_argument("--transfer", required=True, help="output .tsv")
    parser.add_argument("--shared-variants", required=True, help="output .tsv")
    parser.add_argument("--explanations", required=True, help="output .tsv")
    parser.add_argument("--prevalence", required=True, help="output .tsv")
    parser.add_argument("--screening", required=True, help="output .tsv")
    parser.add_argument("--preparations", required=True, help="output .tsv: subsets compared")
    parser.add_argument("--foreign", help="output .hsd: haplotypes of people outside the cohort")
    parser.add_argument("--null", required=True, help="output .tsv: swapped pairs")
    parser.add_argument("--null-summary", required=True, help="output .tsv")
    return parser.parse_args()


def read_settings(arguments: argparse.Namespace) -> Settings:
    """The sections of the configuration, from the options."""
    return Settings(
        verdict=command.settings(Verdict, arguments),
        fraction=Fraction(
            confidence=arguments.confidence, amplicon_molecules=arguments.amplicon_molecules
        ),
        informative=Informative(max_normal_vaf=arguments.max_normal_vaf),
        contamination=command.settings(Contamination, arguments),
        screening=command.settings(Screening, arguments),
        qc=command.settings(Qc, arguments),
    )


def foreign_haplotypes(
    samples: pd.DataFrame, load: sample_files.Load
) -> Callable[[str], NDArray[np.int8] | None]:
    """Function that gives the fixed alleles of a patient, the most certain sample first."""

    def haplotype(patient: str) -> NDArray[np.int8] | None:
        rows = samples[(samples["patient"] == patient) & samples["status"].isin(["ok", "single"])]
        if rows.empty:
            return None
        order = rows["role"].map(identity.ROLE_ORDER.index)
        return haplotypes.haplotype(load(str(rows["sample"].iloc[int(np.argmin(order))])).bases)

    return haplotype


def read_samples(arguments: argparse.Namespace) -> pd.DataFrame:
    """The sheet joined with identity and cross-talk of each sample."""
    return background.joined_samples(
        table_files.read_sheet(arguments.samples),
        identity.IDENTITY.read_text(arguments.identity),
        CROSSTALK.read_text(arguments.crosstalk),
    )


def read_cohort(arguments: argparse.Namespace, samples: pd.DataFrame) -> Cohort:
    """Data of the other patients that a patient's assessment needs."""
    genome = bundle.load(arguments.bundle)
    learned = background.load(arguments.background)
    load, _ = sample_files.loaders(arguments.samples_folder)
    tested = (samples["role"] == "immune") & (samples["status"] != "failed")
    others = foreign_haplotypes(samples, load)
    return Cohort(learned, genome, samples["patient"].nunique(), int(tested.sum()), others)


def read_patient(
    arguments: argparse.Namespace, name: str, design: str, samples: pd.DataFrame
) -> pooling.Patient:
    """A patient's data; ``samples`` are its rows."""
    folder = Path(arguments.patients_folder) / name
    load, load_errors = sample_files.loaders(arguments.samples_folder)
    return pooling.Patient(
        name,
        design,
        samples,
        pooling.pooled_names(pooling.POOLED.read(folder / "pooled.tsv")),
        EVIDENCE.read(folder / "evidence.tsv"),
        CONTAMINATION.read(folder / "contamination.tsv"),
        TUMOR_CELLS.read(folder / "tumor_cells.tsv"),
        {sample: load(sample) for sample in samples["sample"]},
        {sample: load_errors(sample) for sample in samples["sample"][samples["role"] == "immune"]},
        PATTERNS.read(folder / "molecules.tsv"),
    )


class Found(NamedTuple):
    """Assessments, and rows of the swapped pairs and of the pairs within preparations."""

    assessed: list[Assessment]
    null: list[tuple[object, ...]]
    pairs: list[dict[str, object]]


def assess(
    arguments: argparse.Namespace,
    samples: pd.DataFrame,
    designs: Mapping[str, str],
    settings: Settings,
) -> Found:
    """All immune samples of the cohort."""
    shared = read_cohort(arguments, samples)
    folder = Path(arguments.patients_folder)
    partners = swapped_pairs.Partners(
        samples, designs, lambda name: EVIDENCE.read(folder / name / "evidence.tsv"),
        sample_files.loaders(arguments.samples_folder)[0],
    )  # fmt: skip
    groups = {str(name): at for name, at in samples.groupby("patient").indices.items()}

    def assess_patient(name: str) -> Found:
        rows = samples.iloc[groups[name]].reset_index(drop=True)
        if not (rows["role"] == "immune").any():
            return Found([], [], [])
        patient = read_patient(arguments, name, designs.get(name, "autologous"), rows)
        context = PatientContext(patient, shared, settings, others=unrelated(patient, shared))
        assessed = verdicts_assess.assess_patient(context)
        curves = {str(one.row["sample"]): one.curves for one in assessed}
        pairs = preparations.rows(context, curves)
        # Nobody else needs the likelihoods; they are large.
        assessed = [replace(one, curves={}) for one in assessed]
        return Found(assessed, swapped_pairs.null_rows(context, assessed, partners), pairs)

    results = Found([], [], [])
    found = parallel.in_order(assess_patient, sorted(groups), arguments.threads)
    for done, of_patient in enumerate(found, 1):
        results.assessed.extend(of_patient.assessed)
        results.null.extend(of_patient.null)
        results.pairs.extend(of_patient.pairs)
        sample_files.progress(done, len(groups), "patients assessed")
    return results


def main() -> None:
    arguments = parse_arguments()
    settings = read_settings(arguments)
    samples, patients = read_samples(arguments), table_files.read_sheet(arguments.patients)
    found = assess(arguments, samples, sample_files.designs_of(patients), settings)
    results = found.assessed
    transfer, variants, explanations = conclude.conclude(results)
    null_table = NULL.frame(found.null)
    summary = swapped_pairs.summary(
        null_table, settings.verdict.false_positive_rate, settings.confidence
    )
    shares = prevalence.prevalence(transfer, patients, settings.confidence)
    screened = conclude.screening(results, settings.screening.max_tumor_fraction)
    TRANSFER.write(transfer, arguments.transfer)
    SHARED_VARIANTS.write(variants, arguments.shared_variants)
    EXPLAINED.write(explanations, arguments.explanations)
    PREVALENCE.write(shares, arguments.prevalence)
    PREPARATIONS.write(PREPARATIONS.frame(found.pairs), arguments.preparations)
    SCREENED.write(screened, arguments.screening)
    NULL.write(null_table, arguments.null)
    NULL_SUMMARY.write(summary, arguments.null_summary)
    if arguments.foreign:
        Path(arguments.foreign).write_text(conclude.foreign_haplotypes(results), encoding="utf-8")
    if warning := swapped_pairs.warning_text(summary):
        print(warning, file=sys.stderr)


if __name__ == "__main__":
    command.run(main)
