"""Policy, gate and, in the robot's place, its MuJoCo twin.

ros2 launch launch/twin.launch.py [bundle:=FOLDER]
"""

from surefoot_nodes.launching import launch_description


def generate_launch_description():  # noqa: ANN201 - its type exists only where ROS is installed
    """Return what ros2 launch starts."""
    return launch_description("twin")
