# Set-up shared by app/run and tests/run: packages from Debian, a configured build folder, a quiet build.
# Sourced by bash. All it says goes to standard error, so that a program's own output stays clean.
# shellcheck shell=bash

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)

# What building and running needs; `a|b` is satisfied by either, and the first is installed.
run_packages=(
  gcc libc6-dev pkgconf meson ninja-build
  libglib2.0-dev libjson-glib-dev librandom123-dev
  'libopenblas-pthread-dev|libopenblas-serial-dev|libopenblas-openmp-dev'
  libnlopt-dev g++ libbox2d-dev
  libgtk-4-dev libadwaita-1-dev libmujoco-dev libglfw3-dev
  # while running: OpenGL drivers, icons and their loader, the font of formulas
  libgl1-mesa-dri libegl1 adwaita-icon-theme librsvg2-common fonts-lmodern
)

# What the tests need besides.
test_packages=(xvfb desktop-file-utils appstream locales libmpfr-dev python3-numpy)

say ()
{
  printf 'espalier: %s\n' "$*" >&2
}

fail ()
{
  say "$@"
  exit 1
}

# Prints the packages among $@ that are not installed, one a line; of alternatives the first.
missing_packages ()
{
  local -A installed=()
  local names=() status name wanted

  for wanted in "$@"; do
    IFS='|' read -ra alternatives <<<"$wanted"
    names+=("${alternatives[@]}")
  done
  while read -r status name; do
    # "ii", or "hi" for a package that is held at its version
    if [[ $status == ?i ]]; then
      installed[$name]=1
    fi
  done < <(dpkg-query --show --showformat='${db:Status-Abbrev} ${Package}\n' "${names[@]}" 2>/dev/null)

  for wanted in "$@"; do
    IFS='|' read -ra alternatives <<<"$wanted"
    for name in "${alternatives[@]}"; do
      if [[ -n ${installed[$name]:-} ]]; then
        continue 2
      fi
    done
    printf '%s\n' "${alternatives[0]}"
  done
}

# Installs those of the packages $@ that are missing. Without Debian's tools it leaves the machine as it
# is: the packages may be there under other names, and configure () says which if they are not.
install_packages ()
{
  local missing as_root=() log

  if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
    return 0
  fi
  mapfile -t missing < <(missing_packages "$@")
  if [[ ${#missing[@]} -eq 0 ]]; then
    return 0
  fi

  if [[ $EUID -ne 0 ]]; then
    if ! command -v sudo >/dev/null; then
      fail "these Debian packages are missing and only root can install them (there is no sudo here);" \
           "as root, run: apt-get install --no-install-recommends ${missing[*]}"
    fi
    as_root=(sudo)
  fi

  say "installing from Debian, which may take some minutes: ${missing[*]}"
  log=$(mktemp)
  if ! {
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300 \
      -o Acquire::Retries=3 update \
    && "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300 \
      -o Acquire::Retries=3 -o Dpkg::Use-Pty=0 install --yes --no-install-recommends "${missing[@]}"
  } >"$log" 2>&1 </dev/null; then
    tail -n 20 "$log" >&2
    rm -f "$log"
    fail "the packages could not be installed (apt-get's last lines are above);" \
         "check the network and Debian's package sources, then run this again"
  fi
  rm -f "$log"
}

# Configures the build folder $1 of the source tree with the meson options that follow, unless that has
# been done.
configure ()
{
  local folder=$top/$1 tool log

  # a folder that was copied from elsewhere, or whose configuration was broken off, is worth nothing
  if [[ -e $folder && ( ! -e $folder/build.ninja \
        || $(<"$folder/meson-info/meson-info.json") != *"\"source\": \"$top\""* ) ]]; then
    rm -rf "$folder"
  fi
  if [[ -e $folder ]]; then
    return 0
  fi

  for tool in cc meson ninja pkg-config; do
    if ! command -v "$tool" >/dev/null; then
      fail "“$tool” was not found and this is not Debian; install what Debian 12 calls" \
           "${run_packages[*]%%|*}"
    fi
  done
  log=$(mktemp)
  if ! meson setup "$folder" "$top" "${@:2}" >"$log" 2>&1; then
    tail -n 20 "$log" >&2
    rm -rf "$log" "$folder"
    fail "the build could not be configured (meson's last lines are above);" \
         "it needs what Debian 12 calls ${run_packages[*]%%|*}"
  fi
  rm -f "$log"
}

# Builds the targets $2… of the build folder $1, without a word where nothing changed.
build ()
{
  local log

  if [[ $(ninja -C "$top/$1" -n "${@:2}" 2>&1) == *'no work to do'* ]]; then
    return 0
  fi
  say "building in $1/"
  log=$(mktemp)
  if ! ninja -C "$top/$1" "${@:2}" >"$log" 2>&1; then
    # neither what went well nor how the compiler was called is of interest here
    grep -vE '^(\[[0-9]+/[0-9]+\]|ninja: Entering|cc )' "$log" >&2 || true
    rm -f "$log"
    fail "the build failed (the errors are above)"
  fi
  rm -f "$log"
}
