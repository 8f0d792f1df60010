"""The policy beside a robot that somebody else drives; it commands nothing.

ros2 launch launch/observe.launch.py bundle:=FOLDER
"""

from surefoot_nodes.launching import launch_description


def generate_launch_description():  # noqa: ANN201 - its type exists only where ROS is installed
    """Return what ros2 launch starts."""
    return launch_description("observe")
