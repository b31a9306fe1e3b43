"""What a variant does: gene, consequence and HGVS names, from bundled tables.

Consequences: ``synonymous``, ``missense``, ``stop_gained``, ``stop_lost``, ``start_lost``,
``frameshift``, ``inframe_indel``, ``tRNA``, ``rRNA``, ``control_region``, ``intergenic``. Where
genes overlap, ``gene``, ``consequence`` and ``hgvs_p`` hold one part per gene, joined by ``,`` in
the order of the gene table. Names follow HGVS: indels are shifted towards higher positions
(the 3' rule) around the circle, a copy of what precedes is a ``dup``; protein names are predicted,
and written without parentheses, as databases have them. Stop codons that polyadenylation completes
(T or TA at the end of the gene) are completed with A.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pandas as pd

from mitotransfer.genome.genes import STOP, Gene, coding_sequence
from mitotransfer.genome.hgvs import Change, as_change, hgvs_m

if TYPE_CHECKING:
    from mitotransfer.genome.bundle import Genome

TRUNCATING = frozenset({"stop_gained", "frameshift", "start_lost"})
_OTHER_KINDS = {"tRNA": "tRNA", "rRNA": "rRNA", "control": "control_region"}


def _protein_effect(genome: Genome, gene: Gene, change: Change) -> tuple[str, str]:
    """Consequence and HGVS p. name of a change in a protein gene."""
    consequence, name = _effect(genome, gene, change)
    return consequence, f"p.{name}"


def _effect(genome: Genome, gene: Gene, change: Change) -> tuple[str, str]:
    """Consequence of a change in a protein gene, and its name without ``p.``."""
    before = genome.proteins[gene.name]
    coding = coding_sequence(genome.reference, gene, change)
    after = genome.code.translate(coding)
    first = min(max(change.pos, gene.start), gene.end)
    last = min(max(change.pos + change.deleted - 1, first), gene.end)
    low, high = first - gene.start, last - gene.start
    if gene.strand == "-":
        low, high = gene.end - last, gene.end - first
    # Bases of the gene itself that go; what a long deletion takes beyond it shifts no frame.
    lost = high - low + 1 if change.deleted else 0
    if not after or coding[:3] not in genome.code.starts:
        return "start_lost", "Met1?"
    if (len(change.inserted) - lost) % 3:
        if low // 3 >= len(before) - 1:
            return "stop_lost", f"{STOP}{len(before)}ext{STOP}?"
        same = _common_prefix(before, after)
        if same >= len(before):
            return "synonymous", "="
        # A stop in place of the first residue that changes is named as the substitution it is.
        return "frameshift", f"{before[same]}{same + 1}{STOP if after[same:] == [STOP] else 'fs'}"
    if change.deleted == len(change.inserted):
        return _substitution(before, after, low // 3)
    return _inframe(before, after)


def codon_effect(genome: Genome, gene: Gene, alleles: dict[int, str]) -> tuple[str, str]:
    """Consequence and HGVS p. name of SNVs (base by 1-based position) in one codon of a gene."""
    first, last = min(alleles), max(alleles)
    sequence = genome.reference.sequence
    bases = [alleles.get(pos, sequence[pos - 1]) for pos in range(first, last + 1)]
    return _protein_effect(genome, gene, Change(first, len(bases), "".join(bases)))


def _substitution(before: list[str], after: list[str], index: int) -> tuple[str, str]:
    old, number = before[index], index + 1
    new = after[index] if index < len(after) else STOP
    if new == old:
        return "synonymous", f"{old}{number}="
    if old == STOP:
        return "stop_lost", f"{STOP}{number}{new}ext{STOP}?"
    if new == STOP:
        return "stop_gained", f"{old}{number}{STOP}"
    return "missense", f"{old}{number}{new}"


def _inframe(before: list[str], after: list[str]) -> tuple[str, str]:
    """An indel of whole codons, described by its effect on the protein, shifted to its end."""
    if before == after:
        return "synonymous", "="
    same = _common_prefix(before, after)
    if after[-1] != STOP:
        return "stop_lost", f"{STOP}{len(before)}ext{STOP}?"
    if same == len(after) - 1 and len(after) < len(before) and before[same] != STOP:
        tail = _common_prefix(before[::-1], after[::-1])
        if tail <= 1:
            return "stop_gained", f"{before[same]}{same + 1}{STOP}"
    room = min(len(before), len(after)) - same
    tail = min(_common_prefix(before[::-1], after[::-1]), room)
    old, new = before[same : len(before) - tail], after[same : len(after) - tail]
    if STOP in new:
        return "stop_gained", f"{before[same]}{same + 1}delins{''.join(new)}"
    if old:
        span = _span(before, same, same + len(old) - 1)
        return "inframe_indel", f"{span}del" + (f"ins{''.join(new)}" if new else "")
    size = len(new)
    if same >= size and before[same - size : same] == new:
        return "inframe_indel", f"{_span(before, same - size, same - 1)}dup"
    return "inframe_indel", f"{_span(before, same - 1, same)}ins{''.join(new)}"


def _span(protein: list[str], first: int, last: int) -> str:
    name = f"{protein[first]}{first + 1}"
    return name if first == last else f"{name}_{protein[last]}{last + 1}"


def _common_prefix(one: list[str], other: list[str]) -> int:
    count = 0
    for left, right in zip(one, other, strict=False):
        if left != right:
            break
        count += 1
    return count


def _touched(genome: Genome, change: Change) -> list[Gene]:
    length = genome.reference.length
    if change.deleted == 0:
        previous = (change.pos - 2) % length + 1
        return [g for g in genome.genes if g.holds(change.pos) and g.holds(previous)]
    last = change.pos + change.deleted - 1
    # A deletion holds a gene's end, or its own start lies in the gene.
    return [
        gene
        for gene in genome.genes
        if gene.holds(change.pos)
        or change.pos <= gene.start <= last
        or change.pos <= gene.start + length <= last
    ]


def describe(genome: Genome, pos: int, ref: str, alt: str) -> tuple[str, str, str, str]:
    """Gene, consequence, HGVS m. and p. names of one VCF allele (1-based position)."""
    return describe_change(genome, as_change(genome.reference, pos, ref, alt))


def describe_change(genome: Genome, change: Change) -> tuple[str, str, str, str]:
    """Gene, consequence, HGVS m. and p. names of a change."""
    genes, consequences, names = [], [], []
    for gene in _touched(genome, change):
        consequence, name = _OTHER_KINDS.get(gene.kind, ""), ""
        if gene.kind == "protein":
            start = change.pos
            if not gene.holds(start) and gene.start < start:  # a deletion across the origin
                start -= genome.reference.length
            consequence, name = _protein_effect(
                genome, gene, Change(start, change.deleted, change.inserted)
            )
        genes.append(gene.name)
        consequences.append(consequence)
        names.append(name)
    return (
        ",".join(genes),
        ",".join(consequences) or "intergenic",
        hgvs_m(genome.reference, change),
        ",".join(names) if any(names) else "",
    )


def annotate(
    calls: pd.DataFrame, genome: Genome, changes: Mapping[tuple[int, str, str], Change]
) -> pd.DataFrame:
    """A copy of a frame with ``pos ref alt`` and ``gene consequence hgvs_m hgvs_p`` filled in.

    Args:
        changes: of the indels, by ``pos ref alt``.
    """
    described = [
        describe_change(genome, changes.get(row) or as_change(genome.reference, *row))
        for row in calls[["pos", "ref", "alt"]].itertuples(index=False, name=None)
    ]
    columns = ["gene", "consequence", "hgvs_m", "hgvs_p"]
    filled = {name: [row[i] for row in described] for i, name in enumerate(columns)}
    out = calls.copy()
    for name in columns:
        out[name] = pd.Series(filled[name], index=out.index, dtype=object)
    return out


def is_truncating(consequence: pd.Series) -> pd.Series:
    """Whether any gene's product is cut short: stop gained, frameshift or start lost."""
    return consequence.map(lambda text: not TRUNCATING.isdisjoint(str(text).split(","))).astype(
        bool
    )
