"""Charts as inline SVG. Colours and fonts are the page's: one drawing serves light and dark."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Protocol

from .axis import Axis

LEFT, RIGHT, TOP, BOTTOM = 74.0, 16.0, 14.0, 46.0
TICK_LETTER = 7.0
"""Width of a digit beside the axes, at most."""


@dataclass(frozen=True, kw_only=True)
class Frame:
    """The rectangle that the layers share."""

    title: str
    description: str
    """What the chart shows, for readers who cannot see it."""
    x: Axis
    y: Axis
    width: float = 760.0
    height: float = 300.0

    def at(self, x: float, y: float) -> tuple[float, float]:
        """Return the pixel of a point in the axes' units."""
        inner_width = self.width - LEFT - RIGHT
        inner_height = self.height - TOP - BOTTOM
        return LEFT + self.x.share(x) * inner_width, TOP + (1.0 - self.y.share(y)) * inner_height


class Layer(Protocol):
    """Something drawn into a frame."""

    def draw(self, frame: Frame) -> str:
        """Return SVG elements."""
        ...


@dataclass(frozen=True)
class Line:
    """Points joined in order."""

    x: Sequence[float]
    y: Sequence[float]
    style: str
    """Class in the page's style sheet: `s1` to `s6`."""

    def draw(self, frame: Frame) -> str:
        """Return one polyline."""
        pixels = [frame.at(a, b) for a, b in zip(self.x, self.y, strict=True)]
        points = " ".join(f"{px:.1f},{py:.1f}" for px, py in pixels)
        return f'<polyline class="line {self.style}" points="{points}"/>'


@dataclass(frozen=True)
class Band:
    """The room between two lines: how far to trust a third."""

    x: Sequence[float]
    lower: Sequence[float]
    upper: Sequence[float]
    style: str

    def draw(self, frame: Frame) -> str:
        """Return one polygon: along the upper line, and back along the lower one."""
        there = zip(self.x, self.upper, strict=True)
        back = zip(reversed(self.x), reversed(self.lower), strict=True)
        pixels = [frame.at(a, b) for a, b in (*there, *back)]
        points = " ".join(f"{px:.1f},{py:.1f}" for px, py in pixels)
        return f'<polygon class="fill band {self.style}" points="{points}"/>'


@dataclass(frozen=True)
class Dots:
    """Single points: a disc, a ring or a cross, so that they differ without colour too."""

    x: Sequence[float]
    y: Sequence[float]
    style: str
    shape: str = "disc"
    labels: Sequence[str] = field(default=())
    """What the pointer shows, per dot."""

    def draw(self, frame: Frame) -> str:
        """Return one mark per point."""
        labels = self.labels or [""] * len(self.x)
        marks = zip(self.x, self.y, labels, strict=True)
        return "".join(
            mark(self.shape, self.style, *frame.at(a, b), label) for a, b, label in marks
        )


@dataclass(frozen=True)
class Rule:
    """A line across the frame at one value, with a word beside it."""

    text: str
    x: float | None = None
    y: float | None = None
    is_left: bool = False
    """Whether the word of an upright line stands on its left."""

    def draw(self, frame: Frame) -> str:
        """Return the line and its text."""
        if self.y is not None:
            _, py = frame.at(frame.x.lower, self.y)
            end = frame.width - RIGHT
            below_text = py - 5.0 if py > TOP + 16.0 else py + 14.0
            return _path("rule", f"M{LEFT:.1f} {py:.1f}H{end:.1f}") + _text(
                "note", end - 4.0, below_text, "end", self.text
            )
        px, _ = frame.at(frame.x.lower if self.x is None else self.x, frame.y.lower)
        is_left = self.is_left or px > 0.75 * frame.width
        anchor, shift = ("end", -6.0) if is_left else ("start", 6.0)
        return _path("rule", f"M{px:.1f} {TOP:.1f}V{frame.height - BOTTOM:.1f}") + _text(
            "note", px + shift, TOP + 12.0, anchor, self.text
        )


@dataclass(frozen=True)
class Bars:
    """A histogram: `edges` has one number more than `counts`."""

    edges: Sequence[float]
    counts: Sequence[float]
    style: str

    def draw(self, frame: Frame) -> str:
        """Return one rectangle per count above zero."""
        bars = zip(self.edges[:-1], self.edges[1:], self.counts, strict=True)
        return "".join(self._bar(frame, *bar) for bar in bars if bar[2] > 0)

    def _bar(self, frame: Frame, low: float, high: float, count: float) -> str:
        left, top = frame.at(low, count)
        right, bottom = frame.at(high, frame.y.lower)
        width, height = max(1.0, right - left - 1.0), max(1.0, bottom - top)
        return (
            f'<rect class="fill {self.style}" x="{left:.1f}" y="{top:.1f}"'
            f' width="{width:.1f}" height="{height:.1f}"/>'
        )


def draw_chart(frame: Frame, layers: Sequence[Layer]) -> str:
    """Return an `<svg>` with axes, grid and layers."""
    body = "".join(layer.draw(frame) for layer in layers)
    return (
        f'<svg viewBox="0 0 {frame.width:g} {frame.height:g}" role="img"'
        f' aria-label="{escape(frame.title)}. {escape(frame.description)}">'
        f"{_grid(frame)}{body}</svg>"
    )


def mark(shape: str, style: str, px: float, py: float, label: str = "") -> str:
    """Return one disc, ring or cross about a pixel."""
    title = f"<title>{escape(label)}</title>" if label else ""
    if shape == "cross":
        arms = f"M{px - 3.5:.1f} {py - 3.5:.1f}l7 7m0 -7l-7 7"
        return f'<path class="line {style}" d="{arms}">{title}</path>'
    kind = "line" if shape == "ring" else "fill"
    return f'<circle class="{kind} {style}" cx="{px:.1f}" cy="{py:.1f}" r="4">{title}</circle>'


def _grid(frame: Frame) -> str:
    right, bottom = frame.width - RIGHT, frame.height - BOTTOM
    parts = []
    for value, text in frame.y.ticks:
        _, py = frame.at(frame.x.lower, value)
        parts.append(_path("grid", f"M{LEFT:.1f} {py:.1f}H{right:.1f}"))
        parts.append(_text("tick", LEFT - 8.0, py + 4.0, "end", text))
    for value, text in frame.x.ticks:
        px, _ = frame.at(value, frame.y.lower)
        # Under the right end there is no room for the second half of a long number.
        is_cut = px + 0.5 * TICK_LETTER * len(text) > frame.width
        at, anchor = (frame.width, "end") if is_cut else (px, "middle")
        parts.append(_text("tick", at, bottom + 18.0, anchor, text))
    parts.append(_path("frame", f"M{LEFT:.1f} {bottom:.1f}H{right:.1f}"))
    parts.append(_text("label", 0.5 * (LEFT + right), frame.height - 6.0, "middle", frame.x.label))
    turned = f"translate(13 {0.5 * (TOP + bottom):.1f}) rotate(-90)"
    parts.append(f'<g transform="{turned}">{_text("label", 0.0, 0.0, "middle", frame.y.label)}</g>')
    return "".join(parts)


def _path(style: str, data: str) -> str:
    return f'<path class="{style}" d="{data}"/>'


def _text(style: str, x: float, y: float, anchor: str, words: str) -> str:
    place = f'x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"'
    return f'<text class="{style}" {place}>{escape(words)}</text>'
