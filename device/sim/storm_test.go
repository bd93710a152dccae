package sim

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"stipple/protocol"
)

// onlooker judges the outputs of a pen by what reached it, and knows nothing
// of how the pen works.
type onlooker struct {
	mu              sync.Mutex
	arrived, echoed time.Duration // of the newest lease
	stopped         time.Duration // arrival of the newest ESTOP that is latched; 0: none
	touching        bool
	lifted          time.Duration // since when the tip is off the skin
	settings        []protocol.Field
	before          Change
}

// lateness is how far behind an input the onlooker's own view may be: the
// pen's clock is in steps of 0.1 ms.
const lateness = time.Millisecond

func (o *onlooker) judge(c Change) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	// An output that was on at the last change was on until this one.
	rf, motion := c.RF || o.before.RF, c.Motion || o.before.Motion
	o.before = c
	leased := c.At < min(o.arrived+protocol.LeaseRF, o.echoed+protocol.EchoRF)+lateness
	moves := c.At < min(o.arrived+protocol.LeaseMotion, o.echoed+protocol.EchoMotion)+lateness
	switch {
	case rf && !leased:
		return fmt.Errorf("RF without a lease")
	case motion && !moves:
		return fmt.Errorf("motion without a lease")
	case rf && o.stopped > 0 && c.At > o.stopped+10*time.Millisecond:
		return fmt.Errorf("RF %v after ESTOP", c.At-o.stopped)
	case rf && !c.Contact && c.At > o.lifted+2*lateness:
		return fmt.Errorf("RF without contact")
	case c.PeakDepthUM > protocol.Micrometres(o.settings[iDepth].Value)+depthTolerance:
		return fmt.Errorf("too deep")
	case c.PeakPowerMW > protocol.Milliwatts(o.settings[iPower].Value)*12/10:
		return fmt.Errorf("too strong")
	}
	return nil
}

// know notes something that is on its way to the pen.
func (o *onlooker) know(f func()) {
	o.mu.Lock()
	defer o.mu.Unlock()
	f()
}

// storm drives a pen for a minute with a hand and a console that do anything
// at any time, and returns every change as JSON lines.
func storm(t *testing.T, seed uint64) []byte {
	var out bytes.Buffer
	synctest.Test(t, func(t *testing.T) {
		rnd := rand.New(rand.NewPCG(seed, 1))
		fields := rfSettings(int32(10 * (1 + rnd.IntN(50))))
		fields[iSpeed].Value = 60
		o := &onlooker{settings: fields}
		b := newBench(t, Config{Model: R1, Seed: seed, Observe: func(c Change) {
			if err := o.judge(c); err != nil {
				t.Errorf("seed %d: %v: %+v", seed, err, c)
			}
			line, err := json.Marshal(c)
			if err != nil {
				t.Error(err)
			}
			out.Write(append(line, '\n'))
		}})
		c := b.console()
		b.sleep(150 * time.Millisecond)
		c.hello(1)
		hash := c.set(rfEnvelope(), 1, fields)
		id := uint64(1)
		for range 1200 {
			switch n := rnd.IntN(100); {
			case n < 50:
				clock := c.status().Clock
				o.know(func() { o.arrived, o.echoed = time.Since(b.start), time.Duration(clock)*time.Microsecond })
				c.put(&protocol.Lease{ArmID: uint32(id), Clock: clock})
			case n < 60:
				b.do(b.hand.Trigger(rnd.IntN(3) > 0))
			case n < 66:
				on := rnd.IntN(4) > 0
				o.know(func() {
					if o.touching && !on {
						o.lifted = time.Since(b.start)
					}
					o.touching = on
				})
				b.do(b.hand.Contact(on))
			case n < 67:
				o.know(func() { o.stopped = time.Since(b.start) })
				c.put(&protocol.Stop{Nonce: uint32(n)})
			case n < 69:
				b.do(b.hand.Trigger(false))
				id++
				if c.result(&protocol.Clear{CommandID: id << 32, Role: protocol.RoleClinician}).Code == protocol.CodeOK {
					o.know(func() { o.stopped = 0 })
				}
			case n < 75:
				id++
				c.ask(c.command(id, hash))
			case n < 76:
				c.put(&protocol.Disarm{})
			default:
				b.sleep(time.Duration(rnd.IntN(120)) * time.Millisecond)
			}
			synctest.Wait() // hand and link in the same order in each run
		}
		b.sleep(time.Second)
		if n := c.status().NewestPulse; n == 0 {
			t.Errorf("seed %d: nothing has happened", seed)
		}
		b.stop()
	})
	return out.Bytes()
}

// The outputs keep the rules whatever hand and console do, and the same seed
// gives the same outputs to the last digit.
func TestStormIsSafeAndDeterministic(t *testing.T) {
	for seed := range uint64(8) {
		first, second := storm(t, seed), storm(t, seed)
		if !bytes.Equal(first, second) {
			t.Errorf("seed %d: two runs differ", seed)
		}
		if len(first) == 0 {
			t.Errorf("seed %d: no change", seed)
		}
	}
	if bytes.Equal(storm(t, 1), storm(t, 2)) {
		t.Error("two seeds, the same outputs")
	}
}

// How often a console asks for STATUS changes nothing about the outputs.
func TestStatusRateLeavesOutputsAlone(t *testing.T) {
	run := func(rate uint16) (changes []Change) {
		synctest.Test(t, func(t *testing.T) {
			b := newBench(t, Config{Model: R1, Seed: 50})
			c := b.console()
			b.sleep(150 * time.Millisecond)
			c.hello(1)
			c.ask(&protocol.SetRate{PerSecond: rate})
			hash := c.set(rfEnvelope(), 1, rfSettings(100))
			c.arm(armID, hash)
			c.keepLeasing(armID)
			b.sleep(10 * time.Millisecond) // hand and lease don't come at one instant
			b.do(b.hand.Trigger(true))
			for range 5 {
				b.lift()
				b.sleep(2 * time.Second)
			}
			changes = b.since(0)
		})
		return changes
	}
	slow, fast := run(protocol.StatusRate), run(protocol.MaxStatusRate)
	if len(slow) < 20 || !slices.Equal(slow, fast) {
		t.Errorf("20 a second:\n%+v\n200 a second:\n%+v", slow, fast)
	}
}
