"""ONNX Runtime set up for a small network in a control loop: one thread, no spinning, no files."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rl_agent.exceptions import BundleError

CPU = "CPUExecutionProvider"


@dataclass(frozen=True, kw_only=True)
class SessionSettings:
    """Where and how fast a policy has to run."""

    providers: tuple[str, ...] = (CPU,)
    """ONNX Runtime execution providers, the first one preferred."""
    allow_cpu_fallback: bool = False
    """Accept the CPU where the preferred provider is missing; otherwise the bundle is refused."""
    max_latency_s: float | None = None
    """Refuse a policy whose median inference takes longer; None: a quarter of the policy period."""


def open_session(model: bytes, settings: SessionSettings, source: str) -> Any:
    """Return an inference session made from bytes that were verified before.

    Raises:
        BundleError: ONNX Runtime cannot load the model, or lacks the provider that was asked for.
    """
    import onnxruntime

    available = onnxruntime.get_available_providers()
    wanted = [name for name in settings.providers if name in available]
    if not wanted or wanted[0] != settings.providers[0]:
        _check_fallback(settings, available, source)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 4  # errors come as exceptions; the log would print them twice
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.add_session_config_entry("session.inter_op.allow_spinning", "0")
    try:
        session = onnxruntime.InferenceSession(model, options, providers=wanted or [CPU])
    # ONNX Runtime's own exceptions share no base but Exception.
    except Exception as error:
        raise BundleError(f"{source}: ONNX Runtime cannot load it: {error!s:.300}") from error
    # A provider that fails to start is replaced by the CPU without an error.
    if session.get_providers()[0] != (wanted or [CPU])[0]:
        _check_fallback(settings, session.get_providers(), source)
    return session


def check_io(session: Any, obs_dim: int, act_dim: int, source: str) -> None:
    """Refuse a model whose inputs and outputs are not obs -> mean, log_std of these sizes.

    Raises:
        BundleError: Says what was expected and found.
    """
    inputs = {value.name: (value.type, value.shape[1:]) for value in session.get_inputs()}
    outputs = {value.name: (value.type, value.shape[1:]) for value in session.get_outputs()}
    kind = "tensor(float)"
    expected_in = {"obs": (kind, [obs_dim])}
    expected_out = {"mean": (kind, [act_dim]), "log_std": (kind, [act_dim])}
    if inputs != expected_in or outputs != expected_out:
        message = f"expected {expected_in} -> {expected_out}, found {inputs} -> {outputs}"
        raise BundleError(f"{source}: {message}")


def _check_fallback(settings: SessionSettings, found: list[str], source: str) -> None:
    if not settings.allow_cpu_fallback:
        message = (
            f"expected {settings.providers[0]}, found {', '.join(found)}; install the matching "
            "onnxruntime, or set allow_cpu_fallback"
        )
        raise BundleError(f"{source}: {message}")
