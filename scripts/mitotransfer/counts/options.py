"""Options of the scripts that count, and what these scripts write."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from mitotransfer import command
from mitotransfer.arrays import Ints
from mitotransfer.counts import allele_counts, primers, quality
from mitotransfer.counts.allele_counts import Counted
from mitotransfer.counts.counter import Rules
from mitotransfer.genome.reference import Reference

_HELP = {
    "min_base_quality": "bases below this quality do not count",
    "min_mapping_quality": "reads below this mapping quality do not count",
    "read_end": "bases this close to the aligned end of a read do not count",
    "min_aligned_length": "reads with fewer aligned bases do not count",
    "max_clipped": "reads with more soft-clipped bases at one end do not count",
    "max_mismatches_per_100": "reads with more mismatches against own alleles do not count",
    "own_allele_vaf": "alleles at least this frequent are the sample's own",
}


def add_counting(parser: argparse.ArgumentParser) -> None:
    """Options that say what counts, and where counts go."""
    parser.add_argument("--counts", required=True, help="counts to write (.npz)")
    parser.add_argument("--qc", required=True, help="summary to write (.json)")
    parser.add_argument(
        "--primers", help="BED of amplicon primers on rCRS, whose bases do not count"
    )
    command.add_settings(parser, Rules, _HELP)


def rules(args: argparse.Namespace) -> Rules:
    return command.settings(Rules, args)


def primer_masks(args: argparse.Namespace, reference: Reference) -> Ints | None:
    return primers.masks(Path(args.primers), reference) if args.primers else None


def write(result: Counted, reference: Reference, args: argparse.Namespace) -> None:
    """Write counts and their summary."""
    summary = json.dumps(quality.summarise(result, reference), indent=2, sort_keys=True) + "\n"
    for path in (args.counts, args.qc):
        Path(path).parent.mkdir(parents=True, exist_ok=True)
    # Under another name first, so that no half-written file is taken for whole.
    allele_counts.save(result, f"{args.counts}.part")
    Path(f"{args.qc}.part").write_text(summary, encoding="utf-8")
    Path(f"{args.counts}.part").replace(args.counts)
    Path(f"{args.qc}.part").replace(args.qc)
