package assets

import "embed"

// Limits holds the limit library under "limits/", as clinical.LoadLibrary
// reads it.
//
//go:embed limits/*.toml
var Limits embed.FS
