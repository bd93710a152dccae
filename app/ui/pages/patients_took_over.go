package pages

import (
	"stipple/app/clinical"
	"stipple/app/ui/words"
)

// tookOverText says who took over in a treatment, and when. Of more than there is
// room for it has the last one; the list of alarms has each at its place.
func tookOverText(w *words.Words, all []clinical.HandOver) string {
	one := func(h clinical.HandOver) string { return w.T("record.took_over.at", h.To.Name, words.Time(h.At)) }
	switch n := len(all); n {
	case 0:
		return ""
	case 1:
		return one(all[0])
	default:
		return w.T("record.took_over.last", w.N("record.fell.times", n), one(all[n-1]))
	}
}
