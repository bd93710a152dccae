package systemtest

import (
	"math/rand/v2"
	"slices"
	"time"

	"stipple/device/link"
	"stipple/device/sim"
)

// chaos is what goes wrong on the line and in the pen, each by a seed of its
// own.
type chaos struct {
	w     *world
	until time.Duration
}

func draw(r *rand.Rand, least, most time.Duration) time.Duration {
	return least + time.Duration(r.Int64N(int64(most-least)+1))
}

// calm lets a time pass in which all is well; false: there is no more.
func (c *chaos) calm(d time.Duration) bool {
	c.w.pause(d)
	return c.w.now() < c.until && c.w.ctx.Err() == nil
}

// spoilLine lets the line be good for a while and bad for a while.
func (c *chaos) spoilLine() {
	r := c.w.stream(streamLine)
	for c.calm(draw(r, 5*time.Second, 3*time.Minute)) {
		s, err := link.NewScript(mixed(r)...)
		if err != nil {
			c.w.fail("script: %v", err)
			return
		}
		c.w.line.SetScript(s)
		c.w.did("line spoilt")
		c.w.pause(draw(r, time.Second, time.Minute))
		c.w.line.SetScript(link.Script{})
	}
}

// mixed draws one to four faults that hold together.
func mixed(r *rand.Rand) []link.Rule {
	direction := func() link.Direction {
		return []link.Direction{link.ToPen, link.ToConsole, link.Both}[r.IntN(3)]
	}
	every := func(most time.Duration) link.Rule {
		e := draw(r, 500*time.Millisecond, 5*time.Second)
		return link.Rule{To: direction(), At: draw(r, 0, time.Second), Every: e, For: min(draw(r, 10*time.Millisecond, most), e)}
	}
	var rules []link.Rule
	for range 1 + r.IntN(4) {
		var rule link.Rule
		switch r.IntN(11) {
		case 0:
			rule = link.Rule{To: direction(), Fault: link.Drop, Chance: 0.002 + r.Float64()*0.25}
		case 1:
			rule = link.Rule{To: direction(), Fault: link.Duplicate, Chance: 0.01 + r.Float64()*0.3}
		case 2:
			rule = link.Rule{To: direction(), Fault: link.Reorder, Chance: 0.01 + r.Float64()*0.3}
		case 3:
			rule = link.Rule{To: direction(), Fault: link.Flip, Chance: 0.00001 + r.Float64()*0.002}
		case 4:
			rule = link.Rule{To: direction(), Fault: link.Truncate, Chance: 0.005 + r.Float64()*0.1}
		case 5:
			rule = link.Rule{To: direction(), Fault: link.Garbage, Chance: 0.01 + r.Float64()*0.2, Bytes: 1 + r.IntN(400)}
		case 6:
			rule = link.Rule{To: direction(), Fault: link.Jitter, Time: draw(r, time.Millisecond, 200*time.Millisecond)}
		case 7:
			rule = every(2 * time.Second)
			rule.Fault, rule.Time = link.Delay, draw(r, 5*time.Millisecond, 600*time.Millisecond)
		case 8:
			rule = link.Rule{To: link.Both, Fault: link.Baud, Rate: []int{9600, 38400, 115200}[r.IntN(3)]}
		case 9:
			rule = every(1200 * time.Millisecond)
			rule.Fault = []link.Fault{link.StallRead, link.StallWrite}[r.IntN(2)]
		case 10:
			rule = link.Rule{To: link.Both, Fault: link.Disconnect, At: draw(r, 0, 30*time.Second)}
		}
		rules = append(rules, rule)
	}
	return rules
}

// breakPen lets something in the pen break for a while, now and then.
func (c *chaos) breakPen() {
	r := c.w.stream(streamPen)
	list := defects()
	names := make([]string, 0, len(list))
	for name := range list {
		names = append(names, name)
	}
	slices.Sort(names)
	for c.calm(draw(r, 5*time.Second, 6*time.Minute)) {
		name := names[r.IntN(len(names))]
		if r.IntN(3) == 0 {
			name = sim.SwitchReboot // what happens most
		}
		c.w.defect(name, true)
		if list[name].once {
			continue
		}
		c.w.pause(draw(r, 20*time.Millisecond, 20*time.Second))
		c.w.defect(name, false)
	}
}
