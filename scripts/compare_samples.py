"""Gather a patient's evidence: informative variants, and tumour cells in the preparation."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from mitotransfer import command, table_files
from mitotransfer.calls.frame import CALLS
from mitotransfer.cohort import sample_files
from mitotransfer.counts import allele_counts
from mitotransfer.flags import NUCLEAR_COUNTS_COPIED, NUCLEAR_COUNTS_REFUSED
from mitotransfer.genome import bundle, reference
from mitotransfer.inputs.nuclear_tables import pool_nuclear_counts, read_nuclear_counts
from mitotransfer.inputs.settings import Contamination, Fraction, Informative
from mitotransfer.patient import contamination, contamination_table, evidence, informative, pooling
from mitotransfer.patient.contamination_table import CONTAMINATION
from mitotransfer.patient.evidence import EVIDENCE
from mitotransfer.patient.pooling import Pooled
from mitotransfer.problems import InputError


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)

    def named(option: str, words: tuple[str, ...]) -> None:
        parser.add_argument(option, nargs=len(words), metavar=words, action="append", default=[])

    parser.add_argument("--patient", required=True)
    parser.add_argument("--design", choices=["autologous", "allogeneic"], default="autologous")
    parser.add_argument("--samples-folder", required=True, help="folder with a folder per sample")
    named("--sample", ("NAME", "ROLE"))
    named("--nuclear-counts", ("NAME", "FILE"))
    named("--tumor-cells", ("NAME", "ESTIMATE", "HIGH"))
    named("--mtdna-copies", ("NAME", "COPIES"))
    named("--mtdna-copies-file", ("NAME", "FILE"))
    parser.add_argument("--reference", required=True, help="FASTA of the mitogenome")
    parser.add_argument(
        "--resources",
        default=reference.resource(),
        help="folder with the tables of tracts and genes",
    )
    for section in (Informative, Fraction, Contamination):
        command.add_settings(parser, section)
    parser.add_argument(
        "--stop-on-bad-file",
        action="store_true",
        help="end with an error where nuclear counts cannot be used; else the sample is not judged",
    )
    parser.add_argument("--pooled", required=True, help="output .tsv")
    parser.add_argument("--evidence", required=True, help="output .tsv")
    parser.add_argument("--contamination", required=True, help="output .tsv")
    return parser.parse_args()


def compare(
    arguments: argparse.Namespace, failed: Collection[str]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """``pooled.tsv`` and ``evidence.tsv``, without the samples that failed.

    The evidence has no rows where tumour, normal or immune samples are missing.
    """
    load, load_sample_errors = sample_files.loaders(arguments.samples_folder)
    genome = bundle.load(arguments.reference, arguments.resources)
    roles: dict[str, str] = dict(arguments.sample)
    counts = {name: load(name) for name in roles}
    usable = ~genome.artefact
    table = pooling.pooled_table(arguments.patient, arguments.design, roles, counts, usable)
    for name in sorted(table.loc[~table["pooled"].astype(bool), "sample"]):
        why = "cannot be used" if name in failed else "another haplotype than the patient's"
        print(f"{name}: {why}, left out", file=sys.stderr)
    roles = {name: role for name, role in roles.items() if name not in failed}
    if not {"tumor", "immune", "normal"} <= set(roles.values()):
        return table, EVIDENCE.frame()

    chosen = pooling.pooled_names(table)

    def path(name: str, ending: str) -> Path:
        return sample_files.sample_file(arguments.samples_folder, name, ending)

    tumors = [name for name, role in roles.items() if role == "tumor" and name in chosen]
    normals = [name for name, role in roles.items() if role == "normal" and name in chosen]
    pooled = Pooled([counts[name] for name in tumors], [counts[name] for name in normals])
    variants = informative.informative_variants(
        pooled,
        [CALLS.read(path(name, "calls.tsv")) for name in tumors],
        genome,
        command.settings(Informative, arguments),
        confidence=arguments.confidence,
        allogeneic=arguments.design == "allogeneic",
    )
    variants = informative.name_reference_alleles(variants, genome)
    immune = {
        name: evidence.ImmuneSample(
            allele_counts.load(path(name, "counts.npz"), sums=True), load_sample_errors(name)
        )
        for name, role in roles.items()
        if role == "immune"
    }
    if arguments.overdispersion == "auto":
        spread = evidence.patient_overdispersion(
            [sample.counts for sample in immune.values()], pooled.normal, variants, genome.artefact
        )
    else:
        spread = float(arguments.overdispersion)
    return table, evidence.evidence_frame(
        arguments.patient,
        variants,
        pooled,
        immune,
        reference=genome.reference,
        overdispersion=spread,
        confidence=arguments.confidence,
    )


def number(text: str, what: str) -> float:
    """A number, NaN where the cell is empty."""
    try:
        return float(text) if text.strip() else np.nan
    except ValueError:
        raise ValueError(f"{what}: found '{text}', expected a number") from None


def failed_samples(arguments: argparse.Namespace) -> set[str]:
    """The patient's samples whose reads cannot be used."""
    load, _ = sample_files.loaders(arguments.samples_folder)
    return {name for name, _ in arguments.sample if load(name).failed}


