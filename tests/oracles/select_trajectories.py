#!/usr/bin/python3
"""Selects recorded episodes for the tests of the environments.

Reads recordings of the reference environments (CartPoleContinuous.json from the class of
deep-symbolic-optimization, Pendulum-v1.json and the others from Gymnasium; each step has its action, state,
reward and observation in full precision) and writes the compact files that tests/envs replays.

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


def compact(episode):
    """Returns the episode as columns: the state before each step, and what the step led to."""
    steps = episode["steps"]
    states = [step.get("state", step["obs"]) for step in steps]
    last = steps[-1]
    states.append(last.get("next_state", last["next_obs"]))
    return {
        "name": episode["name"],
        "states": states,
        "actions": [step["action"] for step in steps],
        "observations": [step["next_obs"] for step in steps],
        "rewards": [step["reward"] for step in steps],
        "terminated": [bool(step["terminated"]) for step in steps],
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


if __name__ == "__main__":
    if len(sys.argv) not in (3, 4):
        sys.exit(__doc__)
    main(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), sys.argv[3:] == ["--all"])
