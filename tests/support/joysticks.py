"""A person's hand on a joystick."""

import time

from sensor_msgs.msg import Joy

BUTTON = 4
"""The dead-man's."""


def hold_joystick(witness, joy, duration_s, button=1, axes=(0.6, 0.0, 0.0, 0.0)):
    """Publish the joystick's state at 50 Hz; return when it was last said [s]."""
    end_s = time.monotonic() + duration_s
    buttons = [0] * 8
    buttons[BUTTON] = button
    while time.monotonic() < end_s:
        joy.publish(Joy(axes=list(axes), buttons=buttons))
        said_s = time.monotonic()
        witness.spin(0.02)
    return said_s
