#!/bin/sh
# Format, vet and staticcheck, over everything.
set -eu
cd "$(dirname "$0")/.."
. scripts/common.sh

step "format (gofmt)"
unformatted=$(gofmt -l .)
if [ -n "$unformatted" ]; then
	echo "not formatted by gofmt:" >&2
	echo "$unformatted" >&2
	exit 1
fi
step "vet"
go vet ./...
step "staticcheck $staticcheck"
go run "$staticcheck" ./...
