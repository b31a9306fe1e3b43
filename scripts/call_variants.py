"""Call the variants of one sample from its allele counts.

In: counts (``.npz``), the rCRS FASTA, the tables under ``resources/``; optionally site sums of
unrelated samples. Out: error rates (JSON), calls (TSV), calls (``.vcf.gz`` and ``.tbi``), a row for
every base at every position that says why it was or was not called (``.tsv.gz``), and the haplotype
for tools that name haplogroups (``.hsd``).
"""

from __future__ import annotations

import argparse
import dataclasses
import sys
from pathlib import Path

from mitotransfer import (
    annotation,
    callflags,
    calls,
    codons,
    command,
    counts,
    errormodel,
    haplotype,
    numts,
    phasing,
    reference,
    tested,
    tracts,
    vcf,
)


def parse(arguments: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--sample", required=True, help="name of the sample in the VCF")
    add("--counts", required=True, help="allele counts of the sample (.npz)")
    add("--reference", required=True, help="FASTA of the mitogenome in rCRS coordinates")
    add("--resources", default=reference.RESOURCES, help="folder with the bundled tables")
    add("--panel", help="site sums of unrelated samples (.npz); left out: own data alone")
    add("--errors", required=True, help="error rates to write (.json)")
    add("--calls", required=True, help="calls to write (.tsv)")
    add("--vcf", required=True, help="calls to write (.vcf.gz)")
    add("--tested", required=True, help="why each allele was or was not called (.tsv.gz)")
    add("--haplotype", help="the sample's haplotype to write (.hsd)")
    command.add_settings(parser, calls.CallSettings)
    return parser.parse_args(arguments)


def run(options: argparse.Namespace) -> None:
    genome = reference.load(options.reference)
    sample = counts.load(options.counts, sums=True)
    sites = errormodel.load_sites(options.panel) if options.panel else None
    settings = command.settings(calls.CallSettings, options)
    errors = errormodel.estimate_errors(sample)
    predicted = errormodel.background(errors, genome, sites, own=errormodel.own_bases(sample))
    if options.panel:
        carriers = errormodel.load_carriers(options.panel)
        if carriers is None:
            print(
                f"warning: {options.panel}: fewer than {errormodel.MIN_PANEL} immune samples and "
                "normals: what recurs in them is not known, and may be called",
                file=sys.stderr,
            )
        predicted = dataclasses.replace(predicted, carriers=carriers)
    artefacts = tracts.load_artefacts(Path(options.resources) / "artefacts.tsv")
    copies = numts.load(Path(options.resources) / "numts.tsv")
    alleles = calls.tested_alleles(sample, predicted, genome, artefacts, settings, copies)
    found = calls.call(alleles, genome, artefacts, settings)
    tables = annotation.load(options.resources, genome)
    found = annotation.annotate(found, tables)
    phases = phasing.phases(found, sample, genome, settings.confidence)
    found = codons.join(found.assign(phase_set=phases.sets), tables, phases)
    found = callflags.add(found, callflags.load(options.resources, copies))
    why = tested.table(alleles, sample, predicted, genome, artefacts, settings)
    errormodel.save_errors(errors, options.errors)
    tested.write(why, options.tested)
    calls.write_calls(found, options.calls)
    vcf.write_vcf(found, options.vcf, options.sample, genome)
    if options.haplotype:
        _, no_snv = tracts.tract_masks(artefacts, genome.length)
        own = haplotype.of_sample(sample, found, genome, ~no_snv, settings.min_depth)
        Path(options.haplotype).write_text(haplotype.hsd({options.sample: own}), encoding="utf-8")


def main() -> None:
    run(parse())


if __name__ == "__main__":
    command.run(main)
