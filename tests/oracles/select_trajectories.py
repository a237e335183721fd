#!/usr/bin/python3
"""Selects recorded episodes for the tests of the environments.

Reads recordings of the reference environments (CartPoleContinuous.json from the class of
deep-symbolic-optimization, Pendulum-v1.json from Gymnasium; each step has its action, state, reward
and observation in full precision) and writes the compact files that tests/envs replays.

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


def main(source, target, everything):
    for name, selection in SELECTIONS.items():
        recording = json.loads((source / selection["file"]).read_text())
        episodes = [
            compact(episode)
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
