"""Why an allele was or was not called, in words: rows of a table of tested alleles."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import pandas as pd

from mitotransfer.calls.audit import POWER
from mitotransfer.calls.frame import FILTERS
from mitotransfer.calls.own_indels import own_change, own_indels, own_sequence, rows_as_counts
from mitotransfer.genome.bundle import Genome
from mitotransfer.genome.consequences import describe_change
from mitotransfer.genome.hgvs import Change, hgvs_m
from mitotransfer.genome.reference import Reference
from mitotransfer.stats.intervals import vaf_interval
from mitotransfer.wording import percent, plural

REASONS = {
    "PASS": "Called",
    "own": "The reference base, which most fragments have",
    "no_depth": "No fragment has a base there that counts",
    "not_seen": "No fragment has it",
    "not_significant": "Errors alone may bring as many on these strands; many alleles are tested "
    "(calling.max_fdr)",
    **FILTERS,
}
_ALLELE = re.compile(r"(\d+)([ACGT]*)(?:>([ACGT]+))?")
_CLASSIC = re.compile(r"^([ACGT])(\d+)([ACGT])$")
_EVENT = re.compile(r"(\d+)(?:_(\d+))?(del|dup|ins)([ACGT]*)")
_FORMS = "expected one such as 3243, 3243A>G, A3243G, 3243G, 310T>TC, m.315dup, m.8281_8289del"


@dataclass(frozen=True)
class Question:
    """An allele, or all alleles at a position.

    Attributes:
        pos, ref, alt: the allele as in a VCF; ``alt`` "" asks for all alleles there.
    """

    pos: int
    ref: str = ""
    alt: str = ""


def question(text: str, reference: Reference) -> Question:
    """Parse a query: a position, an allele as in the tables, or an HGVS name.

    Raises:
        ValueError: if it is none of these, or not in the reference.
    """
    asked = _CLASSIC.sub(r"\2\1>\3", text.strip().removeprefix("m."))
    if asked == str(reference.placeholder + 1) != "0":
        return Question(reference.placeholder + 1)
    if found := _ALLELE.fullmatch(asked):
        place, first, second = found.groups()
        pos = _position(text, place, reference)
        ref, alt = (first, second) if second else (reference.sequence[pos - 1], first)
    elif found := _EVENT.fullmatch(asked):
        pos, ref, alt = _event(text, found, reference)
    else:
        raise ValueError(f"{text!r} is no allele: {_FORMS}")
    if not alt:
        return Question(pos)
    if not _from(reference, pos).startswith(ref):
        raise ValueError(
            f"{text!r}: {_name(reference)} has {_from(reference, pos)[: len(ref)]} there, not {ref}"
        )
    return Question(pos, ref, alt)


def _position(text: str, digits: str, reference: Reference) -> int:
    pos = int(digits)
    if not 1 <= pos <= reference.length:
        raise ValueError(f"{text!r}: {_name(reference)} has positions 1 to {reference.length}")
    if pos - 1 == reference.placeholder:
        raise ValueError(f"{text!r}: {pos} is a placeholder in {_name(reference)}, no base")
    return pos


def _name(reference: Reference) -> str:
    return reference.facts.assembly or "the reference"


def _from(reference: Reference, pos: int) -> str:
    """The circle from a position on."""
    return reference.sequence[pos - 1 :] + reference.sequence[: pos - 1]


def _event(text: str, found: re.Match[str], reference: Reference) -> tuple[int, str, str]:
    start, end, what, bases = found.groups()
    first, last = (_position(text, place, reference) for place in (start, end or start))
    span = _from(reference, first)[: (last - first) % reference.length + 1]
    moved = bases if what == "ins" else span
    if not moved or (bases and bases != moved) or (what == "ins" and len(span) != 2):
        raise ValueError(f"{text!r}: bases and places do not fit each other; {_FORMS}")
    # The base before.
    pos = {"del": first - 1, "dup": last, "ins": first}[what] or reference.length
    anchor = reference.sequence[pos - 1]
    return (pos, anchor + moved, anchor) if what == "del" else (pos, anchor, anchor + moved)


def answer(frame: pd.DataFrame, asked: Question, genome: Genome, confidence: float) -> list[str]:
    """A paragraph for each allele of the query.

    Equal indels have the same highest position along the sample's own sequence.
    """
    if asked.pos - 1 == genome.reference.placeholder:
        name = _name(genome.reference)
        return [f"m.{asked.pos}: a placeholder in {name}, no base; nothing can be called"]
    here = (frame["pos"] == asked.pos).to_numpy()
    counts = rows_as_counts(frame, genome.reference.length)
    own, changes = own_sequence(counts, genome.reference), own_indels(counts, genome.reference)

    def change(pos: int, ref: str, alt: str) -> Change:
        known = changes.changes.get((pos, ref, alt))
        return known or own_change(genome.reference, own, pos, ref, alt)

    # Indels are at their leftmost position, which may differ from that of the query.
    indel = (frame["ref"].str.len() + frame["allele"].str.len() > 2).to_numpy()
    rows = frame[here | (indel & bool(asked.alt))].to_dict("records")
    named = [(row, change(row["pos"], row["ref"], row["allele"])) for row in rows]
    wanted = change(asked.pos, asked.ref, asked.alt)
    if asked.alt:
        named = [(row, one) for row, one in named if one == wanted]
    if named:
        return [_paragraph(row, one, genome, confidence) for row, one in named]
    depth = int(frame.loc[here, "depth"].max())
    name = hgvs_m(genome.reference, wanted)
    lines = [name, REASONS["not_seen"], f"{plural(depth, 'fragment')} at {asked.pos}"]
    if depth:
        bound = 1.0 - (1.0 - confidence) ** (1 / depth)
        lines.append(f"With {percent(confidence)} confidence its VAF is below {percent(bound)}")
    return ["\n  ".join(lines)]


def _paragraph(row: dict, change: Change, genome: Genome, confidence: float) -> str:
    """Name and effect, counts, what would have been called, and each reason in a line."""
    pos, ref, allele = row["pos"], row["ref"], row["allele"]
    if allele == ref:
        title = f"m.{pos}{ref}="
    else:
        genes, effect, name, protein = describe_change(genome, change)
        title = " ".join(filter(None, (name, genes, effect, protein)))
    if len(ref + allele) > 2:
        title += f" ({pos} {ref}>{allele} in the tables)"
    alt, depth = row["forward"] + row["reverse"], row["depth"]
    lines = [title]
    if depth:
        low, high = vaf_interval(np.array([alt]), np.array([depth]), confidence)
        lines.append(
            f"VAF {percent(row['vaf'])} ({percent(low[0])} to {percent(high[0])}): {alt:,} of "
            f"{plural(depth, 'fragment')}, {row['forward']:,} forward, {row['reverse']:,} reverse"
        )
    if alt and not np.isnan(row["p_value"]):
        lines.append(f"p {row['p_value']:.2g}, q {row['q_value']:.2g}")
    if not np.isnan(row["detection_limit"]):
        limit = percent(row["detection_limit"])
        lines.append(f"At a VAF of {limit} it would be called with {percent(POWER)} power")
    elif depth and len(ref + allele) == 2 and row["reason"] not in ("own", "PASS"):
        lines.append(
            "Whatever its VAF, it would not be called here: shallow, or in a tract of artefacts"
        )
    lines += [f"{word}: {REASONS[word]}" for word in row["reason"].split(";")]
    return "\n  ".join(lines)
