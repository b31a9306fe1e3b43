"""Hypothesis strategies for tables as programs and people damage them."""

from __future__ import annotations

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

fuzzed = settings(
    max_examples=150,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)

#: Cells that mean something to a parser, and cells that should not.
CELLS = st.one_of(
    st.sampled_from([
        "", "0", "1", "-1", "1e400", "nan", "NaN", "inf", "0.5", "1.0", "A", "C", "N", "chr1", ".",
        "P1", "S1", "tumor", "immune", "normal", "../../etc/passwd", "$(touch x)", "a;b", "'", '"',
        "#", "x" * 300, "１", "\x00", "\u202e", "é", "=cmd()", "0x10", "1_000", " 7 ",
        "9" * 30,
    ]),
    st.text(max_size=8),
)  # fmt: skip


@st.composite
def tables(draw, columns: list[str]) -> bytes:
    """A table of some known columns and some others, damaged in the ways that programs do."""
    header = draw(st.permutations([*columns, draw(CELLS)]))
    header = header[: draw(st.integers(len(header) - 2, len(header)))]
    rows = draw(st.lists(st.lists(CELLS, max_size=len(header) + 1), max_size=5))
    end = draw(st.sampled_from(["\n", "\r\n", "\r"]))
    mark = draw(st.sampled_from(["\t", "\t", "\t", ",", " "]))
    text = end.join(mark.join(cells) for cells in [header, *rows])
    data = text.encode(draw(st.sampled_from(["utf-8", "utf-8", "utf-8-sig", "utf-16"])), "replace")
    return data[: draw(st.integers(0, len(data)))] if draw(st.booleans()) else data


@st.composite
def damaged(draw, rows: list[list[str]]) -> bytes:
    """A good table of which up to two cells are replaced and, at times, the end is missing."""
    rows = [list(row) for row in rows]
    for _ in range(draw(st.integers(0, 2))):
        row = draw(st.sampled_from(rows))
        row[draw(st.integers(0, len(row) - 1))] = draw(CELLS)
    end = draw(st.sampled_from(["\n", "\r\n"]))
    data = "".join("\t".join(cells) + end for cells in rows)
    data = data.encode(draw(st.sampled_from(["utf-8", "utf-8-sig"])), "replace")
    cut = draw(st.sampled_from([False, False, True]))
    return data[: draw(st.integers(0, len(data)))] if cut else data


#: Cells of a VCF line.
VCF_CELLS = st.one_of(
    CELLS.map(lambda cell: cell.replace("\t", "").replace("\n", "").replace("\r", "")),
    st.sampled_from(["1", "17", "ACGT", "<DEL>", "*", "PASS", "GT:AF", "0/1:0.3", "AF", "A,C"]),
)
