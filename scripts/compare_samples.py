"""Gather a patient's evidence: informative variants, and tumour cells in the preparation."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from mitotransfer import command
from mitotransfer.calls.frame import CALLS
from mitotransfer.cohort import sample_files
from mitotransfer.counts import allele_counts, copies_table, molecule_bases
from mitotransfer.counts.allele_counts import Counts
from mitotransfer.flag_words import join, split
from mitotransfer.flags import NUCLEAR_COUNTS_COPIED, NUCLEAR_COUNTS_REFUSED
from mitotransfer.genome import bundle, reference
from mitotransfer.inputs.columns import DESIGNS, ROLES
from mitotransfer.inputs.nuclear_tables import pool_nuclear_counts, read_nuclear_counts
from mitotransfer.inputs.settings import Checks, Contamination, Fraction, Informative
from mitotransfer.patient import (
    contamination_table,
    evidence,
    informative,
    local_copies,
    molecule_patterns,
    nuclear_loci,
    pooling,
)
from mitotransfer.patient.cell_ratios import Measured
from mitotransfer.patient.contamination_table import CONTAMINATION, TUMOR_CELLS, SampleFacts
from mitotransfer.patient.evidence_table import EVIDENCE
from mitotransfer.patient.molecule_patterns import PATTERNS
from mitotransfer.patient.nuclear_loci import NuclearReads
from mitotransfer.patient.pooling import Pooled
from mitotransfer.problems import InputError


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)

    def named(option: str, words: tuple[str, ...]) -> None:
        parser.add_argument(option, nargs=len(words), metavar=words, action="append", default=[])

    parser.add_argument("--patient", required=True)
    parser.add_argument("--design", choices=DESIGNS, default=DESIGNS[0])
    parser.add_argument("--samples-folder", required=True, help="folder with a folder per sample")
    named("--sample", ("NAME", "ROLE"))
    named("--nuclear-counts", ("NAME", "FILE"))
    named("--measured", ("NAME", "COLUMN", "VALUE"))
    named("--mtdna-copies-file", ("NAME", "FILE"))
    parser.add_argument(
        "--own-nuclear-reads",
        metavar="NAME",
        action="append",
        default=[],
        help="sample whose nuclear reads are of the library of its mtDNA reads",
    )
    parser.add_argument(
        "--whole-genome",
        metavar="NAME",
        action="append",
        default=[],
        help="sample whose nuclear loci lie over the whole genome",
    )
    reference.add_bundle_option(parser)
    for section in (Informative, Fraction, Contamination, Checks):
        command.add_settings(parser, section)
    parser.add_argument("--pooled", required=True, help="output .tsv")
    parser.add_argument("--evidence", required=True, help="output .tsv")
    parser.add_argument("--contamination", required=True, help="output .tsv")
    parser.add_argument("--tumor-cells", required=True, help="output .tsv")
    parser.add_argument("--molecules", required=True, help="output .tsv")
    return parser.parse_args()


def compare(
    arguments: argparse.Namespace, counts: Mapping[str, Counts]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """``pooled.tsv`` and ``evidence.tsv``, without the samples that failed.

    The evidence has no rows where tumour, normal or immune samples are missing.
    """
    _, load_sample_errors = sample_files.loaders(arguments.samples_folder)
    genome = bundle.load(arguments.bundle)
    roles: dict[str, str] = dict(arguments.sample)
    usable = ~genome.artefact
    table = pooling.pooled_table(arguments.patient, arguments.design, roles, counts, usable)
    for name in sorted(table.loc[~table["pooled"].astype(bool), "sample"]):
        why = "cannot be used" if counts[name].failed else "another haplotype than the patient's"
        why = "reads of RNA show no variants of their own" if counts[name].rna else why
        print(f"{name}: {why}, left out", file=sys.stderr)
    # Variants of RNA have to be in DNA: the tumour's and the normal's.
    roles = {
        name: role
        for name, role in roles.items()
        if not counts[name].failed and (role == "immune" or not counts[name].rna)
    }
    if not set(ROLES) <= set(roles.values()):
        return table, EVIDENCE.frame()

    chosen = pooling.pooled_names(table)

    def path(name: str, ending: str) -> Path:
        return sample_files.sample_file(arguments.samples_folder, name, ending)

    tumors = [name for name, role in roles.items() if role == "tumor" and name in chosen]
    normals = [name for name, role in roles.items() if role == "normal" and name in chosen]
    pooled = Pooled(
        [counts[name] for name in tumors],
        [counts[name] for name in normals],
        genome.reference.length,
    )
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
            [sample.counts for sample in immune.values() if not sample.counts.rna],
            pooled.normal,
            variants,
            genome.artefact,
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


def patterns(arguments: argparse.Namespace, found: pd.DataFrame) -> pd.DataFrame:
    """``molecules.tsv``: what the long reads of the samples show at the informative variants."""
    sites = molecule_patterns.sites_of(found)
    roles: dict[str, str] = dict(arguments.sample)
    folder = arguments.samples_folder
    kept = {
        name: molecules
        for name in (roles if len(sites.pos) > 1 else ())
        if (molecules := molecule_bases.load(sample_files.sample_file(folder, name, "counts.npz")))
    }
    genome = bundle.load(arguments.bundle).reference
    return molecule_patterns.pattern_rows(arguments.patient, roles, kept, sites, genome)


def number(text: str, what: str) -> float:
    """A number, NaN where the cell is empty."""
    try:
        return float(text) if text.strip() else np.nan
    except ValueError:
        raise ValueError(f"{what}: found '{text}', expected a number") from None


def sample_facts(
    arguments: argparse.Namespace, counts: Mapping[str, Counts]
) -> dict[str, SampleFacts]:
    """What the sheet states of each sample, and the copies estimated from its depths."""
    stated: dict[str, dict[str, float]] = {name: {} for name, _ in arguments.sample}
    for name, column, text in arguments.measured:
        stated[name][column] = number(text, f"{column} of {name}")
    estimated = {}
    for name, path in arguments.mtdna_copies_file:
        copies = Measured(*copies_table.estimated(path))
        of_tumor = dict(arguments.sample).get(name) == "tumor"
        estimated[name] = local_copies.of_whole(copies, counts[name]) if of_tumor else copies
    facts = {}
    for name, found in stated.items():

        def measured(column: str, found: dict[str, float] = found) -> Measured:
            ends = (found.get(f"{column}{end}", np.nan) for end in ("", "_low", "_high"))
            return Measured(*ends)

        copies = measured("mtdna_copies")
        from_depths = name in estimated and not copies.known
        facts[name] = SampleFacts(
            copies=estimated[name] if from_depths else copies,
            from_depths=from_depths,
            purity=measured("purity"),
            ploidy=found.get("ploidy", np.nan),
            input_cells=found.get("input_cells", np.nan),
            counted=measured("tumor_cell_fraction"),
            cells_counted=found.get("cells_counted", np.nan),
            own_nuclear_reads=name in arguments.own_nuclear_reads,
            whole_genome=name in arguments.whole_genome,
        )
    return facts


def tumor_cells(
    arguments: argparse.Namespace, counts: Mapping[str, Counts]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """``contamination.tsv`` and ``tumor_cells.tsv``, from nuclear counts and flow cytometry."""
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
    normals = [nuclear[n] for n, role in roles.items() if role == "normal" and n in nuclear]
    normal = pool_nuclear_counts(normals) if normals else None
    facts = sample_facts(arguments, counts)
    settings = command.settings(Contamination, arguments)
    rows, curves = [], [TUMOR_CELLS.frame()]
    tumors = [n for n, role in roles.items() if role == "tumor"]
    for name in sorted(n for n, role in roles.items() if role == "immune"):
        # Without a tumour sample the row says so of an unnamed one.
        for tumor in tumors or [""]:
            reads = NuclearReads(flags=(NUCLEAR_COUNTS_COPIED,) if name in copied else ())
            if name in nuclear:
                reads = nuclear_loci.nuclear_reads(
                    nuclear[name],
                    nuclear.get(tumor),
                    normal,
                    settings.sequencing_error,
                    arguments.confidence,
                )
            row, curve = contamination_table.measure(
                reads,
                facts[name],
                facts.get(tumor, SampleFacts()),
                settings,
                arguments.confidence,
            )
            # The tumour's and the normal's own counts show which of the loci can be relied on. A
            # sample whose reads cannot be used may lack its nuclear counts, too.
            reasons = [
                why
                for other, why in refused.items()
                if not counts[other].failed and (other == name or roles[other] != "immune")
            ]
            if reasons:
                row["flags"] = join((*split(row["flags"]), NUCLEAR_COUNTS_REFUSED))
            row["refused"] = "; ".join(reasons)
            rows.append({"patient": arguments.patient, "sample": name, "tumor": tumor} | row)
            curves.append(
                contamination_table.likelihood_rows(arguments.patient, name, tumor, curve)
            )
    made = pd.concat([table for table in curves if len(table)] or curves[:1], ignore_index=True)
    return CONTAMINATION.frame(rows), made


def main() -> None:
    arguments = parse_arguments()
    load, _ = sample_files.loaders(arguments.samples_folder)
    counts = {name: load(name) for name, _ in arguments.sample}
    contamination, cells = tumor_cells(arguments, counts)
    CONTAMINATION.write(contamination, arguments.contamination)
    TUMOR_CELLS.write(cells, arguments.tumor_cells)
    pooled, found = compare(arguments, counts)
    pooling.POOLED.write(pooled, arguments.pooled)
    EVIDENCE.write(found, arguments.evidence)
    PATTERNS.write(patterns(arguments, found), arguments.molecules)


if __name__ == "__main__":
    command.run(main)
