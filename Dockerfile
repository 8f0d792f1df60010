# Three stages: base (ROS 2 Jazzy, Python 3.12) → robot (drives; no PyTorch) → learner (trains).
#
#   docker build --target robot -t surefoot-robot .
#   docker run --rm -it --network=host --ipc=host \
#     --cap-add=SYS_NICE --ulimit rtprio=90 --ulimit memlock=-1 surefoot-robot surefoot --help
#
# --network=host          nodes find each other by multicast, which Docker's bridge does not pass on.
# --ipc=host              for `ros2` in here: Fast DDS hands messages to a neighbour on the same host
#                         through /dev/shm, and with one of its own a container discovers its
#                         neighbours and then hears nothing from them. Surefoot's nodes use UDP.
# --ulimit rtprio=90      the control threads ask for SCHED_FIFO. Without it they run as ordinary
# --cap-add=SYS_NICE      threads, say so once, and wake up to 4 ms late beside other load.
# --ulimit memlock=-1     mlockall: a page fault in a control tick costs milliseconds.
# A limit in /etc/security does nothing in a container: these belong to `docker run`.

FROM ros:jazzy-ros-base AS base
# Not -u: ROS's set-up files read unset variables.
SHELL ["/bin/bash", "-eo", "pipefail", "-c"]
# Versions follow the ROS snapshot of the base image, so none is pinned here.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends python3-venv python3-pip python3-numpy \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /opt/surefoot
# ROS's rclpy lives in the system's Python: scripts/setup sees ROS_DISTRO and makes the virtual
# environment with --system-site-packages, keeping apt's NumPy.
ENV VIRTUAL_ENV=/opt/surefoot/.venv
ENV PATH=/opt/surefoot/.venv/bin:$PATH
COPY pyproject.toml constraints.txt README.md LICENSE ./
COPY scripts scripts
COPY rl_agent rl_agent
COPY sim sim
COPY ros_ws/src ros_ws/src
COPY launch launch
ENTRYPOINT ["/opt/surefoot/scripts/ros_entrypoint"]
CMD ["surefoot", "--help"]

FROM base AS robot
# The packages are installed and the workspace is built with this environment's interpreter, so that
# `ros2 launch` starts the nodes with it.
RUN EXTRAS=deploy,data,remote scripts/setup \
    && . /opt/ros/jazzy/setup.bash \
    && python -m colcon --log-base ros_ws/log build --base-paths ros_ws/src \
        --build-base ros_ws/build --install-base ros_ws/install
USER 1000

FROM robot AS learner
USER 0
# g++: torch.compile writes C++. libegl1: pictures of the twin.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends g++ libegl1 libgl1-mesa-dri \
    && rm -rf /var/lib/apt/lists/* \
    && EXTRAS=deploy,data,remote,twin,train,viz scripts/setup
USER 1000
