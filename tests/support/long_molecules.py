"""Simulated long reads of circular mitogenomes, with errors, adapters, flanks and turns."""

from __future__ import annotations

import gzip
import shutil
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest
from simulated_reads import CIRCLE, complement

needs_minimap2 = pytest.mark.skipif(
    shutil.which("minimap2") is None, reason="minimap2 is not installed"
)
#: Rates of substitutions, lost and doubled bases.
HIFI, ONT = (0.0005, 0.001, 0.001), (0.004, 0.003, 0.003)


def random_bases(rng: np.random.Generator, size: int) -> str:
    return "".join(rng.choice(list("ACGT"), size))


def molecule(start: int, size: int, changes: dict[int, str] | None = None) -> str:
    """Bases of the circle with other bases at some places, from ``start`` on, for any size."""
    circle = list(CIRCLE)
    for place, base in (changes or {}).items():
        circle[place] = base
    turns = 2 + (start + size) // len(circle)
    return ("".join(circle) * turns)[start : start + size]


def with_errors(
    rng: np.random.Generator, text: str, rates: tuple[float, float, float] = HIFI
) -> str:
    """A read of a molecule."""
    wrong, lost, doubled = rates
    bases = np.frombuffer(text.encode(), np.uint8).copy()
    for at in np.flatnonzero(rng.random(len(bases)) < wrong):
        bases[at] = ord(rng.choice(list("ACGT".replace(chr(bases[at]), ""))))
    copies = np.where(rng.random(len(bases)) < lost, 0, 1)
    copies[rng.random(len(bases)) < doubled] *= 2
    return np.repeat(bases, copies).tobytes().decode()


def write(path: Path, reads: Iterable[str], quality: str = "?") -> Path:
    """Reads as FASTQ, every second one of the other strand."""
    lines = []
    for k, text in enumerate(reads):
        shown = complement(text) if k % 2 else text
        lines.append(f"@long{k}\n{shown}\n+\n{quality * len(text)}\n")
    path.write_bytes(gzip.compress("".join(lines).encode(), 1))
    return path
