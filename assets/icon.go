package assets

import _ "embed"

//go:embed icons/stipple.png
var icon []byte

// Icon is the program's icon: PNG, 512 x 512 pixels. The caller must not
// change it.
func Icon() []byte { return icon }
