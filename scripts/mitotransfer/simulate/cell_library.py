"""Libraries of single cells with known truth, as counts at the tumour's variants.

Droplets hold a cell, a doublet of a tumour and an immune cell, or nothing. Each has free mtDNA, a
gamma-distributed load. Reads swap barcodes in proportion to depth. A receiver's foreign mtDNA is of
one tumour cell, whose VAFs differ from the mean. The model of the analysis is not used here.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

#: Positions of the mitogenome and aligned bases of a fragment.
POSITIONS, FRAGMENT = 16_569, 100


@dataclass(frozen=True)
class Subset:
    """A kind of immune cell.

    Attributes:
        cells: number; ``depth``: mean fragments per position.
        share: of receivers; ``fraction``: of their mtDNA that is the tumour's.
        doublets: share of droplets that also hold a tumour cell.
    """

    name: str
    cells: int
    depth: float = 40.0
    share: float = 0.0
    fraction: float = 0.2
    doublets: float = 0.0


@dataclass(frozen=True)
class CellScenario:
    """A library.

    Attributes:
        vafs: mean VAF of each variant in tumour cells.
        concentration: of the beta distribution of a variant's VAF over tumour cells; 0: no spread.
        depth_spread: standard deviation of the log of a cell's depth.
        ambient: free mtDNA in fragments per position and droplet; ``ambient_shape``: gamma shape;
            ``ambient_tumor``: share that is the tumour's.
        swap: share of reads that swapped barcodes within the library.
        hopped: share of reads that came with a barcode of this library from another one of the
            pool; ``hopped_vafs``: share of that library's mtDNA with each variant's allele, as a
            person has who was born with it.
        error: rate of errors that look like a variant.
        modified: share of a cell's own reads with each variant's allele that no tumour brings, as
            modified sites of RNA have it.
    """

    subsets: tuple[Subset, ...] = (Subset("CD8", 1000),)
    tumor_cells: int = 300
    tumor_depth: float = 60.0
    empty: int = 2000
    vafs: tuple[float, ...] = (0.6, 0.6, 0.6)
    concentration: float = 0.0
    depth_spread: float = 0.4
    ambient: float = 0.8
    ambient_shape: float = 2.0
    ambient_tumor: float = 0.6
    swap: float = 0.002
    hopped: float = 0.0
    hopped_vafs: tuple[float, ...] = ()
    error: float = 5e-4
    modified: tuple[float, ...] = ()


@dataclass(frozen=True)
class CellLibrary:
    """Counts and truth; droplets in the order of tumour cells, subsets, empty.

    Attributes:
        alt, depth: fragments with each variant, and all, shape (droplets, variants).
        total: mean depth of a droplet; ``fragments``: of mtDNA in it.
        subset: ``tumor``, ``empty`` or the name of the subset.
        fraction: of the cell's own mtDNA that is of another, tumour cell by transfer.
        doublet: whether a tumour cell is beside the immune cell.
    """

    alt: NDArray[np.int64]
    depth: NDArray[np.int64]
    total: NDArray[np.float64]
    fragments: NDArray[np.int64]
    subset: NDArray[np.str_]
    fraction: NDArray[np.float64]
    doublet: NDArray[np.bool_]


@dataclass(frozen=True)
class Droplets:
    """Droplets before they are sequenced, in the order of tumour cells, subsets, empty.

    Attributes:
        subset, fraction, doublet: as of ``CellLibrary``.
        depth: of the mtDNA of the droplet's cells.
        tumor_share: of that depth: all, transferred, or a tumour cell's beside.
        load: free mtDNA, in fragments per position.
    """

    subset: NDArray[np.str_]
    fraction: NDArray[np.float64]
    doublet: NDArray[np.bool_]
    depth: NDArray[np.float64]
    tumor_share: NDArray[np.float64]
    load: NDArray[np.float64]


def draw(scenario: CellScenario, seed: int | list[int]) -> CellLibrary:
    """Draw a library."""
    rng = np.random.default_rng(seed)
    own, donors = draw_droplets(scenario, rng)
    count, variants = len(own.depth), len(scenario.vafs)
    vafs = np.array(scenario.vafs)
    total_reads = own.depth.sum()
    library_tumor = float((own.depth * own.tumor_share).sum() / total_reads)
    from_cell = rng.poisson(own.depth[:, None], (count, variants))
    from_load = rng.poisson(own.load[:, None], (count, variants))
    swapped = rng.binomial(from_cell, scenario.swap)
    # Nothing is drawn where nothing hops, so that such libraries stay as they were.
    hopped = rng.binomial(from_cell - swapped, scenario.hopped) if scenario.hopped else swapped * 0
    rate = own.tumor_share[:, None] * donors
    modified = np.array(scenario.modified) if scenario.modified else np.zeros(variants)
    rate = rate + (1 - rate) * modified
    alt = (
        rng.binomial(from_cell - swapped - hopped, rate)
        + rng.binomial(from_load, scenario.ambient_tumor * vafs)
        + rng.binomial(swapped, library_tumor * vafs)
    )
    if scenario.hopped:
        alt += rng.binomial(hopped, np.array(scenario.hopped_vafs))
    depth = from_cell + from_load
    alt += rng.binomial(depth - alt, scenario.error)
    fragments = rng.poisson((own.depth + own.load) * POSITIONS / FRAGMENT)
    return CellLibrary(
        alt, depth, fragments * FRAGMENT / POSITIONS, fragments, own.subset, own.fraction,
        own.doublet,
    )  # fmt: skip


def donor_vafs(scenario: CellScenario, rng: np.random.Generator, count: int) -> NDArray[np.float64]:
    """VAFs of as many tumour cells, shape (cells, variants)."""
    vafs, c = np.array(scenario.vafs), scenario.concentration
    if not c:
        return np.broadcast_to(vafs, (count, len(vafs)))
    # A variant on all mtDNA does not vary.
    free = (vafs > 0) & (vafs < 1)
    inside = np.where(free, vafs, 0.5)
    drawn = rng.beta(inside * c, (1 - inside) * c, (count, len(vafs)))
    return np.where(free, drawn, vafs)


def draw_droplets(
    scenario: CellScenario, rng: np.random.Generator
) -> tuple[Droplets, NDArray[np.float64]]:
    """Droplets, and the VAFs of the tumour cell that gives each of them mtDNA, or is in it."""
    spread, empty = scenario.depth_spread, scenario.empty

    def depths(mean: float, cells: int) -> NDArray[np.float64]:
        return mean * np.exp(rng.normal(-0.5 * spread**2, spread, cells))

    cells = scenario.tumor_cells
    depth = depths(scenario.tumor_depth, cells)
    none = np.zeros(cells)
    parts = [(np.full(cells, "tumor", "U32"), none, none > 0, depth, np.ones(cells))]
    for subset in scenario.subsets:
        cells = subset.cells
        depth = depths(subset.depth, cells)
        fraction = np.where(rng.random(cells) < subset.share, subset.fraction, 0.0)
        doublet = rng.random(cells) < subset.doublets
        beside = np.where(doublet, depths(scenario.tumor_depth, cells), 0.0)
        share = (depth * fraction + beside) / (depth + beside)
        parts.append((np.full(cells, subset.name, "U32"), fraction, doublet, depth + beside, share))
    none = np.zeros(empty)
    parts.append((np.full(empty, "empty", "U32"), none, none > 0, none, none))
    subsets, fractions, doublets, depth, share = (
        np.concatenate(column) for column in zip(*parts, strict=True)
    )
    count = len(depth)
    donors = donor_vafs(scenario, rng, count)
    shape = scenario.ambient_shape
    load = scenario.ambient * rng.gamma(shape, 1 / shape, count)
    return Droplets(subsets, fractions, doublets, depth, share, load), donors
