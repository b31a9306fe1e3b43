"""The settings of single cells are a section of the configuration."""

from mitotransfer.inputs.cell_settings import Cells
from mitotransfer.inputs.defaults import defaults
from mitotransfer.inputs.settings import Settings


def test_the_section_is_part_of_the_configuration():
    assert Settings().cells == Cells()
    assert defaults()["cells"]["min_fraction"] == 0.05
