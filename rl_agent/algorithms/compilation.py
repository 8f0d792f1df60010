"""Eager and compiled gradients behind one call, and when compiling repays its time."""

from __future__ import annotations

import os
import shutil
import sysconfig
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.func import functional_call, grad_and_value

from .adam import Adam

COMPILE_REPAYS_UPDATES = 60_000
"""A compiled update saves 0.7 ms of 4 ms (2 x 256 units, batch 128); building takes 20-60 s."""

LossFunction = Callable[[Callable[..., Any]], tuple[Tensor, Tensor]]
"""From a network's forward function to the loss and one more tensor to report."""


class Gradients(NamedTuple):
    """Gradients in the order of the network's parameters, loss and the additional tensor."""

    gradients: Sequence[Tensor]
    loss: Tensor
    extra: Tensor


@dataclass(frozen=True)
class GradientFunction:
    """How an update gets its gradients and applies them."""

    compute: Callable[[nn.Module, LossFunction], Gradients]
    step: Callable[[Adam, Sequence[Tensor]], None]

    def __call__(self, network: nn.Module, loss: LossFunction) -> Gradients:
        """Return the gradients of `loss` with respect to the network's parameters."""
        return self.compute(network, loss)


def _eager(network: nn.Module, loss_function: LossFunction) -> Gradients:
    with torch.enable_grad():
        loss, extra = loss_function(network)
    gradients = torch.autograd.grad(loss, tuple(network.parameters()))
    return Gradients(gradients, loss.detach(), extra.detach())


def _functional(network: nn.Module, loss_function: LossFunction) -> Gradients:
    def loss_of(parameters: dict[str, Tensor]) -> tuple[Tensor, Tensor]:
        return loss_function(partial(_call, network, parameters))

    parameters = {name: value.detach() for name, value in network.named_parameters()}
    gradients, (loss, extra) = grad_and_value(loss_of, has_aux=True)(parameters)
    return Gradients(tuple(gradients.values()), loss, extra)


def _call(network: nn.Module, parameters: dict[str, Tensor], *args: Any) -> Any:
    return functional_call(network, parameters, args)


eager_gradients = GradientFunction(_eager, Adam.step)
compiled_gradients = GradientFunction(_functional, Adam.step_in_graph)
"""torch.func is what a full graph can hold; eagerly it is slower than autograd."""


class CompileDecision(NamedTuple):
    """Whether to compile, and why, in one line for the user."""

    should_compile: bool
    sentence: str


def decide_compile(mode: str, planned_updates: int) -> CompileDecision:
    """Decide from the settings alone, never from measured time: a resumed run must decide alike."""
    if mode == "off":
        return CompileDecision(False, "update: eager (compile: off)")
    if mode == "auto" and planned_updates < COMPILE_REPAYS_UPDATES:
        message = f"update: eager ({planned_updates} updates would not repay compiling)"
        return CompileDecision(False, message)
    missing = missing_for_compiler()
    if missing:
        return CompileDecision(False, f"update: eager (to compile it, install {missing})")
    return CompileDecision(True, "update: compiled (building it takes up to a minute)")


def missing_for_compiler() -> str:
    """Return what torch.compile lacks on this machine, or an empty string."""
    if shutil.which(os.environ.get("CXX", "g++")) is None:
        return "g++"
    if not (Path(sysconfig.get_paths()["include"]) / "Python.h").is_file():
        return "the headers of Python (python3-dev)"
    return ""
