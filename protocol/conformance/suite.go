package conformance

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"stipple/protocol"
)

// suite is one run over one pen.
type suite struct {
	cfg    Config
	watch  *watch
	line   *line
	report Report

	ack       protocol.HelloAck // of the first hello
	raw       []byte            // the descriptor
	desc      *protocol.Descriptor
	refused   error // why the descriptor is refused
	found     *found
	boot      uint32        // of the newest hello
	roundTrip time.Duration // the longest that was measured at the start
	floodTime time.Duration // what floodBytes take on the line
	ids       int           // command ids used
	stall     *stall
}

// found is the pen as it was when the suite met it.
type found struct {
	status   protocol.Status
	settings protocol.SettingsReply
	tip      protocol.TipInfo
}

func (s *suite) trial(ctx context.Context, section string) *trial {
	return &trial{ctx: ctx, s: s, section: section}
}

// start opens the port, makes sure that the pen is one and at rest, and reads
// what the cases are derived from.
func (s *suite) start(ctx context.Context) error {
	if err := s.dial(ctx); err != nil {
		return err
	}
	t := s.trial(ctx, "7")
	if err := t.listen(); err != nil {
		return err
	}
	ack, ok := t.tryHello(protocol.Major, protocol.Major, helloLimit)
	if t.lost != nil {
		return t.lost
	}
	if !ok {
		return fmt.Errorf("%w within %v", ErrNotPen, helloLimit)
	}
	s.ack, s.report.Pen = ack, ack
	if ack.Major != protocol.Major {
		return fmt.Errorf("%w: the pen speaks protocol %d, this suite is for %d", ErrRefused, ack.Major, protocol.Major)
	}
	status := t.awaitSelfTest()
	if err := t.verdict(); err != nil {
		return err
	}
	if err := begun(status); err != nil {
		return err
	}
	if err := s.read(t); err != nil {
		return err
	}
	f := &found{status: status, settings: *ask[protocol.SettingsReply](t, &protocol.GetSettings{}), tip: t.tip()}
	s.measure(t)
	if err := t.verdict(); err != nil {
		return err
	}
	s.found = f
	if s.cfg.Met != nil {
		s.cfg.Met(s.ack)
	}
	return nil
}

// verdict turns what a trial outside a case came to into an error.
func (t *trial) verdict() error {
	switch {
	case t.lost != nil:
		return t.lost
	case t.failed != nil:
		return fmt.Errorf("%w: expected %s (SPEC.md section %s): %s", ErrRefused, t.failed.expected, t.failed.section, t.failed.got)
	}
	return nil
}

// listen waits for the STATUS of a session that somebody else has open: HELLO
// would end a treatment.
func (t *trial) listen() error {
	a, came := t.look(listenTime, 0, func(a arrival) bool {
		s, ok := a.msg.(*protocol.Status)
		return ok && s.State.Armed()
	})
	if !came {
		return t.lost
	}
	return fmt.Errorf("%w: the pen is %s in another console's session: disarm it there first", ErrRefused, a.msg.(*protocol.Status).State)
}

// begun refuses a pen whose state the suite would destroy.
func begun(s protocol.Status) error {
	switch {
	case s.State == protocol.StateFault:
		return fmt.Errorf("%w: the pen has latched FAULT %s: clear it first", ErrRefused, s.Fault)
	case s.State == protocol.StateStopped:
		return fmt.Errorf("%w: the pen has latched an ESTOP: clear it first", ErrRefused)
	case s.State != protocol.StateStandby:
		return fmt.Errorf("%w: the pen is in state %s (%d): bring it to STANDBY first", ErrRefused, s.State, s.State)
	case s.Flags&protocol.FlagTrigger != 0:
		return fmt.Errorf("%w: the pen's trigger is held: release it first", ErrRefused)
	}
	return nil
}

// read reads the descriptor. One that is refused is kept with the reason: that
// is a case's failure, not an error.
func (s *suite) read(t *trial) error {
	s.raw = t.readDescriptor(protocol.MaxChunk)
	if err := t.verdict(); err != nil {
		return err
	}
	d, err := protocol.ParseDescriptor(s.raw, s.ack.DescriptorSHA256)
	if err != nil {
		s.refused = err
		return nil
	}
	s.desc, s.report.Kind = d, d.Kind
	s.watch.know(d)
	return nil
}

