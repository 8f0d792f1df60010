"""A joystick's proposals for a gate that runs already; the gate prefers them to a policy's.

ros2 run joy joy_node & ros2 launch launch/teleop.launch.py robot:=so101
"""

from surefoot_nodes.launching import launch_description


def generate_launch_description():  # noqa: ANN201 - its type exists only where ROS is installed
    """Return what ros2 launch starts."""
    return launch_description("teleop")
