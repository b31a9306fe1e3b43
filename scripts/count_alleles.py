"""Count alleles per position and strand in a sample's BAM file, and sum up its quality."""

from __future__ import annotations

import argparse
import gc
from pathlib import Path

from mitotransfer import command
from mitotransfer.counts import options
from mitotransfer.counts.counter import count_alleles
from mitotransfer.genome import reference


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sample", required=True, help="name of the sample")
    parser.add_argument("--bam", required=True, help="BAM that align_reads.py wrote")
    parser.add_argument("--reference", required=True, help="FASTA with the mitogenome")
    options.add_counting(parser)
    args = parser.parse_args()
    circle = reference.load(args.reference)
    if not Path(args.bam).is_file():
        raise ValueError(f"{args.bam}: no such file; make it with align_reads.py")
    masks = options.primer_masks(args, circle)
    result = count_alleles(args.bam, circle, args.sample, options.rules(args), masks)
    options.write(result, circle, args)


if __name__ == "__main__":
    # To load compiled code makes a hundred thousand objects, of which none is garbage.
    gc.disable()
    command.run(main)
    gc.freeze()
