#!/bin/sh
# The benchmarks. Each prints its own figure and the floor that it is held
# against, measured in the same run.
set -eu
cd "$(dirname "$0")/.."
. scripts/common.sh
scripts/deps.sh window

step "codec, session, charts, limits, store"
CGO_ENABLED=0 go test -run '^$' -bench . -benchmem ./protocol/... ./device/... ./app/clinical/... ./app/chart/... ./app/alarm ./app/sound/tone ./app/store/... ./app/audit ./app/exchange ./app/console/... ./app/ui/...
step "the store at the size of a large practice, and its backup beside cp and sync"
CGO_ENABLED=0 go run ./demo/clinic
step "start and memory of the real window"
go test -run '^$' -bench . -benchtime 5x ./demo
step "stops, alarms, killed consoles and frozen windows, under load"
go run ./demo --measure
step "stops and telemetry while a practice is backed up again and again"
go run ./demo --measure --backup
step "done"
