"""Amplicon primers: which bases of a read come from its primer."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from mitotransfer.arrays import Ints
from mitotransfer.genome.circle import Circle
from mitotransfer.genome.reference import Reference

# Bases by which the aligned end of a read may lie outside its primer.
_TOLERANCE = 3


def read_bed(path: Path, reference: Reference) -> list[tuple[int, int, str]]:
    """Start and end (0-based, half-open) and strand of primers, from BED.

    A primer whose end lies beyond the genome continues at its start. Without a strand column a
    primer counts for both strands.

    Raises:
        ValueError: if a line is no primer on the mitogenome; the message names it.
    """
    found = []
    length, facts = reference.length, reference.facts
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise ValueError(f"{path}: no text; expected a BED file, not compressed") from None
    for number, line in enumerate(text.splitlines(), 1):
        words = line.split("\t") if "\t" in line else line.split()
        if not words or line.startswith(("#", "track", "browser")):
            continue
        problem = ""
        if len(words) < 3 or not all(word.isdecimal() and len(word) < 10 for word in words[1:3]):
            problem = "expected contig, start and end, separated by tabs"
        elif words[0].lower() not in facts.contig_names:
            problem = f"contig '{words[0]}' is not mitochondrial; give primers on "
            problem += f"{facts.assembly or 'the reference'} as {facts.contig}"
        elif not 0 <= int(words[1]) < min(int(words[2]), length) or int(words[2]) > 2 * length:
            problem = f"start {words[1]} and end {words[2]} are not within the {length} bases"
        elif len(words) > 5 and words[5] not in ("+", "-", "."):
            problem = f"found strand '{words[5]}', expected +, - or ."
        if problem:
            raise ValueError(f"{path}:{number}: {problem}")
        found.append((int(words[1]), int(words[2]), words[5] if len(words) > 5 else "."))
    if not found:
        raise ValueError(f"{path}: no primers; give a BED file, or leave the key empty")
    return found


def masks(path: Path, reference: Reference) -> Ints:
    """Primer bases at the two ends of a read, by the position of the end.

    Only reads that start in a primer of their direction lose bases: within other amplicons the same
    positions show the sample.

    Returns:
        int64, shape (2, circle): bases to leave out of a read whose first aligned base, and
        of one whose last aligned base, is at a position of the circle.
    """
    circle = Circle.of(reference)
    found = np.zeros((2, circle.length), np.int64)
    for start, end, strand in read_bed(path, reference):
        low, high = circle.to_circle(start), circle.to_circle(end)
        if strand in "+.":
            for at in range(low - _TOLERANCE, high):
                place = at % circle.length
                found[0, place] = max(found[0, place], high - at)
        if strand in "-.":
            for at in range(low, high + _TOLERANCE):
                place = at % circle.length
                found[1, place] = max(found[1, place], at - low + 1)
    return found
