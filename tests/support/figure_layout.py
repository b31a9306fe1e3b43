"""Whether the texts of a figure overlap or are cut off."""

from __future__ import annotations

import math

import numpy as np
from matplotlib.figure import Figure
from matplotlib.text import Text


def boxes(drawn: Figure) -> tuple[list[Text], np.ndarray, np.ndarray]:
    """Visible texts, their corners, shape (n, 4, 2), and their bounds (n, 4): x0, y0, x1, y1."""
    renderer = drawn.canvas.get_renderer()  # type: ignore[attr-defined]
    drawn.draw(renderer)
    axes = [axis for axes in drawn.axes for axis in (axes.xaxis, axes.yaxis)]
    ticks = {id(tick) for axis in axes if axis.axes.axison for tick in axis._update_ticks()}
    idle = {
        id(label)
        for axis in axes
        for tick in (*axis.majorTicks, *axis.minorTicks)
        if id(tick) not in ticks
        for label in (tick.label1, tick.label2)
    }  # kept by matplotlib for later, not drawn
    shown, corners = [], []
    for text in drawn.findobj(Text):
        if not text.get_visible() or not text.get_text().strip() or id(text) in idle:
            continue
        around = text.get_window_extent(renderer)
        turn = text.get_rotation()
        text.set_rotation(0)
        flat = text.get_window_extent(renderer)
        text.set_rotation(turn)
        middle = np.array([(around.x0 + around.x1) / 2, (around.y0 + around.y1) / 2])
        half = np.array([flat.width, flat.height]) / 2
        angle = math.radians(turn)
        spin = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
        signs = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]])
        shown.append(text)
        corners.append(middle + (signs * half) @ spin.T)
    found = np.array(corners)
    bounds = np.concatenate([found.min(axis=1), found.max(axis=1)], axis=1)
    return shown, found, bounds


def overlap(a: np.ndarray, b: np.ndarray) -> float:
    """Depth in pixels by which two rectangles overlap (separating axes); below 0 if apart."""
    depth = math.inf
    for shape in (a, b):
        for edge in (shape[1] - shape[0], shape[2] - shape[1]):
            axis = edge / (np.linalg.norm(edge) or 1.0)
            one, two = a @ axis, b @ axis
            depth = min(depth, one.max() - two.min(), two.max() - one.min())
    return float(depth)


def check_layout(drawn: Figure, slack: float = 0.6) -> None:
    """No two texts overlap by more than ``slack`` pixels (at 100 dpi), and all are on the page."""
    shown, corners, bounds = boxes(drawn)
    page = drawn.bbox
    for text, (x0, y0, x1, y1) in zip(shown, bounds, strict=True):
        inside = x0 >= -0.5 and y0 >= -0.5 and x1 <= page.x1 + 0.5 and y1 <= page.y1 + 0.5
        assert inside, f"cut off: {text.get_text()!r}"
    low, high = bounds[:, :2], bounds[:, 2:]
    near = ((low[:, None] < high) & (high[:, None] > low)).all(axis=2)
    for i, j in zip(*np.nonzero(np.triu(near, 1)), strict=True):
        words = shown[i].get_text(), shown[j].get_text()
        assert overlap(corners[i], corners[j]) <= slack, words
