"""Checks `espalier study` from outside, in TAP: tables, files of results, resuming, and what it says to bad input.

The argument is the program. The runs are tiny; what they learn does not matter here.
"""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback

PROGRAM = sys.argv[1]
SHIPPED = ["ablation", "data", "insertion", "length", "operators", "patterns", "size", "sparsity"]
TINY = {
    "steps": 300,
    "arrangement": "mul,sin,id",
    "warm_up_steps": 50,
    "batch_size": 16,
    "critic_hidden": [16],
    "deviation_hidden": [16],
    "evaluation_period": 100,
    "evaluation_episodes": 2,
    "candidates": 1,
    "length_limit": 15,
}
RECORD_KEYS = [
    "study", "environment", "variant", "seed", "recipe", "fingerprint", "steps", "wall_seconds", "learning_seconds",
    "side_by_side", "formula", "policy_return", "reading_length", "live_paths", "paths", "curve", "front",
]
RUN_KEYS = [
    "environment", "variant", "seed", "mean", "std", "steps", "wall_seconds", "learning_seconds", "reading_length",
    "live_paths", "paths", "formula", "failure",
]
# Student's t for two and for one degrees of freedom
T_2, T_1 = 4.302652729911275, 12.706204736432095


def espalier(*arguments):
    """Runs the program and returns (exit status, standard output, standard error)."""
    done = subprocess.run([PROGRAM, *arguments], stdin=subprocess.DEVNULL, capture_output=True,
                          env={**os.environ, "LC_ALL": "C.UTF-8"})
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def expect(condition, message):
    if not condition:
        raise AssertionError(message)


def expect_complaint(arguments, status, *words):
    """Expects @status and one sentence on standard error with all @words in it."""
    result = espalier("study", *arguments)
    shown = f"{arguments}: {result}"
    expect(result[0] == status, f"exit status is not {status}: {shown}")
    expect(result[1] == "" and result[2].count("\n") == 1 and result[2].startswith("espalier: "), shown)
    for word in words:
        expect(word in result[2], f"“{word}” is not in {shown}")


def expect_result(*arguments):
    status, out, err = espalier("study", *arguments, "--json")
    expect(status == 0, f"{arguments}: {status}, {err}")
    expect(out.count("\n") == 1, f"{arguments}: not one line: {out}")
    return json.loads(out)


def write_study(folder, **changes):
    """Writes a study and its recipe, and returns the study's path."""
    with open(os.path.join(folder, "tiny.json"), "w", encoding="utf-8") as file:
        json.dump(TINY, file)
    study = {
        "description": "Whether batches matter.",
        "environments": ["cartpole"],
        "variants": [{"name": "small", "recipe": "tiny.json"},
                     {"name": "large", "recipe": "tiny.json", "set": ["batch_size=32"]}],
        "seeds": "0..2",
        **changes,
    }
    path = os.path.join(folder, "mine.json")
    with open(path, "w", encoding="utf-8") as file:
        json.dump(study, file)
    return path


def without_times(runs):
    return [{key: value for key, value in run.items() if "seconds" not in key and key != "side_by_side"} for run in runs]


def read_lines(path):
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def test_list():
    status, out, err = espalier("study")
    expect(status == 0 and err == "", err)
    for name in SHIPPED:
        expect(re.search(rf"^  {name} +\S.*\.$", out, re.M), f"{name} is not in {out}")
    status, out, err = espalier("study", "--help")
    expect(status == 0 and err == "", err)
    for word in ["NAME|FILE", "--seeds", "--environments", "--steps", "--scale", "--set", "--episodes", "--workers",
                 "--output", "--resume", "--from", "--dry-run", "--markdown", "--json", *SHIPPED]:
        expect(word in out, f"“{word}” is not in the help")
    expect("study" in espalier("--help")[1], "study is not among the commands")


