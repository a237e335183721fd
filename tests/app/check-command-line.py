"""Checks the program `espalier` from outside, in TAP: results, help, and what it says to bad input.

The argument is the program. The runs are tiny; what they learn does not matter here.
"""

import json
import os
import re
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
import traceback

PROGRAM = sys.argv[1]
DATA = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "data")
TRAIN_KEYS = [
    "environment", "seed", "recipe", "policy", "algorithm", "steps", "updates", "wall_seconds", "formula",
    "policy_return", "formula_return", "masked_return", "sampled_return", "reading_length", "metrics",
    "common_terms",
]
METRICS_KEYS = ["length", "operations", "depth", "constants", "cycles"]
EVALUATION_KEYS = ["step", "sampled", "masked", "formula", "gap", "reading_length", "live_paths"]
RETURN_KEYS = ["mean", "std", "min", "max", "episodes", "seed"]
EVAL_KEYS = ["environment", "policy", "mean", "std", "min", "max", "episodes", "mean_length", "metrics"]
TINY = {
    "steps": 400,
    "arrangement": "mul,sin,id",
    "warm_up_steps": 100,
    "batch_size": 16,
    "critic_hidden": [16],
    "deviation_hidden": [16],
    "evaluation_period": 200,
    "evaluation_episodes": 2,
    "candidates": 1,
    "polish_episodes": 2,
    "polish_evaluations": 4,
}


def environment(**changes):
    """Returns the environment variables of a terminal without a display."""
    variables = {k: v for k, v in os.environ.items() if k not in ("DISPLAY", "WAYLAND_DISPLAY", "WAYLAND_SOCKET")}
    return {**variables, "LC_ALL": "C.UTF-8", **changes}


def espalier(*arguments, **changes):
    """Runs the program and returns (exit status, standard output, standard error)."""
    done = subprocess.run([PROGRAM, *arguments], stdin=subprocess.DEVNULL, capture_output=True, env=environment(**changes))
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def expect(condition, message):
    if not condition:
        raise AssertionError(message)


def expect_complaint(arguments, status, *words):
    """Expects @status and one sentence on standard error with all @words in it, below which a formula that is wrong
    may be pointed at."""
    result = espalier(*arguments)
    shown = f"{arguments}: {result}"
    expect(result[0] == status, f"exit status is not {status}: {shown}")
    expect(result[1] == "", f"something on standard output: {shown}")
    lines = result[2].split("\n")
    points = len(lines) == 4 and re.fullmatch(" *[\\^]~*", lines[2])
    expect(lines[-1] == "" and (len(lines) == 2 or points), f"not one line: {shown}")
    expect(result[2].startswith("espalier: "), f"not said by the program: {shown}")
    for word in words:
        expect(word in result[2], f"“{word}” is not in {shown}")


def expect_result(arguments):
    """Expects success and one JSON object on one line, and returns it."""
    status, out, err = espalier(*arguments)
    expect(status == 0, f"{arguments}: {status}, {err}")
    expect(out.count("\n") == 1, f"{arguments}: not one line: {out}")
    return json.loads(out)


def tiny_recipe(folder, **changes):
    path = os.path.join(folder, "tiny.json")
    with open(path, "w", encoding="utf-8") as file:
        json.dump({**TINY, **changes}, file)
    return path


def test_help():
    for command, words in {
        (): ["--environment", "--recipe", "--seed", "--version", "train", "eval", "rollout", "simplify", "check",
              "envs", "bench", "export"],
        ("envs",): ["--json"],
        ("bench",): ["NAME", "--json", "--phases", "--rounds", "--turn", "espl", "all", "runs"],
        ("compare",): ["ENV", "--policies", "--seeds", "--steps", "--episodes", "--set", "--workers", "--json"],
        ("eval",): ["ENV", "--policy", "random", "--episodes", "--seed", "--task", "--family-seed", "--json"],
        ("export",): ["--policy", "--env", "--format", "--output", "--test-vectors", "--single", "latex", "sympy", "python", "json", "dot"],
        ("rollout",): ["ENV", "--trajectory", "--task", "--family-seed", "--json"],
        ("simplify",): ["EXPR", "--env", "--visited", "--round", "--drop", "--log", "--json"],
        ("check",): ["A", "B", "--env", "--seed", "--json"],
        ("train",): ["ENV", "--seed", "--steps", "--recipe", "--set", "--checkpoint", "--resume", "--workers", "--json",
                     "--formula", "--insert", "initial_formula", "batch_size", "path_threshold"],
    }.items():
        for option in ("--help", "-h"):
            status, out, err = espalier(*command, option)
            expect(status == 0 and err == "", f"{command} {option}: {status}, {err}")
            for word in ["Usage: espalier", "--help", *words]:
                expect(word in out, f"“{word}” is not in the help of {command}")


def test_version():
    status, out, err = espalier("--version")
    expect(status == 0 and err == "" and out.startswith("espalier ") and out[9].isdigit(), f"{status} {out} {err}")


def test_environments():
    infos = expect_result(["envs", "--json"])
    expect([info["name"] for info in infos][:2] == ["cartpole", "mountain-car"], [info["name"] for info in infos])
    for info in infos:
        keys = [key for key in info if key != "family"]
        expect(keys == ["name", "title", "description", "observations", "actions", "max_steps", "time_step"], info)
        for signals in (info["observations"], info["actions"]):
            for signal_info in signals:
                expect(list(signal_info) == ["name", "description", "unit", "low", "high"], signal_info)
        for action in info["actions"]:
            expect(action["low"] < action["high"], action)
    status, out, err = espalier("envs")
    expect(status == 0 and err == "", err)
    for info in infos:
        for word in [info["name"], info["description"], *(s["name"] for s in info["observations"] + info["actions"])]:
            expect(word in out, f"“{word}” is not in the list")


def test_bench():
    """The speeds are not looked at: they belong to the benchmarks."""
    quick = ["--rounds", "1", "--turn", "1", "--json"]
    result = expect_result(["bench", "small-64", "--phases", *quick])
    expect(list(result) == ["benchmarks", "runs"] and result["runs"] == [], result)
    (row,) = result["benchmarks"]
    for key in ("name", "unit", "value", "floor_a", "floor_b", "ratio_to_floor_b", "floor_b_to_floor_a", "workers"):
        expect(key in row, f"“{key}” is not in {row}")
    expect((row["name"], row["unit"], row["workers"]) == ("small-64", "updates/s", 1), row)
    for key in ("value", "floor_a", "floor_b", "ratio_to_floor_b", "floor_b_to_floor_a"):
        expect(row[key] > 0, row)
    # with one round every ratio is that of the two values beside it
    expect(abs(row["ratio_to_floor_b"] * row["floor_b"] / row["value"] - 1) < 1e-9, row)
    for phases in ("phases", "floor_b_phases"):
        for phase in ("critic", "actor", "symbolic forward", "symbolic backward", "masks", "Adam", "targets",
                      "replay sampling"):
            expect(row[phases][phase] > 0, f"no time for {phase}: {row}")

    (row,) = expect_result(["bench", "small-128-2", *quick])["benchmarks"]
    expect(row["workers"] == 2 and row["floor_gain"] > 0, row)
    for key in ("gain", "gain_to_floor_gain"):
        expect(key in row, f"“{key}” is not in {row}")


