"""The ROS 2 package `blindspot_sim`: simulated drones and a simulated town. Only a simulation host needs it."""

from pathlib import Path

from setuptools import find_packages, setup

NAME = "blindspot_sim"
MODELS = [(f"share/{NAME}/{file.parent}", [str(file)]) for file in sorted(Path("gazebo").rglob("*")) if file.is_file()]

setup(
    name=NAME,
    version="0.1.0",
    packages=find_packages(include=[NAME, f"{NAME}.*"]),
    package_data={"": ["*.j2"]},
    data_files=[
        ("share/ament_index/resource_index/packages", [f"resource/{NAME}"]),
        (f"share/{NAME}", ["package.xml"]),
        *MODELS,
    ],
    install_requires=["setuptools"],
    zip_safe=False,
    maintainer="The blindspot developers",
    maintainer_email="maintainers@blindspot.example",
    description="Simulated drones that answer as PX4 and MAVROS do, and pictures of the town they fly over.",
    license="Apache-2.0",
    entry_points={
        "console_scripts": [
            "camera = blindspot_sim.nodes.camera:main",
            "clock = blindspot_sim.nodes.clock:main",
            "gazebo_gimbal = blindspot_sim.nodes.gazebo_gimbal:main",
            "gimbal = blindspot_sim.nodes.gimbal:main",
            "simulator = blindspot_sim.nodes.simulator:main",
        ]
    },
)
