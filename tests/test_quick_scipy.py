"""The quick import of SciPy leaves numpy and SciPy as they are."""

from __future__ import annotations

import subprocess
import sys

from places import SCRIPTS

from mitotransfer.quick_scipy import special


def test_special_functions_are_scipys() -> None:
    assert special.gammaln(5.0) == 3.1780538303479458
    assert special.betainc(2.0, 3.0, 1.0) == 1.0


def test_parts_of_numpy_are_loaded_at_need_and_nothing_stays_changed() -> None:
    code = (
        "import sys, numpy; names = numpy.__all__; from mitotransfer.quick_scipy import special;"
        "assert 'numpy.f2py' not in sys.modules and numpy.__all__ is names;"
        "assert numpy.testing.assert_equal and 'fft' in dir(numpy);"
        "from scipy import optimize, stats;"
        "assert abs(stats.norm.cdf(0) - 0.5) < 1e-12;"
        "assert abs(optimize.brentq(lambda x: special.ndtr(x) - 0.5, -1, 2)) < 1e-9;"
        "from scipy._lib._array_api import xp_capabilities;"
        "assert xp_capabilities.__name__ == 'xp_capabilities'"
    )
    subprocess.run([sys.executable, "-c", code], cwd=SCRIPTS, check=True)
