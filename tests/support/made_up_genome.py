"""A mitogenome that no species has, as a GenBank record: odd length, no placeholder, code 4."""

from __future__ import annotations

import textwrap

import numpy as np

LENGTH = 9_001
#: First and last position, and strand, of the proteins; the control region crosses the origin.
PROTEINS = {"NAD1": (400, 1599, "+"), "COX1": (2000, 3499, "+"), "NAD6": (5000, 5599, "-")}
RRNA, TRNA, CONTROL = (6000, 7500), (3600, 3668), (8801, 200)
_COMPLEMENT = str.maketrans("ACGT", "TGCA")


def sequence(seed: int = 1) -> str:
    """Random bases, with proteins that translate by code 4 (TGA is tryptophan)."""
    rng = np.random.default_rng(seed)
    bases = rng.choice(list("ACGT"), LENGTH)
    codons = [a + b + c for a in "ACGT" for b in "ACGT" for c in "ACGT"]
    coding = [codon for codon in codons if codon not in ("TAA", "TAG")]
    for start, end, strand in PROTEINS.values():
        inner = rng.choice(coding, (end - start + 1) // 3 - 3)
        protein = "ATGTGA" + "".join(inner) + "TAA"
        if strand == "-":
            protein = protein.translate(_COMPLEMENT)[::-1]
        bases[start - 1 : end] = list(protein)
    return "".join(bases)


def genbank(seed: int = 1) -> str:
    """The record."""

    def feature(kind: str, place: str, **qualifiers: str) -> str:
        lines = [f"     {kind:<16}{place}"]
        lines += [f'{" " * 21}/{key}="{value}"' for key, value in qualifiers.items()]
        return "\n".join(lines)

    made = [feature("source", f"1..{LENGTH}", organism="Fictus primus")]
    for name, (start, end, strand) in PROTEINS.items():
        place = f"{start}..{end}" if strand == "+" else f"complement({start}..{end})"
        made.append(feature("gene", place, gene=f"fi-{name}"))
        made.append(feature("CDS", place, gene=f"fi-{name}", transl_table="4"))
    made.append(feature("tRNA", "{}..{}".format(*TRNA), gene="fi-TA", product="tRNA-Ala"))
    made.append(feature("rRNA", "{}..{}".format(*RRNA), gene="fi-RNL"))
    start, end = CONTROL
    made.append(feature("D-loop", f"join({start}..{LENGTH},1..{end})"))
    rows = textwrap.wrap(sequence(seed).lower(), 60)
    origin = "\n".join(f"{60 * k + 1:>9} {row}" for k, row in enumerate(rows))
    return (
        f"LOCUS       XX000001             {LENGTH} bp    DNA     circular INV 01-JAN-2026\n"
        "DEFINITION  Made up.\nACCESSION   XX000001\nVERSION     XX000001.1\n"
        "SOURCE      made up\n  ORGANISM  Fictus primus\n            Nowhere.\n"
        "FEATURES             Location/Qualifiers\n" + "\n".join(made) + f"\nORIGIN\n{origin}\n//\n"
    )
