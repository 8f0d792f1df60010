from dataclasses import replace

import pytest

from rl_agent.robots.profile import load_robot


@pytest.fixture
def so101():
    return load_robot("so101")


@pytest.fixture
def with_delays(so101):
    """Return the SO-101 with other delays [ms]."""

    def make(observation=0.0, action=0.0, actuator=0.0):
        twin = replace(
            so101.twin,
            observation_delay_ms=observation,
            action_delay_ms=action,
            actuator_delay_ms=actuator,
        )
        return replace(so101, twin=twin)

    return make