def test_returns(folder):
    """The runs are those of train, and the table is what they come to."""
    path = write_study(folder)
    output = os.path.join(folder, "out.jsonl")
    result = expect_result(path, "--output", output, "--workers", "1")
    expect(list(result) == ["study", "description", "runs", "rows", "notes"] and result["study"] == "mine", result)
    expect(all(list(run) == RUN_KEYS for run in result["runs"]), result["runs"])
    expect([(run["seed"], run["variant"]) for run in result["runs"]]
           == [(seed, name) for seed in range(3) for name in ("small", "large")], result["runs"])
    alone = espalier("train", "cartpole", "--recipe", os.path.join(folder, "tiny.json"), "--set", "batch_size=32",
                     "--seed", "1", "--json")
    alone = json.loads(alone[1])
    run = next(run for run in result["runs"] if (run["variant"], run["seed"]) == ("large", 1))
    expect(run["mean"] == alone["policy_return"]["mean"] and run["formula"] == alone["formula"], (run, alone))

    expect([row["variant"] for row in result["rows"]] == ["small", "large"], result["rows"])
    means = {name: [run["mean"] for run in result["runs"] if run["variant"] == name] for name in ("small", "large")}
    for row in result["rows"]:
        values = means[row["variant"]]
        mean = sum(values) / 3
        half = T_2 * (sum((value - mean) ** 2 for value in values) / 2 / 3) ** 0.5
        expect(row["runs"] == 3 and row["return"]["n"] == 3, row)
        expect(abs(row["return"]["mean"] - mean) < 1e-9 * abs(mean), (row, values))
        expect(abs(row["return"]["interval"] - half) < 1e-9 + 1e-9 * half, (row, half))
        expect(row["live_paths"]["n"] == 3 and row["paths"] >= row["live_paths"]["mean"] >= 0, row)
        expect(row["wall_seconds"]["mean"] >= row["learning_seconds"]["mean"] > 0, row)
    differences = [large - small for small, large in zip(means["small"], means["large"])]
    expect(abs(result["rows"][1]["difference"]["mean"] - sum(differences) / 3) < 1e-9 * max(1, *map(abs, differences)), result)
    expect(result["rows"][0]["difference"]["mean"] is None and result["rows"][0]["time_ratio"]["n"] == 0, result)
    expect("Student" in result["notes"], result["notes"])

    lines = read_lines(output)
    expect([list(line) for line in lines] == [RECORD_KEYS] * 6, lines)
    expect([point["step"] for point in lines[0]["curve"]] == [100, 200, 300], lines[0]["curve"])

    # neither the order in which runs end nor the number of workers matters
    beside = expect_result(path, "--workers", "3")
    expect(without_times(beside["runs"]) == without_times(result["runs"]), (beside, result))
    other = expect_result(path, "--from", output)
    expect(without_times(other["rows"]) == without_times(result["rows"]), (other, result))

    status, out, _ = espalier("study", path, "--from", output)
    expect(status == 0 and out.startswith("mine: Whether batches matter.\n"), out)
    for word in ("environment", "live paths", " ± ", "small", "large", "95 % confidence"):
        expect(word in out, f"“{word}” is not in {out}")
    status, out, _ = espalier("study", path, "--from", output, "--markdown")
    expect(status == 0 and out.startswith("| environment | variant | runs | return |"), out)
    expect(out.count("\n| cartpole |") == 2, out)


def test_options(folder):
    path = write_study(folder)
    result = expect_result(path, "--seeds", "4", "--environments", "pendulum", "--steps", "150", "--episodes", "3",
                           "--set", "evaluation_period=50")
    expect([(run["environment"], run["seed"], run["steps"]) for run in result["runs"]] == [("pendulum", 4, 150)] * 2, result)
    expect(result["rows"][0]["return"]["interval"] is None, result["rows"])
    expect([run["steps"] for run in expect_result(path, "--seeds", "4", "--scale", "0.5")["runs"]] == [150] * 2, "scale")
    path = write_study(folder, environments=[{"name": "cartpole", "scale": 0.5}])
    expect([run["steps"] for run in expect_result(path, "--seeds", "4")["runs"]] == [150] * 2, "scale of the study")


