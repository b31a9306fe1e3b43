"""Write the molecules of an immune sample of long reads, and where each comes from.

In:  counts of the sample, evidence and patterns of its patient
Out: {sample}.molecules.tsv.gz, without rows where tumour or sample span fewer than two variants
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from mitotransfer import command
from mitotransfer.counts import molecule_bases
from mitotransfer.fraction.molecule_haplotypes import model_of
from mitotransfer.fraction.template_switching import breaks_between
from mitotransfer.genome import bundle, reference
from mitotransfer.genome.circle import Circle
from mitotransfer.patient import molecule_patterns, molecule_table
from mitotransfer.patient.evidence_table import EVIDENCE
from mitotransfer.patient.molecule_patterns import PATTERNS
from mitotransfer.patient.molecule_table import MOLECULES


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add = parser.add_argument
    add("--patient", required=True)
    add("--sample", required=True)
    add("--counts", required=True, type=Path, help="of the sample (.npz)")
    add("--evidence", required=True, type=Path, help="of the patient")
    add("--patterns", required=True, type=Path, help="of the patient")
    reference.add_bundle_option(parser)
    add("--molecules", required=True, type=Path, help="output .tsv.gz")
    options = parser.parse_args()
    genome = bundle.load(options.bundle).reference
    evidence = EVIDENCE.read(options.evidence)
    table = PATTERNS.read(options.patterns)
    kept = molecule_bases.load(options.counts)
    sites = molecule_patterns.sites_of(evidence)
    tumor = table[table["role"] == "tumor"]
    own = table[table["sample"] == options.sample]
    if kept is None or tumor.empty or own.empty:
        MOLECULES.write(MOLECULES.frame(), options.molecules)
        return
    at, deletion = np.arange(len(sites.pos)), None
    if sites.deletion >= 0:
        inside = sites.inside(genome.length)
        deletion = molecule_patterns.deletion_of(own, sites.names, inside, at == sites.deletion)
    error = molecule_patterns.error_rates(evidence[evidence["sample"] == options.sample], sites)
    of_tumor, of_sample = (
        molecule_patterns.patterns_of(rows, sites.names) for rows in (tumor, own)
    )
    breaks = breaks_between(sites.pos, genome.length)
    rows = molecule_table.molecule_rows(
        options.patient,
        options.sample,
        kept,
        molecule_patterns.alleles_at(kept, sites, genome),
        sites,
        model=model_of(of_tumor, of_sample, error, breaks, deletion),
        circle=Circle.of(genome),
    )
    MOLECULES.write(rows, options.molecules)


if __name__ == "__main__":
    command.run(main)
