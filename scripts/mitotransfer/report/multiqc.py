"""Quality of all samples as MultiQC's custom content: general statistics and sections."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Summary = Mapping[str, Any]

_COVERAGE_BIN, _INSERT_BIN = 100, 10

# Columns of the general statistics: key in qc.json, title, text, format, factor, hidden.
_GENERAL: list[tuple[str, str, str, str, float, bool]] = [
    ("mean_depth", "Depth", "Mean fragments per position", "{:,.0f}", 1, False),
    ("covered_100", "≥ 100x", "Positions with 100 fragments or more", "{:,.1f}%", 100, False),
    ("origin_coverage", "Origin", "Depth at the origin over mean depth", "{:,.2f}", 1, False),
    ("used_share", "Used", "Aligned reads that count", "{:,.1f}%", 100, False),
    ("numt_share", "NUMT-like", "Reads like nuclear copies", "{:,.2f}%", 100, False),
    ("error_rate", "Errors", "Bases that differ from the major allele, per 10,000", "{:,.2f}",
     10_000, False),
    ("duplicate_share", "Duplicates", "Read pairs with the same start and end as another pair",
     "{:,.1f}%", 100, True),
    ("failed_share", "Failed", "Reads that failed the filter of the sequencer", "{:,.1f}%", 100,
     True),
    ("copies_per_molecule", "Copies", "Reads of a molecule, by UMI", "{:,.1f}", 1, True),
    ("insert_size_median", "Insert", "Median insert size", "{:,.0f}", 1, True),
    ("strand_balance", "Forward", "Bases from forward reads", "{:,.1f}%", 100, True),
    ("discordant_share", "Discordant", "Overlapping bases in which mates differ", "{:,.2f}%", 100,
     True),
]  # fmt: skip


def _values(summary: Summary, keys: Mapping[str, float]) -> dict[str, float]:
    """Numbers of a summary times a factor, without missing ones."""
    return {key: summary[key] * f for key, f in keys.items() if summary.get(key) is not None}


def _bars(key: str, title: str, what: str, labels: Mapping[str, str], axis: str) -> dict[str, Any]:
    return {
        "id": f"mito_{key}",
        "section_name": title,
        "description": what,
        "plot_type": "bargraph",
        "pconfig": {
            "id": f"mito_{key}_plot",
            "title": f"mtDNA: {title}",
            "ylab": axis,
            "cpswitch": False,
            "tt_decimals": 3,
        },
        "categories": {name: {"name": label} for name, label in labels.items()},
    }


def _lines(key: str, title: str, what: str, x: str, y: str) -> dict[str, Any]:
    return {
        "id": f"mito_{key}",
        "section_name": title,
        "description": what,
        "plot_type": "linegraph",
        "pconfig": {
            "id": f"mito_{key}_plot",
            "title": f"mtDNA: {title}",
            "xlab": x,
            "ylab": y,
            "ymin": 0,
        },
    }


def _failed(reasons: Mapping[str, Mapping[str, str]]) -> dict[str, Any]:
    """The samples whose files cannot be used, and why."""
    return {
        "id": "mito_failed",
        "section_name": "Samples that cannot be used",
        "description": "Nothing was counted in them, and they are not judged.",
        "plot_type": "table",
        "pconfig": {"id": "mito_failed_table", "title": "mtDNA: samples that cannot be used"},
        "headers": {"reason": {"title": "Reason"}},
        "data": {name: dict(reason) for name, reason in reasons.items()},
    }


def _warnings(samples: Mapping[str, Summary]) -> dict[str, Any]:
    """What the files of samples were told of."""
    told = {name: s["warnings"] for name, s in samples.items() if s.get("warnings")}
    return {
        "id": "mito_warnings",
        "section_name": "Warnings of files",
        "description": "The files were read all the same.",
        "plot_type": "table",
        "pconfig": {"id": "mito_warnings_table", "title": "mtDNA: warnings of files"},
        "headers": {"warnings": {"title": "Warnings"}},
        "data": {name: {"warnings": "; ".join(messages)} for name, messages in told.items()},
    }


def general_statistics(samples: Mapping[str, Summary]) -> dict[str, Any]:
    """The columns of the general statistics, which show the quality of each sample."""
    columns = [
        {
            key: {
                "title": title,
                "description": text,
                "format": shown,
                "hidden": hidden,
                "min": 0,
            }
        }
        for key, title, text, shown, _, hidden in _GENERAL
    ]
    factors = {key: factor for key, _, _, _, factor, _ in _GENERAL}
    return {
        "id": "mito_general",
        "plot_type": "generalstats",
        "headers": columns,
        "data": {name: _values(summary, factors) for name, summary in samples.items()},
    }


# Curves are pairs (x, y): as keys of a JSON object x would be text, and be sorted as text.
def _insert_curve(summary: Summary) -> list[tuple[int, float]]:
    sizes = summary["insert_sizes"]
    total = sum(sizes)
    return [(_INSERT_BIN * i, 100 * n / total) for i, n in enumerate(sizes)] if total else []


def _coverage_curve(summary: Summary) -> list[tuple[int, float]]:
    middle = _COVERAGE_BIN // 2
    return [(_COVERAGE_BIN * i + middle, depth) for i, depth in enumerate(summary["coverage"])]


def sections(samples: Mapping[str, Summary]) -> list[dict[str, Any]]:
    """MultiQC's custom content, a dictionary per file; samples by name."""
    substitutions = sorted({s for summary in samples.values() for s in summary["substitutions"]})
    curves = {
        "coverage": {n: c for n, s in samples.items() if (c := _coverage_curve(s))},
        "inserts": {n: c for n, s in samples.items() if (c := _insert_curve(s))},
    }
    bars = {
        "substitutions": {
            name: {k: 1e4 * v for k, v in s["substitutions"].items() if v is not None}
            for name, s in samples.items()
        },
        "duplicates": {
            name: {
                "chance": 100 * min(s["chance_duplicate_share"], s["duplicate_share"]),
                "beyond": 100 * max(s["duplicate_share"] - s["chance_duplicate_share"], 0),
            }
            for name, s in samples.items()
            if s["duplicate_share"] is not None and s["chance_duplicate_share"] is not None
        },
        "strands": {
            name: {"forward": 100 * s["strand_balance"], "reverse": 100 - 100 * s["strand_balance"]}
            for name, s in samples.items()
            if s["strand_balance"] is not None
        },
        "numts": {
            name: {
                "mismatches": 100 * s["filtered_mismatches"] / (s["aligned"] + s["nuclear_reads"]),
                "decoy": 100 * s["nuclear_reads"] / (s["aligned"] + s["nuclear_reads"]),
            }
            for name, s in samples.items()
            if s["aligned"] + s["nuclear_reads"]
        },
        "origin": {
            name: {"origin": 100 * s["origin_coverage"]}
            for name, s in samples.items()
            if s["origin_coverage"] is not None
        },
    }
    made = [
        _lines("coverage", "Coverage", "Mean fragments per position, in bins of 100 positions.",
               "Position", "Depth"),
        _bars("substitutions", "Heteroplasmy error rate by substitution",
              "Bases that differ from the major allele, at positions without heteroplasmy.",
              {key: key for key in substitutions}, "Per 10,000 bases"),
        _lines("inserts", "Insert size", "Share of the fragments, in bins of 10 bases.",
               "Insert size", "% of fragments"),
        _bars("duplicates", "Duplicates", "Read pairs with the same start and end as another pair: "
              "expected by chance at this depth, and beyond that.",
              {"chance": "Expected by chance", "beyond": "Beyond chance"}, "% of pairs"),
        _bars("strands", "Strand balance", "Bases that count, by the strand of their read.",
              {"forward": "Forward", "reverse": "Reverse"}, "% of bases"),
        _bars("numts", "NUMT share", "Reads left out because they look like nuclear copies: too "
              "many mismatches against the sample's own alleles, or a better fit to the decoy.",
              {"mismatches": "Mismatches", "decoy": "Decoy"}, "% of aligned reads"),
        _bars("origin", "Origin coverage", "Depth of the 100 bases around the origin over the "
              "mean depth; 100 % if reads across the origin are counted. What a deletion of the "
              "sample lacks is allowed for; deletions are in its table of junctions.",
              {"origin": "Depth at the origin"}, "% of mean depth"),
    ]  # fmt: skip
    data = curves | bars
    for section in made:
        section["data"] = data[section["id"].removeprefix("mito_")]
    # MultiQC reports a section without data as an error.
    failed = {name: {"reason": s["failed"]} for name, s in samples.items() if s.get("failed")}
    if failed:
        made.append(_failed(failed))
    made.append(_warnings(samples))
    return [general_statistics(samples), *(section for section in made if section["data"])]
