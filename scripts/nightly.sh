#!/bin/sh
# What takes too long for every change: the whole system over a thousand
# simulated hours of faults, the model of both ends within large bounds, stores whose
# process is killed a thousand times, and each fuzz target for a while. Says each step as
# it comes, goes on after one that fails, and ends with 1 if any did.
#
#   HOURS    simulated hours, 1000      SEEDS  over how many seeds, 500
#   FROM     the first seed, 1          FUZZ   how long for each fuzz target, 10m
#   KILLS    processes that are killed while they write to a store, 1000
set -eu
cd "$(dirname "$0")/.."
. scripts/common.sh
CGO_ENABLED=0
export CGO_ENABLED
failed=""

step "${HOURS:-1000} simulated hours of the whole system, over ${SEEDS:-500} seeds from ${FROM:-1}"
go test -count=1 -timeout 0 -v -run '^TestSystem$' ./device/systemtest -args -hours "${HOURS:-1000}" -seeds "${SEEDS:-500}" -from "${FROM:-1}" ||
	failed="$failed system"

step "model of both ends, within the large bounds"
go test -count=1 -timeout 0 -v -run '^TestModel$' ./protocol/model -args -large || failed="$failed model"

step "${KILLS:-1000} processes killed while they write to a sealed store"
go test -count=1 -timeout 0 -v -run '^TestKilledProcessLosesNothing$' ./app/store -args -kills "${KILLS:-1000}" || failed="$failed kills"

step "a session on a full disk of every size, and with each failing write at every step"
CGO_ENABLED=1 go test -count=1 -timeout 0 -v -run '^TestSession(WhereFilesEnd|OnASmallDisk|WhoseWritesFail|WithOneFailingWrite)$' ./app -args -every-room || failed="$failed full"

step "every byte of an audit bucket flipped"
go test -count=1 -v -run '^TestAuditBucketIsHeld$' ./app/store -args -every-byte || failed="$failed audit"

# Every fuzz target that there is, so that a new one needs no line here.
for package in $(go list ./protocol/... ./device/... ./app/store/... ./app/clinical/... ./app/audit ./app/exchange); do
	for target in $(go test -list '^Fuzz' "$package" | grep '^Fuzz' || true); do
		step "fuzz $package $target for ${FUZZ:-10m}"
		go test -run '^$' -fuzz "^$target\$" -fuzztime "${FUZZ:-10m}" "$package" || failed="$failed $target"
	done
done

if [ -n "$failed" ]; then
	step "failed:$failed"
	exit 1
fi
step "done"
