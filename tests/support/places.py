"""Where things are in the repository, and the reference that most tests need."""

from __future__ import annotations

from pathlib import Path

from mitotransfer.genome import reference

REPOSITORY = Path(__file__).resolve().parents[2]
SCRIPTS, RESOURCES = REPOSITORY / "scripts", REPOSITORY / "resources"
SCHEMAS = REPOSITORY / "config" / "schemas"
FASTA = RESOURCES / "rCRS.fasta"
RCRS = reference.load(FASTA)