def test_wrong_usage():
    known = [info["name"] for info in expect_result(["envs", "--json"])]
    for arguments, words in [
        (["frobnicate"], ["frobnicate", "--help"]),
        (["trian", "cartpole"], ["did you mean “train”"]),
        (["--nope"], ["--nope"]),
        (["-x"], ["-x"]),
        (["--environment", "nope"], ["nope", *known]),
        (["--seed", "a"], ["--seed", "“a”"]),
        (["envs", "--jsn"], ["did you mean --json"]),
        (["envs", "--json=1"], ["--json takes no value"]),
        (["envs", "nowhere"], ["“nowhere”", *known]),
        (["envs", "cartpole", "pendulum"], ["“pendulum”"]),
        (["envs", "check-environmen"], ["check-environmen"]),
        (["check-environmen"], ["--help"]),
        (["bench", "frobnicate"], ["frobnicate", "--help"]),
        (["bench", "esp"], ["did you mean “espl”"]),
        (["bench", "--rounds", "0"], ["--rounds", "1"]),
        (["bench", "--turn", "60001"], ["--turn", "60000"]),
        (["train"], ["ENV is missing"]),
        (["train", "nowhere"], ["“nowhere”", *known]),
        (["train", "cartpole", "pendulum"], ["“pendulum”"]),
        (["train", "cartpole", "--sed", "1"], ["did you mean --seed"]),
        (["train", "cartpole", "--seed"], ["--seed needs a value"]),
        (["train", "cartpole", "--seed", "--json"], ["--seed needs a value"]),
        (["train", "cartpole", "--seed", "-1"], ["--seed", "“-1”"]),
        (["train", "cartpole", "--workers", "0"], ["--workers", "from 1 to 4"]),
        (["train", "cartpole", "--workers", "5"], ["--workers", "from 1 to 4"]),
        (["train", "cartpole", "--seed", "1x"], ["--seed", "“1x”"]),
        (["train", "cartpole", "--seed", ""], ["--seed"]),
        (["train", "cartpole", "--seed", "18446744073709551616"], ["--seed"]),
        (["train", "cartpole", "--steps", "0"], ["steps"]),
        (["train", "cartpole", "--steps", "18446744073709551615"], ["steps"]),
        (["train", "cartpole", "--set", "batch_size"], ["batch_size", "field=value"]),
        (["train", "cartpole", "--set", "nope=1"], ["“nope”"]),
        (["train", "cartpole", "--set", "batch_size=0"], ["batch_size"]),
        (["train", "cartpole", "--set", "batch_size=many"], ["batch_size"]),
        (["train", "cartpole", "--set", "discount=1.5"], ["discount"]),
        (["train", "cartpole", "--set", "discount=nan"], ["discount"]),
        (["train", "cartpole", "--set", "arrangement=nope"], ["nope"]),
        (["train", "cartpole", "--recipe", "nope"], ["nope", "default"]),
        (["train", "cartpole", "--resume", "a", "--seed", "1"], ["--resume", "--seed"]),
        (["train", "cartpole", "--resume", "a", "--set", "discount=0"], ["--resume", "--set"]),
        (["eval"], ["ENV is missing"]),
        (["eval", "cartpole", "--policy", "x", "--task", "1"], ["--task", "“cartpole”"]),
        (["eval", "cheetah-vel", "--policy", "random", "--task", "65"], ["“cheetah-vel”", "65", "64"]),
        (["rollout", "cartpole"], ["--trajectory is missing"]),
        (["rollout", "cartpole", "--trajectory", os.path.join(DATA, "recording-pendulum.json")], ["sin_0", "init_state"]),
        (["eval", "cartpole"], ["--policy is missing"]),
        (["eval", "nowhere", "--policy", "1"], ["nowhere", *known]),
        (["eval", "cartpole", "--policy"], ["--policy needs a value"]),
        (["eval", "cartpole", "--policy", ""], ["empty"]),
        (["eval", "cartpole", "--policy", "x + q"], ["“q”", "column 5", "theta_dot"]),
        (["eval", "cartpole", "--policy", "2*(x"], ["column 5"]),
        (["eval", "cartpole", "--policy", "x +\n* 2"], ["column"]),
        (["eval", "cartpole", "--policy", "sin(x, x)"], ["column"]),
        (["eval", "cartpole", "--policy", "x; x"], ["2", "1"]),
        (["eval", "cartpole", "--policy", "(" * 100000], ["column"]),
        (["eval", "cartpole", "--policy", b"\xff"], []),
        (["eval", "cartpole", "--policy", "x", "--episodes", "0"], ["--episodes"]),
        (["eval", "cartpole", "--policy", "x", "--episodes", "1000000000"], ["--episodes"]),
        (["export"], ["--policy is missing"]),
        (["export", "--policy", "x"], ["--format is missing"]),
        (["export", "--policy", "x", "--format", "c"], ["--env is missing"]),
        (["export", "--policy", "x", "--format", "fortran", "--env", "cartpole"], ["“fortran”", "latex", "python"]),
        (["export", "--policy", "x", "--format", "c", "--env", "nowhere"], ["nowhere", *known]),
        (["export", "--policy", "x + q", "--format", "c", "--env", "cartpole"], ["“q”", "column 5"]),
        (["export", "--policy", "x; x", "--format", "c", "--env", "cartpole"], ["2", "1"]),
        (["export", "--policy", "x", "--format", "python", "--env", "cartpole", "--single"], ["--single"]),
    ]:
        expect_complaint(arguments, 2, *words)


def test_definitions():
    """Terms that are named mean the same in every command."""
    expect(json.loads(espalier("check", "b = 2*x; b", "2*x", "--env", "cartpole", "--json")[1])["equal"] is True, "check")
    expect(json.loads(espalier("simplify", "b = 2*x; b + 1 + b;", "--json")[1])["simplified"] == "4*x + 1", "simplify")


def test_pointing():
    """A wrong formula is shown, with a caret under what is wrong."""
    result = espalier("eval", "cartpole", "--policy", "7*θ̇ + * 2")
    expect(result == (2, "", "espalier: found “*” at column 8, expected a number, a name or “(”\n"
                             "  7*θ̇ + * 2\n"
                             "        ^\n"), result)
    result = espalier("eval", "cartpole", "--policy", "a = x;\nwheel + a")
    expect(result[2].endswith("\n  wheel + a\n  ^~~~~\n") and "line 2, column 1" in result[2], result)
    for arguments in [
        ["export", "--policy", "x + * 2", "--env", "cartpole", "--format", "c"],
        ["simplify", "x + * 2"], ["check", "x", "x + * 2"],
        ["train", "cartpole", "--formula", "x + * 2"], ["train", "cartpole", "--insert", "x + * 2"],
    ]:
        result = espalier(*arguments)
        expect(result[0] == 2 and result[2].endswith("\n  x + * 2\n      ^\n"), f"{arguments}: {result}")


def test_formula(folder):
    """A formula is trained itself, or a network that starts as it, and what is not in a network is refused."""
    recipe = ["--recipe", tiny_recipe(folder), "--set", "polish_rounds=0"]
    still = [*recipe, "--set", f"warm_up_steps={TINY['steps']}", "--json"]
    formula = "0.75*theta + sin(0.5*x_dot) - 0.125"
    result = expect_result(["train", "cartpole", "--formula", formula, *still])
    expect(result["policy"] == "expression" and result["updates"] == 0, result)
    same = expect_result(["check", result["formula"], formula, "--env", "cartpole", "--json"])
    expect(same["equal"], same)
    learnt = expect_result(["train", "cartpole", "--formula", formula, *recipe, "--json"])
    expect(learnt["updates"] > 0 and learnt["formula"] != result["formula"], learnt)
    expect(learnt["formula"].count("sin(") == 1 and learnt["reading_length"] == result["reading_length"], learnt)
    measured = expect_result(["eval", "cartpole", "--policy", learnt["formula"], "--json"])
    expect(measured["mean"] == learnt["formula_return"]["mean"], (measured, learnt))

    inserted = f"tanh({formula})"
    arrangement = ["--set", "arrangement=sin,mul/cos"]
    result = expect_result(["train", "cartpole", "--insert", inserted, *arrangement, *still])
    expect(result["policy"] == "symbolic" and result["updates"] == 0, result)
    same = expect_result(["check", result["formula"], inserted, "--env", "cartpole", "--json"])
    expect(same["equal"], (result, same))
    checkpoint = os.path.join(folder, "run")
    learnt = expect_result(["train", "cartpole", "--insert", inserted, *arrangement, *recipe, "--checkpoint", checkpoint, "--json"])
    expect(learnt["updates"] > 0, learnt)
    again = expect_result(["train", "cartpole", "--resume", checkpoint, "--json"])
    expect({**again, "wall_seconds": 0} == {**learnt, "wall_seconds": 0}, (again, learnt))

    for arguments, words in [
        (["--insert", "tanh(cos(cos(theta)))", *arrangement], ["sin,mul/cos", "cos(theta)"]),
        (["--insert", "theta"], ["tanh(…)", "“theta”"]),
        (["--insert", "tanh(theta)", "--set", "policy=neural"], ["symbolic policy"]),
        (["--insert", "tanh(theta)", "--formula", "theta"], ["--insert", "--formula"]),
        (["--insert", "tanh(theta)", "--recipe", "td3"], ["--insert", "td3", "neural network"]),
        (["--formula", "theta", "--recipe", "sac"], ["--formula", "sac", "neural network"]),
        (["--insert", "tanh(theta)", "--resume", checkpoint], ["--resume", "--insert"]),
        (["--formula", "theta", "--resume", checkpoint], ["--resume", "--formula"]),
        (["--formula", "theta + q"], ["“formula”", "“q”", "column 9"]),
        (["--formula", "theta; x"], ["2 expressions"]),
    ]:
        expect_complaint(["train", "cartpole", *arguments], 2, *words)


