"""The manifest of a policy bundle: read, checked and written; nothing in it is trusted before."""

from __future__ import annotations

import hashlib
import json
import math
import re
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, JsonValue, ValidationError
from pydantic_core import ErrorDetails

from rl_agent.exceptions import BundleError

from .contract import contract_hash
from .files import is_plain_name, read_capped

SCHEMA_VERSION = 1
MANIFEST_NAME = "manifest.json"
POLICY_NAME = "policy.onnx"
SIGNATURE_NAME = "manifest.sig"
"""Beside the manifest, where the bundle is signed; see `signing`."""
MAX_MANIFEST_BYTES = 2_000_000
# Policies for joints are below 10 MB; the limit keeps a wrong or hostile file from filling memory.
MAX_FILE_BYTES = 64_000_000
MAX_SIGNATURE_BYTES = 10_000
MIN_GOLDEN = 8
GOLDEN_TOLERANCE, MAX_GOLDEN_TOLERANCE = 1e-5, 1e-4
"""What a bundle may allow a processor's float32 to differ from the exact outputs by."""


def _plain_name(name: str) -> str:
    if not is_plain_name(name):
        raise ValueError("expected a plain file name inside the bundle")
    return name


Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Finite = Annotated[float, Field(allow_inf_nan=False)]
Rows = Annotated[list[list[Finite]], Field(max_length=1000)]
Tolerance = Annotated[float, Field(ge=GOLDEN_TOLERANCE, le=MAX_GOLDEN_TOLERANCE)]
FileName = Annotated[str, AfterValidator(_plain_name)]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class FileEntry(_Model):
    """One file of the bundle."""

    sha256: Sha256
    size: Annotated[int, Field(ge=1, le=MAX_FILE_BYTES)]


class Golden(_Model):
    """Inputs and the outputs that the exporting machine computed for them."""

    obs: Rows  # (N, obs_dim)
    mean: Rows  # (N, act_dim)
    log_std: Rows  # (N, act_dim)
    tolerance: Tolerance = GOLDEN_TOLERANCE
    """By how much the outputs may differ on another processor, see `relative_error`."""


class Probe(_Model):
    """Readings and the observations that the exporting machine built from them."""

    position: Rows  # (N, num_joints)
    velocity: Rows  # (N, num_joints)
    goal: Rows  # (N, goal_dim)
    obs: Rows  # (N, obs_dim)


class Training(_Model):
    """Where the policy comes from."""

    run: str
    env_step: Annotated[int, Field(ge=0)]
    seed: int
    algorithm: str
    commit: str


class Manifest(_Model):
    """All that a bundle says of itself."""

    schema_version: Literal[1]
    policy_version: Annotated[int, Field(ge=1, le=2**53)]
    """Rises with every version that a policy store accepts."""
    created: str
    """UTC, ISO 8601."""
    task: str
    """Name for `make_task`, or `module:Class`."""
    files: dict[FileName, FileEntry]
    contract_hash: Sha256
    contract: dict[str, JsonValue]
    golden: Golden
    probe: Probe | None
    """None where the observation was not built by the project's own builder."""
    training: Training

    @property
    def obs_dim(self) -> int:
        """Size of the observation."""
        return len(self.golden.obs[0])

    @property
    def act_dim(self) -> int:
        """Number of actions."""
        return len(self.golden.mean[0])


def read_manifest(bundle_dir: Path) -> Manifest:
    """Return the manifest of a bundle directory.

    Raises:
        BundleError: It is missing, damaged, edited, of another version, or contradicts itself.
    """
    if not bundle_dir.is_dir():
        raise BundleError(f"{bundle_dir}: expected a bundle directory, found none")
    data = read_capped(bundle_dir, MANIFEST_NAME, MAX_MANIFEST_BYTES)
    return parse_manifest(data, str(bundle_dir / MANIFEST_NAME))


