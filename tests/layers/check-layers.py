"""Checks that no file reaches against the arrows between the rooms, in TAP.

The argument is the source tree. The rules are first tried on small trees with one fault each, so that a
rule that finds nothing is known to be able to find something.
"""

import os
import re
import sys
import tempfile

GROUND = {"base"}
LANGUAGE = GROUND | {"expression"}
ENVIRONMENTS = LANGUAGE | {"envs"}
CORE = ENVIRONMENTS | {"core"}
RENDER = ENVIRONMENTS | {"render"}
WIDGETS = CORE | {"widgets"}
APP = WIDGETS | RENDER | {"app"}

# What a room's files, and its tests, may include.
MAY_INCLUDE = {
    "base": GROUND,
    "expression": LANGUAGE,
    "envs": ENVIRONMENTS,
    "core": CORE,
    "render": RENDER,
    "widgets": WIDGETS,
    "app": APP,
}

TOOLKIT = ("gtk/", "gdk/", "gsk/", "gdk-pixbuf/", "adwaita", "pango/", "cairo")
SCENE = ("GLFW/", "GL/", "EGL/", "epoxy/", "mujoco/")

# Beginnings of the outside headers that a room must do without.
MUST_NOT_INCLUDE = {
    "base": TOOLKIT + SCENE,
    "expression": TOOLKIT + SCENE,
    "envs": TOOLKIT + tuple(set(SCENE) - {"mujoco/"}),
    "core": TOOLKIT + SCENE,
    "render": TOOLKIT,
    "widgets": SCENE,
    "app": (),
}

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]', re.MULTILINE)
NOT_CODE = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.DOTALL)
RANDOM = re.compile(r"\b(s?rand|rand_r|s?random|random_r|[delmn]rand48|[js]rand48|g_rand(?:om)?_\w+)\s*\(")
HOME = re.compile(r"(?:^|[^\w.~])/(?:home|root|Users)/\w")
TEXT = (".c", ".cpp", ".h", ".py", ".sh", ".md", ".json", ".xml", ".in", ".svg", ".ui", ".css", ".build", ".txt", ".supp")


def room_of(path):
    """Returns the room that the file @path belongs to, or None for one outside the rooms."""
    parts = path.split("/")
    if parts[0] == "tests":
        return parts[1] if len(parts) > 2 and parts[1] in MAY_INCLUDE else None
    if parts[0] == "core":
        return parts[1] if len(parts) > 2 and parts[1] in ("base", "expression") else "core"
    return parts[0] if parts[0] in MAY_INCLUDE else None


def files_of(top):
    """Returns the paths of the project's text files, relative to @top."""
    found = []
    for folder, folders, names in os.walk(top):
        folders[:] = sorted(f for f in folders if not f.startswith((".git", "build", "__pycache__")))
        for name in sorted(names):
            if name.endswith(TEXT) or "." not in name:
                found.append(os.path.relpath(os.path.join(folder, name), top).replace(os.sep, "/"))
    return found


def without_words(text):
    """Blanks the comments and strings of C @text, line breaks kept."""
    return NOT_CODE.sub(lambda match: re.sub(r"[^\n]", " ", match.group()), text)


def check(top):
    """Returns, for each rule, the list of its faults in the tree @top."""
    faults = {"arrows": [], "toolkits": [], "random": [], "paths": []}
    files = files_of(top)
    homes = {}
    for path in files:
        if path.endswith(".h") and not path.startswith("tests/"):
            name = os.path.basename(path)
            if name in homes:
                faults["arrows"].append(f"{path}: another header is called {name} ({homes[name]})")
            homes[name] = path

    for path in files:
        with open(os.path.join(top, path), encoding="utf-8", errors="replace") as file:
            text = file.read()
        for match in HOME.finditer(text):
            line = text.count("\n", 0, match.end()) + 1
            faults["paths"].append(f"{path}:{line}: a path of one machine")
        if not path.endswith((".c", ".cpp", ".h")):
            continue

        code = without_words(text)
        for match in RANDOM.finditer(code):
            line = code.count("\n", 0, match.start()) + 1
            faults["random"].append(f"{path}:{line}: {match.group(1)} () instead of EspRandom")

        room = room_of(path)
        for match in INCLUDE.finditer(text):
            # an include in a comment is none
            if not code[match.start() : match.end()].strip():
                continue
            place = f"{path}:{text.count(chr(10), 0, match.start(1)) + 1}"
            name = match.group(2)
            if "/" in name and (match.group(1) == '"' or name.split("/")[0] in MAY_INCLUDE):
                faults["arrows"].append(f"{place}: includes “{name}” by its folder")
            home = homes.get(os.path.basename(name))
            if room is None:
                continue
            if home is not None and room_of(home) not in MAY_INCLUDE[room]:
                faults["arrows"].append(f"{place}: {room} must not include {home}")
            if match.group(1) == "<" and name.startswith(MUST_NOT_INCLUDE[room]):
                faults["toolkits"].append(f"{place}: {room} must not include <{name}>")

    return faults


