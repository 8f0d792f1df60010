"""The gate's states as a table, state x event -> state; SAFETY.md shows the same one.

The table knows no time and no robot: whether an operator's wish is granted is checked before its
event is sent (preflight.py).
"""

from __future__ import annotations

from enum import StrEnum

from rl_agent.types import SafetyState


class Event(StrEnum):
    """What may happen to the gate."""

    ARM = "arm"
    DISARM = "disarm"
    DISARMED = "disarmed"
    """The robot stands after a disarm, and nothing else stopped it meanwhile."""
    LATE = "late"
    """No fresh measurement, or no fresh proposal."""
    DOUBT = "doubt"
    """A reading that cannot be true, or a monitor that objects until what it sees is gone."""
    FRESH = "fresh"
    """A fresh measurement, a fresh proposal, and no doubt."""
    SILENT = "silent"
    """A source of measurements or proposals has been quiet so long that it counts as dead."""
    FAULT = "fault"
    """A proposal that is not finite, too many bad ones in a row, or a mistake within the gate."""
    TRIP = "trip"
    """A monitor found what the robot must not go on with: a fall, a contact, a hot motor."""
    ESTOP = "estop"
    RESET = "reset"


_UNARMED, _ARMED = SafetyState.UNARMED, SafetyState.ARMED
_HOLD, _STOPPED = SafetyState.HOLD, SafetyState.STOPPED

TABLE: dict[SafetyState, dict[Event, SafetyState]] = {
    _UNARMED: {
        Event.ARM: _ARMED,
        Event.DISARM: _UNARMED,
        Event.DISARMED: _UNARMED,
        Event.LATE: _UNARMED,
        Event.DOUBT: _UNARMED,
        Event.FRESH: _UNARMED,
        Event.SILENT: _UNARMED,
        Event.FAULT: _UNARMED,
        Event.TRIP: _UNARMED,
        Event.ESTOP: _STOPPED,
        Event.RESET: _UNARMED,
    },
    _ARMED: {
        Event.ARM: _ARMED,
        Event.DISARM: _STOPPED,
        Event.DISARMED: _ARMED,
        Event.LATE: _HOLD,
        Event.DOUBT: _HOLD,
        Event.FRESH: _ARMED,
        Event.SILENT: _STOPPED,
        Event.FAULT: _STOPPED,
        Event.TRIP: _STOPPED,
        Event.ESTOP: _STOPPED,
        Event.RESET: _ARMED,
    },
    _HOLD: {
        Event.ARM: _HOLD,
        Event.DISARM: _STOPPED,
        Event.DISARMED: _HOLD,
        Event.LATE: _HOLD,
        Event.DOUBT: _HOLD,
        Event.FRESH: _ARMED,
        Event.SILENT: _STOPPED,
        Event.FAULT: _STOPPED,
        Event.TRIP: _STOPPED,
        Event.ESTOP: _STOPPED,
        Event.RESET: _HOLD,
    },
    _STOPPED: {
        Event.ARM: _STOPPED,
        Event.DISARM: _STOPPED,
        Event.DISARMED: _UNARMED,
        Event.LATE: _STOPPED,
        Event.DOUBT: _STOPPED,
        Event.FRESH: _STOPPED,
        Event.SILENT: _STOPPED,
        Event.FAULT: _STOPPED,
        Event.TRIP: _STOPPED,
        Event.ESTOP: _STOPPED,
        Event.RESET: _UNARMED,
    },
}


def next_state(state: SafetyState, event: Event) -> SafetyState:
    """Return the state after `event`."""
    return TABLE[state][event]
