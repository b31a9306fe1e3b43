"""Small simulated libraries of circular mitogenomes, and the pipeline's own steps on them."""

from __future__ import annotations

import gzip
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from mitotransfer import align, bwaindex, reference
from mitotransfer.reads import Lane

RCRS = reference.load(Path(__file__).parent.parent / "resources" / "rCRS.fasta")
CIRCLE = RCRS.sequence[: reference.PLACEHOLDER] + RCRS.sequence[reference.PLACEHOLDER + 1 :]
EXTENSION = 1000
_COMPLEMENT = bytes.maketrans(b"ACGT", b"TGCA")


def complement(sequence: str) -> str:
    return sequence.encode().translate(_COMPLEMENT)[::-1].decode()


def on_circle(position: int) -> int:
    """0-based index on the circle of a 1-based rCRS position."""
    return position - 1 - (position > reference.PLACEHOLDER + 1)


@dataclass
class Library:
    """FASTQ text in the making."""

    first: list[str] = field(default_factory=list)
    second: list[str] = field(default_factory=list)

    def add(self, name: str, bases: tuple[str, str], qualities: tuple[str, str]) -> None:
        for lines, seq, quality in zip((self.first, self.second), bases, qualities, strict=True):
            lines.append(f"@{name}\n{seq}\n+\n{quality}\n")

    def write(self, prefix: Path, gzipped: bool = True) -> Lane:
        files = []
        for number, lines in ((1, self.first), (2, self.second)):
            content = "".join(lines).encode()
            path = Path(f"{prefix}_{number}.fastq" + (".gz" if gzipped else ""))
            path.write_bytes(gzip.compress(content, 1) if gzipped else content)
            files.append(path)
        return Lane(*files)


def pair(genome: str, start: int, insert: int, length: int, flip: bool) -> tuple[str, str]:
    """Reads of the fragment [start, start + insert) of a circular genome."""
    doubled = genome + genome[: insert + length]
    start %= len(genome)
    fragment = doubled[start : start + insert]
    reads = (fragment[:length], complement(fragment)[:length])
    return reads[::-1] if flip else reads


def with_errors(rng: np.random.Generator, bases: str, rate: float) -> tuple[str, str]:
    """Bases with random errors of mostly low quality, and their qualities."""
    letters = np.frombuffer(bases.encode(), np.uint8).copy()
    wrong = rng.random(len(letters)) < rate
    letters[wrong] = rng.choice(np.frombuffer(b"ACGT", np.uint8), wrong.sum())
    scores = np.where(wrong, rng.integers(2, 36, len(letters)), rng.integers(15, 41, len(letters)))
    return letters.tobytes().decode(), "".join(chr(33 + int(score)) for score in scores)


def index(folder: Path) -> Path:
    prefix = folder / "circle"
    bwaindex.write_index(RCRS, EXTENSION, prefix)
    return prefix


def aligned(
    folder: Path, prefix: Path, lanes: list[Lane], name: str = "S1", **more: object
) -> Path:
    output = folder / f"{name}.bam"
    settings = align.Settings(EXTENSION, **more)
    align.align_sample(lanes, [], prefix, RCRS, name, output, settings)
    return output
