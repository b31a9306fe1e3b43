"""Genes as they are drawn."""

from __future__ import annotations

from mitotransfer.genome.genes import Gene
from mitotransfer.report.figures import genes as figure_genes


def test_gene_across_the_origin_has_two_parts() -> None:
    gene = Gene("MT-CR", 16024, 576, "+", "control")
    assert figure_genes.parts(gene, 16569) == [(16024, 16569), (1, 576)]
    assert figure_genes.name(gene, "MT-") == "CR" and figure_genes.color(gene) == figure_genes.OTHER


def test_parts_cover_the_positions_that_a_gene_holds(genes: tuple[Gene, ...]) -> None:
    for gene in genes:
        covered = {pos for a, b in figure_genes.parts(gene, 16569) for pos in range(a, b + 1)}
        assert covered == {pos for pos in range(1, 16570) if gene.holds(pos)}
