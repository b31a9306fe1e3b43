"""Reads to counts in one process, where nobody needs the BAM file."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

from mitotransfer.arrays import Ints
from mitotransfer.counts.allele_counts import Counted
from mitotransfer.counts.counter import Counter, Rules, skips_duplicates, to_counts
from mitotransfer.genome.reference import Reference
from mitotransfer.reads import bam_records
from mitotransfer.reads.align import Settings, batches_of_records
from mitotransfer.reads.bam_header import Totals
from mitotransfer.reads.lanes import Lane


def count_sample(
    lanes: Sequence[Lane],
    alignments: Sequence[Path],
    prefix: str | Path,
    reference: Reference,
    sample: str,
    rules: Rules,
    settings: Settings | None = None,
    cram_reference: Path | None = None,
    primers: Ints | None = None,
) -> Counted:
    """Align a sample and count it as the reads come, without a BAM file.

    The counts are those of ``counts.counter.count_alleles`` on the file of
    ``reads.align.align_sample``, to
    the last one: alignment and kernels are the same, each batch is put in order by itself, and
    what the kernels add up does not depend on the order of fragments. Args and errors are as
    there.
    """
    settings = settings or Settings()
    totals = Totals()
    # Whether marked duplicates are left out is known at the end only.
    counters = [Counter(reference, rules, primers, skip_duplicates=True)]
    if settings.mark_duplicates:
        counters.append(Counter(reference, rules, primers, skip_duplicates=False))
    with tempfile.TemporaryDirectory() as folder:
        for records, offsets, count in batches_of_records(
            lanes, alignments, prefix, reference, sample, settings, Path(folder), cram_reference,
            totals,
        ):  # fmt: skip
            if count:
                ordered = bam_records.by_position(records, offsets, count)
                for counter in counters:
                    counter.feed(records, ordered, count)
                    counter.release()
    counter = counters[0 if skips_duplicates(totals) else -1]
    return to_counts(counter, reference, sample, rules, totals, primers is not None)
