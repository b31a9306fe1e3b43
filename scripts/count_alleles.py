"""Align a sample's reads to the circular mitogenome and count its alleles."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from mitotransfer import command
from mitotransfer.counts import failed_sample, filters, primers, quality, rna
from mitotransfer.counts.allele_counts import Counted
from mitotransfer.counts.count_sample import count_sample
from mitotransfer.genome import bundle, reference
from mitotransfer.genome.species_pair import SpeciesPair
from mitotransfer.inputs import checksums
from mitotransfer.inputs.settings import Checks, Counting, Reads
from mitotransfer.problems import BadFile, told, warn
from mitotransfer.reads import aligner_index
from mitotransfer.reads.align import Settings
from mitotransfer.reads.bam_header import Totals
from mitotransfer.reads.lanes import Lane, SampleReads


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sample", required=True, help="name of the sample and read group")
    parser.add_argument(
        "--index",
        required=True,
        type=lambda path: path.removesuffix(".0123"),
        help="index of index_reference.py: its prefix, or the first of its files",
    )
    reference.add_bundle_option(parser)
    parser.add_argument(
        "--host-bundle", help="bundle of a second species, whose fragments are told apart"
    )
    command.add_settings(parser, Reads, "extension", "batch_size")
    parser.add_argument("--threads", type=int, default=1, help="threads (1)")
    parser.add_argument(
        "--platform", default="", help="pacbio or nanopore: align long, erroneous reads"
    )
    parser.add_argument("--mark-duplicates", action="store_true", help="flag duplicate pairs")
    parser.add_argument(
        "--rna", action="store_true", help="reads of RNA: summarised, but not counted"
    )
    parser.add_argument(
        "--fastq",
        nargs="+",
        action="append",
        default=[],
        metavar="FASTQ",
        help="R1 and, for pairs, R2, plain or gzipped; once for each lane",
    )
    parser.add_argument(
        "--bam", action="append", default=[], help="BAM or CRAM; may be given more than once"
    )
    parser.add_argument(
        "--interleaved",
        choices=("true", "false"),
        default="",
        help="whether single FASTQ files hold both mates (recognised by the names of the reads)",
    )
    parser.add_argument(
        "--umi",
        choices=("RX", "name"),
        default="",
        help="where the UMI of a read is: in the tag RX, or at the end of its name",
    )
    parser.add_argument("--cram-reference", help="FASTA that the CRAM was written with")
    parser.add_argument(
        "--primers", help="BED of amplicon primers on rCRS, whose bases do not count"
    )
    command.add_settings(parser, Counting)
    command.add_settings(parser, Checks)
    parser.add_argument("--counts", required=True, help="counts to write (.npz)")
    parser.add_argument("--qc", required=True, help="summary to write (.json)")
    parser.add_argument("--output-bam", help="sorted BAM to write; its .bai goes beside it")
    parser.add_argument("--checksums", help="TSV to write: checksums of the reads and the BAM")
    args = parser.parse_args()
    if not args.fastq and not args.bam:
        parser.error("give --fastq or --bam")
    if any(len(files) > 2 for files in args.fastq):
        parser.error("--fastq takes one or two files; give it once for each lane")
    if args.threads < 1 or args.batch_size < 1:
        parser.error("--threads and --batch-size are at least 1")
    return args


def lane(files: list[str], interleaved: str) -> Lane:
    """The FASTQ files of a lane; ``interleaved`` is as in the sheet of samples."""
    second = Path(files[1]) if len(files) > 1 else None
    holds_both = {"true": True, "false": False}.get(interleaved) if second is None else None
    return Lane(Path(files[0]), second, holds_both)


def count(
    sample: SampleReads, args: argparse.Namespace, genome: bundle.Genome, settings: Settings
) -> tuple[Counted, Totals]:
    """Counts of a sample, without fragments where its files cannot be used."""
    circle, rules = genome.reference, command.settings(Counting, args)
    masks = primers.masks(Path(args.primers), circle) if args.primers else None
    bam = Path(args.output_bam) if args.output_bam else None
    with told() as warnings:
        try:
            result, totals = count_sample(
                sample, args.index, circle, rules, settings, primers=masks, bam=bam
            )
            reason = failed_sample.reason_without_reads(result) or rna.reason_of_rna(result, genome)
            if doubt := filters.mate_doubt(result.meta):
                warn(f"{sample.name}: {doubt}")
            if reason and args.stop_on_bad_file and not args.rna:
                raise BadFile(f"{sample.name}: {reason}")
            if reason or args.rna:
                reason = f"assay is rna, {rna.NOT_JUDGED}" if args.rna else reason
                result = failed_sample.emptied(result, reason, circle, rules)
        except failed_sample.FILE_ERRORS as error:
            # Whatever a file brings about is the failure of that sample alone.
            if args.stop_on_bad_file or failed_sample.of_machine(error):
                raise
            reason, totals = failed_sample.reason_of(error), Totals()
            result = failed_sample.without_fragments(sample.name, reason, circle, rules)
            if bam:
                failed_sample.write_empty_bam(bam, sample.name, circle)
    if reason:
        print(f"{sample.name}: cannot be used: {reason}", file=sys.stderr)
    about = {"platform": args.platform} if args.platform else {}
    return failed_sample.with_facts(result, warnings=warnings, **about), totals


def main() -> None:
    args = parse()
    inputs = [*(file for files in args.fastq for file in files), *args.bam]
    for path in inputs:
        if not Path(path).is_file():
            raise ValueError(f"{path}: no such file")
    for suffix in aligner_index.SUFFIXES:
        if not Path(f"{args.index}{suffix}").is_file():
            raise ValueError(f"{args.index}{suffix}: not found; run index_reference.py first")
    sample = SampleReads(
        args.sample,
        [lane(files, args.interleaved) for files in args.fastq],
        [Path(path) for path in args.bam],
        Path(args.cram_reference) if args.cram_reference else None,
        args.umi,
    )
    genome = bundle.load(args.bundle)
    settings = Settings(
        args.extension, args.batch_size, args.platform, args.mark_duplicates, args.threads,
        SpeciesPair(genome, bundle.load(args.host_bundle)) if args.host_bundle else None,
    )  # fmt: skip
    for path in filter(None, (args.counts, args.qc, args.output_bam)):
        Path(path).parent.mkdir(parents=True, exist_ok=True)
    result, totals = count(sample, args, genome, settings)
    quality.save(result, genome.reference, args.counts, args.qc)
    if args.checksums:
        rows = [checksums.record("input", path, whole=False) for path in inputs]
        rows += [checksums.record("output", args.output_bam)] if args.output_bam else []
        checksums.write(rows, args.checksums)
    print(
        f"{args.sample}: {totals.reads:,} reads, {totals.unaligned:,} left out as unaligned, "
        f"{totals.nuclear:,} as nuclear, {totals.failed:,} as failed by the sequencer, "
        f"{totals.copies:,} as copies of a molecule; {totals.duplicates:,} duplicate pairs, "
        f"{totals.chance:,} expected by chance",
        file=sys.stderr,
    )


if __name__ == "__main__":
    command.run(main)
