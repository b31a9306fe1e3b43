"""A made-up cohort in the shape of a results folder, to draw reports of any size from.

The numbers agree with each other only as far as the report looks at them.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from places import LENGTH

from mitotransfer.associations import associate
from mitotransfer.associations.fractions import CohortTables
from mitotransfer.associations.tables import ASSOCIATIONS, SURVIVAL
from mitotransfer.cohort.crosstalk_table import CROSSTALK
from mitotransfer.cohort.identity import IDENTITY
from mitotransfer.counts import allele_counts
from mitotransfer.genome import bundle
from mitotransfer.genome.reference import bundled
from mitotransfer.patient.contamination_table import CONTAMINATION
from mitotransfer.patient.evidence_table import EVIDENCE
from mitotransfer.patient.reads_table import READS
from mitotransfer.report import patient_views
from mitotransfer.report.figures import style
from mitotransfer.report.pages import Site
from mitotransfer.report.site import write_report
from mitotransfer.report.tables import Patient, Tables, read_table
from mitotransfer.table_files import Table
from mitotransfer.verdicts.conclude import EXPLAINED, SCREENED, TRANSFER
from mitotransfer.verdicts.prevalence import PREVALENCE
from mitotransfer.verdicts.shared_variants import SHARED_VARIANTS
from mitotransfer.verdicts.swapped_pairs import NULL, NULL_SUMMARY
from mitotransfer.verdicts.verdict import VERDICTS

NAN = float("nan")
CONFIG = {
    "contamination": {"copy_ratio": [0.3, 20]},
    "fraction": {"confidence": 0.95},
    "verdict": {
        "max_detection_limit": 0.02, "max_q_value": 0.01, "false_positive_rate": 0.01,
        "power": 0.95,
    },
    "screening": {"max_tumor_fraction": 0.01},
    "reads": {"keep_bam": False},
}  # fmt: skip


def write_cohort(
    folder: Path,
    n_patients: int = 7,
    n_variants: int = 5,
    word: str = "",
    with_counts: bool = True,
) -> Path:
    """Write a results folder; patient ``i`` gets the verdict ``i`` modulo seven.

    Args:
        word: put into every free-text field.
    """
    rng = np.random.default_rng(1)
    (folder / "cohort").mkdir(parents=True, exist_ok=True)
    samples, patients, transfer, variants, explanations, identity, crosstalk = (
        [] for _ in range(7)
    )
    for i in range(n_patients):
        patient, verdict = f"P{i + 1:04d}", VERDICTS[i % len(VERDICTS)]
        immune = f"{patient}_TIL"
        patients.append(
            {
                "patient": patient,
                "cancer_type": ("melanoma", "lung", "renal")[i % 3] + word,
                "stage": ("I", "II", "III", "IV")[i % 4] + word,
                "design": "autologous",
                "os_months": 3.5 + i,
                "death": i % 2,
                "smoker" + word: ("yes", "no")[i % 2] + word,
                "age": 40 + (i * 17) % 41,
            }
        )
        for role, kind in (("immune", "CD8 TIL"), ("normal", "PBMC"), ("tumor", "bulk tumour")):
            sample = f"{patient}_{'TIL' if role == 'immune' else role}"
            samples.append(
                {
                    "sample": sample, "patient": patient, "role": role, "cell_type": kind + word,
                    "timepoint": i * 10, "batch": f"run{i % 2}" + word, "assay": "amplicon",
                    "platform": "illumina", "tumor_cell_fraction": "",
                    "tumor_cell_fraction_high": "", "mtdna_copies": "",
                    **{column: f"{column}{word}" for column in
                       ("fastq_1", "fastq_2", "bam", "nuclear_counts", "nuclear_vcf")},
                }
            )  # fmt: skip
            identity.append(
                {
                    "sample": sample, "patient": patient, "role": role,
                    "status": "swapped" if verdict == "failed_qc" else "ok", "differences": 0,
                    "compared": 30, "best_patient": patient, "best_differences": 0,
                    "reason": f"fits {patient}" + word,
                }
            )  # fmt: skip
            crosstalk.append(
                {
                    "sample": sample, "batch": f"run{i % 2}" + word, "source": "measured",
                    "rate": 0.0002, "rate_low": 0.0001, "rate_high": 0.0004, "n_sites": 20,
                    "from_tumor_high": 0.0003,
                }
            )  # fmt: skip
            if with_counts:
                write_counts(folder / "samples" / sample, sample, rng)
        record, contamination = _record(patient, immune, verdict, n_variants, word)
        transfer.append(record)
        own_folder = folder / "patients" / patient
        _write_rows(CONTAMINATION, [contamination], own_folder / "contamination.tsv")
        if verdict not in ("uninformative", "failed_qc"):
            own = [_variant(patient, immune, k, record, rng, word) for k in range(n_variants)]
            variants += own
            evidence = [_evidence(row) for row in own]
            _write_rows(EVIDENCE, evidence, own_folder / "evidence.tsv")
            if i == 0:
                _write_rows(READS, _reads(patient, own[:2]), own_folder / "reads.tsv")
        explanations += [
            {"patient": patient, "sample": immune, "explanation": name, "status": status,
             "evidence": "tumour cells at most 0.1 % of cells" + word}
            for name, status in (
                ("tumor_cell_contamination", "excluded"), ("index_crosstalk", "not_excluded"),
                ("immune_clonal_expansion", "not_assessed"),
            )
        ]  # fmt: skip
    _write(pd.DataFrame(samples), folder / "cohort" / "samples.tsv")
    _write(pd.DataFrame(patients), folder / "cohort" / "patients.tsv")
    _write_rows(TRANSFER, transfer, folder / "transfer.tsv")
    _write_rows(SHARED_VARIANTS, variants, folder / "shared_variants.tsv")
    _write_rows(EXPLAINED, explanations, folder / "explanations.tsv")
    _write_rows(IDENTITY, identity, folder / "cohort" / "identity.tsv")
    _write_rows(CROSSTALK, crosstalk, folder / "cohort" / "crosstalk.tsv")
    prevalence = [
        {"group": group, "value": value, "finding": finding, "denominator": denominator,
         "patients": total, "positive": 1, "prevalence": 1 / total, "prevalence_low": 0.0063,
         "prevalence_high": 0.8059}
        for group, value in (("overall", ""), ("cancer_type", "melanoma" + word))
        for finding in ("transfer_supported", "detected")
        for denominator, total in (("powered", 4), ("all", 7))
    ]  # fmt: skip
    _write_rows(PREVALENCE, prevalence, folder / "cohort" / "prevalence.tsv")
    _write_statistics(folder, transfer, rng, word)
    (folder / "cohort" / "config.json").write_text(json.dumps(CONFIG | {"note": word}))
    (folder / "qc").mkdir(exist_ok=True)
    (folder / "qc" / "multiqc_report.html").write_text("<!doctype html><title>MultiQC</title>")
    return folder


def _write_statistics(
    folder: Path, transfer: list[dict[str, Any]], rng: np.random.Generator, word: str
) -> None:
    """Associations and survival as the pipeline makes them; made-up swapped pairs, screening."""
    tables = [
        pd.read_csv(folder / name, sep="\t", dtype=str, keep_default_na=False)
        for name in ("transfer.tsv", "shared_variants.tsv", "cohort/samples.tsv",
                     "cohort/patients.tsv")
    ]  # fmt: skip
    found, curves = associate.associate(CohortTables(*tables), ["smoker" + word, "age"], 0.95)
    ASSOCIATIONS.write(found, folder / "cohort" / "associations.tsv")
    SURVIVAL.write(curves, folder / "cohort" / "survival.tsv")
    p = rng.random(len(transfer) * 5)
    pair = {"patient": "P0001" + word, "sample": "S" + word}
    null = [pair | {"p_value": value} for value in p]
    _write_rows(NULL, null, folder / "cohort" / "null.tsv")
    rejected = int((p < 0.01).sum())
    summary = {"pairs": len(p), "rejected": rejected, "rate": rejected / len(p), "rate_low": 0.0,
               "rate_high": 0.04, "nominal": 0.01, "warning": False}  # fmt: skip
    _write_rows(NULL_SUMMARY, [summary], folder / "cohort" / "null_summary.tsv")
    results = ("pass", "fail", "inconclusive")
    screening = [
        {"patient": row["patient"], "sample": row["sample"],
         "tumor_fraction_high": row["tumor_fraction_high"],
         "detection_limit": row["detection_limit"], "max_tumor_fraction": 0.01,
         "result": results[i % 3], "reason": "The reason of the result." + word}
        for i, row in enumerate(transfer)
    ]  # fmt: skip
    _write_rows(SCREENED, screening, folder / "cohort" / "screening.tsv")


def _record(
    patient: str, sample: str, verdict: str, n_variants: int, word: str
) -> tuple[dict[str, Any], dict[str, Any]]:
    fraction = {
        "transfer_supported": 0.043, "contamination_not_excluded": 0.0061,
        "explained_by_contamination": 0.31, "not_detected": 0.0, "underpowered": 0.012,
    }.get(verdict, NAN)  # fmt: skip
    detected = fraction > 0 and verdict != "underpowered"
    contaminated = {"transfer_supported": 0.004, "explained_by_contamination": 0.42}.get(
        verdict, NAN if verdict == "contamination_not_excluded" else 0.003
    )
    judged = not np.isnan(fraction)
    record = dict.fromkeys(TRANSFER.names, NAN) | {
        "patient": patient, "sample": sample, "cell_type": "CD8 TIL" + word, "timepoint": 14,
        "verdict": verdict, "evidence": "The reason in one sentence." + word,
        "tumor_fraction": fraction, "tumor_fraction_low": fraction * 0.8,
        "tumor_fraction_high": fraction * 1.2 + 0.001,
        "detection_limit": 0.06 if verdict == "underpowered" else 0.0035 if judged else NAN,
        "p_value": 3e-40 if detected else 0.4, "q_value": 2e-39 if detected else 0.5,
        "n_informative": n_variants if judged else 0, "n_supporting": n_variants if detected else 0,
        "contamination_low": 0.0, "contamination_high": contaminated, "crosstalk_high": 0.0004,
        "excess_low": 0.03 if verdict == "transfer_supported" else NAN,
        "excess_high": 0.05 if verdict == "transfer_supported" else NAN,
        "open_explanations": ("ambient_mtdna" if detected else "") + word,
        "flags": {"failed_qc": "immune_swapped", "uninformative": "no_informative_variant",
                  "contamination_not_excluded": "contamination_unmeasured"}.get(verdict, "") + word,
    }  # fmt: skip
    contamination: dict[str, Any] = dict.fromkeys(CONTAMINATION.names, NAN) | {
        "patient": patient, "sample": sample, "tumor": "T", "bounded": False, "flags": word,
    }  # fmt: skip
    if np.isnan(contaminated):
        return record, contamination | {"source": "unmeasured"}
    low = 0.2 if verdict == "explained_by_contamination" else 0.0
    return record, contamination | {
        "source": "nuclear_counts", "n_loci": 40, "tumor_cells": low, "tumor_cells_low": low / 2,
        "tumor_cells_high": contaminated / 3, "copy_ratio_low": 0.3, "copy_ratio_high": 20,
        "bounded": True, "copy_ratio_sd": 0.0,
        "mtdna_low": low / 2, "mtdna_high": contaminated,
    }  # fmt: skip


def _variant(
    patient: str, sample: str, k: int, record: dict[str, Any], rng: np.random.Generator, word: str
) -> dict[str, Any]:
    tumor = float(rng.choice([0.08, 0.35, 0.6, 0.92, 1.0]))
    row: dict[str, Any] = {
        "patient": patient, "sample": sample, "pos": 100 + (k * 271) % 16000,
        "ref": "G", "alt": "A",
        "hgvs_m": f"m.{100 + (k * 271) % 16000}G>A{word}", "gene": "MT-ND1" + word,
        "consequence": "missense" + word, "usable": k % 5 != 4,
    }  # fmt: skip
    vafs = {"tumor": tumor, "immune": tumor * record["tumor_fraction"], "normal": 0.0}
    for role, vaf in vafs.items():
        row |= {
            f"{role}_vaf": vaf, f"{role}_vaf_low": max(0.0, vaf * 0.85 - 0.0003),
            f"{role}_vaf_high": min(1.0, vaf * 1.15 + 0.0006), f"{role}_depth_forward": 2011,
            f"{role}_depth_reverse": 1987,
        }  # fmt: skip
    fraction = record["tumor_fraction"]
    return row | {
        "variant_fraction": fraction, "variant_fraction_low": fraction * 0.6,
        "variant_fraction_high": fraction * 1.5 + 0.002, "background_rate": 0.0004,
        "tumor_copies": 1.0,
        "p_value": 1e-6, "flags": "recurrent" + word if k == 1 else "",
    }  # fmt: skip


def _evidence(row: dict[str, Any]) -> dict[str, Any]:
    key = {name: row[name] for name in ("patient", "sample", "pos", "ref", "alt")}
    return key | {
        f"{role}_alt_{strand}": round(row[f"{role}_depth_{strand}"] * row[f"{role}_vaf"])
        for role in ("tumor", "immune", "normal")
        for strand in ("forward", "reverse")
    }


def _reads(patient: str, variants: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Forty fragments of each sample at each variant."""
    samples = {f"{patient}_TIL": "immune", f"{patient}_normal": "normal"}
    samples[f"{patient}_tumor"] = "tumor"
    return [
        {"patient": patient, "sample": sample, "role": role, "pos": row["pos"], "ref": row["ref"],
         "alt": row["alt"], "start": row["pos"] - 90 + k, "end": row["pos"] + 200 + k,
         "strand": "+-"[k % 2], "base": row["alt"] if k < 20 else row["ref"], "quality": 37,
         "alt_fragments": 30, "fragments": 1000}
        for row in variants
        for sample, role in samples.items()
        for k in range(40)
    ]  # fmt: skip


