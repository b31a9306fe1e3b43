"""Call the variants of one sample from its allele counts.

In: counts (``.npz``), the bundle of the genome; optionally site sums of
unrelated samples. Out: error rates (JSON), calls (TSV), calls (``.vcf.gz`` and ``.tbi``), why every
base at every position was or was not called (``.tsv.gz``), junctions with their shares (TSV), and
the haplotype for tools that name haplogroups (``.hsd``).
"""

from __future__ import annotations

import argparse
import dataclasses
import sys
from pathlib import Path

from mitotransfer import command
from mitotransfer.calls import (
    audit,
    call,
    frame,
    hsd,
    joint_codons,
    phasing,
    published_sites,
    vcf,
)
from mitotransfer.counts import allele_counts, junction_table, minor_alleles
from mitotransfer.errors import background, sample_errors, site_sums
from mitotransfer.genome import bundle, consequences, reference
from mitotransfer.inputs.settings import Calling, Fraction


def parse(arguments: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--sample", required=True, help="name of the sample in the VCF")
    add("--counts", required=True, help="allele counts of the sample (.npz)")
    reference.add_bundle_option(parser)
    add("--panel", help="site sums of unrelated samples (.npz); default: the sample's own data")
    add("--errors", required=True, help="error rates to write (.json)")
    add("--calls", required=True, help="calls to write (.tsv)")
    add("--vcf", required=True, help="calls to write (.vcf.gz)")
    add("--tested", required=True, help="why each allele was or was not called (.tsv.gz)")
    add("--junctions", help="junctions to write (.tsv)")
    add("--haplotype", help="the sample's haplotype to write (.hsd)")
    command.add_settings(parser, Calling)
    command.add_settings(parser, Fraction, "confidence")
    return parser.parse_args(arguments)


def run(options: argparse.Namespace) -> None:
    genome = bundle.load(options.bundle)
    sample = allele_counts.load(options.counts, sums=True)
    sites = site_sums.load_sites(options.panel) if options.panel else None
    settings = command.settings(call.CallSettings, options)
    errors = sample_errors.estimate_errors(sample)
    own_bases = minor_alleles.own_bases(sample)
    predicted = background.background(errors, genome.reference, sites, own=own_bases)
    if options.panel:
        carriers = site_sums.load_carriers(options.panel)
        if carriers is None:
            print(
                f"warning: {options.panel}: fewer than {site_sums.MIN_PANEL} immune samples and "
                "normals: what recurs in them is not known, and may be called",
                file=sys.stderr,
            )
        predicted = dataclasses.replace(predicted, carriers=carriers)
    alleles = call.tested_alleles(sample, predicted, genome, settings)
    found = consequences.annotate(call.call(alleles, genome, settings), genome, alleles.changes)
    phases = phasing.phases(found, sample, genome, settings.confidence)
    found = joint_codons.join(found.assign(phase_set=phases.sets), genome, phases)
    found = published_sites.add(found, genome)
    why = audit.table(alleles, sample, predicted, genome, settings)
    sample_errors.save_errors(errors, options.errors)
    audit.TESTED.write(why, options.tested)
    frame.CALLS.write(found, options.calls)
    vcf.write_vcf(found, options.vcf, options.sample, genome.reference)
    if options.junctions:
        deletions = junction_table.table(sample, genome, settings.confidence)
        junction_table.JUNCTIONS.write(deletions, options.junctions)
    if options.haplotype:
        own = hsd.of_sample(sample, found, alleles.changes, genome, settings.min_depth)
        Path(options.haplotype).write_text(hsd.hsd({options.sample: own}), encoding="utf-8")


def main() -> None:
    run(parse())


if __name__ == "__main__":
    command.run(main)
