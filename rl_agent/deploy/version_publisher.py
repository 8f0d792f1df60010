"""What a learner hands to its robot: one version of the policy after another, each verified."""

from __future__ import annotations

import shutil
from pathlib import Path

from torch import nn

from rl_agent.exceptions import BundleError
from rl_agent.spec import RobotSpec
from rl_agent.tasks.task import Task
from rl_agent.types import FloatArray

from .contract import ObsLayout
from .export import acting_copy, export_policy
from .manifest import Training
from .onnx_template import OnnxTemplate
from .policy_store import PolicyStore
from .signing import Signer

OUTGOING = ".outgoing"


class VersionPublisher:
    """Exports into a policy store."""

    def __init__(
        self,
        store_dir: Path,
        spec: RobotSpec,
        task: Task,
        obs_layout: ObsLayout,
        *,
        task_name: str,
        keep: int,
        signer: Signer | None = None,
    ) -> None:
        """Begin, or go on counting where the store stands.

        Args:
            store_dir: The policy store's folder.
            spec: The robot that is learned on.
            task: What it learns.
            obs_layout: (name, start, size) per observation term.
            task_name: Name for `make_task`, or `module:Class`.
            keep: Versions that stay on the disk.
            signer: Signs every version; None leaves them unsigned.
        """
        self.store = PolicyStore(store_dir, spec, task)
        self._outgoing = store_dir / OUTGOING
        self._spec, self._task, self._obs_layout = spec, task, obs_layout
        self._task_name = task_name
        self._keep, self._signer = keep, signer
        self._template = OnnxTemplate(self._newest_model())

    def prepare(self, module: nn.Module) -> None:
        """Trace the network, unless a version of it lies in the store: that takes seconds."""
        obs_dim = sum(size for _, _, size in self._obs_layout)
        self._template.trace(acting_copy(module), obs_dim)

    def publish(
        self,
        module: nn.Module,
        training: Training,
        samples: FloatArray | None,
        *,
        above: int = 0,
    ) -> int:
        """Export, compare with torch, and make it the store's current version; return its number.

        Args:
            module: obs (B, obs_dim) -> (mean, log_std), each (B, act_dim), normaliser inside.
            training: Where the policy stands.
            samples: (N, obs_dim) observations that the robot met.
            above: A version that somebody has already, from another store.

        Raises:
            BundleError: It does not compute what torch computes, or not finite numbers.
            OSError: The disk is full, or gone.
        """
        version = max(self.store.next_version(), above + 1)
        try:
            self._export(module, training, samples, version)
            self.store.offer(self._outgoing)
        finally:
            shutil.rmtree(self._outgoing, ignore_errors=True)
        self.store.prune(self._keep)
        return version

    def _export(
        self, module: nn.Module, training: Training, samples: FloatArray | None, version: int
    ) -> None:
        try:
            self._export_by_template(module, training, samples, version)
        except BundleError:
            if not self._template.is_borrowed:
                raise
            # The network has changed since; a diverged one is refused again.
            self._template = OnnxTemplate()
            self._export_by_template(module, training, samples, version)
        self._template.is_borrowed = False

    def _export_by_template(
        self, module: nn.Module, training: Training, samples: FloatArray | None, version: int
    ) -> None:
        export_policy(
            module,
            self._spec,
            self._task,
            self._obs_layout,
            self._outgoing,
            training,
            task_name=self._task_name,
            samples=samples,
            policy_version=version,
            signer=self._signer,
            trace=self._template,
        )

    def _newest_model(self) -> bytes | None:
        """Return the newest version's ONNX file; None where there is no whole one."""
        try:
            pointer = self.store.current()
            return None if pointer is None else self.store.read_model(pointer)
        except (BundleError, OSError):
            return None
