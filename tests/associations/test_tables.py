"""Tables of the associations: what the report needs of them comes without lifelines."""

from __future__ import annotations

import os
import subprocess
import sys

from places import SCRIPTS

from mitotransfer.associations import tables


def test_reading_the_tables_loads_nothing_that_computes_them() -> None:
    program = (
        "import sys, mitotransfer.associations.tables;"
        "print({'lifelines', 'scipy', 'pandas'} & set(sys.modules))"
    )
    command = [sys.executable, "-c", program]
    environment = os.environ | {"PYTHONPATH": str(SCRIPTS)}
    found = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert found.stdout == "set()\n"


def test_rows_are_read_as_they_were_written(tmp_path) -> None:
    row = {"family": "overall survival", "group": "supported", "months": 3.5, "at_risk": 4}
    numbers = {"deaths": 1, "censored": 0, "survival": 0.75, "survival_high": 0.9}
    table = tables.SURVIVAL.frame([row | numbers | {"variable": "transfer"}])
    tables.SURVIVAL.write(table, tmp_path / "survival.tsv")
    again = tables.SURVIVAL.read(tmp_path / "survival.tsv")
    assert again.drop(columns="survival_low").equals(table.drop(columns="survival_low"))
    assert again["survival_low"].isna().all()
