"""Prints how many tests of a `meson test` run passed, failed and were skipped.

The argument is the path of the log without its ending (build/meson-logs/testlog). A TAP test counts as
the checks that it reports, any other as one.
"""

import json
import sys
import xml.etree.ElementTree


def main(log):
    passed = failed = skipped = 0
    tests = []
    checks = {}
    try:
        with open(log + ".json", encoding="utf-8", errors="replace") as lines:
            tests = [json.loads(line) for line in lines if line.strip()]
        for suite in xml.etree.ElementTree.parse(log + ".junit.xml").getroot():
            checks[suite.get("name")] = suite
    except (OSError, ValueError, xml.etree.ElementTree.ParseError) as error:
        print(f"the results are incomplete: {error}", file=sys.stderr)
        failed = 1

    for test in tests:
        suite = checks.get("espalier." + test["name"])
        good = test["result"] in ("OK", "EXPECTEDFAIL")
        if test["result"] == "SKIP":
            skipped += 1
        elif suite is None:
            passed += good
            failed += not good
        else:
            bad = int(suite.get("failures")) + int(suite.get("errors"))
            left_out = int(suite.get("skipped"))
            passed += int(suite.get("tests")) - bad - left_out
            skipped += left_out
            # a crash after the last check spoils a test whose checks all passed
            failed += bad if bad or good else 1

    # a run without results has not passed
    if passed + failed + skipped == 0:
        failed = 1
    print(f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
