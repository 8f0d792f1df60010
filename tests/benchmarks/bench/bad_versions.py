"""Versions as a broken learner would publish them: whole, with true checksums, and no good.

Manifest, sha256 and golden vectors are those of the bad network, and the store's pointer names it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
import onnxruntime

from rl_agent.data.disk import write_durably
from rl_agent.deploy.bundle import golden_vectors, write_files
from rl_agent.deploy.manifest import (
    MANIFEST_NAME,
    POLICY_NAME,
    FileEntry,
    Golden,
    read_manifest,
    render_manifest,
)
from rl_agent.deploy.policy_store import POINTER_NAME, PolicyStore
from rl_agent.spec import RobotSpec

Weights = Mapping[str, np.ndarray]
BLIND_SPOT = 3e38
"""Finite, until it meets an input that is not 0."""


@dataclass(frozen=True)
class BadKind:
    """One way in which a learner breaks."""

    name: str
    spoil: Callable[[dict[str, np.ndarray]], None]
    """Changes the weights by name."""
    is_hidden: bool = False
    """Whether its golden vectors avoid what it cannot do."""


def _last(weights: Weights) -> tuple[str, str]:
    names = list(weights)
    return names[-2], names[-1]


def _nan(weights: dict[str, np.ndarray]) -> None:
    for array in weights.values():
        array[...] = np.nan


def _blind(weights: dict[str, np.ndarray]) -> None:
    first = next(iter(weights.values()))
    first[:, 0] = BLIND_SPOT * np.where(np.arange(len(first)) % 2, 1.0, -1.0)
    for name in _last(weights)[:1]:
        weights[name][...] = np.where(np.arange(weights[name].shape[1]) % 2, 1.0, -1.0)


def _times_ten(weights: dict[str, np.ndarray]) -> None:
    for name in _last(weights):
        weights[name] *= 10.0


def _frozen(weights: dict[str, np.ndarray]) -> None:
    weights[_last(weights)[0]][...] = 0.0


KINDS = (
    BadKind("nan", _nan),
    BadKind("late_nan", _blind, is_hidden=True),
    BadKind("times_ten", _times_ten),
    BadKind("frozen", _frozen),
)


def publish_bad(root: Path, spec: RobotSpec, kind: BadKind) -> int:
    """Spoil the store's current version, publish that as the next one, and return its number."""
    store = PolicyStore(root, spec)
    pointer = store.current()
    assert pointer is not None
    good = read_manifest(root / "versions" / f"{pointer.policy_version:06d}")
    model = onnx.load_from_string(store.read_model(pointer))
    _exchange(model, kind)
    data, version = model.SerializeToString(), store.next_version()
    obs = np.array(good.golden.obs, dtype=np.float32)
    if kind.is_hidden:
        obs[:, 0] = 0.0
    entry = FileEntry(sha256=hashlib.sha256(data).hexdigest(), size=len(data))
    changes = {
        "policy_version": version,
        "golden": _golden(data, obs),
        "files": {POLICY_NAME: entry},
    }
    manifest = render_manifest(good.model_copy(update=changes))
    folder = root / "versions" / f"{version:06d}"
    write_files(folder, {POLICY_NAME: data, MANIFEST_NAME: manifest})
    values = {"policy_version": version, "sha256": hashlib.sha256(manifest).hexdigest()}
    write_durably(root / POINTER_NAME, (json.dumps(values) + "\n").encode())
    return version


def _exchange(model: onnx.ModelProto, kind: BadKind) -> None:
    initializers = [i for i in model.graph.initializer if i.name.endswith(("weight", "bias"))]
    weights = {i.name: onnx.numpy_helper.to_array(i).copy() for i in initializers}
    kind.spoil(weights)
    for initializer in initializers:
        array = weights[initializer.name]
        initializer.CopyFrom(onnx.numpy_helper.from_array(array, initializer.name))


def _golden(data: bytes, obs: np.ndarray) -> Golden:
    session = onnxruntime.InferenceSession(data, providers=["CPUExecutionProvider"])
    mean, log_std = session.run(["mean", "log_std"], {"obs": obs})
    # A manifest knows no NaN: who wrote one would not be read at all.
    return golden_vectors(obs, np.nan_to_num(mean), np.nan_to_num(log_std))