def test_export(folder):
    """Every format of a formula, from text, from a file and from a result; files; and what cannot be."""
    def path(name):
        return os.path.join(folder, name)

    def export(*arguments):
        status, out, err = espalier("export", *arguments)
        expect(status == 0 and err == "", f"{arguments}: {status} {err}")
        return out

    policy = "10*theta + pdiv(theta_dot, abs(x) + 1)^2"
    for name, words in {
        "text": [policy], "unicode": ["θ̇", "·"], "latex": ["\\begin{equation*}", "F = 10 \\theta"],
        "python": ["import numpy as np", "def policy(observation):", "theta_dot = observation[..., 3]"],
        "sympy": ["10*theta", "Piecewise("], "json": ['"format": "espalier-formula"', '"theta_dot"', '"pdiv"'],
        "dot": ["digraph", "θ̇", "force", "->"], "c": ["void policy(const double observation[4], double action[1]);", "pdiv"],
    }.items():
        out = export("--policy", policy, "--env", "cartpole", "--format", name)
        expect(out.endswith("\n"), name)
        for word in words:
            expect(word in out, f"“{word}” is not in {out}")
        status, json_out, _ = espalier("export", "--policy", policy, "--env", "cartpole", "--format", name, "--json")
        result = json.loads(json_out)
        expect(status == 0 and list(result) == ["environment", "format", "formula", "reading_length", "metrics", "text"], result)
        expect(result["text"] == out and result["format"] == name, result)
    expect("align*" in export("--policy", "cos_theta_1; 2", "--env", "reacher", "--format", "latex"), "no align*")

    # what is exported as text is read again, from a file as well
    text = export("--policy", "cos_theta_1; sin_theta_1", "--env", "reacher", "--format", "text")
    with open(path("formula.txt"), "w", encoding="utf-8") as file:
        file.write(text)
    expect(export("--policy", path("formula.txt"), "--env", "reacher", "--format", "text") == text, "not the same text")
    with open(path("result.json"), "w", encoding="utf-8") as file:
        json.dump({"environment": "cartpole", "formula": policy}, file)
    expect(export("--policy", path("result.json"), "--format", "text") == policy + "\n", "not the formula of the result")

    # JSON is read again without loss, also from several actions, and only where it fits
    for environment_name, several in [("cartpole", policy), ("reacher", "0.1 + 0.2*cos_theta_1; sin_theta_1/3")]:
        text = export("--policy", several, "--env", environment_name, "--format", "json")
        with open(path("formula.json"), "w", encoding="utf-8") as file:
            file.write(text)
        again = ["--policy", path("formula.json"), "--env", environment_name, "--format"]
        expect(export(*again, "json") == text, f"{text} is not read again")
        expect(export(*again, "c") == export("--policy", several, "--env", environment_name, "--format", "c"), several)
    expect_complaint(["export", "--policy", path("formula.json"), "--format", "text"], 2, "--env")
    expect_complaint(["export", "--policy", path("formula.json"), "--env", "cartpole", "--format", "text"], 2, "cos_theta_1")
    with open(path("two.json"), "w", encoding="utf-8") as file:
        file.write('{"format": "espalier-formula", "version": 1, "variables": [], "nodes": [{"constant": 1}], "actions": [0, 0]}')
    expect_complaint(["export", "--policy", path("two.json"), "--env", "cartpole", "--format", "text"], 2, "2 expressions", "1")
    with open(path("two.json"), "w", encoding="utf-8") as file:
        file.write('{"format": "espalier-formula", "version": 2}')
    expect_complaint(["export", "--policy", path("two.json"), "--env", "cartpole", "--format", "text"], 2, "version 2")
    if shutil.which("dot") is not None:
        drawn = subprocess.run(["dot", "-Tplain"], input=export("--policy", policy, "--env", "cartpole", "--format", "dot").encode(), capture_output=True, check=False)
        expect(drawn.returncode == 0 and drawn.stdout.startswith(b"graph "), drawn)

    # of a checkpoint it is the formula that the run ends as
    run = ["train", "cartpole", "--recipe", tiny_recipe(folder), "--checkpoint", path("run")]
    formula = expect_result([*run, "--json"])["formula"]
    expect(export("--policy", path("run"), "--format", "text") == formula + "\n", "not the formula of the run")

    # files, and a self-test by whatever compiler there is
    program, vectors = path("policy.c"), path("vectors.csv")
    out = export("--policy", policy, "--env", "cartpole", "--format", "c", "--output", program, "--test-vectors", vectors)
    expect(out == "", out)
    with open(vectors, encoding="utf-8") as file:
        lines = file.read().splitlines()
    expect(lines[0] == "x,x_dot,theta,theta_dot,force,force_tolerance", lines[0])
    expect(len(lines) > 200 and all(line.count(",") == 5 for line in lines), f"{len(lines)} lines")
    compiler = shutil.which("cc")
    if compiler is not None:
        built = path("policy")
        subprocess.run([compiler, "-std=c11", "-DPOLICY_SELF_TEST", program, "-o", built, "-lm"], check=True)
        done = subprocess.run([built, vectors], capture_output=True, check=False)
        expect(done.returncode == 0, done.stdout)
        # the test must be able to fail
        with open(vectors, "w", encoding="utf-8") as file:
            file.write(lines[0] + "\n0,0,1,0,11,1e-9\n")
        expect(subprocess.run([built, vectors], capture_output=True, check=False).returncode == 1, "a wrong vector passes")

    # no state is there twice, even where episodes are so short that they have too few
    export("--policy", "-1", "--env", "cartpole", "--format", "text", "--test-vectors", vectors)
    with open(vectors, encoding="utf-8") as file:
        rows = file.read().splitlines()
    expect(len(rows) == 257 and len(set(rows)) == len(rows), f"{len(rows)} rows, {len(set(rows))} different ones")

    # links and pipes stay what they are
    os.symlink(path("real.txt"), path("link.txt"))
    export("--policy", "x", "--env", "cartpole", "--format", "text", "--output", path("link.txt"))
    with open(path("real.txt"), encoding="utf-8") as file:
        expect(os.path.islink(path("link.txt")) and file.read() == "x\n", "the link was replaced")
    expect_complaint(["export", "--policy", "x", "--env", "cartpole", "--format", "text", "--output", "/dev/full"], 1, "/dev/full")
    expect(stat.S_ISCHR(os.stat("/dev/full").st_mode), "a device was replaced")

    # what cannot be leaves everything as it is
    with open(path("other.json"), "w", encoding="utf-8") as file:
        file.write('{"a": 1}')
    with open(path("binary"), "wb") as file:
        file.write(bytes(range(256)))
    arguments = ["--env", "cartpole", "--format", "text"]
    expect_complaint(["export", "--policy", path("result.json"), "--env", "pendulum", "--format", "text"], 2, "cartpole", "pendulum")
    expect_complaint(["export", "--policy", path("other.json"), *arguments], 1, "other.json", "formula")
    expect_complaint(["export", "--policy", path("binary"), *arguments], 1, "binary")
    expect_complaint(["export", "--policy", path("nothing.json"), *arguments], 1, "nothing.json")
    expect_complaint(["export", "--policy", "x", *arguments, "--output", path("no/where")], 1, "no/where")


