"""Genes as figures draw them: pieces on the reference, colours, short names."""

from __future__ import annotations

from mitotransfer.genome.genes import Gene
from mitotransfer.report.figures import style

# By kind of gene; pale enough for names to be written on them.
COLORS = {"rRNA": "#CC79A7", "tRNA": "#767676", "protein": "#9AD0F0"}
OTHER = "#E6E6E6"


def parts(gene: Gene, length: int) -> list[tuple[int, int]]:
    """First and last position of each piece: two where the gene crosses the origin."""
    if gene.start <= gene.end:
        return [(gene.start, gene.end)]
    return [(gene.start, length), (1, gene.end)]


def color(gene: Gene) -> str:
    """Colour of a gene's kind."""
    return COLORS.get(gene.kind, OTHER)


def name(gene: Gene, prefix: str) -> str:
    """The gene's name without the prefix of all."""
    return style.clean(gene.name.removeprefix(prefix), 8)
