"""How experience is kept and drawn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from pydantic import ConfigDict


@dataclass(frozen=True, kw_only=True)
class ReplayConfig:
    """Defaults draw uniformly from own experience, in memory."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid", allow_inf_nan=False)

    priority_exponent: float = 0.0
    """alpha of prioritised replay (Schaul et al. 2016, eq. 1); 0 draws uniformly, the paper's 0.6.

    Priorities are part of each checkpoint: 4 bytes a row.
    """
    importance_exponent: float = 0.4
    """beta at the start, from where it rises to 1: how far weights undo the uneven drawing."""
    importance_steps: int | None = None
    """Rows stored until beta is 1; None takes the number of steps that the run was begun with."""
    demonstrations: str | None = None
    """A journal's folder or another run's: a share of each batch comes from there (RLPD)."""
    demonstration_share: float = 0.5
    max_memory_gb: float = 2.0
    """Rows that would need more [GB] lie in a file in the run's folder instead of memory."""

    def __post_init__(self) -> None:
        for name in ("priority_exponent", "importance_exponent"):
            if not 0.0 <= getattr(self, name) <= 1.0:
                raise ValueError(f"{name} must be in [0, 1]")
        if self.importance_steps is not None and self.importance_steps < 1:
            raise ValueError("importance_steps must be at least 1")
        if self.demonstrations == "":
            raise ValueError("demonstrations must name a folder")
        if not 0.0 < self.demonstration_share < 1.0:
            raise ValueError("demonstration_share must be between 0 and 1")
        if self.max_memory_gb < 0.0:
            raise ValueError("max_memory_gb must not be negative")

    @property
    def is_prioritized(self) -> bool:
        """Tell whether rows are drawn by their errors."""
        return self.priority_exponent > 0.0
