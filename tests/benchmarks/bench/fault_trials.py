"""What the trials of `surefoot faults` need, in a benchmark's own folder and voice."""

from __future__ import annotations

from typing import TYPE_CHECKING

from surefoot_nodes.faults.context import FaultContext

if TYPE_CHECKING:
    from .context import Context


def fault_context(context: Context) -> FaultContext:
    """Return the trials' context, to be used in a `with` statement."""
    folder = context.folder / "faults"
    faults = FaultContext(quick=context.quick, say=context.say, seed=context.seed, folder=folder)
    faults.domain = context.domain
    return faults
