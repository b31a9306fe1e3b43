"""Gather the shares of receivers of all libraries, and associate them within patients.

In:  tables of cells and shares of all libraries, their annotations
Out: cell_shares.tsv, cohort/cell_associations.tsv
"""

from __future__ import annotations

import argparse
from pathlib import Path

import pandas as pd

from mitotransfer import command
from mitotransfer.associations import cells
from mitotransfer.cells.tables import CELL_SHARES, CELLS, LIBRARY_SHARES
from mitotransfer.inputs import cell_annotation
from mitotransfer.inputs.settings import Fraction


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument(
        "--library", nargs=3, metavar=("NAME", "PATIENT", "ANNOTATION"), action="append",
        default=[], help="a library of single cells",
    )  # fmt: skip
    parser.add_argument("--samples-folder", required=True, type=Path)
    command.add_settings(parser, Fraction, "confidence")
    parser.add_argument("--shares", required=True, help="output .tsv")
    parser.add_argument("--associations", required=True, help="output .tsv")
    args = parser.parse_args()
    places = {name: args.samples_folder / name for name, _, _ in args.library}
    shares = pd.concat(
        [LIBRARY_SHARES.read(place / f"{name}.cell_shares.tsv") for name, place in places.items()],
        ignore_index=True,
    )
    scores = cells.score_correlations(
        {name: CELLS.read(place / f"{name}.cells.tsv.gz") for name, place in places.items()},
        {name: cell_annotation.read(path) for name, _, path in args.library},
        {name: patient for name, patient, _ in args.library},
    )
    CELL_SHARES.write(shares, args.shares)
    cells.CELL_ASSOCIATIONS.write(
        cells.associate(shares, scores, args.confidence), args.associations
    )


if __name__ == "__main__":
    command.run(main)
