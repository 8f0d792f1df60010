"""Install the nodes as an ament_python package.

`rl_agent` and `sim`, which the nodes are shells around, come from the root's `pip install`; build
with the same interpreter (`python -m colcon build`), so that the entry points find them.
"""

from setuptools import setup

NAME = "surefoot_nodes"
NODES = (
    "policy_node",
    "safety_node",
    "twin_node",
    "goal_node",
    "learner_node",
    "link_node",
    "recorder_node",
    "blackbox_node",
    "teleop_node",
    "fault_node",
    "supervisor",
)

setup(
    name=NAME,
    version="0.1.0",
    packages=[NAME, f"{NAME}.faults"],
    package_data={NAME: ["*.xml", "sros2/*.xml"]},
    data_files=[
        ("share/ament_index/resource_index/packages", [f"resource/{NAME}"]),
        (f"share/{NAME}", ["package.xml"]),
    ],
    install_requires=["setuptools"],
    zip_safe=True,
    maintainer="Surefoot maintainers",
    maintainer_email="maintainers@surefoot.invalid",
    description="Surefoot's ROS 2 nodes",
    license="Apache-2.0",
    entry_points={"console_scripts": [f"{node} = {NAME}.{node}:main" for node in NODES]},
)
