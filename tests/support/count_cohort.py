"""From simulated count arrays to verdicts, through the three scripts of the patient and cohort."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import indel_counts
import numpy as np
import pandas as pd
import script_runs
from deleted_samples import drawn_junctions
from places import BUNDLE, GENOME

from mitotransfer.calls import call, frame
from mitotransfer.counts import minor_alleles
from mitotransfer.counts.allele_counts import Counts, depth, empty_indels, save
from mitotransfer.errors import background, sample_errors
from mitotransfer.simulate import files, samples
from mitotransfer.simulate.truth import Truth
from mitotransfer.workflow.command_words import MEASUREMENTS

SHEET_COLUMNS = [
    "sample", "patient", "role", "cell_type", "timepoint", "batch", "assay", "platform",
    "tumor_cell_fraction", "tumor_cell_fraction_high", "cells_counted", "ambient_mtdna_high",
    "mtdna_copies", "nuclear_counts", "purity", "input_cells", "preparation", "preparation_split",
]  # fmt: skip


def write_samples(
    truth: Truth,
    results: Path,
    left_out: Sequence[str] = (),
    foreign: Mapping[str, tuple[str, float]] | None = None,
    *,
    indels: bool = False,
) -> pd.DataFrame:
    """Counts, calls, errors and nuclear counts of a simulated cohort; the sheet of samples."""
    rows = []
    for name, info in truth.samples.items():
        if name in left_out:
            continue
        folder = results / "samples" / name
        folder.mkdir(parents=True)
        bases = samples.counts(truth, name)
        if foreign and name in foreign:
            other, share = foreign[name]
            rng = np.random.default_rng(7)
            bases = bases + rng.binomial(samples.counts(truth, other), share)
        bases = bases.astype(np.uint32)
        table = indel_counts.drawn(truth, name, depth(bases)) if indels else empty_indels()
        sample = Counts(bases, table, {})
        if any(one.junctions for one in truth.samples.values()):
            sample = drawn_junctions(truth, name, sample)
        save(sample, folder / f"{name}.counts.npz")
        errors = sample_errors.estimate_errors(sample)
        sample_errors.save_errors(errors, folder / f"{name}.errors.json")
        if info.role == "tumor":  # calls of the others are not read
            own = minor_alleles.own_bases(sample)
            predicted = background.background(errors, truth.reference, own=own)
            settings = call.CallSettings()
            alleles = call.tested_alleles(sample, predicted, GENOME, settings)
            found = call.call(alleles, GENOME, settings)
            frame.CALLS.write(found, folder / f"{name}.calls.tsv")
        row: dict[str, Any] = dict.fromkeys(SHEET_COLUMNS, "")
        row |= files.stated(truth, name)
        row |= {
            "sample": name, "patient": info.patient, "role": info.role, "batch": info.batch,
            "assay": info.plan.assay,
        }  # fmt: skip
        if truth.patients[info.patient].plan.nuclear:
            path = folder / "nuclear.tsv"
            header = ["chrom", "pos", "ref", "alt", "ref_count", "alt_count", "tumor_vaf"]
            table = pd.DataFrame(files.nuclear_counts(truth, name), columns=header)
            table.to_csv(path, sep="\t", index=False)
            row["nuclear_counts"] = str(path)
        rows.append(row)
    sheet = pd.DataFrame(rows).sort_values(["patient", "role", "sample"], ignore_index=True)
    (results / "cohort").mkdir()
    sheet.to_csv(results / "cohort" / "samples.tsv", sep="\t", index=False)
    patients = pd.DataFrame(
        [
            {"patient": name, "design": p.plan.design,
             "cancer_type": p.plan.covariates.get("cancer_type", ""),
             "stage": p.plan.covariates.get("stage", "")}
            for name, p in truth.patients.items()
        ]
    )  # fmt: skip
    patients.to_csv(results / "cohort" / "patients.tsv", sep="\t", index=False)
    return sheet


def patient_words(rows: pd.DataFrame) -> list[object]:
    words: list[object] = []
    for row in rows.to_dict("records"):
        words += ["--sample", row["sample"], row["role"]]
        if row["nuclear_counts"]:
            words += ["--nuclear-counts", row["sample"], row["nuclear_counts"]]
        for column in MEASUREMENTS:
            if str(row.get(column, "")):
                words += ["--measured", row["sample"], column, row[column]]
    return words


def shared_words(results: Path) -> list[object]:
    """Options that the patient and cohort steps have in common."""
    return [
        "--samples-folder", results / "samples", "--bundle", BUNDLE,
    ]  # fmt: skip


def cohort_words(results: Path) -> list[object]:
    """Options of both cohort steps."""
    place = results / "cohort"
    names = ("samples.tsv", "patients.tsv", "background.npz", "identity.tsv", "crosstalk.tsv")
    return [x for name in names for x in (f"--{Path(name).stem}", place / name)]


def run_cohort(
    truth: Truth,
    results: Path,
    left_out: Sequence[str] = (),
    foreign: Mapping[str, tuple[str, float]] | None = None,
    *,
    indels: bool = False,
) -> dict[str, pd.DataFrame]:
    """All outputs of the patient and cohort stages; ``foreign`` adds reads of another sample.

    Args:
        indels: draw the samples' indels and false ones, too (``indel_counts``).
    """
    sheet = write_samples(truth, results, left_out, foreign, indels=indels)
    for patient, rows in sheet.groupby("patient"):
        folder = results / "patients" / str(patient)
        folder.mkdir(parents=True)
        script_runs.call(
            "compare_samples",
            "--patient", patient, "--design", truth.patients[str(patient)].plan.design,
            *patient_words(rows), *shared_words(results), "--evidence", folder / "evidence.tsv",
            "--contamination", folder / "contamination.tsv", "--pooled", folder / "pooled.tsv",
            "--tumor-cells", folder / "tumor_cells.tsv", "--molecules", folder / "molecules.tsv",
        )  # fmt: skip
    script_runs.call("cohort_background", *cohort_words(results), *shared_words(results))
    tables = assess(results, results)
    for name in ("identity", "crosstalk"):
        tables[name] = pd.read_csv(results / "cohort" / f"{name}.tsv", sep="\t")
    return tables


def expected(truth: Truth, sample: str) -> str:
    """The verdict that the scenario expects of a sample."""
    info = truth.samples[sample]
    return info.plan.expected or truth.patients[info.patient].plan.expected


def assess(results: Path, output: Path, processes: int = 1) -> dict[str, pd.DataFrame]:
    """Outputs of ``assess_cohort``, written below another folder."""
    place = output / "cohort"
    place.mkdir(exist_ok=True)
    outputs = {
        "transfer": output / "transfer.tsv",
        "shared-variants": output / "shared_variants.tsv",
        "explanations": output / "explanations.tsv",
        "prevalence": place / "prevalence.tsv",
        "screening": place / "screening.tsv",
        "preparations": place / "preparations.tsv",
        "null": place / "null.tsv",
        "null-summary": place / "null_summary.tsv",
    }
    words: list[object] = [x for key, path in outputs.items() for x in (f"--{key}", path)]
    words += ["--patients-folder", results / "patients", "--foreign", place / "foreign.hsd"]
    words += [*cohort_words(results), *shared_words(results), "--threads", processes]
    script_runs.call("assess_cohort", *words)
    return {key: pd.read_csv(path, sep="\t", keep_default_na=True) for key, path in outputs.items()}
