"""What must be said before torch is imported; imports nothing."""

from __future__ import annotations

import os


def wait_passively() -> None:
    """Let OpenMP's threads sleep while they wait, unless the user says otherwise.

    Spinning, they take the core from whoever could end the wait.
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
