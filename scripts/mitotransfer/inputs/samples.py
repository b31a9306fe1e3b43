"""A row of the sheet of samples, and the files with its reads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path


@dataclass(frozen=True)
class Unit:
    """Reads of one sequencing unit: one or two FASTQ files, or one BAM or CRAM."""

    line: int
    fastq_1: str = ""
    fastq_2: str = ""
    bam: str = ""

    @property
    def files(self) -> list[str]:
        return [path for path in (self.fastq_1, self.fastq_2, self.bam) if path]


@dataclass(frozen=True)
class Sample:
    """One sample: its sample-level columns (text as given) and its units.

    Attributes:
        library: the library of single cells whose cells of one role make the sample; empty for
            others. Its units are those of the library.
    """

    name: str
    patient: str
    role: str
    line: int
    fields: Mapping[str, str]
    units: tuple[Unit, ...]
    library: str = ""

    @property
    def read_files(self) -> list[str]:
        """All files with reads, unit by unit."""
        return [path for unit in self.units for path in unit.files]

    @cached_property
    def megabytes(self) -> float:
        """Size of the files with reads that are here (10^6 bytes)."""
        here = (Path(path) for path in self.read_files)
        return sum(path.stat().st_size for path in here if path.is_file()) / 1e6
