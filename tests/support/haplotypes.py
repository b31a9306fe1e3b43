"""Haplotypes of people as far from rCRS as they come."""

import numpy as np

# Where a person of haplogroup L0a differs from rCRS (PhyloTree 17); all but one are transitions.
L0A = [
    73, 93, 146, 152, 185, 189, 195, 236, 247, 263, 750, 769, 825, 1018, 1048, 1438, 2245, 2706,
    2758, 2885, 3516, 3594, 4104, 4312, 4586, 4769, 5096, 5231, 5442, 5460, 5603, 6185, 7028, 7146,
    7256, 7521, 8428, 8468, 8566, 8655, 8701, 8860, 9042, 9347, 9540, 9755, 9818, 10398, 10589,
    10664, 10688, 10810, 10873, 10915, 11172, 11176, 11641, 11719, 11914, 12007, 12705, 12720,
    13105, 13276, 13506, 13650, 14308, 14766, 15136, 15326, 15431, 16129, 16148, 16172, 16188,
    16223, 16230, 16278, 16311, 16320,
]  # fmt: skip


def person(rng: np.random.Generator, further: int = 20) -> list[int]:
    """L0a with so many further differences outside of the control region (1-based positions)."""
    free = np.setdiff1d(np.arange(577, 16_024), [*L0A, *range(3105, 3110)])
    return sorted([*L0A, *rng.choice(free, further, replace=False).tolist()])
