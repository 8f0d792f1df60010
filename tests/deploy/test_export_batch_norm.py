import numpy as np
import onnxruntime
import torch

from rl_agent.deploy.export import trace_to_onnx
from rl_agent.deploy.onnx_scan import scan_model
from rl_agent.networks.batch_norm import follow_, packed
from rl_agent.networks.batch_norm_actor import BatchNormActor


def test_an_actor_with_batch_norm_is_exported_with_its_running_moments():
    generator, moments = torch.Generator().manual_seed(0), []
    actor = BatchNormActor(4, 2, [16, 16], generator, renorm_starts=5)
    obs = 3.0 * torch.randn(64, 4, generator=generator) + 1.0
    for row in obs[:10]:
        actor.normalizer.update(row)
    actor(obs, moments)
    follow_(actor, packed(moments))
    actor.requires_grad_(False)
    model = trace_to_onnx(actor.eval(), 4, {})
    scan_model(model, "test")
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    for size in (1, 7):  # of so small batches no moments could be meant
        outputs = session.run(None, {session.get_inputs()[0].name: obs[:size].numpy()})
        for own, expected in zip(outputs, actor(obs[:size]), strict=True):
            np.testing.assert_allclose(own, expected.numpy(), rtol=1e-4, atol=1e-5)
