"""The states as a table; SAFETY.md holds the same one for readers, and both must agree."""

import pytest
from safety_rig import table_in_safety_md

from rl_agent.safety.state_machine import TABLE, Event, next_state
from rl_agent.types import SafetyState


def test_the_table_in_safety_md_is_the_codes():
    code = {(state, event): after for state, row in TABLE.items() for event, after in row.items()}
    assert table_in_safety_md() == code
    assert len(code) == len(SafetyState) * len(Event)


@pytest.mark.parametrize("state", list(SafetyState))
def test_a_stop_is_possible_from_every_state(state):
    assert next_state(state, Event.ESTOP) is SafetyState.STOPPED


def test_only_arm_leads_out_of_unarmed_into_motion():
    leads = [event for event in Event if TABLE[SafetyState.UNARMED][event] is SafetyState.ARMED]
    assert leads == [Event.ARM]


def test_stopped_never_leads_back_to_motion():
    reached = set(TABLE[SafetyState.STOPPED].values())
    assert reached == {SafetyState.STOPPED, SafetyState.UNARMED}


def test_data_alone_never_end_a_stop():
    for event in (Event.FRESH, Event.LATE, Event.SILENT):
        assert next_state(SafetyState.STOPPED, event) is SafetyState.STOPPED
