"""What to do next, per reason of a trip: one sentence for whoever stands beside the robot."""

from __future__ import annotations

from collections.abc import Iterable

REMEDIES = {
    "ESTOP": "Find out who pressed it and why; then `surefoot reset`, and `surefoot arm` to go on.",
    "SILENT": "See why the process died or hung (its last lines stand in the terminal of"
    " `surefoot up`); it comes back inactive: `surefoot reset`, then `surefoot arm`.",
    "STALE_PROPOSAL": "If the policy is merely slow, lower policy_hz or load the machine less;"
    " raise watchdog.proposal_ms only as far as the robot may move blindly.",
    "STALE_OBSERVATION": "Look after the robot's driver: its cable, its rate (`ros2 topic hz"
    " joint_states`), and whether its stamps rise.",
    "NON_FINITE": "The source computes NaN or infinity: look at its inputs, and at the bundle's"
    " golden vectors (`surefoot eval BUNDLE`), before it drives again.",
    "BAD_PROPOSAL": "The source and the profile disagree about joints: compare their names and"
    " their number with `surefoot robot check`.",
    "IMPLAUSIBLE": "A reading cannot be true: check encoder, cable and the profile's sign, offset"
    " and scale of that joint.",
    "SECOND_PUBLISHER": "Somebody else commands the same robot: find it with `ros2 topic info -v`,"
    " and stop it.",
    "FOLLOWING_ERROR": "The robot did not go where it was told: look for an obstacle, a hot or"
    " overloaded motor, a wrong sign, or limits beyond what it can do.",
    "INTERNAL": "This is a mistake within the gate: please report it with this box, and do not arm"
    " before it is understood.",
    "OPERATOR": "Nothing: an operator disarmed it. `surefoot arm` goes on.",
    "GATE_SILENT": "safety_node died or hung: see its last lines in the terminal of `surefoot up`;"
    " it comes back inactive and unarmed, `surefoot arm` goes on.",
    "WORKSPACE": "The tool ran out of its allowed space: check the task's goals against the"
    " profile's workspace.",
    "BARRIER": "A distance could not be kept: move the robot away by hand, and check the profile's"
    " barriers against its surroundings.",
    "SELF_DISTANCE": "Two links came too close: move the robot apart by hand, and check the"
    " profile's distances.",
    "POWER": "A joint needed more power than it has: lower action.max_speed, or its load.",
    "DEADLINE": "The safety process missed its deadlines: load the machine less, and give it"
    " real-time priority (ulimit -r).",
    "FALL": "The robot fell: set it up again by hand before `surefoot reset`, and find out on what"
    " ground and at which speed it happened.",
    "CONTACT": "The robot touched something: look what it was, and clear the way before"
    " `surefoot reset`.",
    "HEALTH": "A motor or the battery is at its limit: let it cool down or recharge, and see"
    " `diagnostics` for which one.",
    "ABSENT": "Nobody held the dead-man's switch: `surefoot reset` and `surefoot arm` once somebody"
    " is there.",
    "FROZEN": "The readings stand still: look after the robot's driver and its bus.",
    "PREDICTION": "No motion was left that could be stopped in time: lower action.max_speed, or"
    " keep goals further from the limits.",
}
LEANING = (
    "The policy leaned on the limits before the trip: train it with them in place, or lower"
    " action.max_speed in the profile."
)
GENERIC = "Read the cause above, put it right, then `surefoot reset` and `surefoot arm`."


def remedies(reasons: Iterable[str]) -> list[str]:
    """Return what to do, each sentence once; something even for reasons that are not known."""
    # What came late before it fell silent is the lesser worry.
    ranked = sorted(reasons, key=lambda name: name.startswith("STALE"))
    found = [REMEDIES.get(name, GENERIC) for name in ranked]
    return list(dict.fromkeys(found)) or [GENERIC]
