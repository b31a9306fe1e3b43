"""SciPy's special functions, imported in half the time (``startup.quick_scipy_import``)."""

from mitotransfer import startup

with startup.quick_scipy_import():
    from scipy import special as special
