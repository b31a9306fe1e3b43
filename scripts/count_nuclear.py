"""Count a sample's reads at somatic nuclear SNVs, and estimate its mtDNA copies per cell."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np

from mitotransfer import command
from mitotransfer.counts import failed_sample, mtdna_copies, nuclear_snvs
from mitotransfer.genome import bundle, reference
from mitotransfer.inputs import nuclear_tables
from mitotransfer.inputs.settings import Checks, Counting
from mitotransfer.problems import told

QUALITIES = ("min_base_quality", "min_mapping_quality")


def count(args: argparse.Namespace) -> tuple[str, str]:
    """The tables of nuclear counts and of mtDNA copies."""
    cram = Path(args.cram_reference) if args.cram_reference else None
    facts = bundle.load(args.bundle).reference.facts
    loci = nuclear_snvs.read_loci(Path(args.vcf), facts) if args.vcf else []
    rules = command.settings(Counting, args, *QUALITIES)
    counts = np.zeros((len(loci), 2), np.int64)
    for path in args.nuclear_bam:
        counts += nuclear_snvs.count_loci(Path(path), loci, facts, rules, cram_reference=cram)
    if loci:
        print(f"{args.sample}: {len(loci):,} nuclear SNVs counted", file=sys.stderr)
    found = None
    if args.copies:
        depths = (mtdna_copies.depths(Path(path), facts, cram) for path in args.bam)
        found = mtdna_copies.add_depths(depths)
        if found.copies is None:
            print(
                f"{args.sample}: mtDNA copies not estimated: autosomal depth "
                f"{found.autosomal:.2f} in {found.windows} windows with reads",
                file=sys.stderr,
            )
    return nuclear_snvs.nuclear_table(loci, counts), mtdna_copies.copies_table(args.sample, found)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sample", required=True, help="name of the sample")
    reference.add_bundle_option(parser)
    several = "BAM or CRAM; may be given more than once"
    parser.add_argument("--vcf", help="VCF of the tumour's somatic nuclear SNVs")
    parser.add_argument("--nuclear-bam", action="append", default=[], help=f"for --vcf: {several}")
    parser.add_argument("--copies", action="store_true", help="estimate mtDNA copies per cell")
    parser.add_argument("--bam", action="append", default=[], help=f"for --copies: {several}")
    parser.add_argument("--cram-reference", help="FASTA that the CRAM was written with")
    command.add_settings(parser, Counting, *QUALITIES)
    command.add_settings(parser, Checks)
    parser.add_argument("--nuclear-counts", required=True, help="table to write (.tsv)")
    parser.add_argument("--mtdna-copies", required=True, help="table to write (.tsv)")
    args = parser.parse_args()
    if bool(args.vcf) != bool(args.nuclear_bam) or args.copies != bool(args.bam):
        parser.error("--vcf needs --nuclear-bam, and --copies needs --bam")
    try:
        with told():
            counts, copies = count(args)
    except failed_sample.FILE_ERRORS as error:
        # Whatever a file brings about is the failure of that sample alone.
        if args.stop_on_bad_file or failed_sample.of_machine(error):
            raise
        reason = failed_sample.reason_of(error)
        print(f"{args.sample}: nuclear reads cannot be used: {reason}", file=sys.stderr)
        counts = nuclear_snvs.nuclear_table([], np.zeros((0, 2), np.int64))
        copies = mtdna_copies.copies_table(args.sample, None)
        if args.vcf:
            counts = nuclear_tables.FAILURE + reason + "\n" + counts
    Path(args.nuclear_counts).write_text(counts, encoding="utf-8")
    Path(args.mtdna_copies).write_text(copies, encoding="utf-8")


if __name__ == "__main__":
    command.run(main)
