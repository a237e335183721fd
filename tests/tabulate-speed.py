#!/usr/bin/env python3
"""Measures the speed of learning and writes the tables of tests/results/performance.md anew.

  tests/tabulate-speed.py PROGRAM [ROUNDS]

PROGRAM is a release build of espalier. The machine should have nothing else to do: about five minutes with the
default of 21 rounds.
"""

import json
import os
import re
import subprocess
import sys
import time

RESULTS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "results", "performance.md")
# phases that the floors have, in the order of an update
PHASED = ["espl", "small-128", "small-hopper", "neural-small"]
SETS = {"v4, OpenBLAS SkylakeX": {}, "v3, OpenBLAS Haswell": {"ESPALIER_KERNELS": "v3", "OPENBLAS_CORETYPE": "Haswell"},
        "OpenBLAS SkylakeX": {"ESPALIER_KERNELS": "blas"},
        "OpenBLAS Haswell": {"ESPALIER_KERNELS": "blas", "OPENBLAS_CORETYPE": "Haswell"}}


def bench(program, *arguments, **variables):
    done = subprocess.run([program, "bench", *arguments, "--json"], stdout=subprocess.PIPE, check=True,
                          env={**os.environ, **variables})
    return json.loads(done.stdout)


def number(value, decimals=0):
    return "" if value is None else f"{value:,.{decimals}f}"


def tabulate_updates(rows):
    yield "| workload | workers | learner | floor A | floor B | learner / B | B / A |"
    yield "|---|---:|---:|---:|---:|---:|---:|"
    for row in rows:
        yield (f"| `{row['name']}` | {row['workers']} | {number(row['value'])} | {number(row['floor_a'])} "
               f"| {number(row['floor_b'])} | **{number(row['ratio_to_floor_b'], 3)}** "
               f"| {number(row['floor_b_to_floor_a'], 3)} |")
    yield ""
    for row in rows:
        if "gain" in row:
            yield (f"`{row['name']}`: two workers over one {row['gain']:.2f}, two streams of floor B over one "
                   f"{row['floor_gain']:.2f}, ratio **{row['gain_to_floor_gain']:.3f}**.")


def tabulate_phases(rows):
    yield "| phase | " + " | ".join(f"`{row['name']}` | A | B" for row in rows) + " |"
    yield "|---|" + "---:|" * (3 * len(rows))
    for phase in rows[0]["phases"]:
        cells = [row[key][phase] or 0 for row in rows for key in ("phases", "floor_a_phases", "floor_b_phases")]
        if any(cells):
            yield f"| {phase} | " + " | ".join(number(1e6 * cell, 1) for cell in cells) + " |"
    shares = []
    for row in rows:
        total = sum(row["phases"].values())
        symbolic = sum(row["phases"][name] for name in ("symbolic forward", "symbolic backward"))
        shares.append(f"`{row['name']}` {100 * symbolic / total:.1f} %")
    yield ""
    yield "Share of the symbolic networks in the update: " + ", ".join(shares) + "."


def tabulate_runs(runs):
    yield ("| run | a step (µs) | environment, action, replay | first update after (s, wall) "
           "| peak memory, 10⁶ transitions (MB) | evaluation, were it not overlapped | whole run (s) | return |")
    yield "|---|---:|---:|---:|---:|---:|---:|---:|"
    for run in runs:
        yield (f"| {run['name']} | {number(1e6 * run['step_seconds'], 1)} "
               f"| {number(100 * run['environment_action_replay_share'], 1)} % | {number(run['first_update_seconds'], 3)} "
               f"| {number(run['peak_bytes'] * 1e-6)} | {number(100 * run['evaluation_share'], 1)} % "
               f"| {number(run['run_seconds'], 2)} | {number(run['final_return'], 1)} |")


def tabulate_kernels(program, rounds):
    yield "| kernels | `espl` / floor B | `small-128` / floor B |"
    yield "|---|---:|---:|"
    for name, variables in SETS.items():
        ratios = [bench(program, workload, "--rounds", rounds, **variables)["benchmarks"][0]["ratio_to_floor_b"]
                  for workload in ("espl", "small-128")]
        yield f"| {name} | {ratios[0]:.3f} | {ratios[1]:.3f} |"


def main():
    if not 2 <= len(sys.argv) <= 3:
        sys.exit(__doc__)
    program, rounds = sys.argv[1], sys.argv[2] if len(sys.argv) == 3 else "21"
    load = os.getloadavg()[0]
    measured = bench(program, "all", "--phases", "--rounds", rounds)
    phased = [row for row in measured["benchmarks"] if row["name"] in PHASED]
    tables = {
        "machine": [f"Measured on {time.strftime('%Y-%m-%d')} in {rounds} rounds; load when it began {load:.1f}."],
        "updates": tabulate_updates(measured["benchmarks"]),
        "phases": tabulate_phases(phased),
        "runs": tabulate_runs(measured["runs"]),
        "kernels": tabulate_kernels(program, rounds),
    }
    with open(RESULTS, encoding="utf-8") as file:
        text = file.read()
    for name, lines in tables.items():
        table = "\n".join(lines)
        pattern = re.compile(f"(<!-- {name} -->\n).*?(<!-- end -->)", re.DOTALL)
        if not pattern.search(text):
            sys.exit(f"{RESULTS} has no place for the table “{name}”")
        text = pattern.sub(lambda match, table=table: match[1] + table + "\n" + match[2], text)
    with open(RESULTS, "w", encoding="utf-8") as file:
        file.write(text)


if __name__ == "__main__":
    main()
