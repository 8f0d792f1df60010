"""Put a bundle together: model, contract, golden vectors and provenance in one directory."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from rl_agent.data.whole_folder import replace_folder
from rl_agent.exceptions import BundleError
from rl_agent.types import FloatArray

from .contract import Contract, contract_hash
from .manifest import (
    GOLDEN_TOLERANCE,
    MANIFEST_NAME,
    POLICY_NAME,
    SIGNATURE_NAME,
    FileEntry,
    Golden,
    Manifest,
    Probe,
    Training,
    read_manifest,
    render_manifest,
)
from .signing import Signer

NUM_GOLDEN = 16


@dataclass(frozen=True, kw_only=True)
class BundleContent:
    """What goes into a bundle beside the model file."""

    contract: Contract
    task: str
    """Name for `make_task`, or `module:Class`."""
    golden: Golden
    training: Training
    probe: Probe | None = None
    policy_version: int = 1


def write_bundle(
    out_dir: Path, model: bytes, content: BundleContent, signer: Signer | None = None
) -> Manifest:
    """Write `out_dir` with policy.onnx and manifest.json; an older bundle there is replaced whole.

    With a `signer`, manifest.sig stands beside them.

    Raises:
        BundleError: `out_dir` exists and is not a bundle.
    """
    manifest = Manifest(
        schema_version=1,
        policy_version=content.policy_version,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        task=content.task,
        files={POLICY_NAME: FileEntry(sha256=hashlib.sha256(model).hexdigest(), size=len(model))},
        contract_hash=contract_hash(content.contract),
        contract=content.contract,
        golden=content.golden,
        probe=content.probe,
        training=content.training,
    )
    files = {POLICY_NAME: model, MANIFEST_NAME: render_manifest(manifest)}
    if signer is not None:
        files[SIGNATURE_NAME] = signer.sign(files[MANIFEST_NAME])
    write_files(out_dir, files)
    return read_manifest(out_dir)


def write_files(out_dir: Path, files: Mapping[str, bytes]) -> None:
    """Replace the bundle `out_dir` by these files, complete or not at all.

    Raises:
        BundleError: `out_dir` exists and is not a bundle.
        OSError: They could not be written; what was there stays.
    """
    out_dir = out_dir.absolute()
    if out_dir.exists() and not _may_replace(out_dir):
        message = "expected an empty or a bundle directory to write to, found something else"
        raise BundleError(f"{out_dir}: {message}")
    replace_folder(out_dir, files)


def next_version(out_dir: Path) -> int:
    """Return the version after the bundle's in `out_dir`; 1 where there is none."""
    try:
        return read_manifest(out_dir).policy_version + 1
    except BundleError:
        return 1


def onnx_metadata(contract: Contract, training: Training) -> dict[str, str]:
    """Return what the ONNX file itself carries, for people who find it without its manifest."""
    joints = contract["joints"]
    return {
        "contract_hash": contract_hash(contract),
        "robot": str(contract["robot"]),
        "joint_names": json.dumps([joint[0] for joint in joints]),
        "action_joints": json.dumps(contract["action_joints"]),
        "units": json.dumps(contract["units"]),
        "obs_layout": json.dumps(contract["obs_layout"]),
        "policy_hz": str(contract["policy_hz"]),
        "outputs": "action = tanh(mean); mean and log_std are of the Gaussian before the tanh",
        "training": training.model_dump_json(),
    }


def golden_observations(
    obs_dim: int, samples: FloatArray | None = None, count: int = NUM_GOLDEN
) -> FloatArray:
    """Return (count, obs_dim) inputs: extremes first, then observations of the run, or normal ones.

    Args:
        obs_dim: Size of the observation.
        samples: (N, obs_dim) observations that the policy met; None where there are none.
        count: How many.
    """
    rng = np.random.default_rng(0)
    extremes = [np.full(obs_dim, value) for value in (0.0, 1.0, -1.0, 10.0, -10.0)]
    rest = rng.standard_normal((count - len(extremes), obs_dim))
    if samples is not None and len(samples):
        chosen = np.linspace(0, len(samples) - 1, min(len(rest), len(samples))).astype(int)
        rest[: len(chosen)] = samples[chosen]
    return np.concatenate([extremes, rest]).astype(np.float32)


def golden_vectors(
    obs: FloatArray,
    mean: FloatArray,
    log_std: FloatArray,
    tolerance: float = GOLDEN_TOLERANCE,
) -> Golden:
    """Return inputs (N, obs_dim) with their reference outputs (N, act_dim) for a manifest."""
    rows = [np.asarray(part, dtype=np.float64).tolist() for part in (obs, mean, log_std)]
    return Golden(obs=rows[0], mean=rows[1], log_std=rows[2], tolerance=tolerance)


def _may_replace(out_dir: Path) -> bool:
    if out_dir.is_symlink() or not out_dir.is_dir():
        return False
    names = {path.name for path in out_dir.iterdir()}
    known = {MANIFEST_NAME, POLICY_NAME, SIGNATURE_NAME}
    return not names or (MANIFEST_NAME in names and names <= known)
