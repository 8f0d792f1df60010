"""Policy, gate and a learner beside them: the robot, or its twin, learns while it moves.

ros2 launch launch/train.launch.py [env:=sim:So101Reach-v0] [out:=FOLDER] [twin:=false]
"""

from surefoot_nodes.launch_factory import make_launch_description


def generate_launch_description():  # noqa: ANN201 - its type exists only where ROS is installed
    """Return what ros2 launch starts."""
    return make_launch_description("train")
