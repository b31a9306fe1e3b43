"""The smallest value of a function of a few parameters, without derivatives.

SciPy has the same method: this one saves its import, which takes longer than the search.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from mitotransfer.arrays import Floats

# Size of the first simplex: relative, and absolute for parameters that start at 0.
_RELATIVE, _ABSOLUTE = 0.05, 0.00025


def nelder_mead(
    loss: Callable[[Floats], float],
    start: Sequence[float],
    *,
    x_tolerance: float,
    loss_tolerance: float,
    max_iterations: int,
) -> tuple[Floats, float]:
    """Parameters of a local minimum and the loss there (Nelder and Mead, Comput J 1965).

    It ends when both the points of the simplex and their losses differ from the best by no more
    than the tolerances. Steps and results are those of ``scipy.optimize.minimize``.
    """
    size = len(start)
    points = np.tile(np.asarray(start, np.float64), (size + 1, 1))
    for k in range(size):
        points[k + 1, k] = points[0, k] * (1.0 + _RELATIVE) or _ABSOLUTE
    losses = np.array([loss(point) for point in points])
    for _ in range(max_iterations - 1):
        order = np.argsort(losses)
        points, losses = points[order], losses[order]
        spread = np.abs(points[1:] - points[0]).max()
        if spread <= x_tolerance and losses[-1] - losses[0] <= loss_tolerance:
            break
        worst, centre = points[-1], np.add.reduce(points[:-1], 0) / size

        def beyond(step: float, worst: Floats = worst, centre: Floats = centre) -> Floats:
            """The worst point mirrored at the others' centre, so far beyond it."""
            return (1.0 + step) * centre - step * worst

        new = beyond(1.0)
        value = loss(new)
        if value < losses[0]:
            further = beyond(2.0)
            if (there := loss(further)) < value:
                new, value = further, there
        elif value >= losses[-2]:
            outside = value < losses[-1]
            nearer = beyond(0.5 if outside else -0.5)
            there = loss(nearer)
            if there <= value if outside else there < losses[-1]:
                new, value = nearer, there
            else:
                points[1:] = points[0] + 0.5 * (points[1:] - points[0])
                losses[1:] = [loss(point) for point in points[1:]]
                continue
        points[-1], losses[-1] = new, value
    order = np.argsort(losses)
    return points[order[0]], float(losses[order[0]])