def read_bundle(bundle_dir: Path) -> tuple[Manifest, dict[str, bytes]]:
    """Return a bundle's manifest, and all its files by name: manifest and signature are among them.

    Files are compared with the manifest; whose the signature is, if there is one, is not looked at.

    Raises:
        BundleError: Something is missing, damaged, too large, or not named in the manifest.
    """
    manifest = read_manifest(bundle_dir)
    files = read_files(bundle_dir, manifest)
    # What was read above, byte for byte, even if the file has been exchanged since.
    files[MANIFEST_NAME] = render_manifest(manifest)
    if (bundle_dir / SIGNATURE_NAME).exists():
        files[SIGNATURE_NAME] = read_capped(bundle_dir, SIGNATURE_NAME, MAX_SIGNATURE_BYTES)
    return manifest, files


def read_files(bundle_dir: Path, manifest: Manifest) -> dict[str, bytes]:
    """Return the bundle's files by name, each compared with the manifest's size and sha256.

    Raises:
        BundleError: A file is missing, damaged, too large, or not named in the manifest.
    """
    expected = {MANIFEST_NAME, *manifest.files}
    try:
        extra = sorted({path.name for path in bundle_dir.iterdir()} - expected - {SIGNATURE_NAME})
    except OSError as error:
        message = f"expected a directory that can be read, found: {error.strerror}"
        raise BundleError(f"{bundle_dir}: {message}") from error
    if extra:
        message = f"expected only {', '.join(sorted(expected))}, found also {', '.join(extra)}"
        raise BundleError(f"{bundle_dir}: {message}")
    return {name: _read_file(bundle_dir, name, entry) for name, entry in manifest.files.items()}


def _read_file(bundle_dir: Path, name: str, entry: FileEntry) -> bytes:
    data = read_capped(bundle_dir, name, MAX_FILE_BYTES)
    if len(data) != entry.size:
        message = f"expected {entry.size} bytes, found {len(data)}"
        raise BundleError(f"{bundle_dir / name}: {message}; the file is cut or from another bundle")
    found = hashlib.sha256(data).hexdigest()
    if found != entry.sha256:
        message = f"expected sha256 {entry.sha256}, found {found}"
        raise BundleError(f"{bundle_dir / name}: {message}; damaged or from another bundle")
    return data


def parse_manifest(data: bytes, source: str) -> Manifest:
    """Return the manifest in `data`; `source` is named in errors.

    Only the exact bytes that `render_manifest` writes are accepted: every flipped bit is noticed.

    Raises:
        BundleError: Says what was expected and found.
    """
    values = _read_json(data, source)
    version = values.get("schema_version")
    if version != SCHEMA_VERSION or isinstance(version, bool):
        message = f"expected manifest version {SCHEMA_VERSION}, found {version!r:.60}"
        raise BundleError(f"{source}: {message}")
    digest = values.pop("digest", None)
    try:
        manifest = Manifest.model_validate(values)
        rendered = render_manifest(manifest)
    except ValidationError as error:
        message = f"expected a whole manifest, found: {_first_errors(error)}"
        raise BundleError(f"{source}: {message}") from error
    except (ValueError, RecursionError) as error:
        raise BundleError(f"{source}: expected plain values, found: {error!s:.200}") from error
    if rendered != data:
        expected = json.loads(rendered)["digest"]
        if digest != expected:
            detail = f"expected digest {expected}, found {digest!r:.80}"
        else:
            detail = "expected the layout that the exporter writes, found another"
        raise BundleError(f"{source}: {detail}; the manifest was damaged or edited: export again")
    _check_consistency(manifest, source)
    return manifest


def render_manifest(manifest: Manifest) -> bytes:
    """Return the one way to write a manifest down: readable JSON, with a digest of all the rest."""
    return render_values(manifest.model_dump(mode="json"))


def render_values(values: dict[str, Any]) -> bytes:
    """Return `values` with their digest in the one layout that is accepted."""
    compact = json.dumps(values, sort_keys=True, separators=(",", ":"), allow_nan=False)
    digest = hashlib.sha256(compact.encode()).hexdigest()
    text = json.dumps({**values, "digest": digest}, indent=1, sort_keys=True, allow_nan=False)
    # Innermost lists go on one line; JSON strings hold no raw line break, so none is touched.
    text = re.sub(r"\[\n[^\[\]{}]*\]", lambda match: _one_line(match.group()), text)
    return (text + "\n").encode()


