"""VCF 4.2 of one sample's calls: one allele a record, left-normalised, bgzipped and indexed.

Contigs of a VCF are linear. A deletion that starts at position 1 is anchored at the base after it.
A deletion across the origin is a breakend, which joins the base before it to the base after it.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pysam

from mitotransfer import flag_words, flags
from mitotransfer.calls.frame import FILTERS, HOMOPLASMIC
from mitotransfer.genome.reference import Reference, checksum

MAX_QUALITY = 999.0

_INFO = [
    ("GENE", ".", "String", "Gene or region"),
    ("CSQ", ".", "String", "Consequence in each gene"),
    ("HGVSM", "1", "String", "HGVS name on the mitogenome (NC_012920.1)"),
    ("HGVSP", ".", "String", "HGVS name in each protein, as predicted"),
    ("QUALRATIO", "1", "Float", "Base quality above the floor over that of the sample's own base"),
    ("POSRATIO", "1", "Float", "Distance from the read's end over that of the sample's own base"),
    ("LINKED", "1", "Float", "Further mismatches per read, more than reads with the own base have"),
    (
        "QVAL",
        "1",
        "Float",
        "False-discovery rate over positions and alleles of the sample",
    ),
    ("SVTYPE", "1", "String", "BND: deletion across the origin"),
    *((f"FLAG_{name.upper()}", "0", "Flag", text) for name, text in flags.OF_CALLS.items()),
]
_BIAS = {
    "QUALRATIO": "quality_ratio",
    "POSRATIO": "position_ratio",
    "LINKED": "linked_mismatches",
}
_FORMAT = [
    ("GT", "1", "String", "1: homoplasmic; 0/1: heteroplasmic; 0|1: the same, phased (PS)"),
    ("DP", "1", "Integer", "Fragments at the position"),
    ("AD", "R", "Integer", "Fragments with each allele"),
    ("ADF", "R", "Integer", "Fragments with each allele, forward strand"),
    ("ADR", "R", "Integer", "Fragments with each allele, reverse strand"),
    ("AF", "A", "Float", "Share of fragments with the allele (VAF, heteroplasmy)"),
    ("HFL", "A", "Float", "Lower confidence bound of AF"),
    ("HFU", "A", "Float", "Upper confidence bound of AF"),
    ("SB", "4", "Integer", "Reference forward, reverse, alternative forward, reverse fragments"),
    ("PS", "1", "Integer", "Phase set: nearly all molecules have all its alternatives or none"),
]


def header(sample: str, reference: Reference) -> pysam.VariantHeader:
    """The header; it depends on the sample's name and the reference alone."""
    out = pysam.VariantHeader()
    digest = checksum(reference.sequence)
    facts = reference.facts
    assembly = f",assembly={facts.assembly}" if facts.assembly else ""
    out.add_line(f"##contig=<ID={facts.contig},length={reference.length},md5={digest}{assembly}>")
    for name, text in FILTERS.items():
        out.filters.add(name, None, None, text)
    for name, number, kind, text in _INFO:
        out.info.add(name, number, kind, text)
    for name, number, kind, text in _FORMAT:
        out.formats.add(name, number, kind, text)
    out.add_sample(sample)
    return out


def write_vcf(
    calls: pd.DataFrame,
    path: str | Path,
    sample: str,
    reference: Reference,
) -> None:
    """Write an annotated calls frame as ``.vcf.gz`` with its ``.tbi`` beside it."""
    target = str(path)
    rows = [
        row | dict(zip(("pos", "ref", "alt"), on_a_line(row, reference), strict=True))
        for row in calls.to_dict("records")
    ]
    with pysam.VariantFile(target, "wz", header=header(sample, reference)) as handle:
        for row in sorted(rows, key=lambda row: (row["pos"], row["ref"], row["alt"])):
            handle.write(_record(handle, row))
    pysam.tabix_index(target, preset="vcf", force=True)


def on_a_line(row: dict, reference: Reference) -> tuple[int, str, str]:
    """``pos``, ``ref`` and ``alt`` of a call on a linear contig, where ``ref`` ends at the end."""
    pos, ref, alt = row["pos"], row["ref"], row["alt"]
    after = pos + len(ref) - 1 - reference.length
    if after <= 0:
        return pos, ref, alt
    base = reference.sequence[after]
    if pos == reference.length:
        return 1, ref[1:] + base, base
    return pos, ref[0], f"{ref[0]}[{reference.facts.contig}:{after + 1}["


def _record(handle: pysam.VariantFile, row: dict) -> pysam.VariantRecord:
    with np.errstate(divide="ignore"):
        quality = min(float(-10.0 * np.log10(row["p_value"])), MAX_QUALITY)
    record = handle.new_record(
        contig=str(next(iter(handle.header.contigs))),
        start=row["pos"] - 1,
        stop=row["pos"] - 1 + len(row["ref"]),
        alleles=(row["ref"], row["alt"]),
        qual=round(max(quality, 0.0), 2),
        filter=row["filter"].split(";"),
    )
    for key, column in (("GENE", "gene"), ("CSQ", "consequence")):
        if row[column]:
            record.info[key] = row[column].split(",")
    if row["hgvs_m"]:
        record.info["HGVSM"] = row["hgvs_m"]
    if row["hgvs_p"]:
        # An equals sign cannot stand in INFO; the VCF specification percent-encodes it.
        names = row["hgvs_p"].replace("=", "%3D").split(",")
        record.info["HGVSP"] = [name or "." for name in names]
    record.info["QVAL"] = row["q_value"]
    if "[" in row["alt"]:
        record.info["SVTYPE"] = "BND"
    for key, column in _BIAS.items():
        if not np.isnan(row[column]):
            record.info[key] = row[column]
    for flag in flag_words.split(row["flags"]):
        record.info[f"FLAG_{flag.upper()}"] = True
    strands = [row[f"{allele}_{s}"] for allele in ("ref", "alt") for s in ("forward", "reverse")]
    ref_forward, ref_reverse, alt_forward, alt_reverse = strands
    entry = record.samples[0]
    entry["GT"] = (1,) if row["state"] == HOMOPLASMIC else (0, 1)
    entry["DP"] = row["depth"]
    entry["AD"] = (ref_forward + ref_reverse, alt_forward + alt_reverse)
    entry["ADF"] = (ref_forward, alt_forward)
    entry["ADR"] = (ref_reverse, alt_reverse)
    entry["AF"] = (row["vaf"],)
    entry["HFL"] = (row["vaf_low"],)
    entry["HFU"] = (row["vaf_high"],)
    entry["SB"] = strands
    if not np.isnan(row["phase_set"]):
        entry["PS"] = int(row["phase_set"])
        entry.phased = True
    return record
