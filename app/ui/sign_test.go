package ui

import (
	"testing"

	"stipple/app/console"
)

// How a treatment ended is signed after a question, never by one tap on a
// banner.
func TestSigningIsAQuestionFirst(t *testing.T) {
	for name, err := range map[string]error{
		"settled":   &console.SettledError{Patient: "Ruiz, Ana", Found: 2, Cut: 1},
		"unsettled": &console.UnsettledError{Patient: "Ruiz, Ana"},
	} {
		t.Run(name, func(t *testing.T) {
			w, d := use(t, "treat-standby")
			d.change(w, func(v *console.View) {
				v.Notices = []console.Notice{{ID: 9, Kind: console.NoticeMedium, Key: "unsettled:x", Err: err}}
			})
			tapName(t, w, "banner.first")
			if !w.layer.IsOpen() {
				t.Fatal("nothing is asked")
			}
			expect(t, d)
			tapName(t, w, "overlay.button.no")
			expect(t, d)
			tapName(t, w, "banner.first")
			tapName(t, w, "overlay.button.yes")
			expect(t, d, "acknowledge 9")
		})
	}
}
