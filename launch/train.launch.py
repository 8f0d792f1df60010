"""`surefoot live`: policy, gate and a learner beside them; the robot, or its twin, learns.

ros2 launch launch/train.launch.py env:=sim:So101Reach-v0 [twin:=false] [minutes:=5] [out:=FOLDER]

Each of its options is an argument: resume:=true, set:='live.publish_every_s=10'. Its keys need a
terminal of their own; here call `surefoot stop` and the services `begin_episode`, `judge_episode`.
"""

from surefoot_nodes.launching import launch_description


def generate_launch_description():  # noqa: ANN201 - its type exists only where ROS is installed
    """Return what ros2 launch starts."""
    return launch_description("train")
