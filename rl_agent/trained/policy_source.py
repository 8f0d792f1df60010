"""Open a bundle or a training run as something that acts in its robot's twin."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from rl_agent.deploy.files import is_plain_name
from rl_agent.deploy.manifest import MANIFEST_NAME, Manifest, read_manifest
from rl_agent.deploy.onnx_policy import OnnxPolicy
from rl_agent.deploy.signing import check_signature
from rl_agent.exceptions import BundleError
from rl_agent.learning.run_folder import CONFIG_FILE, holds_run
from rl_agent.learning.twin_evaluation import Act
from rl_agent.robots.profile import load_robot
from rl_agent.spec import RobotSpec

TWIN_ID = "sim:Twin-v0"
ONNX, TORCH = "onnx", "torch"


@dataclass(frozen=True, kw_only=True)
class PolicySource:
    """A policy with the twin it belongs to."""

    env: Any
    act: Act
    backend: str
    spec: RobotSpec
    name: str
    """Version or step, for people."""


@contextmanager
def open_policy(
    path: Path,
    backend: str | None = None,
    *,
    robot: str | None = None,
    which: str | None = None,
    on_message: Callable[[str], None] = lambda message: None,
) -> Iterator[PolicySource]:
    """Open a bundle (onnx) or a run (torch, or onnx by exporting it first).

    Args:
        path: Directory of either.
        backend: "onnx", "torch", or None for what the directory holds.
        robot: Profile's name or file; None takes the one that the policy names.
        which: "best" or "newest" checkpoint of a run; None takes the best where there is one.
        on_message: Is told which checkpoint of a run is damaged, and which is taken instead.

    Raises:
        SurefootError: There is no policy, it does not hold, or torch is asked of a bundle.
    """
    is_bundle = (path / MANIFEST_NAME).exists()
    if is_bundle and backend == TORCH:
        message = "a bundle holds no torch weights; give the training run's directory instead"
        raise BundleError(f"{path}: {message}")
    if not is_bundle and not holds_run(path):
        message = f"expected a bundle ({MANIFEST_NAME}) or a training run ({CONFIG_FILE}), "
        raise BundleError(f"{path}: {message}found neither")
    if is_bundle:
        with _open_bundle(path, robot) as source:
            yield source
    elif backend == ONNX:
        from .run_export import export_bundle

        with tempfile.TemporaryDirectory() as folder:
            bundle = Path(folder) / "bundle"
            export_bundle(path, bundle, which=which, robot=robot, on_message=on_message)
            # Made here and now, for the twin alone: nobody else need have signed it.
            with _open_bundle(bundle, robot, asks_for_signature=False) as source:
                yield source
    else:
        with _open_run(path, robot, which, on_message) as source:
            yield source


def bundle_robot(manifest: Manifest, robot: str | None) -> RobotSpec:
    """Return the profile of the robot that a bundle names, at the bundle's policy rate.

    Raises:
        SurefootError: There is no such robot; a bundle names shipped ones only, never a file.
    """
    policy_hz = manifest.contract.get("policy_hz")
    rate = float(policy_hz) if isinstance(policy_hz, int | float) else None
    named = str(manifest.contract.get("robot"))
    if robot is None and (not is_plain_name(named) or named.endswith((".yaml", ".yml"))):
        message = f"expected a robot's name in the manifest, found {named!r:.80}; give --robot"
        raise BundleError(message)
    return load_robot(robot or named, policy_hz=rate)


def make_twin(spec: RobotSpec, task: str) -> Any:
    """Return the twin's environment of any robot and task."""
    import gymnasium

    return gymnasium.make(TWIN_ID, robot=spec, task=task, disable_env_checker=True)


@contextmanager
def _open_bundle(
    path: Path, robot: str | None, *, asks_for_signature: bool = True
) -> Iterator[PolicySource]:
    manifest = read_manifest(path)
    spec = bundle_robot(manifest, robot)
    if not asks_for_signature:
        spec = replace(spec, signing_key=None)
    # Before the task that the bundle names is imported.
    check_signature(path, manifest, spec.signing_key)
    env = make_twin(spec, manifest.task)
    try:
        twin = env.unwrapped
        policy = OnnxPolicy(path, twin.robot, twin.task)
        name = f"version {policy.policy_version}, {manifest.training.run}"
        yield PolicySource(env=env, act=policy.act, backend=ONNX, spec=twin.robot, name=name)
    finally:
        env.close()


@contextmanager
def _open_run(
    path: Path, robot: str | None, which: str | None, on_message: Callable[[str], None]
) -> Iterator[PolicySource]:
    from .trained_policy import open_run, torch_act

    with open_run(path, which=which, robot=robot, on_message=on_message) as trained:
        yield PolicySource(
            env=trained.env,
            act=torch_act(trained.module),
            backend=TORCH,
            spec=trained.env.unwrapped.robot,
            name=f"step {trained.training.env_step}, {trained.training.run}",
        )
