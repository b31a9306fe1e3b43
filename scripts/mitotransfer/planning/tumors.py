"""How many patients a design answers, with tumours that have as many mtDNA mutations as assumed.

All of it is an assumption. 2.9 substitutions of VAF 1 % or more a tumour is meant as the rate of
whole genomes (PCAWG: Yuan et al., Nature Genetics 2020, doi 10.1038/s41588-019-0557-x), but the
count could not be checked against the paper. Ju et al. (eLife 2014, doi 10.7554/eLife.02935) found
1,907 substitutions in 1,675 tumours, 1.1 each, in exomes and genomes of less depth: at that rate 43
instead of 68 % of the tumours have a variant from 5 % on. Numbers are negative binomial, VAFs even
on a logarithmic scale from 1 % to 100 %.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from mitotransfer.inputs.settings import Settings
from mitotransfer.planning.design import Design
from mitotransfer.planning.outcome import detection_limit, judged

#: Substitutions per tumour, and the lowest VAF with which they count.
PER_TUMOR, LOWEST_VAF = 2.9, 0.01
#: Size of the negative binomial distribution of their number; the smaller, the more uneven.
SIZE = 1.3


@dataclass(frozen=True)
class Answered:
    """Shares of patients.

    Attributes:
        informative: with a variant that distinguishes the tumour.
        negative: whose detection limit is low enough to say that there is none.
        positive: in whom the fraction sought would be shown as transfer.
    """

    informative: float
    negative: float
    positive: float


def draw(n: int, settings: Settings, seed: int = 1) -> list[tuple[float, ...]]:
    """VAFs of the informative variants of n tumours."""
    rng = np.random.default_rng(seed)
    lowest = settings.informative.min_tumor_vaf
    numbers = rng.negative_binomial(SIZE, SIZE / (SIZE + PER_TUMOR), n)
    vafs = [LOWEST_VAF ** rng.random(number) for number in numbers]
    return [tuple(float(vaf) for vaf in own if vaf >= lowest) for own in vafs]


def answered(design: Design, settings: Settings, tumors: Sequence[Sequence[float]]) -> Answered:
    """Shares of the tumours in whose patients a design gives an answer."""
    start = judged(design, settings)
    informative = negative = positive = 0
    for vafs in tumors:
        if not vafs:
            continue
        own = replace(design, tumor_vafs=tuple(vafs))
        limit = detection_limit(own, settings)
        informative += 1
        negative += limit <= settings.verdict.max_detection_limit
        # What the nuclear reads say does not depend on the tumour's mtDNA.
        positive += not replace(start, design=own, limit=limit).lacking(design.fraction)
    n = len(tumors)
    return Answered(informative / n, negative / n, positive / n)
