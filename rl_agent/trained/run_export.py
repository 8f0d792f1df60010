"""A training run becomes a bundle."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from rl_agent.deploy.export import ExportReport, export_policy
from rl_agent.deploy.signing import Signer

from .trained_policy import open_run


def export_bundle(
    run_dir: Path | str,
    out_dir: Path | str,
    *,
    which: str | None = None,
    robot: str | None = None,
    policy_version: int | None = None,
    signer: Signer | None = None,
    on_message: Callable[[str], None] = lambda message: None,
) -> ExportReport:
    """Write a bundle of a training run's policy.

    Args:
        run_dir: The run's folder.
        out_dir: The bundle; one that is there already is replaced, and its version counted on.
        which: "best" or "newest" checkpoint; None takes the best where there is one.
        robot: Profile's name or file in place of the one that the run names.
        policy_version: None counts on from the bundle in `out_dir`.
        signer: Signs the manifest; None leaves the bundle unsigned.
        on_message: Is told which checkpoint is damaged, and which is taken instead.

    Raises:
        SurefootError: There is no run, no whole checkpoint, or ONNX and torch disagree.
    """
    with open_run(Path(run_dir), which=which, robot=robot, on_message=on_message) as trained:
        twin = trained.env.unwrapped
        return export_policy(
            trained.module,
            twin.robot,
            twin.task,
            twin.builder.layout,
            out_dir,
            trained.training,
            task_name=trained.task_name,
            samples=trained.samples,
            policy_version=policy_version,
            signer=signer,
        )