// measure takes the longest round trip of the line, and what floodBytes take on
// it: delimiters alone, which are no frame, with a TIME_ASK behind them.
func (s *suite) measure(t *trial) {
	for range protocol.TimeQuick {
		sent := time.Now()
		t.tell()
		s.roundTrip = max(s.roundTrip, time.Since(sent))
	}
	sent := time.Now()
	t.write(make([]byte, floodBytes))
	t.tell()
	s.floodTime = max(time.Since(sent)-s.roundTrip, 0)
}

// rate is the number of STATUS a second to ask for where many are wanted: what a
// console may ask for on this line.
func (s *suite) rate() uint16 {
	if s.floodTime == 0 {
		return protocol.MaxStatusRate
	}
	most := int64(floodBytes) * statusShare * int64(time.Second) / (100 * statusBytes * int64(s.floodTime))
	return uint16(min(max(most, protocol.StatusRate), protocol.MaxStatusRate))
}

// floodShare is how long what a flood has put on the line, and the answers to it,
// may keep something behind them waiting.
func (s *suite) floodShare() time.Duration { return (1 + floodAnswers) * s.floodTime }

func (s *suite) dial(ctx context.Context) error {
	rw, err := s.cfg.Dial(ctx)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrLink, err)
	}
	s.line = newLine(rw, s.watch)
	return nil
}

// redial closes the port and opens it again, as often as it takes: the port of
// a pen that boots is away for a while.
func (s *suite) redial(ctx context.Context) error {
	s.hangUp()
	for deadline := time.Now().Add(rebootLimit); ; {
		err := s.dial(ctx)
		if err == nil || ctx.Err() != nil || time.Now().After(deadline) {
			return err
		}
		timer := time.NewTimer(helloEvery)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
		}
	}
}

func (s *suite) hangUp() {
	if s.line != nil {
		s.line.close()
		s.line = nil
	}
}

