package model

// Clock is the times of the link in ticks. Of the real times their order alone
// counts: TestClocks holds these against the tables of protocol and device. The
// zero value is a world without a clock, in which whatever may take time may take
// any time.
type Clock struct {
	// LeaseRF is how long after its arrival a lease permits an output (SPEC.md
	// section 11: 250 ms).
	LeaseRF uint8
	// EchoRF is how long after the clock that it echoes a lease does (300 ms).
	EchoRF uint8
	// StatusSilence is when a console that leases and sees no STATUS stops
	// (section 14: 250 ms).
	StatusSilence uint8
	// Liveness is how long after the window's last sign of life the console
	// leases (safety.md section 4: 450 ms).
	Liveness uint8
	// ArmWindow is how far ahead of the pen's clock not_after lies (section 11:
	// 500 ms, less the console's margin).
	ArmWindow uint8
	// LinkSilence is when a session of which nothing is heard is over (section 3:
	// 1 s).
	LinkSilence uint8
}

// Coarse and Fine are the clocks that are checked: the shortest that keep the
// order, and one with room between the times.
func Coarse() Clock {
	return Clock{LeaseRF: 1, EchoRF: 2, StatusSilence: 1, Liveness: 2, ArmWindow: 2, LinkSilence: 3}
}

// Fine is the longer one of the two.
func Fine() Clock {
	return Clock{LeaseRF: 2, EchoRF: 3, StatusSilence: 2, Liveness: 3, ArmWindow: 3, LinkSilence: 4}
}

// timeless says that there is no clock.
func (c Clock) timeless() bool { return c == Clock{} }

// frozenBound is by when an output has ended after the window froze: the last
// lease leaves within Liveness, and lasts EchoRF at most (safety.md section 4:
// 800 ms).
func (c Clock) frozenBound() uint8 { return c.Liveness + c.EchoRF }

// Sizes of the model.
const (
	// maxArms is how many acts of arming a run can have at most.
	maxArms = 3
	// wireRoom is how many frames of the command and the stop lane can be under
	// way to the pen. Three hold a command, its retry and a stop.
	wireRoom = 3
	// replyRoom is how many replies can be under way to the console.
	replyRoom = 2
	// offsets is where the count of requests behind a frame saturates: there are
	// never more of one session under way than the wire and the pen's queue hold.
	offsets = 4
	// stopOffsets is where the count of stops behind something saturates: what
	// is two stops old is as old as anything.
	stopOffsets = 2
)

// Bounds say how much may happen in a run. A fault or a person's act happens at
// most so often; 0 leaves it out. What the ends do by themselves is not bounded.
type Bounds struct {
	Name string
	Why  string

	Arms     int // acts of arming, up to maxArms
	Sends    int // how often the console sends a command before it gives it up, at least 1
	Stops    int // STOP pressed
	Clears   int // CLEAR asked for by a person
	Falls    int // the operator leaves READY: DISARM, another page, another patient
	Pulses   int // outputs
	Tips     int // the tip is changed
	Applies  int // settings put by a person
	Checks   int // stop checks before an arming
	Losses   int // frames lost, either way; STATUS and LEASE may always be lost
	Doubles  int // frames that come twice, the second at any time later
	HeldBack int // frames that come at any time later, overtaken by others
	Delays   int // patience that is over although nothing was lost; with a Clock those of it alone
	Cuts     int // the port is lost
	Reboots  int // the pen is reset
	PowerCut int // the pen is reset between a command's effect and its result
	Crashes  int // the console ends without a word
	Freezes  int // the window's thread stands still

	// Queued says that the pen puts commands in a queue that ESTOP and DISARM
	// overtake (section 3, Priority); without, it takes each as it comes.
	Queued bool
	// HeldClear says that a frame that is held back may be CLEAR, too; see doc.go.
	HeldClear bool
	// Unconnected begins with a pen and a console that have no session yet;
	// without, they have one, and settings are confirmed.
	Unconnected bool
	// Replays keeps frames of a session that is over on the line, so that they
	// reach the next one; without, they are lost.
	Replays bool
	Clock   Clock
}

// budget numbers what Bounds limits, in the order of the counters in state.
type budget uint8

const (
	bStops budget = iota
	bClears
	bFalls
	bTips
	bApplies
	bChecks
	bLosses
	bDoubles
	bHeldBack
	bDelays
	bCuts
	bReboots
	bPowerCuts
	bCrashes
	bFreezes
	budgets
)

// of is the bound of a budget.
func (b *Bounds) of(k budget) uint8 {
	return uint8([budgets]int{
		bStops: b.Stops, bClears: b.Clears, bFalls: b.Falls, bTips: b.Tips, bApplies: b.Applies, bChecks: b.Checks, bLosses: b.Losses,
		bDoubles: b.Doubles, bHeldBack: b.HeldBack, bDelays: b.Delays, bCuts: b.Cuts, bReboots: b.Reboots, bPowerCuts: b.PowerCut, bCrashes: b.Crashes, bFreezes: b.Freezes,
	}[k])
}