def _one_line(block: str) -> str:
    return re.sub(r"\n\s*", " ", re.sub(r"\n\s*\]$", "]", re.sub(r"^\[\n\s*", "[", block)))


def _read_json(data: bytes, source: str) -> dict[str, Any]:
    try:
        values = json.loads(data.decode("utf-8"), parse_constant=_finite, parse_float=_finite)
    except (ValueError, RecursionError) as error:
        raise BundleError(f"{source}: expected JSON, found: {str(error)[:200]}") from error
    if not isinstance(values, dict):
        raise BundleError(f"{source}: expected a JSON object, found {type(values).__name__}")
    return values


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"{text:.40} is not a finite number")
    return value


def _first_errors(error: ValidationError, most: int = 5) -> str:
    details = error.errors(include_url=False)
    lines = [_error_text(detail) for detail in details[:most]]
    if len(details) > most:
        lines.append(f"and {len(details) - most} more")
    return "; ".join(lines)


def _error_text(detail: ErrorDetails) -> str:
    place = ".".join(str(part) for part in detail["loc"])
    found = detail.get("input")
    shown = "" if isinstance(found, dict | list) else f", found {found!r:.80}"
    return f"{place[:120]}: {detail['msg']}{shown}"


def _check_consistency(manifest: Manifest, source: str) -> None:
    problem = _contract_problem(manifest) or _golden_problem(manifest) or _probe_problem(manifest)
    if problem:
        raise BundleError(f"{source}: {problem}")


def _contract_problem(manifest: Manifest) -> str:
    if POLICY_NAME not in manifest.files:
        return f"files: expected {POLICY_NAME}, found {', '.join(manifest.files) or 'none'}"
    for name in (MANIFEST_NAME, SIGNATURE_NAME):
        if name in manifest.files:
            return f"files: expected no {name}, whose sha256 the manifest cannot hold"
    expected = contract_hash(manifest.contract)
    if manifest.contract_hash != expected:
        return f"contract_hash: expected {expected}, found {manifest.contract_hash}"
    for name in ("obs_dim", "act_dim"):
        size = manifest.contract.get(name)
        if not isinstance(size, int) or isinstance(size, bool) or size < 1:
            return f"contract.{name}: expected a whole number above 0, found {size!r:.60}"
    return ""


def _golden_problem(manifest: Manifest) -> str:
    golden, contract = manifest.golden, manifest.contract
    if len(golden.obs) < MIN_GOLDEN:
        return f"golden: expected at least {MIN_GOLDEN} vectors, found {len(golden.obs)}"
    widths = {"obs": contract["obs_dim"], "mean": contract["act_dim"]}
    widths["log_std"] = contract["act_dim"]
    for name, width in widths.items():
        problem = _rows_problem(getattr(golden, name), len(golden.obs), width)
        if problem:
            return f"golden.{name}: {problem}"
    return ""


def _probe_problem(manifest: Manifest) -> str:
    probe = manifest.probe
    if probe is None:
        return ""
    joints = manifest.contract.get("joints")
    width = len(joints) if isinstance(joints, list) else -1
    widths = {"position": width, "velocity": width, "obs": manifest.contract["obs_dim"]}
    for name, expected in widths.items():
        problem = _rows_problem(getattr(probe, name), len(probe.obs), expected)
        if problem:
            return f"probe.{name}: {problem}"
    goals = {len(row) for row in probe.goal}
    if len(probe.goal) != len(probe.obs) or len(goals) > 1:
        return "probe.goal: expected one goal of one size per observation"
    return ""


def _rows_problem(rows: list[list[float]], count: int, width: object) -> str:
    widths = sorted({len(row) for row in rows})
    if len(rows) != count or widths != [width]:
        return f"expected {count} rows of {width} numbers, found {len(rows)} rows of {widths}"
    largest = max((abs(value) for row in rows for value in row), default=0.0)
    if not math.isfinite(largest) or largest > 3.4e38:
        return f"expected float32 numbers, found {largest}"
    return ""
