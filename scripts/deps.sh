#!/bin/sh
# deps.sh build|window: installs the system packages that are missing.
#
#   build   what the C half of the window (OpenGL, X11, Wayland) and of the
#           sound need to compile
#   window  the same, and a screen that exists in memory only, with a hand
#           that moves its pointer and presses its keys, and a message bus of
#           the tests' own
#
# Quick and silent where all is there. Says what it installs and why before it
# does. Exit 2: something is missing that it may not or can't install.
set -eu

build="gcc libc6-dev libgl1-mesa-dev xorg-dev libwayland-dev libxkbcommon-dev libasound2-dev"
window="xvfb libgl1-mesa-dri xdotool dbus-daemon"

case "${1:-}" in
build) wanted=$build why="to compile the window" ;;
window) wanted="$build $window" why="to compile the window, and to show and drive it without a screen" ;;
*)
	echo "usage: deps.sh build|window" >&2
	exit 2
	;;
esac

# Elsewhere than on Debian the packages have other names: say what is needed,
# and fail only over a program that is certainly missing.
elsewhere() {
	missing=""
	for program in "$@"; do
		command -v "$program" >/dev/null 2>&1 || missing="$missing $program"
	done
	if [ -n "$missing" ]; then
		echo "Missing:$missing" >&2
		echo "On Debian and Ubuntu these come with: apt-get install $wanted" >&2
		echo "Please install what corresponds to them here, $why." >&2
		exit 2
	fi
}

case "$(uname -s)" in
Linux) ;;
*)
	elsewhere go cc # the window needs no packages on macOS beyond Xcode's command line tools
	exit 0
	;;
esac
if ! command -v dpkg-query >/dev/null 2>&1 || ! command -v apt-get >/dev/null 2>&1; then
	case "$1" in
	build) elsewhere go gcc ;;
	window) elsewhere go gcc Xvfb xdotool dbus-daemon ;;
	esac
	exit 0
fi

missing=""
for package in $wanted; do
	case "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)" in
	installed) ;;
	*) missing="$missing $package" ;;
	esac
done
missing=${missing# }
[ -n "$missing" ] || exit 0

install="apt-get update && apt-get install -y --no-install-recommends $missing"
if [ "$(id -u)" -eq 0 ]; then
	echo "Installing with apt-get, $why: $missing"
	as_root=""
elif command -v sudo >/dev/null 2>&1; then
	echo "Installing with sudo apt-get, $why: $missing"
	as_root="sudo"
else
	echo "These packages are missing, $why, and this user may not install them." >&2
	echo "As root, type:" >&2
	echo "  $install" >&2
	exit 2
fi
if ! $as_root apt-get update -q; then
	echo "apt-get update failed. Once it works, type:  $install" >&2
	exit 2
fi
# shellcheck disable=SC2086 # a list of package names
if ! $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $missing; then
	echo "apt-get could not install them. Once it can, type:  $install" >&2
	exit 2
fi
