"""From a sample's reads to counts and, if wanted, a sorted BAM file, in one process."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import pysam

from mitotransfer.arrays import Ints
from mitotransfer.counts.allele_counts import Counted
from mitotransfer.counts.counter import Counter, skips_duplicates
from mitotransfer.counts.molecule_counter import MoleculeCounter
from mitotransfer.counts.other_species import reason_of_species
from mitotransfer.counts.two_species import fragments_by_species, rules_of_pair
from mitotransfer.genome.reference import Reference
from mitotransfer.inputs.settings import Counting
from mitotransfer.problems import BadFile
from mitotransfer.reads import sorted_bam
from mitotransfer.reads.align import HostReads, Settings, aligned_batches
from mitotransfer.reads.bam_header import Totals, sample_header
from mitotransfer.reads.bam_records import Records
from mitotransfer.reads.lanes import SampleReads

# Records counted at once. All of them may wait for their mates, in room that fits the cache.
_CHUNK = 4096


def count_sample(
    sample: SampleReads,
    prefix: str | Path,
    reference: Reference,
    rules: Counting,
    settings: Settings,
    *,
    primers: Ints | None = None,
    bam: Path | None = None,
) -> tuple[Counted, Totals]:
    """Align a sample and count each batch of records as it comes.

    The counts do not depend on the batches: the sums do not depend on the order of fragments, and
    the mates of a fragment are in one batch. All outputs are the same with any number of threads.
    With ``settings.pair`` each species is counted on its own circle, and the result is as
    ``counts.two_species`` says; the BAM file holds the fragments of ``reference``, the tumour's.

    Args:
        prefix: of the aligner's index of the circle.
        primers: as for ``counts.counter.Counter``.
        bam: sorted BAM file to write, with its ``.bai``.

    Raises:
        BadFile: for input that cannot be used; the message names the file and the cure.
    """
    totals, pair = Totals(), settings.pair
    kind = MoleculeCounter if settings.long_reads else Counter
    # Only at the end is it known whether marked duplicates are left out.
    skips = [True, False] if settings.mark_duplicates else [True]
    one = rules if pair is None else rules_of_pair(rules)
    counters = [kind(reference, one, primers, skip_duplicates=skip) for skip in skips]
    others = [Counter(pair.host.reference, one, skip_duplicates=skip) for skip in skips if pair]
    host = HostReads(partial(_feed, others)) if pair else None
    # On the disk of the BAM file, so that it can be moved to its place when it is complete.
    place = None if bam is None else bam.parent
    with tempfile.TemporaryDirectory(prefix=f".{sample.name}.", dir=place) as name:
        folder = Path(name)
        batches = aligned_batches(
            sample, prefix, reference, settings, folder=folder, totals=totals, host=host
        )
        if bam is not None:
            header = partial(
                sample_header, reference, sample.name, totals, pysam.__samtools_version__,
                settings.aligner(),
            )  # fmt: skip
            batches = sorted_bam.keep(batches, bam, folder, header, settings.threads)
        for records in batches:
            _feed(counters, records)
    chosen = 0 if skips_duplicates(totals) else -1
    result = counters[chosen].counts(sample.name, totals)
    if pair and host:
        result = fragments_by_species(
            result, others[chosen].counts(sample.name, totals), pair, host.ambiguous, rules
        )
    elif reason := reason_of_species(result, reference):
        raise BadFile(reason)
    return result, totals


def _feed(counters: Sequence[Counter | MoleculeCounter], records: Records) -> None:
    """Count a batch of records, those of a fragment next to each other."""
    for counter in counters:
        if isinstance(counter, MoleculeCounter):
            counter.feed(records)
            continue
        for chunk in records.by_position().chunks(_CHUNK):
            counter.feed(chunk)
        counter.release()
