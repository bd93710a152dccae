package store

import (
	"context"
	"testing"

	"stipple/app/giveway"
)

// Whatever goes through the whole store gives way to a pen that can put anything out.
func TestLongWorkGivesWay(t *testing.T) {
	c := newClinic(t)
	c.fill(t)
	counted := func(ctx context.Context) error {
		return c.s.Snapshot(ctx, func(now *Snapshot) error {
			_, err := now.Counts(ctx)
			return err
		})
	}
	for _, work := range []struct {
		name string
		do   func(context.Context) error
	}{
		{"Verify", c.s.Verify},
		{"VerifyAudit", func(ctx context.Context) error {
			_, err := c.s.VerifyAudit(ctx, nil)
			return err
		}},
		{"Counts", counted},
		{"Rekey", func(ctx context.Context) error {
			if err := c.slots.BeginRekey(c.keys); err != nil {
				return err
			}
			return c.s.Rekey(ctx, nil)
		}},
	} {
		asked := 0
		if err := work.do(giveway.While(t.Context(), func() bool { asked++; return false })); err != nil || asked == 0 {
			t.Errorf("%s: asked %d times, %v", work.name, asked, err)
		}
	}
}
