"""Adam (Kingma & Ba 2015) as plain tensors: fused eagerly, written out inside a compiled graph.

Weights may decay beside it, as in AdamW (Loshchilov & Hutter 2019, algorithm 2).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import torch
from torch import Tensor
from torch.optim.adam import adam

from .linear_decay import LinearDecay

BETA_1 = 0.9
BETA_2 = 0.999
EPSILON = 1e-8


class Adam:
    """Holds the moments of one group of parameters, which it changes in place.

    `torch.optim.Adam` has a state dict of integers and groups, meant for pickle; these tensors go
    to safetensors as they are, and a compiled graph can hold the step.
    """

    def __init__(
        self,
        parameters: Iterable[Tensor],
        learning_rate: float,
        *,
        beta_1: float = BETA_1,
        weight_decay: float = 0.0,
        rate_decay: LinearDecay | None = None,
    ) -> None:
        self.parameters = [parameter.detach() for parameter in parameters]
        self.learning_rate = learning_rate
        self.beta_1 = beta_1
        self._weight_decay = weight_decay
        self._rate_decay = rate_decay
        self.exp_avg = [torch.zeros_like(parameter) for parameter in self.parameters]
        self.exp_avg_sq = [torch.zeros_like(parameter) for parameter in self.parameters]
        # One counter per parameter, as the fused kernel wants it; always equal.
        self.num_steps = torch.zeros(len(self.parameters))
        self._num_steps_each = list(self.num_steps.unbind())

    def step(self, gradients: Sequence[Tensor]) -> None:
        """Take one step, with torch's fused kernel."""
        rate = float(self._rate())
        self._decay(rate)
        adam(
            self.parameters,
            list(gradients),
            self.exp_avg,
            self.exp_avg_sq,
            [],
            self._num_steps_each,
            fused=True,
            amsgrad=False,
            beta1=self.beta_1,
            beta2=BETA_2,
            lr=rate,
            weight_decay=0.0,
            eps=EPSILON,
            maximize=False,
        )

    def step_in_graph(self, gradients: Sequence[Tensor]) -> None:
        """Take the same step in elementwise operations that a compiler fuses."""
        rate = self._rate()
        self._decay(rate)
        self.num_steps.add_(1.0)
        count = self.num_steps[0]
        correction_1 = 1.0 - self.beta_1**count
        correction_2 = 1.0 - BETA_2**count
        groups = zip(self.parameters, gradients, self.exp_avg, self.exp_avg_sq, strict=True)
        for parameter, gradient, exp_avg, exp_avg_sq in groups:
            exp_avg.lerp_(gradient, 1.0 - self.beta_1)
            exp_avg_sq.mul_(BETA_2).addcmul_(gradient, gradient, value=1.0 - BETA_2)
            scale = (exp_avg_sq / correction_2).sqrt() + EPSILON
            parameter.sub_(rate / correction_1 * exp_avg / scale)

    def reset(self) -> None:
        """Forget the moments."""
        for tensor in self.tensors().values():
            tensor.zero_()

    def _rate(self) -> Tensor | float:
        """Return the next step's, a tensor where it falls: a graph follows that."""
        if self._rate_decay is None:
            return self.learning_rate
        return self.learning_rate * self._rate_decay.share()

    def _decay(self, rate: Tensor | float) -> None:
        if self._weight_decay > 0.0:
            for parameter in self.parameters:
                parameter.mul_(1.0 - rate * self._weight_decay)

    def tensors(self) -> dict[str, Tensor]:
        """Return its state by name, as references."""
        named = {"num_steps": self.num_steps}
        for index, (first, second) in enumerate(zip(self.exp_avg, self.exp_avg_sq, strict=True)):
            named[f"exp_avg.{index}"] = first
            named[f"exp_avg_sq.{index}"] = second
        return named
