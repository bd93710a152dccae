package device_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"stipple/device"
	"stipple/device/link"
	"stipple/device/sim"
	"stipple/protocol"
)

// stormConn damages, loses, doubles and makes up what passes through it, a
// share of all writes and reads each. Writes are whole frames.
type stormConn struct {
	*timeoutConn
	random *rand.Rand // of the writer
	back   *rand.Rand // of the reader
	permil int
}

func spoil(r *rand.Rand, permil int, b []byte) []byte {
	b = append([]byte(nil), b...)
	if len(b) == 0 || r.IntN(1000) >= permil {
		return b
	}
	switch r.IntN(5) {
	case 0:
		return nil
	case 1:
		return append(b, b...)
	case 2:
		b[r.IntN(len(b))] ^= 1 << r.IntN(8)
	case 3:
		b = b[:r.IntN(len(b))]
	case 4:
		for range r.IntN(40) {
			b = append(b, byte(r.Uint32()))
		}
	}
	return b
}

func (c *stormConn) Write(b []byte) (int, error) {
	if _, err := c.timeoutConn.Write(spoil(c.random, c.permil, b)); err != nil {
		return 0, err
	}
	return len(b), nil
}

func (c *stormConn) Read(b []byte) (int, error) {
	n, err := c.timeoutConn.Read(b)
	if n > 0 {
		n = copy(b, spoil(c.back, c.permil, b[:n]))
	}
	return n, err
}

// Over a line that damages one in twenty reads and writes, every pulse arrives
// exactly once, or is said to be missing, and nothing is contradicted.
func TestStorm(t *testing.T) {
	for seed := range uint64(12) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newSimulated(t, sim.R1)
				defer b.stop()
				pass(5 * time.Second) // self-test
				near, far := link.Pipe()
				b.pen.Attach(far)
				conn := &stormConn{newTimeoutConn(near), rand.New(rand.NewPCG(seed, 1)), rand.New(rand.NewPCG(seed, 2)), 50}
				s, l := open(t, conn)
				defer touching(s)()
				pulls := treatInStorm(t, b, s)
				pass(15 * time.Second)
				if !s.Live().Valid || s.Err() != nil {
					t.Fatalf("the session did not hold: %v", s.Err())
				}
				seen := make(map[uint32]int)
				for _, e := range l.of(device.EventPulse) {
					seen[e.Pulse.Index]++
				}
				newest := s.Live().Status.NewestPulse
				if newest == 0 || pulls == 0 {
					t.Error("nothing was treated")
				}
				for i := uint32(1); i <= newest; i++ {
					if seen[i] != 1 {
						t.Errorf("pulse %d of %d arrived %d times", i, newest, seen[i])
					}
				}
				if e := append(l.of(device.EventContradiction), l.of(device.EventPulsesLost)...); len(e) != 0 {
					t.Errorf("events %v", e)
				}
				b.must(s.Close())
				<-l.done
			})
		})
	}
}

// treatInStorm arms as often as the line lets it and pulls the trigger.
func treatInStorm(t *testing.T, b *simulated, s *device.Session) (pulls int) {
	t.Helper()
	ctx := context.Background()
	for id := uint64(1); id <= 20; id++ {
		if s.Live().Status.State == protocol.StateStopped {
			if s.Clear(ctx, protocol.FaultNone) != nil {
				continue
			}
		}
		tip, ok := s.Tip()
		if !ok {
			pass(time.Second)
			continue
		}
		snap, err := s.Apply(ctx, rfEnvelope(tip.Pins), []int32{1500, 30, 2000, 100})
		if err != nil {
			continue
		}
		if s.Arm(ctx, device.ArmRequest{Hash: snap.Hash, TreatmentID: [16]byte{1}, CommandID: id<<32 | id}) != nil {
			continue
		}
		for range 3 {
			b.must(b.hand.Contact(true))
			b.must(b.hand.Trigger(true))
			pass(400 * time.Millisecond)
			b.must(b.hand.Trigger(false))
			b.must(b.hand.Contact(false))
			pass(300 * time.Millisecond)
			pulls++
		}
		s.Disarm()
		pass(300 * time.Millisecond)
	}
	return pulls
}
