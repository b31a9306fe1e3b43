"""A sample whose reads cannot be used: counts without fragments, and the reason.

The reason stands under ``failed`` in the counts and in ``qc.json``. Every later step works on the
empty counts as on any others, and the cohort ends the sample as ``failed_qc``.
"""

from __future__ import annotations

import errno
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pysam

from mitotransfer.counts.allele_counts import FAILED, Counted
from mitotransfer.counts.counter import Counter
from mitotransfer.counts.filters import FILTERED
from mitotransfer.genome.reference import Reference
from mitotransfer.inputs.settings import Counting
from mitotransfer.problems import BadFile, InputError
from mitotransfer.reads import sorted_bam
from mitotransfer.reads.bam_header import Totals, sample_header
from mitotransfer.wording import plural

#: Errors that files bring about; any other is a fault of the program, and ends the job.
FILE_ERRORS = (BadFile, InputError, UnicodeDecodeError, OSError)
#: Errors of the machine: the same file may be readable where they are put right.
_OF_MACHINE = {
    errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EIO, errno.ENOMEM, errno.EMFILE,
    errno.ENFILE, errno.ESTALE,
}  # fmt: skip


def of_machine(error: Exception) -> bool:
    """Whether an error comes from the machine, not from a sample's files."""
    return isinstance(error, OSError) and error.errno in _OF_MACHINE


def reason_of(error: Exception) -> str:
    """What is wrong with a sample's files, in one line."""
    if isinstance(error, InputError):
        return "; ".join(map(str, error.problems))
    return " ".join(str(error).split()) or f"{error!r}"


def reason_without_reads(result: Counted) -> str:
    """Why no read of a sample counts; empty where some do."""
    meta = result.meta
    if meta["used_reads"]:
        return ""
    if not meta["reads"]:
        return "no mitochondrial reads in its files"
    reads = plural(meta["reads"], "read")
    if meta["failed_reads"] == meta["reads"]:
        return f"all {reads} failed the filter of the sequencer"
    if not meta["aligned"]:
        return f"no mitochondrial reads: none of {reads} aligns to the mitogenome"
    most = max(FILTERED, key=lambda name: meta[name])
    return f"none of {reads} counts; most of those that align {FILTERED[most]}"


def with_facts(result: Counted, **facts: Any) -> Counted:
    """Counts with further facts about the sample."""
    return replace(result, meta=result.meta | facts)


def without_fragments(sample: str, reason: str, reference: Reference, rules: Counting) -> Counted:
    """Valid counts of a sample without fragments, with the reason why it has none."""
    empty = Counter(reference, rules).counts(sample, Totals())
    return with_facts(empty, **{FAILED: reason})


def emptied(result: Counted, reason: str, reference: Reference, rules: Counting) -> Counted:
    """Counts without the fragments, which must not be judged; the facts about the reads stay."""
    empty = without_fragments(result.meta["sample"], reason, reference, rules)
    return replace(empty, meta=result.meta | {FAILED: reason})


def write_empty_bam(path: Path, sample: str, reference: Reference) -> None:
    """A BAM file without reads, and its index."""
    header = sample_header(reference, sample, Totals(), pysam.__samtools_version__)
    with TemporaryDirectory(prefix=f".{sample}.", dir=path.parent) as folder:
        list(sorted_bam.keep(iter(()), path, Path(folder), lambda: header, 1))
