"""Gate and policy beside a real robot's driver and controller. Nothing moves before it is armed.

ros2 launch launch/robot.launch.py bundle:=FOLDER
"""

from surefoot_nodes.launching import launch_description


def generate_launch_description():  # noqa: ANN201 - its type exists only where ROS is installed
    """Return what ros2 launch starts."""
    return launch_description("robot")
