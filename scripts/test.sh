#!/bin/sh
# Everything that must hold before a change is kept. Says each step as it
# comes; the first that fails ends it.
set -eu
cd "$(dirname "$0")/.."
. scripts/common.sh

step "system packages"
scripts/deps.sh window

scripts/lint.sh

# Without cgo: what claims to build without it does (only app, main and the
# tests of the real window may need it), and it is the quicker build.
step "unit tests, without cgo"
# shellcheck disable=SC2046 # a list of packages
CGO_ENABLED=0 go test $(go list ./... | grep -v -x -e stipple -e stipple/app -e stipple/app/sound -e stipple/demo -e stipple/demo/rig -e stipple/protocol/model)

# Says how many states it has seen, and for each mistake made on purpose how the
# property that finds it is broken.
step "model of both ends: every state, and each seeded mistake"
CGO_ENABLED=0 go test -v ./protocol/model

# A tag makes pens that are broken on purpose; each must be caught.
step "broken pens"
CGO_ENABLED=0 go vet -tags brokenpen ./device/... ./protocol/conformance
CGO_ENABLED=0 go test -tags brokenpen -run 'Flaw|Broken' ./device/sim ./device/storm ./device/systemtest ./device/penctl ./protocol/conformance

# The bench tool and everything under it must build elsewhere, too.
for system in windows darwin; do
	step "builds for $system, without cgo"
	GOOS=$system CGO_ENABLED=0 go build ./protocol/... ./device/... ./app/clinical/... ./app/console/... ./app/store/... ./app/vault ./app/durable ./app/audit ./app/exchange ./app/fold ./demo/clinic ./app/chart/... ./app/awake ./app/alarm ./app/sound/tone ./app/sound/player
done

step "what needs cgo, and the import arrows"
go test . ./app ./app/sound ./demo/rig

# The race detector runs what has goroutines of its own. Pages and widgets have
# none: they belong to the window's thread, and of app/ui only what stands
# between that thread and the others is worth the detector's time.
step "race detector"
# shellcheck disable=SC2046
go test -race $(go list ./device/... ./protocol/conformance ./app/console/... ./app/store/... ./app/vault ./app/awake ./app/sound/player ./app/ui/trace | grep -v -x -e stipple/device/penctl -e stipple/device/systemtest)
go test -race ./device/systemtest -args -seed 3
go test -race -run 'Redraw|Clock' ./app/ui

step "real window"
go test -count=1 -v ./demo

step "done"
