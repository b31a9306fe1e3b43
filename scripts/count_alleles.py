"""Count alleles per position and strand in a sample's BAM file, and sum up its quality."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import fields
from pathlib import Path

from mitotransfer import counts, qc, reference
from mitotransfer.counting import Rules, count_alleles

_HELP = {
    "min_base_quality": "bases below this quality do not count",
    "min_mapping_quality": "reads below this mapping quality do not count",
    "read_end": "bases this close to the aligned end of a read do not count",
    "min_aligned_length": "reads with fewer aligned bases do not count",
    "max_mismatches_per_100": "reads with more mismatches against own alleles do not count",
    "own_allele_vaf": "alleles at least this frequent are the sample's own",
}


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sample", required=True, help="name of the sample")
    parser.add_argument("--bam", required=True, help="BAM that align_reads.py wrote")
    parser.add_argument("--reference", required=True, help="FASTA with the mitogenome")
    parser.add_argument("--counts", required=True, help="counts to write (.npz)")
    parser.add_argument("--qc", required=True, help="summary to write (.json)")
    for field in fields(Rules):
        parser.add_argument(
            f"--{field.name.replace('_', '-')}",
            type=type(field.default),
            default=field.default,
            help=f"{_HELP[field.name]} (%(default)s)",
        )
    args = parser.parse_args(argv)
    try:
        rules = Rules(**{field.name: getattr(args, field.name) for field in fields(Rules)})
        circle = reference.load(args.reference)
        if not Path(args.bam).is_file():
            raise ValueError(f"{args.bam}: no such file; make it with align_reads.py")
        result = count_alleles(args.bam, circle, args.sample, rules)
        summary = json.dumps(qc.summarise(result, circle), indent=2, sort_keys=True) + "\n"
        for path in (args.counts, args.qc):
            Path(path).parent.mkdir(parents=True, exist_ok=True)
        # Under another name first, so that no half-written file is taken for whole.
        counts.save(result, f"{args.counts}.part")
        Path(f"{args.qc}.part").write_text(summary, encoding="utf-8")
        Path(f"{args.counts}.part").replace(args.counts)
        Path(f"{args.qc}.part").replace(args.qc)
    except (OSError, ValueError) as error:
        print(f"count_alleles: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
