"""Checks of rows that need several cells or rows: reads, lanes, names, measurements."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence

from mitotransfer.inputs.columns import READ_COLUMNS
from mitotransfer.problems import Problem

Rows = Sequence[tuple[int, Mapping[str, str]]]
#: Columns that tell who a sample is: every lane has to give them.
WHO = ("sample", "patient", "role")
#: Columns with a number and its bounds: they have to be in order.
BOUNDED_COLUMNS = ("mtdna_copies", "purity", "tumor_cell_fraction")
#: A share of tumour cells or free mtDNA from here on in an immune sample may be a per cent.
LARGE_SHARE = 0.5


def check_reads(path: str, line: int, row: Mapping[str, str]) -> list[Problem]:
    """Problems of a row's reads: FASTQ or BAM, mates in their columns."""
    first, second, bam = (row.get(column, "") for column in READ_COLUMNS)
    problems = []
    if bam and (first or second):
        problems.append(
            Problem(path, "found FASTQ and BAM in one row, expected one of them", line, "bam")
        )
    elif second and not first:
        problems.append(
            Problem(
                path, "is empty although fastq_2 is given; single reads go here", line, "fastq_1"
            )
        )
    elif not (first or bam or row.get("cell_counts")):
        problems.append(Problem(path, "no reads: give fastq_1 (and fastq_2) or bam", line))
    if row.get("interleaved") == "true" and (second or bam):
        message = "found 'true', but mates are interleaved in fastq_1 alone"
        problems.append(Problem(path, message, line, "interleaved"))
    if row.get("umi") == "RX" and first:
        message = "found 'RX', a tag of BAM files; of FASTQ files give 'name'"
        problems.append(Problem(path, message, line, "umi"))
    if row.get("assay") == "rna":
        message = "found 'rna': its reads are summarised, but RNA is not judged; give DNA"
        problems.append(Problem(path, message, line, "assay", warning=True))
    return problems


def check_names(path: str, rows: Rows) -> list[Problem]:
    """Problems of names that differ by case alone, which some file systems take for one name.

    For batches this is a warning: between two batches no index cross-talk is assumed. So it is
    for patients whose names differ by punctuation or leading zeros alone.
    """
    problems = []
    for column in ("sample", "patient", "batch"):
        seen: dict[str, tuple[str, int]] = {}
        for line, row in rows:
            name = row.get(column, "")
            other, first = seen.setdefault(name.lower(), (name, line))
            if name != other:
                message = f"found '{name}', which differs from '{other}' in line {first} by case"
                problems.append(
                    Problem(path, f"{message} alone", line, column, warning=column == "batch")
                )
    alike: dict[str, tuple[str, int]] = {}
    for line, row in rows:
        name = row.get("patient", "")
        other, first = alike.setdefault(plain_name(name), (name, line))
        if name.lower() != other.lower():
            message = (
                f"found '{name}', and '{other}' in line {first}: if they are one person, give them "
                "one name"
            )
            problems.append(Problem(path, message, line, "patient", warning=True))
    return problems


def plain_name(name: str) -> str:
    """A name without case, punctuation and leading zeros of its numbers.

    >>> plain_name("P-01") == plain_name("p1"), plain_name("P10") == plain_name("P1")
    (True, False)
    """
    return ".".join(part.lstrip("0") for part in re.findall(r"[a-z]+|[0-9]+", name.lower()))


def join_lanes(
    path: str, rows: Rows, known: Collection[str]
) -> tuple[dict[str, dict[str, str]], list[Problem]]:
    """The cells of each sample, from its lanes, and problems where the lanes disagree.

    Known columns other than the reads hold for the whole sample. A lane may leave them empty.
    """
    problems = []
    cells: dict[str, dict[str, str]] = defaultdict(dict)
    places: dict[tuple[str, str], int] = {}
    for line, row in rows:
        name = row["sample"]
        for column, text in row.items():
            if column in READ_COLUMNS or column not in known or not (text or column in WHO):
                continue
            first = places.setdefault((name, column), line)
            found = cells[name].setdefault(column, text)
            if text != found:
                message = (
                    f"sample '{name}': found '{text}', but line {first} has '{found}'; rows of "
                    "one sample are its lanes and have to agree, another sample needs another name"
                )
                problems.append(Problem(path, message, line, column))
    return dict(cells), problems


def check_measurements(
    path: str, line: int, sample: Mapping[str, str], aligned: bool
) -> list[Problem]:
    """Problems of nuclear variants and tumour-cell fractions, whose columns must fit together.

    Args:
        sample: its cells, known to be numbers where they have to be.
        aligned: all its reads are in BAM or CRAM files.
    """
    problems = []
    if sample.get("nuclear_vcf"):
        message = ""
        if sample.get("nuclear_counts"):
            message = "found nuclear_counts too, expected one of them"
        elif not (aligned or sample.get("nuclear_bam")):
            message = "is counted in a BAM or CRAM: give that in bam, or in nuclear_bam"
        if message:
            problems.append(Problem(path, message, line, "nuclear_vcf"))
    elif sample.get("nuclear_bam"):
        message = "is given without nuclear_vcf, which names the SNVs to count in it"
        problems.append(Problem(path, message, line, "nuclear_bam"))
    estimate = sample.get("tumor_cell_fraction", "")
    high = sample.get("tumor_cell_fraction_high", "")
    column = "tumor_cell_fraction_high"
    if high and not estimate:
        message = "is empty although its upper bound is given"
        problems.append(Problem(path, message, line, column[:-5]))
    elif estimate and not high:
        message = "is empty: without it the contamination counts as unmeasured"
        problems.append(Problem(path, message, line, column, warning=True))
    elif estimate and float(high) == 0:
        message = (
            "found 0, but no count of cells shows that there are none: give the upper 95 % "
            "bound, or the contamination counts as unmeasured"
        )
        problems.append(Problem(path, message, line, column, warning=True))
    problems += check_bounds(path, line, sample)
    if sample.get("role") == "immune":
        for column in ("tumor_cell_fraction", "ambient_mtdna_high"):
            text = sample.get(column, "")
            if text and float(text) >= LARGE_SHARE:
                message = (
                    f"found {text}, which means {float(text):.0%} of this sample: for {text} % "
                    f"write {float(text) / 100:g}"
                )
                problems.append(Problem(path, message, line, column, warning=True))
    return problems


def check_bounds(path: str, line: int, sample: Mapping[str, str]) -> list[Problem]:
    """Problems of numbers beyond their bounds, and of bounds without a number."""
    problems = []
    for column in BOUNDED_COLUMNS:
        value = sample.get(column, "")
        for end, sign in (("low", -1), ("high", 1)):
            bound = sample.get(f"{column}_{end}", "")
            if not bound or (column == "tumor_cell_fraction" and (not value or float(bound) == 0)):
                continue
            message = ""
            if not value:
                message = f"found {bound}, but {column} is empty"
            elif sign * float(bound) < sign * float(value):
                side = "most" if end == "low" else "least"
                message = f"found {bound}, expected at {side} {column} ({value})"
            if message:
                problems.append(Problem(path, message, line, f"{column}_{end}"))
    return problems
