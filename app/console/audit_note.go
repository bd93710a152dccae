package console

import (
	"context"
	"time"

	"stipple/app/audit"
	"stipple/device"
	"stipple/protocol"
)

// The head of the audit chain is written into the pen's log, so that whoever cuts the
// chain's end off, or writes it anew with the key, would have to change the log of every
// pen as well. The log is small: a head takes two of its records.
const (
	// noteEvery is how old the newest note may get while the chain grows.
	noteEvery = time.Hour
	// noteGap is how much time is between two notes to one pen at least, however often
	// its cable is pulled and plugged.
	noteGap = time.Minute
)

// penNotes is what was noted in the log of the connected pen, or of the one before.
type penNotes struct {
	session *device.Session // of the newest try
	serial  string
	at      time.Time // of the newest try
	seq     uint64    // of the newest entry that was noted; 0: none
	due     bool      // a treatment has ended since
	busy    bool
}

// noteHead notes the head of the audit chain in the log of the connected pen: once for
// each treatment that has ended, each connection, and each hour; never while a treatment
// is open, nor where the chain has not grown. A pen that refuses is asked again the next
// time, and nobody is told: it is the chain's matter and not the treatment's.
func (d *Desk) noteHead(now time.Time) {
	s, n := d.session.Load(), &d.notes
	if s == nil || n.busy || !d.mayNote(s) {
		return
	}
	serial := s.Info().Serial
	if serial != n.serial {
		*n = penNotes{serial: serial, due: n.due}
	}
	since := now.Sub(n.at)
	asked := n.due || n.session != s || since >= noteEvery
	if !asked || !n.at.IsZero() && since >= 0 && since < noteGap {
		return
	}
	n.session, n.at, n.due, n.busy = s, now, false, true
	last := n.seq
	d.job(func(ctx context.Context) func() {
		end, err := d.cfg.Journal.AuditEnd(ctx)
		if err == nil && end.Seq > last {
			err = note(ctx, s, d.cfg.Journal.AuditStart(), end)
		}
		return func() {
			if n.busy = false; err == nil && n.serial == serial {
				n.seq = end.Seq
			}
		}
	})
}

// mayNote says whether a note disturbs nothing: somebody is at work for whom the pen takes
// it, and nothing is going on that could need the link.
func (d *Desk) mayNote(s *device.Session) bool {
	return d.operator.Role != "" && logs(s) && d.live().State == protocol.StateStandby &&
		d.run == nil && len(d.ending) == 0 && d.attempt == nil && !d.applied.busy
}

// note writes the two notes of a head.
func note(ctx context.Context, s *device.Session, start, end audit.End) error {
	pair, err := end.Notes(start)
	if err != nil {
		return err
	}
	for _, half := range pair {
		if _, err := s.Note(ctx, half); err != nil {
			return err
		}
	}
	return nil
}
