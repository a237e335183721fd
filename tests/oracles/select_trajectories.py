#!/usr/bin/python3
"""Selects recorded episodes for the tests of the environments.

Reads recordings of the reference environments (CartPoleContinuous.json from the class of
deep-symbolic-optimization, InvertedPendulumSwingupBulletEnv-v0.json from pybullet, the others from
Gymnasium; each step has its action, state, reward and observation in full precision) and writes the
compact files that tests/envs replays. From model_constants.json it takes the compiled constants of the
MuJoCo models. A few episodes are also kept in the form in which they were recorded (recording-*.json).

    select_trajectories.py SOURCE_FOLDER TARGET_FOLDER [--all]

--all keeps every episode; the result is too large for the repository, but a test run can be pointed
at it with ESPALIER_TEST_DATA=TARGET_FOLDER. Episodes of cart-pole with another time step are left out.
"""

import json
import pathlib
import sys

SELECTIONS = {
    "cartpole": {
        "file": "CartPoleContinuous.json",
        "episodes": ["pd_policy_0", "pd_policy_3", "sin_0", "square_2", "max_3", "min_4", "zero_5", "uniform_6",
                     "past_end"] + [f"state_{i}" for i in range(20)],
        "skip": ("dt_",),
    },
    "pendulum": {
        "file": "Pendulum-v1.json",
        "episodes": ["zero_0", "sin_0", "max", "min", "square", "overrange", "uniform_0", "vmax"]
        + [f"state_{i}" for i in range(20)],
        "skip": (),
    },
    "inverted-double-pendulum": {
        "file": "InvertedDoublePendulum-v4.json",
        "episodes": ["zero_0", "sin_1", "max_4", "uniform_6", "overrange_8"] + [f"state_{i}" for i in range(25)],
        "skip": (),
    },
    "inverted-pendulum-swingup": {
        "file": "InvertedPendulumSwingupBulletEnv-v0.json",
        "episodes": ["sin_1", "square_3", "max_4", "overrange_7"]
        + [f"state_{i}" for i in range(25)]
        + [f"limit_{i}" for i in range(10)],
        "skip": (),
    },
    "reacher": {
        "file": "Reacher-v4.json",
        "episodes": ["zero_0", "sin_1", "max_4", "uniform_6", "overrange_8"] + [f"state_{i}" for i in range(22)],
        "skip": (),
    },
    "hopper": {
        "file": "Hopper-v4.json",
        "episodes": ["zero_0", "sin_1", "overrange_8"] + [f"state_{i}" for i in range(25)],
        "skip": (),
    },
    "half-cheetah": {
        "file": "HalfCheetah-v4.json",
        "episodes": ["sin_1", "uniform_6", "overrange_8"] + [f"state_{i}" for i in range(15)],
        "skip": (),
    },
    "walker2d": {
        "file": "Walker2d-v4.json",
        "episodes": ["sin_1", "uniform_6", "overrange_7"] + [f"state_{i}" for i in range(20)],
        "skip": (),
    },
    "mountain-car": {
        "file": "MountainCarContinuous-v0.json",
        "episodes": ["zero_0", "square", "max", "min", "overrange", "uniform_0", "wall", "goal", "goal_edge"]
        + [f"state_{i}" for i in range(22)],
        "skip": (),
    },
    "lunar-lander": {
        "file": "LunarLanderContinuous-v3.json",
        "episodes": ["sin_1", "side_5"],
        "skip": (),
    },
    "bipedal-walker": {
        "file": "BipedalWalker-v3.json",
        "episodes": ["sin_1", "uniform_3"],
        "skip": (),
    },
}

# Episodes that are kept as recorded, with so many of their steps, to be read by the program itself.
RECORDINGS = {
    "cheetah-vel": ("CheetahVel.json", ["sin_1", "uniform_3"], 30),
    "hopper-params": ("HopperRandParams.json", ["sin_1", "uniform_3"], 30),
    "walker2d-params": ("Walker2dRandParams.json", ["sin_1", "uniform_3"], 30),
    "reacher": ("Reacher-v4.json", ["sin_1", "state_3"], 20),
    "pendulum": ("Pendulum-v1.json", ["sin_0", "state_3"], 20),
    "lunar-lander": ("LunarLanderContinuous-v3.json", ["sin_1", "heuristic_6"], 45),
    "bipedal-walker": ("BipedalWalker-v3.json", ["sin_1"], 20),
}

# Environments whose model is compared, and the model's name in model_constants.json.
MODELS = {
    "inverted-double-pendulum": "InvertedDoublePendulum-v4",
    "reacher": "Reacher-v4",
    "hopper": "Hopper-v4",
    "half-cheetah": "HalfCheetah-v4",
    "walker2d": "Walker2d-v4",
}
MODEL_NUMBERS = ["timestep", "gravity", "tolerance", "iterations", "impratio", "total_mass"]
BODY_NUMBERS = ["pos", "quat", "mass", "ipos", "iquat", "inertia", "invweight0"]
JOINT_NUMBERS = ["axis", "pos", "limited", "range", "stiffness", "damping", "armature", "frictionloss", "margin",
                 "solref", "solimp", "qpos0", "dof_invweight0"]
