"""Off-screen pictures of a twin: EGL, then OSMesa, then one line that says what to install."""

from __future__ import annotations

from typing import Any

import mujoco
import numpy as np
from numpy.typing import NDArray

from rl_agent.exceptions import RenderingError
from rl_agent.types import Array

BACKENDS = ("egl", "osmesa")
MAX_GEOMS = 1000
GOAL_RGBA = np.array([0.10, 0.65, 0.35, 0.55], dtype=np.float32)
GOAL_RADIUS_M = 0.02
"""Drawn as large as a reach's tolerance."""


def render(
    model: mujoco.MjModel,
    data: mujoco.MjData,
    width: int,
    height: int,
    *,
    camera: str,
    goal: Array | None = None,
) -> NDArray[np.uint8]:
    """Return a picture (height, width, 3) from a named camera, or from outside without one.

    Raises:
        RenderingError: No off-screen OpenGL works here.
    """
    window = _open_window(width, height)
    try:
        return _draw(model, data, width, height, _camera(model, camera), goal)
    finally:
        window.free()


def _open_window(width: int, height: int) -> Any:
    reasons = []
    for name in BACKENDS:
        try:
            backend = __import__(f"mujoco.{name}", fromlist=["GLContext"])
            window = backend.GLContext(width, height)
            window.make_current()
            return window
        # Missing libraries surface as ImportError, AttributeError, RuntimeError or OpenGL's own.
        except Exception as error:
            reasons.append(f"{name}: {error}")
    raise RenderingError(
        "no off-screen OpenGL for pictures; install it with "
        f"`apt install libegl1 libgles2 libosmesa6 libgl1-mesa-dri` ({'; '.join(reasons)})"
    )


def _draw(
    model: mujoco.MjModel,
    data: mujoco.MjData,
    width: int,
    height: int,
    camera: mujoco.MjvCamera,
    goal: Array | None,
) -> NDArray[np.uint8]:
    # Only poses are brought up to date: a picture must not touch the solver's warm start.
    mujoco.mj_kinematics(model, data)
    mujoco.mj_camlight(model, data)
    scene = mujoco.MjvScene(model, maxgeom=MAX_GEOMS)
    options = mujoco.MjvOption()
    mujoco.mjv_updateScene(
        model, data, options, None, camera, int(mujoco.mjtCatBit.mjCAT_ALL), scene
    )
    if goal is not None:
        _add_marker(scene, goal)
    context = mujoco.MjrContext(model, int(mujoco.mjtFontScale.mjFONTSCALE_100))
    mujoco.mjr_resizeOffscreen(width, height, context)
    mujoco.mjr_setBuffer(int(mujoco.mjtFramebuffer.mjFB_OFFSCREEN), context)
    view = mujoco.MjrRect(0, 0, width, height)
    mujoco.mjr_render(view, scene, context)
    pixels = np.empty((height, width, 3), dtype=np.uint8)
    mujoco.mjr_readPixels(pixels, None, view, context)
    context.free()
    return np.flipud(pixels).copy()


def _camera(model: mujoco.MjModel, name: str) -> mujoco.MjvCamera:
    camera = mujoco.MjvCamera()
    index = mujoco.mj_name2id(model, mujoco.mjtObj.mjOBJ_CAMERA, name)
    if index < 0:
        mujoco.mjv_defaultFreeCamera(model, camera)
    else:
        camera.type = int(mujoco.mjtCamera.mjCAMERA_FIXED)
        camera.fixedcamid = index
    return camera


def _add_marker(scene: mujoco.MjvScene, position: Array) -> None:
    marker = scene.geoms[scene.ngeom]
    mujoco.mjv_initGeom(
        marker,
        int(mujoco.mjtGeom.mjGEOM_SPHERE),
        np.full(3, GOAL_RADIUS_M),
        np.asarray(position, dtype=np.float64),
        np.eye(3).ravel(),
        GOAL_RGBA,
    )
    scene.ngeom += 1
