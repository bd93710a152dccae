package console

import (
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

// RecordedMost is how many entries a record takes of alarms, with those at its
// end that count.
func RecordedMost() int {
	return (len(alarm.Table())+1)*recordedOf + alarm.MaxPresent + 1 + int(alarm.High)
}

// Explain is explain, for the tests.
func Explain(err error) error { return explain(err) }