def test_files(folder):
    """Bad files, and good ones in bad company, which nothing may touch."""
    def write(name, content):
        path = os.path.join(folder, name)
        with open(path, "wb") as file:
            file.write(content)
        return path

    recipe = tiny_recipe(folder)
    precious = write("precious", b"not to be lost")
    no_json = write("no.json", b'{"critic_hidden": [16,\n}')
    unknown = write("unknown.json", b'{"steps": 100, "nope": 1}')
    out_of_range = write("range.json", b'{"discount": 2}')
    wrong_type = write("type.json", b'{"batch_size": "many"}')
    a_list = write("list.json", b"[1]")
    deep = write("deep.json", b"[" * 100000)
    empty = write("empty.json", b"")
    for file, status, words in [
        (no_json, 2, ["no.json", "line 2"]),
        (unknown, 2, ["“nope”"]),
        (out_of_range, 2, ["discount"]),
        (wrong_type, 2, ["batch_size"]),
        (a_list, 2, ["list"]),
        (deep, 2, ["deep.json"]),
        (empty, 2, ["empty"]),
        (os.path.join(folder, "missing.json"), 1, ["missing.json"]),
        (folder + "/", 1, [folder]),
    ]:
        expect_complaint(["train", "cartpole", "--recipe", file, "--checkpoint", precious], status, *words)

    fifo = os.path.join(folder, "fifo")
    os.mkfifo(fifo)
    for target in (folder, os.path.join(folder, "missing", "a"), os.path.join(precious, "a"), precious, fifo):
        expect_complaint(["train", "cartpole", "--recipe", recipe, "--checkpoint", target], 1, target)
    for source in (precious, recipe, folder, os.path.join(folder, "missing"), empty):
        expect_complaint(["train", "cartpole", "--resume", source], 1, os.path.basename(source))
    expect_complaint(["train", "nowhere", "--checkpoint", precious], 2)

    with open(precious, "rb") as file:
        expect(file.read() == b"not to be lost", "a file that was only named has changed")
    expect(not os.path.exists(os.path.join(folder, "missing")), "a folder was made")
    expect(stat.S_ISFIFO(os.stat(fifo).st_mode), "a pipe was replaced")
    status, _, err = espalier("envs", "--json")
    with open("/dev/full", "wb") as full:
        done = subprocess.run([PROGRAM, "envs"], stdout=full, stderr=subprocess.PIPE)
    expect(done.returncode == 1 and done.stderr.count(b"\n") == 1, done)


def test_eval():
    policy = "-2*theta_dot - 10*theta"
    result = expect_result(["eval", "cartpole", "--policy", policy, "--episodes", "5", "--json"])
    expect(list(result) == EVAL_KEYS, result)
    expect(result["metrics"] == {"length": 7, "operations": 3, "depth": 3, "constants": 2, "cycles": 12}, result)
    expect(result["environment"] == "cartpole" and result["policy"] == policy and result["episodes"] == 5, result)
    expect(result["min"] <= result["mean"] <= result["max"] and result["std"] >= 0, result)
    again = expect_result(["eval", "cartpole", f"--policy={policy}", "--json", "--episodes", "5"])
    expect(again == result, "the same seed gives another result")
    other = expect_result(["eval", "cartpole", "--policy", policy, "--episodes", "5", "--json", "--seed", "3"])
    expect(other != result, "another seed gives the same result")
    better = expect_result(["eval", "cartpole", "--policy", "10*theta + 2*theta_dot + 0.5*x", "--episodes", "5", "--json"])
    expect(better["mean"] == 1000 and better["std"] == 0 and better["mean_length"] == 1000, better)
    german = espalier("eval", "cartpole", "--policy", "0.5*x", "--json", LC_ALL="de_DE.UTF-8")
    expect(german == espalier("eval", "cartpole", "--policy", "0.5*x", "--json"), german)
    status, out, err = espalier("eval", "cartpole", "--policy", policy, "--episodes", "5")
    expect(status == 0 and err == "" and "mean" in out, (out, err))


def test_eval_file(folder):
    """A policy from a file is the policy that is in it."""
    policy = "10*theta + 2*theta_dot + 0.3*x"
    typed = expect_result(["eval", "cartpole", "--policy", policy, "--json"])
    path = os.path.join(folder, "policy")
    for content in (policy + "\n", json.dumps({"environment": "cartpole", "formula": policy}),
                    espalier("export", "--policy", policy, "--env", "cartpole", "--format", "json")[1]):
        with open(path, "w", encoding="utf-8") as file:
            file.write(content)
        result = expect_result(["eval", "cartpole", "--policy", path, "--json"])
        expect(result == typed, (content, result))
    with open(path, "w", encoding="utf-8") as file:
        json.dump({"environment": "pendulum", "formula": "0"}, file)
    expect_complaint(["eval", "cartpole", "--policy", path], 2, "pendulum", "cartpole")
    expect_complaint(["eval", "cartpole", "--policy", path + ".json"], 1, "there is no file")

    checkpoint = os.path.join(folder, "run")
    learnt = expect_result(["train", "cartpole", "--recipe", tiny_recipe(folder), "--checkpoint", checkpoint, "--json"])
    result = expect_result(["eval", "cartpole", "--policy", checkpoint, "--json"])
    expect((result["policy"], result["mean"]) == (learnt["formula"], learnt["formula_return"]["mean"]), (result, learnt))
    checkpoint = os.path.join(folder, "neural")
    expect_result(["train", "cartpole", "--recipe", tiny_recipe(folder, policy="neural"), "--checkpoint", checkpoint, "--json"])
    expect_complaint(["eval", "cartpole", "--policy", checkpoint], 1, "neural network", "no formula")


def test_random_policy():
    arguments = ["eval", "pendulum", "--policy", "random", "--episodes", "20", "--json"]
    result = expect_result(arguments)
    expect(result["policy"] == "random" and result["episodes"] == 20 and result["std"] > 0, result)
    expect(expect_result(arguments) == result, "the same seed gives another result")
    expect(expect_result([*arguments, "--seed", "3"])["mean"] != result["mean"], "another seed gives the same result")


def test_tasks():
    families = [info for info in expect_result(["envs", "--json"]) if "family" in info]
    expect(len(families) == 6, families)
    for info in families:
        expect(info["family"]["train_tasks"] > 0 and info["family"]["test_tasks"] > 0 and info["family"]["parameters"], info)
    means = set()
    for options in ([], ["--task", "1"], ["--task", "1", "--family-seed", "1"], ["--family-seed", "1"]):
        result = expect_result(
            ["eval", "cheetah-vel", "--policy", "1; 0; 0; 0; 0; 0", "--episodes", "2", "--json", *options])
        means.add(result["mean"])
    expect(len(means) == 4, means)


def test_rollout():
    for name in ("pendulum", "hopper-params", "lunar-lander"):
        recording = os.path.join(DATA, f"recording-{name}.json")
        result = expect_result(["rollout", name, "--trajectory", recording, "--json"])
        expect(result["environment"] == name and result["episodes"] == 2, result)
        for part in ("one_step", "open_loop"):
            for key in ("observation_max", "observation_p90", "observation_rms"):
                expect(all(0 <= value < 1e-3 for value in result[part][key]), (part, key, result))
            expect(result[part]["reward_max"] < 1e-2 and result[part]["termination_mismatches"] == 0, result)
            expect(list(result[part]["worst"]) == ["episode", "step", "component"], result)
        status, out, err = espalier("rollout", name, "--trajectory", recording)
        expect(status == 0 and err == "" and "open loop" in out, (out, err))
    status, out, err = espalier("rollout", "pendulum", "--trajectory", "/nonexistent.json")
    expect(status == 1 and out == "" and err.count("\n") == 1, (status, out, err))


def test_odd_actions():
    """Actions that are no numbers are warned of once, and measured as the environment takes them."""
    for policy, same in [("log(x)", None), ("sqrt(0 - 1 - x*x)", "0"), ("exp(1e9)", "1e9"), ("theta - 1/0", "-1e9")]:
        status, out, err = espalier("eval", "cartpole", "--policy", policy, "--json")
        expect(status == 0 and err.startswith("espalier: warning: ") and err.count("\n") == 1, (policy, err))
        if same is not None:
            other = expect_result(["eval", "cartpole", "--policy", same, "--json"])
            result = {**json.loads(out), "policy": same, "metrics": other["metrics"]}
            expect(result == other, (policy, out, other))
    status, out, err = espalier("eval", "cartpole", "--policy", "1e300*theta", "--json")
    expect(status == 0 and err == "", err)


