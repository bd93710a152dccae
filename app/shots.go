package app

import (
	"fmt"

	"stipple/app/clinical"
	"stipple/app/ui"
	"stipple/app/ui/sample"
	"stipple/assets"
)

// screenshots draws every page and every notable state, in light and dark,
// from the sample clinic's views. It needs no display.
func screenshots(dir string) error {
	lib, err := clinical.LoadLibrary(assets.Limits)
	if err != nil {
		return err
	}
	paths, err := ui.Screenshots(dir, sample.New(lib).Scenes())
	for _, p := range paths {
		fmt.Println(p)
	}
	return err
}
