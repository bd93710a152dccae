package console

import "stipple/device"

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

// RecordedHigh is how many entries a record takes of high alarms at most.
const RecordedHigh = recordedHigh

// RecordedMost is how many it takes of all, with those that count.
const RecordedMost = recordedLow + recordedMedium + recordedHigh + 2*128 + 3
