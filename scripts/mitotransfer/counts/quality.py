"""Quality of one sample's reads and coverage, from its counts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mitotransfer.counts import allele_counts
from mitotransfer.counts.allele_counts import Counted, Counts, depth
from mitotransfer.counts.deletions import Deletions, deletions
from mitotransfer.genome.junction_alleles import name
from mitotransfer.genome.reference import BASES, CODE_N, Reference

_ORIGIN = 50  # bases on each side of the origin
_BIN = 100  # positions per point of the coverage curve


def substitution_rates(bases: NDArray[np.uint32], own_allele_vaf: float) -> dict[str, float | None]:
    """Error rate by substitution (``A>C``), at positions without heteroplasmy.

    The rate of X>Y is the share of Y among bases at positions whose major allele is X. It includes
    heteroplasmies below ``own_allele_vaf``.
    """
    alleles, plain = _plain_sites(bases, own_allele_vaf)
    depth = alleles.sum(axis=1)
    major = alleles.argmax(axis=1)
    rates = {}
    for own, base in enumerate(BASES):
        here = plain & (major == own)
        for other, changed in enumerate(BASES):
            if other != own:
                rates[f"{base}>{changed}"] = _share(alleles[here, other].sum(), depth[here].sum())
    return rates


def error_rate(bases: NDArray[np.uint32], own_allele_vaf: float) -> float | None:
    """Share of bases that differ from the major allele, at positions without heteroplasmy.

    Args:
        bases: counts, shape (n, 4, 2).
        own_allele_vaf: positions with a minor allele at least this frequent are left out.

    Returns:
        The rate; None without bases.
    """
    alleles, plain = _plain_sites(bases, own_allele_vaf)
    total = int(alleles[plain].sum())
    errors = total - int(alleles[plain].max(axis=1).sum())
    return errors / total if total else None


def _plain_sites(
    bases: NDArray[np.uint32], own_allele_vaf: float
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Fragments per position and allele, and the positions without heteroplasmy."""
    alleles = bases.sum(axis=2, dtype=np.int64)
    depth = alleles.sum(axis=1)
    second = np.sort(alleles, axis=1)[:, 2]
    return alleles, (depth > 0) & (second < own_allele_vaf * depth)


def _share(part: float, whole: float) -> float | None:
    return float(part / whole) if whole else None


def _pair_share(meta: dict[str, Any], key: str) -> float | None:
    """A number of pairs over the pairs whose insert size is known."""
    pairs = sum(meta["insert_sizes"])
    return None if meta[key] is None or not pairs else float(meta[key] / pairs)


def _copies_per_molecule(meta: dict[str, Any]) -> float | None:
    """Reads for each that stands for a molecule, where UMIs show them."""
    return _share(meta["aligned"] + meta["copies"], meta["aligned"]) if meta["molecules"] else None


def summarise(counts: Counted | Counts, reference: Reference) -> dict[str, Any]:
    """Quality figures of a sample; shares are 0 to 1, None where undefined.

    ``deletions`` names the junctions of 5 % of the molecules or more, with their shares: depth is
    lower inside. ``origin_coverage`` is the mean depth of the 100 bases around the origin over the
    mean depth, each over the copies that deletions leave there; ``strand_balance`` the share of
    forward bases; ``filtered_share`` the share of aligned reads removed by each filter.
    ``numt_share`` is the share of reads that resemble nuclear copies: too many mismatches against
    the sample's own alleles, or a better fit to the decoy.
    ``failed_share`` is the share of reads that failed the filter of the sequencer.
    Depths are fragments per position, without the placeholder; ``coverage`` is their mean in bins
    of 100 positions.
    """
    meta = counts.meta
    real = reference.codes != CODE_N
    strands = depth(counts.bases)
    total = strands.sum(axis=1)
    at = total[real]
    mean = float(at.mean())
    around = np.arange(-_ORIGIN, _ORIGIN) % len(total)
    found = deletions(
        np.asarray(counts.junctions, np.int64),
        np.zeros((len(total), 2), np.uint32) if counts.spanning is None else counts.spanning,
    )
    copies = found.copies(np.arange(1, len(total) + 1), len(total))
    whole = mean / float(copies.mean())
    own = float(meta.get("own_allele_vaf", 0.03))
    bins = np.where(real, total, np.nan)[: len(total) // _BIN * _BIN].reshape(-1, _BIN)
    nuclear = meta["nuclear_reads"]
    reasons = sorted(key for key in meta if key.startswith("filtered_"))
    return {
        **meta,
        "mean_depth": mean,
        "median_depth": float(np.median(at)),
        "min_depth": int(at.min()),
        "covered_1": float((at >= 1).mean()),
        "covered_100": float((at >= 100).mean()),
        "deletions": _named(found, reference),
        "origin_coverage": _share(float((total / copies)[around][real[around]].mean()), whole),
        "strand_balance": _share(float(strands[:, 0].sum()), float(total.sum())),
        "coverage": [round(float(x), 2) for x in np.nanmean(bins, axis=1)],
        "error_rate": error_rate(counts.bases, own),
        "substitutions": substitution_rates(counts.bases, own),
        "numt_share": _share(meta["filtered_mismatches"] + nuclear, meta["aligned"] + nuclear),
        "failed_share": _share(meta["failed_reads"], meta["reads"]),
        "copies_per_molecule": _copies_per_molecule(meta),
        "duplicate_share": _pair_share(meta, "duplicates"),
        "chance_duplicate_share": _pair_share(meta, "duplicates_by_chance"),
        "aligned_share": _share(meta["aligned"] + meta["copies"], meta["reads"]),
        "used_share": _share(meta["used_reads"], meta["aligned"]),
        "discordant_share": _share(meta["discordant_bases"], meta["overlapping_bases"]),
        "filtered_share": {
            key.removeprefix("filtered_"): _share(meta[key], meta["aligned"]) for key in reasons
        },
        "n_indels": len(counts.indels),
    }


def _named(found: Deletions, reference: Reference) -> str:
    """Names and shares of deletions; empty without one."""
    rows = zip(found.start.tolist(), found.end.tolist(), found.share, strict=True)
    return "; ".join(f"{name(reference, *ends)} ({share:.0%})" for *ends, share in rows)


def save(result: Counted, reference: Reference, counts: str, summary: str) -> None:
    """Write counts and their summary, each under another name until it is complete."""
    text = json.dumps(summarise(result, reference), indent=2, sort_keys=True) + "\n"
    allele_counts.save(result, f"{counts}.part")
    Path(f"{summary}.part").write_text(text, encoding="utf-8")
    for path in (counts, summary):
        Path(f"{path}.part").replace(path)
