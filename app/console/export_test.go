package console

import (
	"reflect"

	"stipple/app/alarm"
	"stipple/device"
)

// Inject lets a test's events come to the desk beside those of the session.
func (d *Desk) Inject(more <-chan device.Event) {
	d.post(func() {
		old, all := d.events, make(chan device.Event)
		d.events = all
		d.jobs.Go(func() {
			for {
				var e device.Event
				select {
				case e = <-old:
				case e = <-more:
				case <-d.ctx.Done():
					return
				}
				select {
				case all <- e:
				case <-d.ctx.Done():
					return
				}
			}
		})
	})
}

// Holds says what of a patient the desk itself has, shown or not. Runs whose
// outcome is not known do not count.
func Holds(d *Desk) []string {
	out := make(chan []string)
	d.post(func() {
		var all []string
		for name, v := range map[string]any{
			"patient": d.patient, "edited": d.edited, "presets": d.presets, "history": d.history, "draft": d.draft, "loaded": d.loaded,
			"loadedSet": d.loadedSet, "applied": d.applied, "indication": d.sel.indication, "zone": d.sel.zone, "run": d.run,
		} {
			// Why there are no limits is of no patient.
			if f, ok := v.(draft); ok {
				f.problem = nil
				v = f
			}
			if !reflect.ValueOf(v).IsZero() {
				all = append(all, name)
			}
		}
		out <- all
	})
	return <-out
}

// RecordedMost is how many entries a record takes of alarms, with those at its
// end that count.
func RecordedMost() int {
	return (len(alarm.Table())+1)*recordedOf + alarm.MaxPresent + 1 + int(alarm.High)
}

// Explain is explain, for the tests.
func Explain(err error) error { return explain(err) }
