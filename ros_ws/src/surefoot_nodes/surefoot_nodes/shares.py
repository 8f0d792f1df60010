"""A share as people write it: 0.25 or 25%."""

from __future__ import annotations

from rl_agent.exceptions import Problem, ProfileError

LEAST = 0.01


def read_share(text: str, option: str = "speed") -> float:
    """Return the share, 0.01 to 1.

    Raises:
        ProfileError: It is no number, or outside.
    """
    plain = text.strip()
    try:
        is_percent = plain.endswith("%")
        value = float(plain.removesuffix("%")) / (100.0 if is_percent else 1.0)
    except ValueError:
        value = float("nan")
    if not LEAST <= value <= 1.0:
        message = f"expected a share from 0.01 to 1, or 1% to 100%, got {text!r}"
        raise ProfileError("surefoot", [Problem(option, message)])
    return value
