"""The settings are declared once: files, schema and objects say the same."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys

import pytest
import yaml
from places import REPOSITORY, SCRIPTS

from mitotransfer.inputs import settings
from mitotransfer.inputs.defaults import defaults

SECTIONS = [
    one.default
    for one in dataclasses.fields(settings.Settings)
    if one.default_factory is not None and dataclasses.is_dataclass(one.default)
]
KEYS = [key for section in SECTIONS for key in dataclasses.fields(section)]


def test_the_documented_file_holds_exactly_the_defaults():
    written = yaml.safe_load((REPOSITORY / "config/config.yaml").read_text())
    assert written == defaults()
    # As text, too: 4 and 4.0 would be two parameters to Snakemake.
    assert json.dumps(written) == json.dumps(defaults())


@pytest.mark.parametrize("key", KEYS, ids=lambda key: key.name)
def test_every_key_is_described_and_its_default_within_its_bounds(key):
    described = key.metadata["description"]
    assert described.endswith(".") and len(described) > 10
    values = key.default if isinstance(key.default, tuple) else [key.default]
    assert all(key.metadata["bounds"].hold(v) for v in values if isinstance(v, int | float))


def test_a_section_cannot_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        settings.Counting().read_end = 3


def test_steps_load_no_validation():
    """pydantic and jsonschema cost a quarter of a second, for each step of each sample."""
    code = (
        "import sys; import mitotransfer.inputs.settings, mitotransfer.inputs.nuclear_tables;"
        "print(sorted({'pydantic', 'jsonschema'} & sys.modules.keys()))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=SCRIPTS, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
