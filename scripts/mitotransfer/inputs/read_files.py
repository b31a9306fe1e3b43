"""Checks of the files that a sheet of samples names, before anything runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import islice
from pathlib import Path

from mitotransfer.genome.reference import Facts
from mitotransfer.inputs import contents, nuclear_tables
from mitotransfer.inputs.columns import READ_COLUMNS
from mitotransfer.inputs.contents import Kind, Look
from mitotransfer.inputs.urls import scheme
from mitotransfer.problems import Problem, suggest

NUCLEAR_COLUMNS = ("nuclear_counts", "nuclear_vcf", "nuclear_bam")
FILE_COLUMNS = (*READ_COLUMNS, *NUCLEAR_COLUMNS)
#: Snakemake takes these characters in a path for wildcards or path variables.
PATTERN_MARKS = frozenset("{}<>\n")
#: Files looked into at the same time: most of the time is waiting for a disk or a network.
THREADS = 8
#: Names in a folder that a missing one is compared with.
MAX_COMPARED = 200
#: Rows of a table of nuclear counts that are checked before the run.
FIRST_ROWS = 100


def _fastq(path: str, _: Facts) -> Look:
    return contents.look_at_fastq(path)


def _vcf(path: str, _: Facts) -> Look:
    return contents.look_at_vcf(path)


_LOOKS: Mapping[str, Callable[[str, Facts], Look]] = {
    "fastq_1": _fastq,
    "fastq_2": _fastq,
    "bam": contents.look_at_alignments,
    "nuclear_vcf": _vcf,
    "nuclear_bam": contents.look_at_nuclear,
}
Row = Mapping[str, str]
UrlCheck = Callable[[str], str]
Found = Iterator[tuple[Kind, str]]


def is_cram(name: str) -> bool:
    """Whether a file is a CRAM file."""
    with open(name, "rb") as handle:
        return handle.read(4) == b"CRAM"


def _unreadable(name: str) -> str:
    """Why a file cannot be used; empty for a usable file."""
    if set(name) & PATTERN_MARKS:
        return f"found '{name}', expected a path without {{ }} < >: rename it, or link to it"
    try:
        with open(name, "rb"):
            return ""
    except IsADirectoryError:
        reason = "is a folder"
    except FileNotFoundError:
        home = ": write out the folder that ~ stands for" if name.startswith("~") else ""
        reason = f"no such file or directory{home or _near(name)}"
    except (OSError, ValueError) as error:  # ValueError: a name that no file can have
        reason = str(getattr(error, "strerror", None) or error).lower()
    return f"found '{name}', expected a readable file: {reason}"


def _near(name: str) -> str:
    """The nearest name in the folder of a missing file, as a question; nothing in large folders."""
    try:
        names = [path.name for path in islice(Path(name).parent.iterdir(), MAX_COMPARED + 1)]
    except OSError:
        return ""
    return suggest(Path(name).name, names) if len(names) <= MAX_COMPARED else ""


def _no_urls(url: str) -> str:
    return f"found '{url}', but URLs are fetched by the workflow alone"


def _look(place: tuple[str, str], facts: Facts, url_fault: UrlCheck) -> Look:
    """What a look into the file of a column shows; nothing of a file that has to be fetched."""
    column, name = place
    if scheme(name) and not set(name) & PATTERN_MARKS:
        message = f"found '{name}', expected a file: of URLs only reads are fetched, download it"
        message = url_fault(name) if column in READ_COLUMNS else message
        return Look(((Kind.MISTAKE, message),) if message else ())
    if message := _unreadable(name):
        return Look(((Kind.MISTAKE, message),))
    try:
        return _LOOKS[column](name, facts) if column in _LOOKS else Look()
    except OSError as error:
        return Look(((Kind.FAULT, f"'{name}' cannot be read: {error.strerror or error}"),))


def check_files_of(
    path: str,
    rows: Sequence[tuple[int, Row]],
    *,
    facts: Facts,
    stop_on_bad_file: bool = False,
    url_fault: UrlCheck = _no_urls,
) -> list[Problem]:
    """Problems of the files of a sheet's rows.

    A file must be readable and used once. Mates must not be exchanged. A file whose content cannot
    be used is a warning: its sample fails alone. With ``stop_on_bad_file`` it is an error.

    Args:
        facts: of the genome.
        url_fault: gives what is wrong with a URL, without loading its file.
    """
    places = sorted({(c, row[c]) for _, row in rows for c in FILE_COLUMNS if row.get(c)})
    with ThreadPoolExecutor(THREADS) as pool:
        looks = dict(
            zip(
                places,
                pool.map(partial(_look, facts=facts, url_fault=url_fault), places),
                strict=True,
            )
        )
    lanes: dict[tuple[str, tuple[bytes, ...]], int] = {}
    used: dict[tuple[bool, object, int], tuple[int, str]] = {}
    names = {line: row.get("sample", "") for line, row in rows}

    def twice(line: int, column: str, row: Row) -> Found:
        if scheme(row[column]):
            who: tuple[object, int] = (row[column], 0)
        else:
            status = Path(row[column]).stat()
            who = (status.st_dev, status.st_ino)
        # The exome of a preparation may have a row of its own beside that of the amplicons.
        key = (column == "nuclear_bam", *who)
        other = used.setdefault(key, (line, column))
        of_one_sample = row.get("sample", "") == names[other[0]]
        if column == other[1] and column in NUCLEAR_COLUMNS and of_one_sample:
            return
        if other != (line, column):
            message = f"'{row[column]}' is used twice: also in line {other[0]}, {other[1]}"
            yield Kind.MISTAKE, message
        elif column == "fastq_1" and (record := looks[column, row[column]].record):
            first = lanes.setdefault((row.get("sample", ""), record), line)
            if first != line:
                message = f"'{row[column]}' starts with the first read of that in line {first}: "
                yield Kind.MISTAKE, f"{message}is it a copy of the same file?"

    def check(line: int, column: str, row: Row) -> Found:
        look = looks[column, row[column]]
        yield from look.found
        if any(kind is Kind.MISTAKE for kind, _ in look.found):
            return
        if column != "nuclear_vcf":  # one list of a patient's variants serves all its samples
            again = list(twice(line, column, row))
            yield from again
            if again:
                return
        if column in ("fastq_1", "fastq_2") and row.get("fastq_1") and row.get("fastq_2"):
            yield from _check_mates(column, row, looks)
        counted_in = "nuclear_bam" if row.get("nuclear_bam") else "bam"
        if column == counted_in and row.get("nuclear_vcf") and scheme(row[column]):
            yield Kind.MISTAKE, f"'{row[column]}' needs its index for nuclear_vcf: download both"
        elif column == counted_in and row.get("nuclear_vcf"):
            vcf = row["nuclear_vcf"]
            for said in _nuclear_faults(row[column], look, vcf, looks["nuclear_vcf", vcf]):
                yield Kind.FAULT, said

    problems = []
    for line, row in rows:
        for column in FILE_COLUMNS:
            for kind, said in check(line, column, row) if row.get(column) else ():
                stops = kind is Kind.MISTAKE or (kind is Kind.FAULT and stop_on_bad_file)
                problems.append(Problem(path, said, line, column, warning=not stops))
    tables = [name for column, name in places if column == "nuclear_counts"]
    problems += _check_tables([t for t in tables if not looks["nuclear_counts", t].found])
    if stop_on_bad_file:
        return problems
    return [p if p.file == path else _as_warning(p) for p in problems]


def _as_warning(problem: Problem) -> Problem:
    return Problem(problem.file, problem.message, problem.line, problem.column, warning=True)


def _check_mates(column: str, row: Row, looks: Mapping[tuple[str, str], Look]) -> Found:
    """Whether the mates are in their columns, and belong together."""
    name, expected = row[column], int(column[-1])
    words = looks[column, name].words
    if contents.mate(words) == 3 - expected:
        message = (
            f"'{name}' holds mates {3 - expected} (by the name of its first read), "
            f"expected mates {expected}: exchange fastq_1 and fastq_2"
        )
        yield Kind.MISTAKE, message
    elif column == "fastq_2":
        first = looks["fastq_1", row["fastq_1"]].words
        if contents.mate(first) != 2 and not contents.are_mates(first, words):
            message = (
                f"the first read of '{name}' is '{words[0]}', that of '{row['fastq_1']}' is "
                f"'{first[0]}': they are no mates; give the two files of one run"
            )
            yield Kind.FAULT, message


def _nuclear_faults(name: str, reads: Look, vcf: str, variants: Look) -> Iterator[str]:
    """Why nuclear SNVs cannot be counted in a BAM or CRAM file."""
    if not reads.contigs:
        return
    if not reads.indexed:
        yield f"'{name}' has no index, which nuclear reads need: run samtools index on it"
    if not contents.in_contigs(variants.contigs, reads.contigs):
        (contig,) = variants.contigs
        yield (
            f"'{name}' has no contig {contig} of '{vcf}': give a VCF of the genome that the file "
            "is aligned to"
        )


def _check_tables(names: Sequence[str]) -> list[Problem]:
    """Problems of the first rows of tables of nuclear counts."""
    return [problem for name in names for problem in nuclear_tables.check(name, FIRST_ROWS)]