def tumor_cells(
    arguments: argparse.Namespace, failed: Collection[str] = frozenset()
) -> pd.DataFrame:
    """``contamination.tsv``, from nuclear counts and flow cytometry.

    Args:
        failed: samples whose reads cannot be used; their nuclear counts may be missing, too.
    """
    roles: dict[str, str] = dict(arguments.sample)
    nuclear: dict[str, pd.DataFrame] = {}
    refused: dict[str, str] = {}
    for name, path in arguments.nuclear_counts:
        try:
            nuclear[name] = read_nuclear_counts(path)
        except InputError as error:
            if arguments.stop_on_bad_file:
                raise
            refused[name] = "; ".join(map(str, error.problems))
            print(f"{name}: nuclear counts cannot be used: {refused[name]}", file=sys.stderr)
    copied = contamination_table.copied_tables(nuclear)
    nuclear = {name: table for name, table in nuclear.items() if name not in copied}
    copies = {n: number(x, f"mtdna_copies of {n}") for n, x in arguments.mtdna_copies}
    for name, path in arguments.mtdna_copies_file:
        estimated = table_files.read_sheet(path, ["mtdna_copies"])["mtdna_copies"]
        copies[name] = number(estimated.iloc[0], path) if len(estimated) else np.nan
    cells = {
        n: (number(x, f"tumor_cell_fraction of {n}"), number(h, f"tumor_cell_fraction_high of {n}"))
        for n, x, h in arguments.tumor_cells
    }

    def pooled(names: Sequence[str]) -> pd.DataFrame | None:
        frames = [nuclear[name] for name in names if name in nuclear]
        return pool_nuclear_counts(frames) if frames else None

    tumors = [name for name, role in roles.items() if role == "tumor"]
    tumor, normal = pooled(tumors), pooled([n for n, r in roles.items() if r == "normal"])
    rows = []
    for name in sorted(n for n, role in roles.items() if role == "immune"):
        found = contamination.UNMEASURED
        if name in nuclear:
            found = contamination.from_nuclear_counts(
                nuclear[name], tumor, normal, arguments.sequencing_error, arguments.confidence
            )
        elif name in copied:
            found = replace(found, flags=(NUCLEAR_COUNTS_COPIED,))
        if name in cells:
            found = contamination.reconcile(found, contamination.from_cell_fraction(*cells[name]))
        ratio = contamination_table.copy_ratio(
            [copies.get(tumor, np.nan) for tumor in tumors],
            copies.get(name, np.nan),
            tuple(arguments.copy_ratio),
        )
        purity = contamination_table.tumor_purity(tumor, nuclear.get(name), arguments.confidence)
        # The tumour's and the normal's own counts show which of the loci can be relied on.
        reasons = [
            why
            for other, why in refused.items()
            if other not in failed and (other == name or roles[other] != "immune")
        ]
        if reasons:
            found = replace(found, flags=(*found.flags, NUCLEAR_COUNTS_REFUSED))
        row = contamination_table.contamination_row(arguments.patient, name, found, ratio, purity)
        rows.append(row | {"refused": "; ".join(reasons)})
    return CONTAMINATION.frame(rows)


def main() -> None:
    arguments = parse_arguments()
    failed = failed_samples(arguments)
    CONTAMINATION.write(tumor_cells(arguments, failed), arguments.contamination)
    pooled, found = compare(arguments, failed)
    pooling.POOLED.write(pooled, arguments.pooled)
    EVIDENCE.write(found, arguments.evidence)


if __name__ == "__main__":
    command.run(main)