def test_train(folder):
    recipe = tiny_recipe(folder)
    for name in ("cartpole", "pendulum"):
        arguments = ["train", name, "--recipe", recipe, "--seed", "3", "--steps", "300", "--set", "batch_size=8", "--json"]
        result = expect_result(arguments)
        expect(list(result) == [*TRAIN_KEYS, "evaluations"], result)
        evaluations = result["evaluations"]
        expect([evaluation["step"] for evaluation in evaluations] == [200, 300], evaluations)
        for evaluation in evaluations:
            expect(list(evaluation) == EVALUATION_KEYS, evaluation)
            expect(evaluation["gap"] == evaluation["formula"] - evaluation["sampled"], evaluation)
            close = abs(evaluation["formula"] - evaluation["masked"]) <= 1e-6 * abs(evaluation["masked"])
            expect(close, f"the formula is not the thresholded network: {evaluation}")
        expect(list(result["metrics"]) == METRICS_KEYS, result)
        expect(result["metrics"]["length"] == sum(result["reading_length"]), result)
        for key in ("formula_return", "masked_return", "sampled_return"):
            expect(list(result[key]) == RETURN_KEYS, result)
        expect(result["environment"] == name and result["seed"] == 3, result)
        expect(result["recipe"] == "tiny" and result["steps"] == 300, result)
        expect(len(result["reading_length"]) == len(result["formula"].split(";")), result)
        expect(all(isinstance(n, int) for n in result["reading_length"]), result)

        again = expect_result(arguments)
        expect({**again, "wall_seconds": 0} == {**result, "wall_seconds": 0}, f"{again} is not {result}")
        measured = expect_result(["eval", name, "--policy", result["formula"], "--json"])
        for key in ("mean", "std", "min", "max", "episodes"):
            expect(measured[key] == result["formula_return"][key], f"{measured} is not {result}")

    status, out, err = espalier("train", "cartpole", "--recipe", recipe)
    expect(status == 0 and "force = " in out and "reading length" in out, (out, err))
    for word in ("formula", "masked", "sampled", "mean", "seed 0"):
        expect(word in out, f"“{word}” is not in the report")


def test_workers(folder):
    """Neither the number of workers nor what else the machine does changes a bit of a run."""
    kinds = {
        "symbolic": {"critic_hidden": [40, 33], "batch_size": 100, "arrangement": "S0"},
        "neural": {"policy": "neural", "critic_hidden": [64, 64], "batch_size": 50},
        "td3": {"policy": "neural", "algorithm": "td3", "policy_period": 2},
    }
    for kind, changes in kinds.items():
        recipe = tiny_recipe(folder, **changes)
        arguments = ["train", "reacher", "--recipe", recipe, "--seed", "7", "--steps", "300", "--json", "--workers"]
        results = []
        for workers in ("1", "2", "3"):
            # the last run has all processors to share with loops that do nothing
            busy = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(os.cpu_count())
                    if workers == "3"]
            try:
                results.append({**expect_result([*arguments, workers]), "wall_seconds": 0})
            finally:
                for process in busy:
                    process.kill()
                    process.wait()
        expect(results[0]["updates"] == 200, results[0])
        expect(results[0] == results[1], f"{kind}: {results[1]} of two workers is not {results[0]}")
        expect(results[0] == results[2], f"{kind}: {results[2]} of three workers is not {results[0]}")


def test_search(folder):
    """The search at the end of training: a front of short formulas, the same whoever works on it."""
    recipe = tiny_recipe(folder)
    arguments = ["train", "cartpole", "--recipe", recipe, "--steps", "300", "--set", "batch_size=8", "--json",
                 "--set", "length_limit=15", "--set", "polish_digits=3", "--set", "polish_search_episodes=10"]
    searched = [*arguments, "--set", "polish_search_steps=3000000"]
    result = expect_result([*searched, "--workers", "1"])
    expect(list(result) == [*TRAIN_KEYS, "front", "evaluations"], result)
    front = result["front"]
    lengths = [sum(entry["reading_length"]) for entry in front]
    means = [entry["mean"] for entry in front]
    expect(lengths == sorted(lengths) and means == sorted(means), front)
    expect(result["formula"] in [entry["formula"] for entry in front], result)
    expect(result["reading_length"][0] <= 15, result)
    plain = expect_result(arguments)
    expect(result["formula_return"]["mean"] > plain["formula_return"]["mean"], (result, plain))
    again = expect_result([*searched, "--workers", "3"])
    expect({**again, "wall_seconds": 0} == {**result, "wall_seconds": 0}, f"{again} is not {result}")

    # by time, with a report for people
    status, out, _ = espalier("train", "cartpole", "--recipe", recipe, "--steps", "300", "--set", "batch_size=8",
                              "--set", "length_limit=15", "--polish", "1")
    expect(status == 0 and "best formulas of each reading length" in out, out)
    expect_complaint(["train", "cartpole", "--polish", "soon"], 2, "--polish")


def test_polish_formula(folder):
    """Of a formula of the user's, polishing improves the numbers and leaves the rest as it is."""
    still = ["--recipe", tiny_recipe(folder), "--set", f"warm_up_steps={TINY['steps']}", "--set", "polish_episodes=10", "--json"]
    formula = "tanh(0.3*theta + 0.05*theta_dot) + 0*cos(x)*tanh(0.3*theta + 0.05*theta_dot)"
    plain = expect_result(["train", "cartpole", "--formula", formula, "--set", "polish_rounds=0", *still])
    polished = [expect_result(["train", "cartpole", "--formula", formula, "--set", "polish_evaluations=100", *changes, *still])
                for changes in (["--set", "polish_rounds=1"], ["--set", "polish_rounds=1", "--workers", "1"],
                                ["--set", "polish_rounds=0", "--polish", "2"])]
    for result in polished:
        expect(result["formula_return"]["mean"] > plain["formula_return"]["mean"] + 50, (plain, result))
        expect(result["reading_length"] == plain["reading_length"], (plain, result))
    expect({**polished[1], "wall_seconds": 0} == {**polished[0], "wall_seconds": 0}, polished)
    terms = plain["common_terms"]
    expect([term["name"] for term in terms] == ["t1"], terms)
    expect(terms[0]["expression"] == "tanh(0.3*theta + 0.05*theta_dot)", terms)
    whole = f"t1 = {terms[0]['expression']}; t1 + 0*cos(x)*t1"
    expect(expect_result(["check", whole, plain["formula"], "--env", "cartpole", "--json"])["equal"], terms)
    status, out, _ = espalier("train", "cartpole", "--formula", formula, "--set", "polish_rounds=0", *still[:-1])
    expect(status == 0 and "t1 = tanh(" in out, out)


