"""Files of a cohort's steps: sample folders, sheets and tables; progress messages."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from mitotransfer.counts import allele_counts
from mitotransfer.counts.allele_counts import Counts
from mitotransfer.errors.sample_errors import SampleErrors, load_errors

Load = Callable[[str], Counts]
LoadErrors = Callable[[str], SampleErrors]


@dataclass(frozen=True)
class CohortReader:
    """The samples of a cohort; their files are read one at a time.

    Attributes:
        samples: normalised sheet, columns ``sample patient role batch``.
        designs: design by patient; absent is autologous.
        counts, errors: load a sample's counts and its error rates.
    """

    samples: pd.DataFrame
    designs: Mapping[str, str]
    counts: Load
    errors: LoadErrors


def sample_file(folder: str | Path, sample: str, suffix: str) -> Path:
    """``{folder}/{sample}/{sample}.{suffix}``."""
    return Path(folder) / sample / f"{sample}.{suffix}"


def loaders(folder: str | Path) -> tuple[Load, LoadErrors]:
    """Functions that load a sample's counts and error rates."""
    return (
        lambda sample: allele_counts.load(sample_file(folder, sample, "counts.npz")),
        lambda sample: load_errors(sample_file(folder, sample, "errors.json")),
    )


def designs_of(patients: pd.DataFrame) -> dict[str, str]:
    """Design by patient; autologous where the sheet gives none."""
    if "design" not in patients:
        return {}
    return {
        p: d or "autologous" for p, d in zip(patients["patient"], patients["design"], strict=True)
    }


def progress(done: int, total: int, what: str) -> None:
    """Write a line to stderr every few hundred steps."""
    if done % 200 == 0 or done == total:
        print(f"{what}: {done} of {total}", file=sys.stderr, flush=True)
