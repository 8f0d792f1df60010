"""Forward kinematics from published numbers in plain numpy: oracles that need no MuJoCo."""

import numpy as np

# TheRobotStudio/SO-ARM100, Simulation/SO101/so101_new_calib.urdf: origin xyz and rpy of the joints
# from the base to the wrist's roll, then of the fixed gripper frame.
SO101_JOINTS = (
    ((0.0388353, -8.97657e-09, 0.0624), (3.14159, 4.18253e-17, -3.14159)),
    ((-0.0303992, -0.0182778, -0.0542), (-1.5708, -1.5708, 0.0)),
    ((-0.11257, -0.028, 1.73763e-16), (-3.63608e-16, 8.74301e-16, 1.5708)),
    ((-0.1349, 0.0052, 3.62355e-17), (4.02456e-15, 8.67362e-16, -1.5708)),
    ((5.55112e-17, -0.0611, 0.0181), (1.5708, 0.0486795, 3.14159)),
)
SO101_TOOL = ((-0.0079, -0.000218121, -0.0981274), (0.0, 3.14159, 0.0))

# Universal Robots, "DH parameters for calculations of kinematics and dynamics": a, d, alpha.
UR5E_DH = (
    (0.0, 0.1625, np.pi / 2),
    (-0.425, 0.0, 0.0),
    (-0.3922, 0.0, 0.0),
    (0.0, 0.1333, np.pi / 2),
    (0.0, 0.0997, -np.pi / 2),
    (0.0, 0.0996, 0.0),
)

# frankaemika/franka_description, robots/fr3/kinematics.yaml: origin xyz and rpy of the joints; then
# the flange, with the hand's centre point as end_effectors/franka_hand puts it.
FR3_JOINTS = (
    ((0.0, 0.0, 0.333), (0.0, 0.0, 0.0)),
    ((0.0, 0.0, 0.0), (-np.pi / 2, 0.0, 0.0)),
    ((0.0, -0.316, 0.0), (np.pi / 2, 0.0, 0.0)),
    ((0.0825, 0.0, 0.0), (np.pi / 2, 0.0, 0.0)),
    ((-0.0825, 0.384, 0.0), (-np.pi / 2, 0.0, 0.0)),
    ((0.0, 0.0, 0.0), (np.pi / 2, 0.0, 0.0)),
    ((0.088, 0.0, 0.0), (np.pi / 2, 0.0, 0.0)),
)
FR3_TOOL = ((0.0, 0.0, 0.107 + 0.1034), (0.0, 0.0, -np.pi / 4))


def rotation(axis, angle):
    cos, sin = np.cos(angle), np.sin(angle)
    if axis == "x":
        return np.array([[1, 0, 0], [0, cos, -sin], [0, sin, cos]])
    if axis == "y":
        return np.array([[cos, 0, sin], [0, 1, 0], [-sin, 0, cos]])
    return np.array([[cos, -sin, 0], [sin, cos, 0], [0, 0, 1]])


def urdf_origin(xyz, rpy):
    """URDF: roll, pitch, yaw about the fixed axes x, y, z."""
    pose = np.eye(4)
    pose[:3, :3] = rotation("z", rpy[2]) @ rotation("y", rpy[1]) @ rotation("x", rpy[0])
    pose[:3, 3] = xyz
    return pose


def urdf_tool_pose(joints, tool, position):
    """All joints turn about their own z."""
    pose = np.eye(4)
    for (xyz, rpy), angle in zip(joints, position, strict=False):
        turn = np.eye(4)
        turn[:3, :3] = rotation("z", angle)
        pose = pose @ urdf_origin(xyz, rpy) @ turn
    return pose @ urdf_origin(*tool)


def so101_tool_pose(position):
    return urdf_tool_pose(SO101_JOINTS, SO101_TOOL, position)


def fr3_tool_pose(position):
    return urdf_tool_pose(FR3_JOINTS, FR3_TOOL, position)


def ur5e_tool_pose(position):
    # ROS turns UR's base frame by pi about z: base_link's x points along the arm at zero.
    pose = np.diag([-1.0, -1.0, 1.0, 1.0])
    for (a, d, alpha), theta in zip(UR5E_DH, position, strict=True):
        link = np.eye(4)
        link[:3, :3] = rotation("z", theta) @ rotation("x", alpha)
        link[:3, 3] = (a * np.cos(theta), a * np.sin(theta), d)
        pose = pose @ link
    return pose


TOOL_POSES = {"so101": so101_tool_pose, "ur5e": ur5e_tool_pose, "fr3": fr3_tool_pose}