def test_interrupted_polish(folder):
    """A signal while the formula is polished gives the best one so far, and another exit status."""
    arguments = ["train", "cartpole", "--recipe", tiny_recipe(folder), "--json", "--set", "length_limit=30",
                 "--set", "polish_search_steps=1e12"]
    arguments += ["--checkpoint", os.path.join(folder, "run")]
    with subprocess.Popen([PROGRAM, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment()) as process:
        line = process.stderr.readline()
        expect(b"choosing the formula" in line, line)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    expect(process.returncode == 1 and b"best formula so far" in err and b"--resume " in err, (process.returncode, out, err))
    result = json.loads(out)
    expect(list(result) == [*TRAIN_KEYS, "front", "evaluations"] and result["formula_return"]["episodes"] == 100, result)


def test_neural(folder):
    """A neural policy trains, is kept and goes on like any other, and has no formula."""
    for algorithm in ("sac", "td3"):
        recipe = tiny_recipe(folder, policy="neural", algorithm=algorithm)
        checkpoint = os.path.join(folder, "neural-" + algorithm)
        arguments = ["train", "pendulum", "--recipe", recipe, "--seed", "5"]
        result = expect_result([*arguments, "--checkpoint", checkpoint, "--json"])
        expect(list(result) == [*TRAIN_KEYS, "evaluations"], list(result))
        for evaluation in result["evaluations"]:
            expect(evaluation["masked"] is not None, evaluation)
            expect(evaluation["sampled"] is evaluation["formula"] is evaluation["gap"] is None, evaluation)
        expect(result["policy"] == "neural" and result["algorithm"] == algorithm, result)
        for key in ("formula", "formula_return", "masked_return", "sampled_return", "reading_length"):
            expect(result[key] is None, f"{key}: {result}")
        expect(list(result["policy_return"]) == RETURN_KEYS and result["policy_return"]["episodes"] == 100, result)
        again = expect_result(["train", "pendulum", "--resume", checkpoint, "--json"])
        for different in (result, again):
            different.pop("wall_seconds")
        expect(again == result, f"{again} after {result}")
        status, out, err = espalier(*arguments)
        expect(status == 0, err)
        expect("neural network" in out and "no formula" in out and "reading length" not in out, out)
    expect_complaint(["train", "pendulum", "--set", "algorithm=td3"], 2, "algorithm", "policy")
    expect_complaint(["train", "pendulum", "--set", "policy=deep"], 2, "policy", "symbolic or neural")


def test_compare(folder):
    """Every policy with every seed, each as train has it, and in this order."""
    recipe = tiny_recipe(folder)
    neural = os.path.join(folder, "neural.json")
    shutil.copy(tiny_recipe(folder, policy="neural"), neural)
    tiny_recipe(folder)
    arguments = ["compare", "pendulum", "--policies", recipe + "," + neural, "--seeds", "3,5..6", "--json"]
    result = expect_result([*arguments, "--workers", "1"])
    expect(list(result) == ["environment", "episodes", "report_seed", "runs", "policies", "references"], list(result))
    keys = ["environment", "policy", "seed", "mean", "std", "steps", "wall_seconds", "reading_length", "metrics", "formula"]
    expect([(run["policy"], run["seed"]) for run in result["runs"]]
           == [(name, seed) for name in ("tiny", "neural") for seed in (3, 5, 6)], result["runs"])
    for run in result["runs"]:
        expect(list(run) == keys and run["environment"] == "pendulum" and run["steps"] == 400, run)
        expect((run["reading_length"] is None) == (run["policy"] == "neural"), run)
        alone = expect_result(["train", "pendulum", "--recipe", recipe if run["policy"] == "tiny" else neural,
                               "--seed", str(run["seed"]), "--json"])
        expect(alone["policy_return"]["mean"] == run["mean"] and alone["formula"] == run["formula"], f"{run} {alone}")
    for policy in result["policies"]:
        means = sorted(run["mean"] for run in result["runs"] if run["policy"] == policy["policy"])
        expect(policy["runs"] == 3 and policy["median"] == means[1] and policy["best"] == means[2], policy)
        mean = sum(means) / 3
        error = (sum((value - mean) ** 2 for value in means) / 2 / 3) ** 0.5
        expect(abs(policy["mean"] - mean) < 1e-9 * abs(mean), policy)
        expect(abs(policy["standard_error"] - error) < 1e-6 * abs(mean), policy)
    expect([rival["policy"] for rival in result["references"]] == ["random", "energy and state feedback"], result)
    expect(result["references"][0]["mean"] < -1000 < -200 < result["references"][1]["mean"], result["references"])
    beside = expect_result([*arguments, "--workers", "3"])
    for run in [*result["runs"], *beside["runs"]]:
        run.pop("wall_seconds")
    expect(beside["runs"] == result["runs"], "the number of workers changes the results")

    few = expect_result(["compare", "cartpole", "--policies", neural, "--seeds", "1", "--steps", "150",
                         "--episodes", "7", "--json"])
    expect(few["episodes"] == 7 and few["runs"][0]["steps"] == 150, few)
    expect(few["policies"][0]["standard_error"] is None, few)
    # the published method under names of its own, beside ours; its first update comes after 2000 steps
    forms = expect_result(["compare", "cartpole", "--policies", "published,espl-logit,espl", "--seeds", "1", "--steps", "2001",
                           "--episodes", "2", "--json", "--set", "arrangement=mul,sin", "--set", "batch_size=4",
                           "--set", "critic_hidden=[4]", "--set", "deviation_hidden=[4]", "--set", "polish_rounds=0",
                           "--set", "evaluation_episodes=2", "--set", "evaluation_period=2001"])
    expect([run["policy"] for run in forms["runs"]] == ["published", "espl-logit", "espl"], forms)
    expect(len({run["formula"] for run in forms["runs"]}) == 3, forms)
    status, out, err = espalier("compare", "reacher", "--policies", neural, "--seeds", "1", "--set", "steps=150")
    expect(status == 0, err)
    expect("neural" in out and "random" in out and "standard" not in out and "feedback" not in out, out)
    for wrong, words in [
        (["--seeds", ""], ["--seeds"]), (["--seeds", "4..1"], ["4..1"]), (["--seeds", "a"], ["“a”"]),
        (["--seeds", "0..5000"], ["1000"]), (["--seeds", "1,,2"], ["1,,2"]), (["--seeds", "-1"], ["-1"]),
        (["--seeds", "0..4,2"], ["2 twice"]), (["--policies", "espl,sac,espl"], ["“espl”", "once"]),
        (["--policies", ""], ["--policies"]), (["--policies", "espl,dqn"], ["“dqn”", "sac"]),
        (["--episodes", "0"], ["--episodes"]), (["--workers", "0"], ["--workers"]), (["--steps", "0"], ["steps"]),
        (["--set", "algorithm=td3"], ["algorithm"]),
    ]:
        expect_complaint(["compare", "pendulum", *wrong], 2, *words)
    expect_complaint(["compare", "nowhere"], 2, "nowhere")


def test_compare_interrupted(folder):
    """What is done is printed when a signal comes."""
    quick = os.path.join(folder, "quick.json")
    shutil.copy(tiny_recipe(folder, policy="neural"), quick)
    endless = os.path.join(folder, "endless.json")
    with open(endless, "w", encoding="utf-8") as file:
        json.dump({**TINY, "policy": "neural", "steps": 100000000}, file)
    run = subprocess.Popen([PROGRAM, "compare", "pendulum", "--policies", f"{quick},{endless}", "--seeds", "0",
                            "--workers", "1", "--json"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                           stderr=subprocess.PIPE, env=environment())
    try:
        # the first run is over by then
        while b"1 of 2 runs done" not in run.stderr.readline():
            pass
        run.send_signal(signal.SIGINT)
        out, err = run.communicate(timeout=60)
    finally:
        run.kill()
    expect(run.returncode == 1, f"{run.returncode} {err}")
    expect([(entry["policy"], entry["seed"]) for entry in json.loads(out)["runs"]] == [("quick", 0)], out)
    expect(b"interrupted after 1 of 2 runs" in err, err)


def test_divergence(folder):
    """One sentence says what diverged and when, however soon it does."""
    recipe = tiny_recipe(folder, critic_rate=1, discount=1, target_rate=1, reward_scale=1e6)
    for seed in range(8):
        expect_complaint(["train", "cartpole", "--recipe", recipe, "--seed", str(seed)], 1, "diverged at step 1", "critic")


def test_divergence_after_evaluations(folder):
    """A run that diverges leaves the best formula until then, and a checkpoint from before."""
    recipe = tiny_recipe(folder, warm_up_steps=250, evaluation_period=100, critic_rate=1, discount=1, target_rate=1, reward_scale=1e6)
    checkpoint = os.path.join(folder, "a run.safetensors")
    first = espalier("train", "cartpole", "--recipe", recipe, "--checkpoint", checkpoint)
    said = [line for line in first[2].splitlines() if line.startswith("espalier: ")]
    expect(first[0] == 1 and first[1] == "" and len(said) == 2, first)
    expect("diverged at step 2" in said[0], first)
    words = "espalier: the best formula until then, which returns "
    expect(said[1].startswith(words) and "100 unseen episodes: " in said[1], first)
    measured = expect_result(["eval", "cartpole", "--policy", said[1].split(" episodes: ")[1], "--json"])
    expect(f"{measured['mean']:.6g}" == said[1][len(words):].split()[0], (measured, said))

    # nothing was asked for besides, so the checkpoint is there because of the evaluations
    expect(os.path.getsize(checkpoint) > 0, "there is no checkpoint")
    second = espalier("train", "cartpole", "--resume", checkpoint)
    expect([line for line in second[2].splitlines() if line.startswith("espalier: ")] == said, (first, second))


def own_environment(folder):
    """Copies the example of an environment from a file to @folder and returns the path of its JSON file."""
    resources = os.environ.get("ESPALIER_RESOURCES") or os.path.join(os.path.dirname(__file__), "..", "..", "resources")
    shutil.copytree(os.path.join(resources, "environments", "ball-in-cup"), folder)
    return os.path.join(folder, "ball-in-cup.json")


def test_own_environment(folder):
    """A file stands wherever an environment is named, and a checkpoint knows it again."""
    path = own_environment(os.path.join(folder, "mine"))
    [info] = expect_result(["envs", path, "--json"])
    expect(info["name"] == "ball-in-cup" and len(info["observations"]) == 8 and len(info["actions"]) == 2, info)
    result = expect_result(["eval", path, "--policy", "dx; 0.1*dz", "--episodes", "5", "--json"])
    expect(result["environment"] == "ball-in-cup" and result["mean_length"] == 250, result)
    expect(result == expect_result(["eval", path, "--policy", "dx; 0.1*dz", "--episodes", "5", "--json"]), result)

    checkpoint = os.path.join(folder, "run")
    recipe = tiny_recipe(folder)
    result = expect_result(["train", path, "--recipe", recipe, "--seed", "4", "--json", "--checkpoint", checkpoint])
    expect(result["environment"] == "ball-in-cup" and result["formula"].count(";") == 1, result)
    status, out, err = espalier("train", path, "--steps", "20", "--set", "warm_up_steps=20", "--set", "polish_rounds=0")
    expect(status == 0 and "recipe default" in out, (status, out, err))

    moved = os.path.join(folder, "moved")
    os.rename(os.path.join(folder, "mine"), moved)
    path = os.path.join(moved, "ball-in-cup.json")
    resumed = expect_result(["train", path, "--resume", checkpoint, "--json"])
    expect({**resumed, "wall_seconds": 0} == {**result, "wall_seconds": 0}, f"{resumed} is not {result}")
    with open(os.path.join(moved, "ball-in-cup.xml"), "a", encoding="utf-8") as file:
        file.write("<!-- other -->\n")
    expect_complaint(["train", path, "--resume", checkpoint], 1, "ball-in-cup", "changed")


def write_environment(folder, xml, **changes):
    definition = {
        "name": "mine", "description": "d", "model": "mine.xml", "reward": 1,
        "observations": [{"name": "x"}], "actions": [{"name": "push", "low": -1, "high": 1}], **changes,
    }
    path = os.path.join(folder, "mine.json")
    with open(path, "w", encoding="utf-8") as file:
        json.dump(definition, file)
    with open(os.path.join(folder, "mine.xml"), "w", encoding="utf-8") as file:
        file.write(xml)
    return path


CART = """<mujoco><worldbody><body><joint name="x" type="slide"/><geom size="0.1"/></body>{more}</worldbody>
<actuator><motor name="push" joint="x"/></actuator></mujoco>"""


def test_bad_environments(folder):
    sound = CART.format(more="")
    for model, changes, status, words in [
        ("<mujoco>", {}, 2, ["mine.xml", "XML"]),
        (CART.format(more="<include file='/etc/passwd'/>"), {}, 1, ["/etc/passwd"]),
        (sound, {"reward": "x + y"}, 2, ["“reward”", "“y”", "column 5"]),
        (sound, {"reward": "log(x - 1)"}, 2, ["reward", "finite"]),
        (sound, {"frame_skip": 0}, 2, ["frame_skip"]),
        (sound, {"name": "cartpole"}, 2, ["“cartpole”", "built-in"]),
        (sound, {"model": "none.xml"}, 1, ["none.xml"]),
    ]:
        path = write_environment(folder, model, **changes)
        for arguments in (["train", path], ["eval", path, "--policy", "0"], ["envs", path], ["--environment", path]):
            expect_complaint(arguments, status, "“mine.json”", *words)
    # an expression of the file, which a process of its own has read, is pointed at
    path = write_environment(folder, sound, reward="x + * 2")
    result = espalier("envs", path)
    expect(result[0] == 2 and "“reward”" in result[2] and result[2].endswith("\n  x + * 2\n      ^\n"), result)
    result = espalier("envs", write_environment(folder, sound, reward="x + s12"))
    expect(result[0] == 2 and "“s12” at column 5" in result[2] and result[2].endswith("\n  x + s12\n      ^~~\n"), result)
    os.mkfifo(os.path.join(folder, "pipe.json"))
    expect_complaint(["envs", os.path.join(folder, "pipe.json")], 1, "not a file")
    expect_complaint(["envs", folder + "/.json"], 1, ".json")


def test_helper_process(folder):
    """What happens to the process that checks a file does not happen to the program."""
    balls = "".join(f"<body pos='0 0 {i * 1e-3}'><freejoint/><geom size='0.3'/></body>" for i in range(40))
    slow = CART.format(more=balls).replace("<mujoco>", "<mujoco><option timestep='1e-6'/>")
    path = write_environment(folder, slow, frame_skip=1000)
    for sent, words in [(signal.SIGSEGV, ["MuJoCo down"]), (signal.SIGXCPU, ["longer than"]), (None, ["steps in"])]:
        with subprocess.Popen(
            [PROGRAM, "envs", path], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment()
        ) as process:
            if sent is not None:
                children = ""
                while not children and process.poll() is None:
                    time.sleep(0.01)
                    with open(f"/proc/{process.pid}/task/{process.pid}/children", encoding="ascii") as file:
                        children = file.read()
                expect(children, "there is no helper")
                time.sleep(0.5)
                os.kill(int(children), sent)
            out, err = process.communicate()
        expect(process.returncode in (1, 2) and out == b"" and err.count(b"\n") == 1, (process.returncode, out, err))
        for word in ["“mine.json”", *words]:
            expect(word in err.decode(), f"{sent}: “{word}” is not in {err}")


def test_simplify(folder):
    keys = ["input", "simplified", "length_before", "length_after", "domain", "metrics", "rewrites"]
    result = expect_result(["simplify", "0.357*0.6994*theta + sin(x)^2 + cos(x)^2", "--env", "cartpole", "--json"])
    expect(list(result) == keys, result)
    expect(result["input"] == "0.357*0.6994*theta + sin(x)^2 + cos(x)^2", result)
    expect(result["simplified"] == "0.2496858*theta + 1", result)
    expect((result["length_before"], result["length_after"]) == (15, 5), result)
    expect(result["domain"] == "everywhere", result)
    expect(result["rewrites"] and all(list(r) == ["rule", "before", "after"] for r in result["rewrites"]), result)
    expect(any(r["before"] == "0.357*0.6994*theta" and r["after"] == "0.2496858*theta" for r in result["rewrites"]), result)

    # guards: within the limits of the observations, within what was visited, and nowhere
    result = expect_result(["simplify", "pmul(cos_theta, 10*theta_dot)", "--env", "pendulum", "--json"])
    expect((result["simplified"], result["domain"]) == ("10*cos_theta*theta_dot", "limits"), result)
    result = expect_result(["simplify", "pexp(x)", "--env", "cartpole", "--json"])
    expect((result["simplified"], result["domain"], result["rewrites"]) == ("pexp(x)", "everywhere", []), result)
    result = expect_result(["simplify", "pexp(x)", "--env", "cartpole", "--visited", "--json"])
    expect((result["simplified"], result["domain"]) == ("exp(x)", "visited"), result)

    # several expressions, from a file, in names of their own
    path = os.path.join(folder, "formula.txt")
    with open(path, "w", encoding="utf-8") as file:
        file.write("a + a;\nb*b;\n")
    result = expect_result(["simplify", path, "--json"])
    expect((result["simplified"], result["length_before"], result["length_after"]) == ("2*a; b^2", 6, 6), result)

    # rounding and dropping say what they cost
    result = expect_result(["simplify", "3.14159*x + 0.001*sin(x)", "--round", "3", "--drop", "0.01", "--json"])
    expect(result["simplified"] == "3.14*x" and 0.005 < result["max_error"] < 0.02, result)
    expect(result["rewrites"] == [
        {"rule": "small terms dropped", "before": "3.14159*x + 0.001*sin(x)", "after": "3.14159*x"},
        {"rule": "numbers rounded", "before": "3.14159*x", "after": "3.14*x"}], result)
    result = expect_result(["simplify", "x + x; 2.25*x", "--round", "2", "--json"])
    expect([step["rule"] for step in result["rewrites"]][-1] == "numbers rounded", result)
    expect(result["rewrites"][-1]["after"] == "2.2*x" and result["rewrites"][-2]["after"] == "2*x", result)
    status, out, err = espalier("simplify", "x + x + 0.001*y", "--drop", "0.1", "--log")
    expect("2. small terms dropped: 2*x + 0.001*y → 2*x\n   2*x\n" in out, out)

    status, out, err = espalier("simplify", "--log", "x + x + y*0")
    expect(status == 0 and err == "", err)
    for word in ["1. ", "→", "2*x\n", "reading length 3, 1 operation, depth 2, 1 constant, about 4 cycles\nbefore: reading length 7, 3 operations"]:
        expect(word in out, f"“{word}” is not in {out}")

    # a formula may begin with a minus, and an option that lacks a dash is still one
    for formula, simplified in [("-x", "-x"), ("-(x + x)", "-2*x"), ("-2*x - -x", "-x"), ("-e*x", "-e*x")]:
        expect(expect_result(["simplify", formula, "--json"])["simplified"] == simplified, formula)
        expect(expect_result(["simplify", "--json", formula])["simplified"] == simplified, formula)
    expect_complaint(["simplify", "x", "-json"], 2, "did you mean --json")
    expect_complaint(["simplify", "-json", "x"], 2, "did you mean --json")
    expect_complaint(["simplify", "x", "-y"], 2, "“-y”")
    expect_complaint(["simplify"], 2, "EXPR is missing")
    expect_complaint(["simplify", "x +"], 2, "column 4")
    expect_complaint(["simplify", "x", "--env", "nowhere"], 2, "nowhere")
    expect_complaint(["simplify", "foo", "--env", "cartpole"], 2, "foo", "theta_dot")
    expect_complaint(["simplify", "x", "--visited"], 2, "--env")
    expect_complaint(["simplify", "x", "--round", "0"], 2, "--round")
    expect_complaint(["simplify", "x", "--drop", "-1"], 2, "--drop")


def test_check():
    keys = ["equal", "proof", "max_difference", "only_one_defined", "at"]
    result = expect_result(["check", "2*theta + theta", "3*s3", "--env", "cartpole", "--json"])
    expect(list(result) == keys, result)
    expect((result["equal"], result["proof"], result["max_difference"]) == (True, "canonical", 0), result)
    expect(result["only_one_defined"] == 0, result)
    expect(list(result["at"]) == ["x", "x_dot", "theta", "theta_dot"], result)
    result = expect_result(["check", "cos_theta*theta_dot", "1.01*cos_theta*theta_dot", "--env", "pendulum", "--json"])
    expect((result["equal"], result["proof"]) == (False, "sampled"), result)
    expect(abs(result["max_difference"] - 0.08) < 1e-9 and abs(result["at"]["theta_dot"]) == 8, result)
    result = expect_result(["check", "sqrt(x^4 + 2*x^2 + 1)", "x^2 + 1", "--json"])
    expect((result["equal"], result["proof"]) == (True, "sampled"), result)
    # not the same everywhere, but within the limits of the observations
    result = expect_result(["check", "pmul(cos_theta, theta_dot); 1", "cos_theta*theta_dot; 1", "--env", "pendulum", "--json"])
    expect((result["equal"], result["proof"]) == (True, "canonical"), result)
    result = expect_result(["check", "pmul(x, y)", "x*y", "--json"])
    expect(not result["equal"] and result["max_difference"] > 1, result)
    result = expect_result(["check", "log(x)", "log(x^2)/2", "--json"])
    expect(not result["equal"] and result["max_difference"] is None and result["at"]["x"] < 0, result)
    # half of some 20,000 points
    expect(9000 < result["only_one_defined"] < 11000, result)
    result = expect_result(["check", "-x", "-y", "--json"])
    expect(not result["equal"] and result["only_one_defined"] == 0, result)
    status, out, err = espalier("check", "x", "y")
    expect(status == 0 and err == "" and "not the same function" in out, out + err)
    expect_complaint(["check", "x"], 2, "B is missing")
    expect_complaint(["check", "x; y", "x"], 2, "2 expressions")


def test_interruption(folder):
    """A run that is stopped and resumed ends as one that was not."""
    recipe = tiny_recipe(folder, steps=60000, evaluation_period=5000)
    whole = expect_result(["train", "cartpole", "--recipe", recipe, "--seed", "5", "--json"])
    checkpoint = os.path.join(folder, "a run.safetensors")
    with subprocess.Popen(
        [PROGRAM, "train", "cartpole", "--recipe", recipe, "--seed", "5", "--json", "--checkpoint", checkpoint],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment(),
    ) as process:
        time.sleep(whole["wall_seconds"] / 3)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate()
    expect(process.returncode == 1 and out == b"", (process.returncode, out, err))
    expect(err.count(b"interrupted") == 1 and b"--resume '" in err, err)
    expect(os.path.getsize(checkpoint) > 0, "there is no checkpoint")
    expect(os.listdir(folder).count("a run.safetensors") == 1 and len(os.listdir(folder)) == 2, os.listdir(folder))
    expect_complaint(["train", "pendulum", "--resume", checkpoint], 2, "cartpole", "pendulum")
    with open(checkpoint, "rb") as file:
        kept = file.read()
    other = os.path.join(folder, "other.safetensors")
    shutil.copyfile(checkpoint, other)
    for arguments in (["--recipe", recipe], ["--resume", other]):
        expect_complaint(["train", "cartpole", *arguments, "--checkpoint", checkpoint], 1, "another run", "--resume")
    with open(checkpoint, "rb") as file:
        expect(file.read() == kept, "the checkpoint of another run was replaced")
    same = os.path.join(folder, ".", "a run.safetensors")
    resumed = expect_result(["train", "cartpole", "--resume", checkpoint, "--checkpoint", same, "--json"])
    expect({**resumed, "wall_seconds": 0} == {**whole, "wall_seconds": 0}, f"{resumed} is not {whole}")
    again = expect_result(["train", "cartpole", "--resume", checkpoint, "--json"])
    expect(again["wall_seconds"] > whole["wall_seconds"] / 4, f"the time before is not in {again}")

    with subprocess.Popen(
        [PROGRAM, "train", "cartpole", "--steps", "1000000"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment()
    ) as process:
        time.sleep(0.5)
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate()
    expect(process.returncode == 1 and out == b"" and b"--checkpoint" in err, (process.returncode, out, err))


def test_closed_streams():
    """No file that is opened later gets the number of a standard stream that was closed."""
    with subprocess.Popen(
        ["sh", "-c", 'exec "$@" <&- >&- 2>&-', "sh", PROGRAM, "train", "cartpole", "--steps", "1000000"], env=environment(),
    ) as process:
        time.sleep(1)
        streams = [os.path.realpath(f"/proc/{process.pid}/fd/{number}") for number in range(3)]
        process.send_signal(signal.SIGTERM)
    expect(streams == ["/dev/null"] * 3, streams)
    done = subprocess.run(["sh", "-c", 'exec "$@" >&-', "sh", PROGRAM, "envs"], stderr=subprocess.PIPE, env=environment())
    expect(done.returncode == 1 and done.stderr.count(b"\n") == 1, done)


def test_without_display(folder):
    """Without a command and without a display it trains in the terminal."""
    recipe = tiny_recipe(folder)
    status, out, err = espalier("--recipe", recipe, "--seed", "2")
    german = espalier("--recipe", recipe, "--seed", "2", LC_ALL="de_DE.UTF-8")
    table = [text[text.index("return of"):] for text in (out, german[1])]
    expect(table[0] == table[1] and "." in table[0], f"numbers follow the locale: {german}")
    expect(status == 0 and err.startswith("espalier: ") and err.count("espalier: ") == 1, (status, err))
    expect("terminal" in err and out.startswith("cartpole, seed 2, recipe tiny:"), (out, err))
    status, out, err = espalier("--recipe", recipe, "--environment", "pendulum", DISPLAY=":987")
    expect(status == 0 and "terminal" in err and out.startswith("pendulum, seed 0"), (status, out, err))


def main():
    tests = [test for name, test in globals().items() if name.startswith("test_")]
    print(f"1..{len(tests)}", flush=True)
    for number, test in enumerate(tests, 1):
        name = test.__name__[5:].replace("_", " ")
        try:
            with tempfile.TemporaryDirectory() as folder:
                test(*([folder] if test.__code__.co_argcount else []))
            print(f"ok {number} - {name}", flush=True)
        except Exception:
            traceback.print_exc()
            print(f"not ok {number} - {name}", flush=True)


if __name__ == "__main__":
    main()
