"""How much of something is too much: judged by itself, and against what was usual before."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Bound:
    """An upper limit that knows what is usual.

    limit = max(reference + step, min(most, ratio * reference + margin))

    `most` is the absolute judgement, `ratio` and `margin` the relative one; the stricter of the two
    counts. `step` gives way where the task itself asks for much: a version that does hardly more
    of it than the one before is never to blame, whatever `most` says.
    """

    most: float
    """Beyond this it is too much, unless it was so before; without a reference, in any case."""
    ratio: float
    """>= 1."""
    margin: float
    """> 0, added to the ratio's part: a reference of nearly zero is no measure."""
    step: float
    """> 0; a rise by so much is always allowed."""

    def __post_init__(self) -> None:
        if not (self.ratio >= 1.0 and min(self.most, self.margin, self.step) > 0.0):
            raise ValueError(f"expected ratio >= 1 and most, margin, step above 0, found {self}")

    def limit(self, reference: float | None, slack: float = 1.0) -> float:
        """Return the limit.

        Args:
            reference: What is usual; None where nothing is known.
            slack: >= 1, a factor on the whole: see `HotSwap`, "Nobody is locked out".
        """
        if reference is None:
            return slack * self.most
        relative = min(self.most, self.ratio * reference + self.margin)
        return slack * max(reference + self.step, relative)
