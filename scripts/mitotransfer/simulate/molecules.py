"""What chance and origin make of a library's molecules: portions, giving cells, few molecules."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from mitotransfer.simulate.genomes import Variant, drift, stream
from mitotransfer.simulate.library import Source
from mitotransfer.simulate.scenario import DeletionPlan, SamplePlan

#: VAFs from this on are those of a haplotype: all molecules have the allele.
FIXED = 1.0


def in_portion(plan: SamplePlan, reads: str, seed: int) -> float:
    """Share of tumour cells in the portion of these reads: a Poisson number of its cells."""
    if not plan.portion:
        return plan.tumor_cells
    rng = stream(seed, f"portion of {reads}", plan.sample)
    return min(float(rng.poisson(plan.tumor_cells * plan.portion)) / plan.portion, 1.0)


def of_cells(
    variants: Sequence[Variant], somatic: Sequence[Variant], vafs: Sequence[float]
) -> list[Variant]:
    """The tumour's variants with other VAFs of the somatic ones; as they are without VAFs."""
    if not vafs:
        return list(variants)
    other = {v.allele: vaf for v, vaf in zip(somatic, vafs, strict=True)}
    return [v._replace(vaf=other.get(v.allele, v.vaf)) for v in variants]


def spread(
    variants: Sequence[Variant], correlation: float, rng: np.random.Generator
) -> list[Variant]:
    """Somatic variants with VAFs of the mean t and the variance F t (1 - t)."""
    return [
        v._replace(vaf=drift(rng, v.vaf, correlation)) if v.kind == "somatic" else v
        for v in variants
    ]


def spread_deletion(
    deletion: DeletionPlan | None, correlation: float, rng: np.random.Generator
) -> DeletionPlan | None:
    """The deletion with a share that varies as VAFs do in ``spread``."""
    return deletion and replace(deletion, share=drift(rng, deletion.share, correlation))


def sampled(sources: Sequence[Source], molecules: int, rng: np.random.Generator) -> list[Source]:
    """The sources as so many molecules, drawn at random, show them.

    Variants of one source are drawn independently of each other.
    """
    weights = np.array([source.weight for source in sources])
    numbers = rng.multinomial(molecules, weights / weights.sum())
    found = []
    for source, number in zip(sources, numbers, strict=True):
        if not number:
            continue
        drawn = [
            v if v.vaf >= FIXED else v._replace(vaf=float(rng.binomial(number, v.vaf) / number))
            for v in source.variants
        ]
        own = [v for v in drawn if v.vaf > 0]
        found.append(replace(source, weight=float(number / molecules), variants=own))
    return found
