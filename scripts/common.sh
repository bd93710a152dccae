# Read by the other scripts: the pinned tool and how a step announces itself.

# staticcheck is run by version and is no dependency of the module.
staticcheck=honnef.co/go/tools/cmd/staticcheck@v0.8.2

# The start is handed on to the scripts that a script calls.
begun=${begun:-$(date +%s)}
export begun

# step TEXT says what comes now, with the seconds since the start.
step() {
	printf '== %4d s  %s\n' "$(($(date +%s) - begun))" "$1"
}