def test_grid(folder):
    path = write_study(folder, variants=[{"name": "v", "recipe": "tiny.json"}], seeds="0", grid=[
        {"field": "sparsity_weight", "name": "λ", "values": [0.1, 1]}, {"field": "schedule_end", "values": [0.25, 0.5]}])
    result = expect_result(path)
    expect([run["variant"] for run in result["runs"]]
           == [f"v, λ {weight}, schedule_end {end}" for weight in (0.1, 1) for end in (0.25, 0.5)], result)


def test_resume(folder):
    """What is in the file is not done again, whatever else is or was at its end."""
    path = write_study(folder)
    output = os.path.join(folder, "out.jsonl")
    whole = expect_result(path, "--output", output)
    with open(output, "rb") as file:
        lines = file.read().splitlines(keepends=True)
    expect_complaint([path, "--output", output], 1, "--resume", "out.jsonl")
    with open(output, "rb") as file:
        expect(file.read() == b"".join(lines), "a file of results has changed")

    # two runs are there, and half of a third
    with open(output, "wb") as file:
        file.write(b"".join(lines[:2]) + lines[2][: len(lines[2]) // 2])
    plan = expect_result(path, "--output", output, "--resume", "--dry-run")
    expect(plan["runs"] == 6 and plan["done"] == 2, plan)
    resumed = expect_result(path, "--output", output, "--resume")
    expect(without_times(resumed["runs"]) == without_times(whole["runs"]), resumed)
    with open(output, "rb") as file:
        again = file.read().splitlines(keepends=True)
    expect(again[:2] == lines[:2] and len(again) == 6, again)
    expect(sorted((line["variant"], line["seed"]) for line in map(json.loads, again))
           == sorted((name, seed) for name in ("large", "small") for seed in range(3)), again)

    # a last line that lacks its end is whole; a run whose recipe differs is another run
    with open(output, "wb") as file:
        file.write(b"".join(lines)[:-1])
    more = expect_result(path, "--output", output, "--resume", "--seeds", "0..3")
    expect(len(more["runs"]) == 8 and len(read_lines(output)) == 8, more)
    expect_result(path, "--output", output, "--resume", "--seeds", "0", "--set", "discount=0.9")
    expect(len(read_lines(output)) == 10, "another recipe's run was taken for this one's")

    # a line in the middle must be sound
    with open(output, "wb") as file:
        file.write(lines[0] + b'{"environment": \n' + lines[1])
    expect_complaint([path, "--output", output, "--resume"], 2, "line 2 of out.jsonl")
    with open(output, "rb") as file:
        expect(file.read() == lines[0] + b'{"environment": \n' + lines[1], "a file that is none of ours has changed")


def test_own_environment(folder):
    """Environments from files stand beside the study, and are known in results that have their names."""
    resources = os.environ.get("ESPALIER_RESOURCES") or os.path.join(os.path.dirname(__file__), "..", "..", "resources")
    shutil.copytree(os.path.join(resources, "environments", "ball-in-cup"), os.path.join(folder, "cup"))
    path = write_study(folder, environments=["cup/ball-in-cup.json"], seeds="0..1", measure="patterns",
                       variants=[{"name": "small", "recipe": "tiny.json"}])
    output = os.path.join(folder, "out.jsonl")
    result = expect_result(path, "--output", output, "--episodes", "3")
    expect([run["environment"] for run in result["runs"]] == ["ball-in-cup"] * 2 and result["rows"], result)
    expect(expect_result(path, "--from", output)["rows"] == result["rows"], result["rows"])


def test_failure(folder):
    """A run that diverges is named, and not repeated."""
    path = write_study(folder, seeds="0..1", variants=[
        {"name": "sound", "recipe": "tiny.json"},
        {"name": "wild", "recipe": "tiny.json", "set": ["critic_rate=1", "discount=1", "target_rate=1", "reward_scale=1e6"]}])
    output = os.path.join(folder, "out.jsonl")
    for options in ([], ["--resume"]):
        result = expect_result(path, "--output", output, *options)
        expect([row["runs"] for row in result["rows"]] == [2, 0], result["rows"])
        expect(result["rows"][1]["return"]["mean"] is None, result["rows"])
        expect("cartpole, wild, seed 1 has no result" in result["notes"] and "diverged" in result["notes"], result)
        expect(len(read_lines(output)) == 4, "a failure was repeated")


def test_interrupted(folder):
    """What is done is printed and kept when a signal comes."""
    path = write_study(folder, seeds="0", variants=[
        {"name": "quick", "recipe": "tiny.json"},
        {"name": "endless", "recipe": "tiny.json", "set": ["steps=100000000", "evaluation_period=1000000"]}])
    output = os.path.join(folder, "out.jsonl")
    run = subprocess.Popen([PROGRAM, "study", path, "--workers", "1", "--json", "--output", output],
                           stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                           env={**os.environ, "LC_ALL": "C.UTF-8"})
    try:
        while b"1 of 2 runs done" not in run.stderr.readline():
            pass
        expect_complaint([path, "--output", output, "--resume"], 1, "another study", "out.jsonl")
        run.send_signal(signal.SIGINT)
        out, err = run.communicate(timeout=60)
    finally:
        run.kill()
    expect(run.returncode == 1, f"{run.returncode} {err}")
    expect([entry["variant"] for entry in json.loads(out)["runs"]] == ["quick"], out)
    expect(b"interrupted after 1 of 2 runs" in err and b"--resume" in err, err)
    expect([line["variant"] for line in read_lines(output)] == ["quick"], "the run was not kept")


def test_interrupted_measurement(folder):
    """A signal ends the measurements after a run, too, which are minutes long here; the run is then not done."""
    path = write_study(folder, measure="length", environments=["pendulum"], seeds="0",
                       variants=[{"name": "small", "recipe": "tiny.json", "set": ["polish_search_steps=5000"]}])
    output = os.path.join(folder, "out.jsonl")
    run = subprocess.Popen([PROGRAM, "study", path, "--episodes", "1000000", "--json", "--output", output],
                           stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                           env={**os.environ, "LC_ALL": "C.UTF-8"})
    try:
        time.sleep(3)
        run.send_signal(signal.SIGINT)
        out, err = run.communicate(timeout=60)
    finally:
        run.kill()
    expect(run.returncode == 1 and b"interrupted after 0 of 1 runs" in err, f"{run.returncode} {err}")
    expect(json.loads(out)["runs"] == [] and read_lines(output) == [], out)


def test_efficiency(folder):
    path = write_study(folder, measure="efficiency", seeds="0..1", variants=[
        {"name": "formula", "recipe": "tiny.json"},
        {"name": "neural", "recipe": "tiny.json", "set": ["policy=neural"]}])
    result = expect_result(path)
    random = json.loads(espalier("eval", "cartpole", "--policy", "random", "--seed", "10000", "--json")[1])
    for row in result["rows"]:
        expect(row["bar"] == 995 and row["random"] == random["mean"], row)
        expect(0 <= row["reached"] <= 2 and row["steps_to_bar"]["n"] == row["reached"], row)
        expect(row["area"]["n"] == 2 and -1 < row["area"]["mean"] < 1, row)
        values = [run["mean"] for run in result["runs"] if run["variant"] == row["variant"]]
        expect(abs(row["return"]["interval"] - T_1 * abs(values[0] - values[1]) / 2) < 1e-6, (row, values))


def test_length(folder):
    """The front of the search, measured on the report's episodes."""
    path = write_study(folder, measure="length", seeds="0..1", variants=[
        {"name": "v", "recipe": "tiny.json", "set": ["polish_search_steps=200000", "polish_search_episodes=5"]}])
    output = os.path.join(folder, "out.jsonl")
    result = expect_result(path, "--output", output)
    expect(result["rows"], result)
    for row in result["rows"]:
        expect(row["best"] is not None and row["formula"] and row["runs"] >= 1, row)
        measured = json.loads(espalier("eval", "cartpole", "--policy", row["formula"], "--seed", "10000", "--json")[1])
        expect(measured["mean"] == row["best"] and measured["metrics"]["length"] <= row["reading_length"], (row, measured))
    lengths = [row["reading_length"] for row in result["rows"]]
    expect(lengths == sorted(set(lengths)), lengths)
    expect(all(line["front"] for line in read_lines(output)), "a run has no front")


def test_insertion(folder):
    """Known formulas in every arrangement; nothing is trained."""
    result = expect_result("insertion", "--environments", "cartpole", "--episodes", "3")
    expect(result["study"] == "insertion" and result["runs"] == [], result)
    expect({row["formula"] for row in result["rows"]} == {"LQR", "DSP"}, result["rows"])
    for row in result["rows"]:
        expect(row["formula_return"]["n"] == 3 and row["dense"] in ("yes", "no"), row)
        for value in (row["network_return"]["mean"], row["difference"]["mean"], row["live_paths"]):
            expect((value is None) == (row["fits"] == "no"), row)
        # both last through every episode
        if row["formula"] == "LQR" and row["fits"] == "yes":
            expect(row["difference"]["interval"] == 0, row)
    held = [row for row in result["rows"] if row["fits"] == "yes" and row["formula"] == "LQR"]
    expect(held and all(row["network_return"]["mean"] == 1000 and row["live_paths"] >= 4 for row in held), held)
    expect_complaint(["insertion", "--seeds", "1"], 2, "no runs", "--episodes")
    expect_complaint(["insertion", "--environments", "nowhere"], 2, "nowhere")
    path = write_study(folder, measure="insertion")
    expect_complaint([path], 2, "insertion has no runs")


def write_results(folder, formulas, environment="cartpole"):
    path = os.path.join(folder, "results.jsonl")
    with open(path, "w", encoding="utf-8") as file:
        for seed, formula in enumerate(formulas):
            file.write(json.dumps({"environment": environment, "seed": seed, "recipe": "default", "steps": 1,
                                   "formula": formula, "policy_return": {"mean": 1}, "reading_length": [9]}) + "\n")
        file.write("\n")
    return path


def test_patterns(folder):
    """Counted by hand, from results of train."""
    results = write_results(folder, ["10*theta + 2*theta_dot", "sin(x) - theta_dot/3 + theta", "sin(x)*x_dot + 7*theta",
                                     "x_dot*x"])
    result = expect_result("patterns", "--from", results)
    expect([(row["pattern"], row["runs"], row["formulas"], row["nodes"]) for row in result["rows"]]
           == [("c*theta", 3, 4, 3), ("c*theta + c*theta_dot", 2, 4, 7)], result["rows"])
    expect(len(result["runs"]) == 4, result)
    other = expect_result("patterns", "--from", results, "--from", results, "--environments", "cartpole")
    # what a later result repeats counts once
    expect(len(other["runs"]) == 4 and other["rows"] == result["rows"], other)
    results = write_results(folder, ["sin_theta + 1", None, "theta", "sin_theta - 3", "0"], "pendulum")
    result = expect_result("patterns", "--from", results)
    expect([(row["pattern"], row["runs"]) for row in result["rows"]] == [("c + c*sin_theta", 2)], result)
    expect("2 runs have no formula" in result["notes"], result["notes"])
    status, out, err = espalier("study", "patterns", "--from", results)
    expect(status == 0 and "c + c*sin_theta" in out, err)


def test_dry_run(folder):
    path = write_study(folder)
    output = os.path.join(folder, "out.jsonl")
    plan = expect_result(path, "--dry-run", "--output", output)
    expect(plan["runs"] == 6 and plan["done"] == 0 and plan["seconds"] >= 0, plan)
    expect(list(plan["plan"][0]) == ["environment", "variant", "seed", "steps", "seconds", "done"], plan)
    expect(not os.path.exists(output), "a dry run leaves a file")
    status, out, _ = espalier("study", path, "--dry-run")
    expect(status == 0 and "6 runs, 0 of them done" in out, out)
    status, out, _ = espalier("study", "ablation", "--dry-run", "--environments", "pendulum")
    expect(status == 0 and "18 runs" in out and "no selector" in out, out)


def test_errors(folder):
    path = write_study(folder)
    results = write_results(folder, ["x"])
    for arguments, words in [
        (["nope"], ["“nope”", "sparsity", ".json"]),
        (["ablaton"], ["did you mean “ablation”"]),
        ([path, "--seeds", "a"], ["“a”"]),
        ([path, "--seeds", "1,1"], ["twice"]),
        ([path, "--seeds", ""], ["seeds"]),
        ([path, "--environments", "nowhere"], ["nowhere"]),
        ([path, "--environments", "cartpole,cartpole"], ["twice"]),
        ([path, "--environments", ""], ["--environments"]),
        ([path, "--scale", "0"], ["--scale", "“0”"]),
        ([path, "--scale", "1x"], ["--scale"]),
        ([path, "--scale", "nan"], ["--scale"]),
        ([path, "--scale", "101"], ["--scale"]),
        ([path, "--scale", "0.5", "--steps", "5"], ["--steps", "--scale"]),
        ([path, "--steps", "0"], ["--steps"]),
        ([path, "--set", "nope=1"], ["“nope”", "small", "cartpole"]),
        ([path, "--episodes", "0"], ["--episodes"]),
        ([path, "--workers", "65"], ["--workers"]),
        ([path, "--resume"], ["--output"]),
        ([path, "--json", "--markdown"], ["--markdown"]),
        ([path, "--from", results, "--output", "a"], ["--from", "--output"]),
        ([path, "--seds", "1"], ["did you mean --seeds"]),
        ([path, "more"], ["“more”"]),
    ]:
        expect_complaint(arguments, 2, *words)
    broken = os.path.join(folder, "broken.json")
    for text, words in [("{", ["broken.json"]), ('{"environments": ["cartpole"], "nope": 1}', ["“nope”"]),
                        ('{"environments": ["cartpole"], "variants": [{"name": "a", "set": ["discount=2"]}]}', ["discount", "“a”"]),
                        ('{"environments": ["cartpole"], "variants": [{"name": "a", "set": ["algorithm=td3"]}]}', ["algorithm"]),
                        ("[" * 100000, ["broken.json"])]:
        with open(broken, "w", encoding="utf-8") as file:
            file.write(text)
        expect_complaint([broken], 2, *words)
    for arguments, words in [
        ([os.path.join(folder, "missing.json")], ["missing.json"]),
        ([path, "--from", os.path.join(folder, "missing")], ["missing"]),
        ([path, "--from", folder], [folder]),
        ([path, "--from", results, "--environments", "hopper"], ["no results"]),
        ([path, "--output", folder], [folder]),
        ([path, "--output", os.path.join(folder, "no", "where")], ["where"]),
    ]:
        expect_complaint(arguments, 1, *words)
    expect_complaint([path, "--from", path], 2, "line 1 of mine.json")
    fifo = os.path.join(folder, "fifo")
    os.mkfifo(fifo)
    expect_complaint([path, "--output", fifo, "--resume"], 1, "fifo")


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
