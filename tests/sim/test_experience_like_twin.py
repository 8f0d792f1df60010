"""What a node makes of a period is what the twin's environment makes of it, to the last bit."""

from dataclasses import fields, replace

import numpy as np
import pytest

from rl_agent.interface.action import ActionMapper
from rl_agent.interface.experience import AppliedPeriod, Experience
from rl_agent.interface.observation import ObservationBuilder
from rl_agent.interface.recent_actions import RecentActions
from rl_agent.learning.env_adapter import make_env
from rl_agent.robots.profile import load_robot

STEPS = 150


def aware_of_delays(name):
    spec = load_robot(name)
    terms = (*spec.obs_terms, "action_history", "measurement_age")
    return replace(spec, obs_terms=terms, obs_history=5)


@pytest.mark.parametrize(
    ("env_id", "options"),
    [
        ("sim:So101Reach-v0", {}),
        ("sim:CartpoleSwingUp-v0", {}),
        ("sim:Twin-v0", {"robot": aware_of_delays("so101"), "task": "reach"}),
        ("sim:Twin-v0", {"robot": aware_of_delays("cartpole"), "task": "swing_up"}),
    ],
)
def test_transitions_are_those_of_the_twins_environment(env_id, options, monkeypatch):
    adapter = make_env(env_id, options)
    adapter.reset(seed=1)
    twin = adapter.env.unwrapped
    twin.loop.gate.set_speed_scale(0.2)  # it shall have something to change
    mapper = ActionMapper(twin.robot)
    mapper.set_state(twin.mapper.get_state())
    builder = ObservationBuilder(twin.robot, twin.task, twin.twin.kinematics)
    experience = Experience(twin.robot, twin.task, builder, mapper)
    reports = []
    run = twin.loop.run

    def noted(command):
        reports.append(run(command))
        return reports[-1]

    monkeypatch.setattr(twin.loop, "run", noted)
    rng = np.random.default_rng(0)
    recent, applied, num_changed = RecentActions.none(twin.robot), None, 0
    for _ in range(STEPS):
        measurement, goal = twin.loop.measurement, twin.goal.copy()
        obs = builder.build(measurement, goal, mapper.setpoint, recent)
        # Numbers that the adapter's scaling to the box and back does not round.
        action = (rng.integers(-256, 257, twin.robot.act_dim) / 256.0).astype(np.float32)
        experience.begin(obs, action, recent, measurement, goal)
        mapper.command(action, applied, measurement.position[list(twin.robot.command_index)])
        expected = adapter.step(action).transition
        if expected.terminated or expected.truncated:
            break
        period = AppliedPeriod(
            command=reports[-1].applied, reasons=reports[-1].reasons, shares=reports[-1].shares
        )
        found = experience.end(twin.loop.measurement, period)
        assert found is not None
        for field in fields(found):
            np.testing.assert_array_equal(
                getattr(found, field.name), getattr(expected, field.name), err_msg=field.name
            )
        recent, applied = recent.then(action), reports[-1].applied
        num_changed += found.reasons != 0
    assert len(reports) > 50
    assert num_changed > 0
    assert experience.num_dropped == 0
    adapter.close()