// runAll runs the cases, one after the other, each from a fresh session in
// STANDBY.
func (s *suite) runAll(ctx context.Context, cases []Case) error {
	for _, c := range cases {
		if err := ctx.Err(); err != nil {
			return err
		}
		if s.cfg.Begin != nil {
			s.cfg.Begin(c)
		}
		res, err := s.runCase(ctx, c)
		if errors.Is(err, ctx.Err()) && ctx.Err() != nil {
			return ctx.Err() // an interrupted case has no result
		}
		s.report.Results = append(s.report.Results, res)
		if s.cfg.End != nil {
			s.cfg.End(res)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// runCase runs one case. A failure while this computer stood still proves
// nothing: the case is run again, a few times at most. An error ends the run.
func (s *suite) runCase(ctx context.Context, c Case) (Result, error) {
	for tries := 1; ; tries++ {
		s.stood()
		res, err := s.runOnce(ctx, c)
		res.Stood = s.stood()
		if err != nil || res.Outcome != Failed || res.Stood < hostSlack || tries == stallTries {
			return res, err
		}
	}
}

// stood is for how long this computer has stood still since the last call. A
// simulated pen is a program of it, which stands still by itself: it is missed
// after two STATUS.
func (s *suite) stood() time.Duration {
	d := s.stall.take()
	if s.line == nil {
		return d
	}
	silent := s.line.takeSilence()
	if s.ack.Simulated {
		d = max(d, silent-2*time.Second/protocol.StatusRate)
	}
	return d
}

// runOnce runs one case once.
func (s *suite) runOnce(ctx context.Context, c Case) (Result, error) {
	began := time.Now()
	t := s.trial(ctx, c.Section)
	if why := s.cannot(c); why != "" {
		t.skip("%s", why)
	} else {
		t.begin(c)
		if !t.over() {
			c.run(t)
		}
	}
	t.stopLeasing()
	err := s.tidy(ctx, t)
	res := Result{Case: c, Outcome: Passed, Section: t.section, Took: time.Since(began)}
	switch {
	case t.failed != nil:
		res.Outcome, res.Section, res.Expected, res.Got = Failed, t.failed.section, t.failed.expected, t.failed.got
	case t.lost != nil:
		res.Outcome, res.Expected, res.Got = Failed, "the link to stay", t.lost.Error()
	case t.notRun != "":
		res.Outcome, res.Why = NotRun, t.notRun
	}
	if ctx.Err() != nil {
		return res, ctx.Err()
	}
	return res, err
}

// cannot says why a case can't be run here, in words; empty: it can.
func (s *suite) cannot(c Case) string {
	_, tip := s.cfg.Hand.(TipHand)
	_, reset := s.cfg.Hand.(ResetHand)
	_, load := s.cfg.Hand.(LoadHand)
	_, fault := s.cfg.Hand.(FaultHand)
	has := func(n Need) bool { return c.Needs&n != 0 }
	switch {
	case s.desc == nil && c.Name != caseDescriptorValid:
		return "the pen's descriptor is refused"
	case has(NeedRF) && s.desc.Kind != protocol.KindRF:
		return "this pen has no RF"
	case has(NeedEnergy) && !s.cfg.Energy:
		return "energy is not allowed: --energy"
	case has(NeedTip) && !tip:
		return "no hand that can change the tip"
	case has(NeedReset) && !reset:
		return "no hand that can cut the supply"
	case has(NeedLoad) && !load:
		return "no hand that can put a load across the tip"
	case has(NeedFault) && !fault:
		return "no hand that can make a defect"
	case has(NeedMark) && !s.cfg.Marks:
		return "leaves a mark that can't be taken back: --marks"
	case has(NeedHand) && s.cfg.Hand == nil:
		return "no hand: --hand or --manual"
	case has(NeedLong) && !s.cfg.Long:
		return "takes over ten seconds: --long"
	}
	return ""
}

// begin opens a new session for a case.
func (t *trial) begin(c Case) {
	t.s.line.forget()
	t.hello()
	status := t.standby("the case to begin in STANDBY")
	if c.Needs&NeedReady == 0 {
		return
	}
	if blocks := status.ArmBlocks &^ protocol.BlockSettingsUnconfirmed &^ protocol.BlockLimitMismatch; blocks != 0 {
		t.skip("the pen can't be armed: %s", strings.Join(blocks.Names(), ", "))
	}
}

// tidy undoes what a case has left, and tries again where the pen does not come
// back: on a computer that stood still that says nothing, and a run that is given
// up leaves the pen as it stands. An error ends the run.
func (s *suite) tidy(ctx context.Context, t *trial) error {
	for tries := 1; ; tries++ {
		if err := s.tidyOnce(ctx, t); !errors.Is(err, ErrStuck) || tries == stallTries {
			return err
		}
	}
}

// tidyOnce undoes an armed pen, a latched ESTOP, a hand that holds something. A
// FAULT that a case has brought about without a defect that was made is its failure.
func (s *suite) tidyOnce(ctx context.Context, t *trial) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), putBackLimit+s.patience())
	defer cancel()
	if t.lost != nil && errors.Is(t.lost, ErrLink) || s.line == nil {
		if err := s.redial(ctx); err != nil {
			return err
		}
	}
	u := s.trial(ctx, t.section)
	if newest, ok := s.line.newest(t.session); t.over() && t.notRun == "" || t.pulled || t.touched || t.tipOff || t.loaded || len(t.broken) > 0 || !ok || newest.State != protocol.StateStandby {
		u.letGo(t)
		u.hello()
		u.free(t)
		u.standby("the pen to be in STANDBY again")
		u.awaitStatus("the needle back", u.from, func(s protocol.Status) bool { return s.Flags&protocol.FlagNeedleBack != 0 })
		s.watch.calm()
	}
	if u.fault != protocol.FaultNone && t.failed == nil && t.lost == nil && len(t.broken) == 0 {
		t.notRun = ""
		t.fail("no fault", "the pen latched FAULT %s", u.fault)
	}
	switch {
	case u.lost != nil:
		return u.lost
	case u.failed != nil:
		return fmt.Errorf("%w: expected %s: %s", ErrStuck, u.failed.expected, u.failed.got)
	}
	return nil
}

func (s *suite) patience() time.Duration {
	if s.cfg.Hand == nil {
		return 0
	}
	return s.cfg.Hand.Patience()
}
