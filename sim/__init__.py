"""MuJoCo counterparts of robots. Importing this only fills Gymnasium's table of ids."""

from importlib.util import find_spec

TWINS = {
    "So101Reach-v0": {"robot": "so101", "task": "reach"},
    "Ur5eReach-v0": {"robot": "ur5e", "task": "reach"},
    "Fr3Reach-v0": {"robot": "fr3", "task": "reach"},
    "CartpoleSwingUp-v0": {"robot": "cartpole", "task": "swing_up"},
    "Go1Walk-v0": {"robot": "go1", "task": "walk"},
}
"""Robot and task by id; known without Gymnasium as well."""

# A robot runs `sim.kinematics` without Gymnasium.
if find_spec("gymnasium") is not None:
    from gymnasium.envs.registration import register

    for _id, _kwargs in TWINS.items():
        register(id=_id, entry_point="sim.env:TwinEnv", kwargs=dict(_kwargs))
    # Any robot and task: gym.make("sim:Twin-v0", robot="my_arm.yaml", task="reach").
    register(id="Twin-v0", entry_point="sim.env:TwinEnv")