# One fault each: the rule that must find it, the file, its text.
FAULTS = [
    ("arrows", "core/base/a.c", '#include "esp-env.h"\n'),
    ("arrows", "core/expression/a.c", '#include "esp-env.h"\n'),
    ("arrows", "envs/a.h", '#  include "esp-learn.h"\n'),
    ("arrows", "core/learn/a.c", '#include "esp-widget.h"\n'),
    ("arrows", "core/learn/a.c", '#include "esp-app.h"\n'),
    ("arrows", "render/a.c", '#include "esp-learn.h"\n'),
    ("arrows", "render/a.c", '#include "esp-widget.h"\n'),
    ("arrows", "widgets/a.c", '#include "esp-view.h"\n'),
    ("arrows", "tests/envs/a.c", '#include "esp-learn.h"\n'),
    ("arrows", "app/a.c", '#include "../core/learn/esp-learn.h"\n'),
    ("arrows", "widgets/esp-learn.h", "\n"),
    ("toolkits", "core/network/a.c", "#include <cairo.h>\n"),
    ("toolkits", "core/base/a.c", "#include <adwaita.h>\n"),
    ("toolkits", "envs/a.c", "#include <GLFW/glfw3.h>\n"),
    ("toolkits", "render/a.c", "#include <gtk/gtk.h>\n"),
    ("toolkits", "widgets/a.c", "#include <mujoco/mujoco.h>\n"),
    ("random", "envs/a.c", "int a = rand ();\n"),
    ("random", "core/learn/a.c", "/* no\n*/ double a = drand48();\n"),
    ("random", "tests/core/a.c", "long a = random ();\n"),
    ("random", "app/a.c", "srand (1);\n"),
    ("random", "app/a.c", "int a = g_random_int ();\n"),
    ("paths", "core/a.c", 'const char *a = "/' + 'home/somebody/a";\n'),
    ("paths", "README.md", "see /" + "root/a\n"),
]

# Right as it is, however much it looks like a fault.
SOUND = {
    "core/base/esp-base.h": "/* rand () and srand () are not for us */\n",
    "core/expression/esp-language.h": '#include "esp-base.h"\n',
    "envs/esp-env.h": '#include <mujoco/mujoco.h>\n#include "esp-language.h"\n',
    "core/learn/esp-learn.h": '#include "esp-env.h"\n/*\n#include "esp-widget.h"\n*/\n',
    "render/esp-view.h": '#include <GLFW/glfw3.h>\n#include "esp-env.h"\n',
    "widgets/esp-widget.h": '#include <gtk/gtk.h>\n#include "esp-learn.h"\n',
    "app/esp-app.h": '#include "esp-widget.h"\n#include "esp-view.h"\n',
    "core/learn/b.c": 'double a = esp_random_uniform (&random); char *b = "rand ()";\n',
}


def faults_of(files):
    """Returns check() of a temporary tree of @files."""
    with tempfile.TemporaryDirectory() as top:
        for path, text in files.items():
            os.makedirs(os.path.join(top, os.path.dirname(path)), exist_ok=True)
            with open(os.path.join(top, path), "w", encoding="utf-8") as file:
                file.write(text)
        return check(top)


def main(top):
    results = [("a sound tree passes", [f for rule in faults_of(SOUND).values() for f in rule])]

    missed = []
    for rule, path, text in FAULTS:
        found = faults_of({**SOUND, path: text})
        if [name for name in found if found[name]] != [rule]:
            missed.append(f"{path} with {text.strip()!r}: not found by “{rule}” alone, but {found}")
    results.append((f"each of {len(FAULTS)} faults is found", missed))

    for rule, faults in check(top).items():
        results.append((f"the project keeps to the rule “{rule}”", faults))

    print(f"1..{len(results)}")
    for number, (name, faults) in enumerate(results, 1):
        print(("not ok" if faults else "ok") + f" {number} - {name}")
        for fault in faults:
            print(f"# {fault}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
