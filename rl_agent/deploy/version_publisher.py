"""What a learner hands to its robot: one version of the policy after another, each verified."""

from __future__ import annotations

import shutil
from pathlib import Path

from torch import nn

from rl_agent.spec import RobotSpec
from rl_agent.tasks.task import Task
from rl_agent.types import FloatArray

from .contract import ObsLayout
from .export import export_policy
from .manifest import Training
from .onnx_template import OnnxTemplate
from .policy_store import PolicyStore

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
    ) -> None:
        """Begin, or go on counting where the store stands.

        Args:
            store_dir: The policy store's folder.
            spec: The robot that is learned on.
            task: What it learns.
            obs_layout: (name, start, size) per observation term.
            task_name: Name for `make_task`, or `module:Class`.
            keep: Versions that stay on the disk.
        """
        self.store = PolicyStore(store_dir, spec, task)
        self._outgoing = store_dir / OUTGOING
        self._spec, self._task, self._obs_layout = spec, task, obs_layout
        self._task_name = task_name
        self._keep = keep
        self._template = OnnxTemplate()

    def publish(self, module: nn.Module, training: Training, samples: FloatArray | None) -> int:
        """Export, compare with torch, and make it the store's current version; return its number.

        Args:
            module: obs (B, obs_dim) -> (mean, log_std), each (B, act_dim), normaliser inside.
            training: Where the policy stands.
            samples: (N, obs_dim) observations that the robot met.

        Raises:
            BundleError: It does not compute what torch computes, or not finite numbers.
            OSError: The disk is full, or gone.
        """
        version = self.store.next_version()
        try:
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
                trace=self._template,
            )
            self.store.offer(self._outgoing)
        finally:
            shutil.rmtree(self._outgoing, ignore_errors=True)
        self.store.prune(self._keep)
        return version