def write_counts(folder: Path, sample: str, rng: np.random.Generator) -> None:
    """Counts of a wavy coverage of about 2,000 fragments."""
    folder.mkdir(parents=True, exist_ok=True)
    wave = 2000 * (1 + 0.4 * np.sin(np.arange(LENGTH) / 700))
    bases = np.zeros((LENGTH, 4, 2), np.uint32)
    bases[:, 0, :] = rng.poisson(wave / 2)[:, None]
    allele_counts.save(
        allele_counts.Counts(bases, allele_counts.empty_indels(), {}),
        folder / f"{sample}.counts.npz",
    )
    facts = {"reads": 110000, "mean_depth": float(bases.sum() / LENGTH)}
    (folder / f"{sample}.qc.json").write_text(json.dumps(facts))


def _write_rows(table: Table, rows: list[dict[str, Any]], path: Path) -> None:
    """Write rows; numbers that may not be missing are 0 where a row leaves them out."""
    path.parent.mkdir(parents=True, exist_ok=True)
    empty = {c.name: c.kind(0) for c in table.columns if c.kind in (int, bool) and not c.optional}
    table.write(table.frame(empty | row for row in rows), path)


def _write(frame: pd.DataFrame, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    frame.to_csv(path, sep="\t", index=False, lineterminator="\n")


def table_paths(folder: Path) -> dict[str, Path]:
    top = ("transfer", "shared_variants", "explanations")
    return {
        name: folder / ("" if name in top else "cohort") / f"{name}.tsv"
        for name in Tables.__dataclass_fields__
    }


def render_cohort(
    folder: Path,
    title: str = "Demo cohort",
    threads: int = 1,
    formats: tuple[str, ...] = style.FORMATS,
) -> Path:
    """Render a folder of ``write_cohort``; returns the report's folder.

    Args:
        formats: of patients' figures; SVG alone takes a third of the time.
    """
    tables = Tables(**{name: read_table(path, name) for name, path in table_paths(folder).items()})
    site = Site(
        output=folder / "report", samples_folder=folder / "samples",
        patients_folder=folder / "patients", title=title, version="0.1.0",
        config=json.loads((folder / "cohort" / "config.json").read_text()),
        genome=bundle.load(bundled()), files=table_paths(folder),
        multiqc=folder / "qc" / "multiqc_report.html", formats=formats,
    )  # fmt: skip
    write_report(tables, site, threads)
    return site.output


if __name__ == "__main__":
    destination, n_patients, n_variants = sys.argv[1:4]
    print(render_cohort(write_cohort(Path(destination), int(n_patients), int(n_variants))))


def without_figures(patient: Patient, site: Site) -> list[dict[str, Any]]:
    """In the place of ``site.write_patient``, for tests of the index page alone."""
    return [patient_views.qc_row(patient, sample, None) for sample in patient.samples]
