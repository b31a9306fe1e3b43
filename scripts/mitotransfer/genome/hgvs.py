"""HGVS names of changes of the mitochondrial genome."""

from __future__ import annotations

from dataclasses import dataclass

from mitotransfer.genome.reference import Reference


@dataclass(frozen=True)
class Change:
    """A variant as replaced bases: ``deleted`` bases from ``pos`` on (1-based), ``inserted``.

    An insertion has ``deleted`` 0 and stands before ``pos``.
    """

    pos: int
    deleted: int
    inserted: str


# ---------------------------------------------------------------- variants


def as_change(reference: Reference, pos: int, ref: str, alt: str) -> Change:
    """The change that a VCF allele makes, indels shifted to the highest position."""
    shared = 0
    while shared < min(len(ref), len(alt)) and ref[shared] == alt[shared]:
        shared += 1
    ref, alt, pos = ref[shared:], alt[shared:], pos + shared
    while ref and alt and ref[-1] == alt[-1]:
        ref, alt = ref[:-1], alt[:-1]
    if ref[:1] == "N" and len(ref) > 1 and not alt:  # the placeholder is no base to be lost
        ref, pos = ref[1:], pos + 1
    length, sequence = reference.length, reference.sequence
    for _ in range(length if bool(ref) != bool(alt) else 0):
        following = sequence[(pos - 1 + len(ref)) % length]
        if following != (ref or alt)[0]:
            break
        ref, alt = (ref[1:] + following if ref else ""), (alt[1:] + following if alt else "")
        pos += 1
    return Change((pos - 1) % length + 1, len(ref), alt)


def hgvs_m(reference: Reference, change: Change) -> str:
    """HGVS name on the mitogenome: ``m.3243A>G``, ``m.9480_9494del``, ``m.309dup``."""
    length = reference.length
    last = (change.pos + change.deleted - 2) % length + 1
    span = f"{change.pos}" if change.deleted == 1 else f"{change.pos}_{last}"
    if change.deleted == 1 and len(change.inserted) == 1:
        return f"m.{change.pos}{reference.sequence[change.pos - 1]}>{change.inserted}"
    if change.deleted:
        return f"m.{span}del" + (f"ins{change.inserted}" if change.inserted else "")
    size = len(change.inserted)
    before = [(change.pos - 1 - size + index) % length for index in range(size)]
    previous = (change.pos - 2) % length + 1
    if "".join(reference.sequence[index] for index in before) == change.inserted:
        start = before[0] + 1
        return f"m.{start}dup" if size == 1 else f"m.{start}_{previous}dup"
    return f"m.{previous}_{change.pos}ins{change.inserted}"
