#!/bin/sh
# The console with a throw-away training store, and a simulated RF pen as a
# process of its own on a pseudo-terminal. Where no display exists: a virtual
# one and a scripted treatment.
set -eu
cd "$(dirname "$0")/.."
if [ -n "${DISPLAY:-}${WAYLAND_DISPLAY:-}" ] || [ "$(uname -s)" != Linux ]; then
	scripts/deps.sh build
else
	scripts/deps.sh window
fi
exec go run ./demo "$@"
