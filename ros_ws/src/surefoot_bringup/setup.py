"""Install the launch files of the repository's root under share/surefoot_bringup/launch."""

import os
from pathlib import Path

from setuptools import setup

NAME = "surefoot_bringup"
HERE = Path(__file__).resolve().parent
LAUNCH = HERE.parents[2] / "launch"
# setuptools takes paths that are relative to this file, and refuses others.
LAUNCH_FILES = [os.path.relpath(path, HERE) for path in sorted(LAUNCH.glob("*.launch.py"))]

setup(
    name=NAME,
    version="0.1.0",
    packages=[],
    data_files=[
        ("share/ament_index/resource_index/packages", [f"resource/{NAME}"]),
        (f"share/{NAME}", ["package.xml"]),
        (f"share/{NAME}/launch", LAUNCH_FILES),
    ],
    install_requires=["setuptools"],
    zip_safe=True,
    maintainer="Surefoot maintainers",
    maintainer_email="maintainers@surefoot.invalid",
    description="Surefoot's launch files",
    license="Apache-2.0",
)