GEOM_NUMBERS = ["pos", "quat", "contype", "conaffinity", "condim", "friction", "solref", "solimp", "margin"]


def compact(episode):
    """Returns the episode as columns: the state before each step, and what the step led to."""
    steps = episode["steps"]
    last = steps[-1]
    if "qpos" in last:
        states = [episode["init_qpos"] + episode["init_qvel"]]
        states += [step["qpos"] + step["qvel"] for step in steps]
    else:
        states = [step.get("state", step["obs"]) for step in steps]
        states.append(last.get("next_state", last["next_obs"]))
    return {
        "name": episode["name"],
        "states": states,
        "actions": [step["action"] for step in steps],
        "observations": [step["next_obs"] for step in steps],
        "rewards": [step["reward"] for step in steps],
        "terminated": [bool(step["terminated"]) for step in steps],
    }


def flatten(thing, keys):
    """Returns the numbers of @thing under @keys as one list."""
    numbers = []
    for key in keys:
        numbers += thing[key] if isinstance(thing[key], list) else [thing[key]]
    return numbers


def compact_model(model):
    """Returns the constants of a compiled model as lists of numbers. Geoms that touch nothing and belong to
    the world are decoration; a plane's size is, too."""
    return {
        "numbers": flatten(model, MODEL_NUMBERS),
        "bodies": {body["name"]: flatten(body, BODY_NUMBERS) for body in model["bodies"]},
        "joints": {joint["name"]: flatten(joint, JOINT_NUMBERS) for joint in model["joints"]},
        "geoms": {
            geom["name"]: flatten(geom, GEOM_NUMBERS if geom["type"] == "plane" else GEOM_NUMBERS + ["size"])
            for geom in model["geoms"]
            if geom["body"] != 0 or geom["contype"] != 0
        },
        "motors": [flatten(motor, ["gear", "ctrlrange", "ctrllimited"]) for motor in model["actuators"]],
    }


def bodies_of(step, name):
    """Returns x, y, angle and velocities of all bodies in @step, or None where they were not recorded."""
    return step[name] + [value for leg in step["legs"] for value in leg] if name in step else None


def compact_planar(episode):
    """Returns an episode of a Box2D environment as columns: the numbers that the reset drew, what it led to,
    and for each step the numbers drawn, the action, and what it led to (null where that was not recorded)."""
    steps = episode["steps"]
    if "heights" in episode:
        name = "lander"
        start = episode["heights"] + episode["init_force"] + episode["reset_dispersion"]
    else:
        name = "hull"
        start = episode["terrain_y"] + [episode["init_force_x"]]
    return {
        "name": episode["name"],
        "start": start,
        "reset_observation": episode["reset_obs"],
        "reset_bodies": bodies_of(episode["reset_bodies"], name),
        "draws": [step.get("disp", []) for step in steps],
        "actions": [step["action"] for step in steps],
        "observations": [step.get("next_obs") for step in steps],
        "bodies": [bodies_of(step, name) for step in steps],
        "rewards": [step["reward"] for step in steps],
        "terminated": [bool(step["terminated"]) for step in steps],
    }


def main(source, target, everything):
    for name, selection in SELECTIONS.items():
        recording = json.loads((source / selection["file"]).read_text())
        episodes = [
            compact_planar(episode) if "reset_obs" in episode else compact(episode)
            for episode in recording["episodes"]
            if not episode["name"].startswith(selection["skip"] or ("\0",))
            and (everything or episode["name"] in selection["episodes"])
        ]
        lines = ",\n".join(json.dumps(episode, separators=(",", ":")) for episode in episodes)
        text = f'{{"environment":"{name}","source":{json.dumps(recording["source"])},"episodes":[\n{lines}\n]}}\n'
        (target / f"trajectories-{name}.json").write_text(text)

    for name, (file, names, n_steps) in RECORDINGS.items():
        recording = json.loads((source / file).read_text())
        recording["episodes"] = [
            {**episode, "steps": episode["steps"][:n_steps]}
            for episode in recording["episodes"]
            if episode["name"] in names
        ]
        recording.pop("long", None)
        recording["source"] = recording["source"].replace(" built in /tmp", "").replace(", in /tmp only", "")
        (target / f"recording-{name}.json").write_text(json.dumps(recording, separators=(",", ":")) + "\n")

    constants = json.loads((source / "model_constants.json").read_text())["models"]
    lines = ",\n".join(
        f'"{name}":{json.dumps(compact_model(constants[model]), separators=(",", ":"))}' for name, model in MODELS.items()
    )
    (target / "model-constants.json").write_text(f"{{\n{lines}\n}}\n")


if __name__ == "__main__":
    if len(sys.argv) not in (3, 4):
        sys.exit(__doc__)
    main(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), sys.argv[3:] == ["--all"])
