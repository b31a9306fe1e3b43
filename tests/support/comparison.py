"""Comparing two folders of results byte for byte."""

from __future__ import annotations

import filecmp
import re
from pathlib import Path

#: Records of the run itself: times, memory, command, and progress in logs.
OF_THE_RUN = ("logs", "benchmarks", "provenance.json")
#: Files that carry a time stamp, or the names of the files that they are about.
STAMPED = (".snakemake_timestamp", "multiqc_report.html", "checksums.tsv")
#: Commands on the pages name the folder of the run.
COMMAND = re.compile(rb"<code>cd .*?</code>")


def result_files(results: Path) -> dict[str, Path]:
    """Files of a results folder by their path in it, without records of the run."""
    return {
        str(path.relative_to(results)): path
        for path in sorted(results.rglob("*"))
        if path.is_file()
        and path.relative_to(results).parts[0] not in OF_THE_RUN
        and not path.name.endswith(STAMPED)
    }


def differences(one: Path, other: Path) -> list[str]:
    """A line for each file that only one folder has, or that differs."""
    left, right = result_files(one), result_files(other)
    found = [f"\n  only in {one}: {name}" for name in sorted(left.keys() - right.keys())]
    found += [f"\n  only in {other}: {name}" for name in sorted(right.keys() - left.keys())]
    return found + [
        f"\n  differs: {name}"
        for name in sorted(left.keys() & right.keys())
        if not _equal(left[name], right[name])
    ]


def _equal(one: Path, other: Path) -> bool:
    if filecmp.cmp(one, other, shallow=False):
        return True
    left, right = (COMMAND.sub(b"", path.read_bytes()) for path in (one, other))
    return one.suffix == ".html" and left == right
