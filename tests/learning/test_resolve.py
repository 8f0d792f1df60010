import pytest
from small_training import small_config

from rl_agent.learning.resolve import keep_resolved, resolve_config, schedule_end

FALLING = {"learning_rate_end": 0.5, "utd_ratio": 2.0}


def own(changes, num_steps):
    """Return what a run that was begun for 60 steps has, once it was made longer."""
    begun = resolve_config(small_config(num_steps=60, **changes), 0.9)
    return resolve_config(keep_resolved(small_config(num_steps=num_steps, **changes), begun), 0.9)


@pytest.mark.parametrize(
    ("changes", "end"),
    [
        ({}, None),
        ({"agent": FALLING}, 60),
        ({"replay": {"priority_exponent": 0.6}}, 60),
        # What somebody asked for is no schedule of fewer steps.
        ({"agent": {**FALLING, "decay_updates": 7}}, None),
        ({"replay": {"priority_exponent": 0.6, "importance_steps": 7}}, None),
    ],
)
def test_a_longer_run_tells_by_which_step_its_schedules_ended(changes, end):
    assert schedule_end(small_config(num_steps=60, **changes), own(changes, 60)) is None
    assert schedule_end(small_config(num_steps=100, **changes), own(changes, 100)) == end


def test_what_is_left_open_stays_as_it_was_and_what_is_asked_for_counts():
    config = own({"agent": FALLING}, 100)
    assert (config.agent.decay_updates, config.replay.importance_steps) == (80, 60)
    assert config.agent.gamma == 0.9
    asked = small_config(agent={**FALLING, "decay_updates": 7, "gamma": 0.5})
    assert keep_resolved(asked, config).agent == asked.agent
