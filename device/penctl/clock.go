package main

import (
	"context"
	"flag"
	"time"

	"stipple/device"
	"stipple/protocol"
)

// clockLook is how long clock compares before it says what it found: the quick
// samples that open a session.
const clockLook = protocol.TimeQuick*protocol.TimeQuickEvery + 200*time.Millisecond

// clockShape is a pen's clock beside the console's.
type clockShape struct {
	Type     string `json:"type"` // "clock"
	Serial   string `json:"serial"`
	PenUS    uint64 `json:"pen_us"`    // since the pen's boot
	At       string `json:"at"`        // the same moment by the console's clock, RFC 3339
	WithinUS int64  `json:"within_us"` // how exactly that is known
	DriftPPB *int64 `json:"drift_ppb"` // of the pen's clock; null: not known yet
	Set      bool   `json:"set"`       // the pen was told the date
}

func clockCommand() command {
	return command{
		name: "clock", group: groupSet, args: "[set] [--port P] [--utc TIME] [--role R] [--json]",
		does: "compares a pen's clock with this computer's. set tells the pen the date, which it keeps until\n" +
			"its reset, or for good where it has a clock of its own; nothing else ever does that",
		words: []string{"set"},
		examples: []string{
			"penctl clock --port /tmp/pen --json",
			"penctl clock set --port /tmp/pen --role technician",
			"penctl clock set --port /tmp/pen --role technician --utc 2031-05-06T07:08:09Z",
		},
		build: func(fs *flag.FlagSet) func(context.Context, console, []string) error {
			port, role := portFlag(fs), roleFlag(fs, protocol.RoleNone)
			utc := fs.String("utc", "", "`time` that it is now, as RFC 3339; empty: this computer's")
			return func(ctx context.Context, c console, words []string) error {
				set := len(words) > 0 && words[0] == "set"
				if set {
					words = words[1:]
				}
				if err := noWords(words); err != nil {
					return err
				}
				date := time.Now
				if *utc != "" {
					given, err := time.Parse(time.RFC3339Nano, *utc)
					switch {
					case err != nil:
						return usageOf("utc", "--utc %q: want a time such as 2031-05-06T07:08:09Z", *utc)
					case !set:
						return usageOf("utc", "--utc goes with set: penctl clock set --utc %s", *utc)
					}
					begun := time.Now()
					date = func() time.Time { return given.Add(time.Since(begun)) }
				}
				var as protocol.Role
				if set {
					var err error
					if as, err = roleFor(*role, protocol.TypeUTCSet); err != nil {
						return err
					}
				}
				s, err := c.openAs(ctx, *port, as)
				if err != nil {
					return err
				}
				return closeAfter(s, c.clock(ctx, s, set, date))
			}
		},
	}
}

func (c console) clock(ctx context.Context, s *device.Session, set bool, date func() time.Time) error {
	wait := time.NewTimer(clockLook)
	defer wait.Stop()
	select {
	case <-wait.C:
	case <-ctx.Done():
		return nil
	case <-s.Done():
		return s.Err()
	}
	if set {
		if err := s.SetUTC(ctx, date()); err != nil {
			return err
		}
	}
	pen := s.Live().Status.Clock
	at, within, ok := s.PenTime(pen)
	if !ok {
		return device.ErrNoReply // no time exchange came back
	}
	shape := clockShape{
		Type: "clock", Serial: s.Info().Serial, PenUS: uint64(pen), At: at.UTC().Format(time.RFC3339Nano), WithinUS: within.Microseconds(), Set: set,
	}
	if fit := s.ClockFit(); fit.Drifts {
		shape.DriftPPB = &fit.DriftPPB
	}
	if c.json {
		return c.print(shape)
	}
	if set {
		if err := c.line("the pen has the date"); err != nil {
			return err
		}
	}
	return c.line("pen %s: %.6f s since its boot at %s, within %d µs", shape.Serial, float64(shape.PenUS)/1e6, shape.At, shape.WithinUS)
}
