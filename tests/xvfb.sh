#!/bin/sh
# Runs a test program in a fresh X server of its own: xvfb.sh PROGRAM [ARGUMENT…]
#
# Each run gets its own display, home and run-time folder, so that tests see neither each other nor the
# user's settings. Software OpenGL, GTK's cairo renderer, no D-Bus unless WITH_DBUS=1 is set. The server's
# size is XVFB_SCREEN (default 1280x1024x24). Without Xvfb the test is skipped.
set -eu

if ! command -v Xvfb >/dev/null 2>&1; then
  echo "1..0 # SKIP Xvfb is not installed"
  exit 0
fi

folder=$(mktemp -d)
server=
clean_up () {
  if [ -n "$server" ]; then
    kill "$server" 2>/dev/null || true
    wait "$server" 2>/dev/null || true
  fi
  rm -rf "$folder"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# The server writes the number of the display that it found free once it accepts connections.
mkfifo "$folder/display"
Xvfb -displayfd 7 -screen 0 "${XVFB_SCREEN:-1280x1024x24}" -nolisten tcp -noreset \
  7>"$folder/display" >/dev/null 2>"$folder/xvfb.log" &
server=$!
if ! read -r number <"$folder/display"; then
  cat "$folder/xvfb.log" >&2
  echo "Bail out! Xvfb did not start"
  exit 99
fi

chmod 700 "$folder"
export DISPLAY=":$number" GDK_BACKEND=x11 GSK_RENDERER=cairo LIBGL_ALWAYS_SOFTWARE=1
export GSETTINGS_BACKEND=memory LC_ALL=C.UTF-8
export HOME="$folder" XDG_RUNTIME_DIR="$folder" XDG_CACHE_HOME="$folder/cache"
export XDG_CONFIG_HOME="$folder/config" XDG_DATA_HOME="$folder/data"
unset WAYLAND_DISPLAY XAUTHORITY

status=0
if [ -n "${WITH_DBUS:-}" ]; then
  dbus-run-session -- "$@" || status=$?
else
  GTK_A11Y=${GTK_A11Y:-test} DBUS_SESSION_BUS_ADDRESS=disabled: "$@" || status=$?
fi
exit "$status"
