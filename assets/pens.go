package assets

import _ "embed"

//go:embed pens.toml
var pens string

// Pens is the table of USB identities that may be a pen, as TOML. Package
// device/serialport reads it.
func Pens() []byte { return []byte(pens) }
