package device

import (
	"context"
	"errors"
	"time"

	"stipple/protocol"
)

// EnterService takes the pen from STANDBY to SERVICE. Settings are not
// confirmed any more from then on. Errors: ErrMonitor, ErrArmed, ErrNoReply,
// *RefusedError; *EchoError where the pen says that it is in another state,
// after which it has been sent ESTOP.
func (s *Session) EnterService(ctx context.Context) error {
	return s.service(ctx, true, protocol.StateService)
}

// LeaveService takes the pen back to STANDBY; a SERVICE output ends as with
// Disarm. Errors as those of EnterService.
func (s *Session) LeaveService(ctx context.Context) error {
	s.Disarm()
	return s.service(ctx, false, protocol.StateStandby)
}

func (s *Session) service(ctx context.Context, enter bool, want protocol.State) error {
	s.mu.Lock()
	err := s.mayCommand()
	switch {
	case err != nil:
	case enter && s.outputPossible():
		err = ErrArmed
	default:
		s.unconfirm()
	}
	s.mu.Unlock()
	if err != nil {
		return err
	}
	m, err := s.exchange(ctx, &protocol.Service{Role: s.writer(), Enter: enter}, is[*protocol.ServiceMode])
	if err != nil {
		return err
	}
	if got := m.(*protocol.ServiceMode).State; got != want {
		return s.contradicts(protocol.TypeService, "state", want, got)
	}
	return nil
}

// unconfirm forgets what was confirmed: the pen does, too. The mutex is held.
func (s *Session) unconfirm() { s.settings.known, s.settings.hasEnvelope = false, false }

// TestRequest is one SERVICE output.
type TestRequest struct {
	Quantity  protocol.Quantity // depth, speed or power
	Raw       bool              // Value is driven as it is, without the calibration
	Value     int32             // in the quantity's base unit, within the parameter's range
	Duration  protocol.Milliseconds
	Load      protocol.Ohms // of the resistor across the tip, for power; else 0
	CommandID uint64        // from NewCommandID, on disk before this call
}

// TestOutput asks for one SERVICE output and returns nil once STATUS permits it
// under the id that was asked for: it begins at the next pull of the trigger.
// From then on the session leases, as long as Touch is called, and Stop and
// Disarm end it, exactly as after Arm. EventArmEnded tells that it is over;
// EndedTest waits for that and says what came of it.
//
// Errors, with nothing sent: ErrNotOffered, *ServiceError where the pen is not
// in SERVICE, and those of Arm but for ErrNotRead. With the outcome known:
// *RefusedError; ErrDisarmed or ErrStopped where one of them came in between;
// ErrNotReady; ErrNoReply. Otherwise *UncertainError.
func (s *Session) TestOutput(ctx context.Context, req TestRequest) error {
	cmd := &protocol.TestOutput{
		CommandID: req.CommandID, Role: s.writer(), Quantity: req.Quantity, Raw: req.Raw, Value: req.Value,
		Duration: uint16(min(max(req.Duration, 0), protocol.MaxReading)), Load: uint16(min(max(req.Load, 0), protocol.MaxReading)),
	}
	if err := s.drives(req.Quantity); err != nil {
		return err
	}
	r := &request{msg: cmd, commandID: req.CommandID}
	r.prepare = func(now time.Duration) { cmd.NotAfter = s.notAfter(now) }
	err := s.permit(ctx, r, cmd.ArmID(), true, func() error {
		if s.status.state != protocol.StateService {
			return &ServiceError{State: s.status.state}
		}
		s.test = TestRequest{}
		return nil
	})
	if errors.Is(err, ErrNotReady) {
		// An output of a few milliseconds can be over before a STATUS says that it
		// was permitted. Its report says so.
		if report, rerr := s.TestReport(ctx); rerr == nil && report.CommandID == req.CommandID && report.Result != protocol.PulseOpen {
			err = nil
		}
	}
	if err == nil {
		s.mu.Lock()
		s.test = req
		s.mu.Unlock()
	}
	return err
}

// EndedTest waits until the output that TestOutput permitted is over, and
// returns what the pen says came of it. Errors: ErrNotReady where none was
// permitted; those of TestReport; ctx's: the output then goes on. *EchoError is a report of another output, or one that
// stays open, after which the pen has been sent ESTOP.
func (s *Session) EndedTest(ctx context.Context) (protocol.TestReport, error) {
	s.mu.Lock()
	ended, want := s.arm.ended, s.test
	s.mu.Unlock()
	if want.CommandID == 0 {
		return protocol.TestReport{}, ErrNotReady
	}
	if ended != nil {
		select {
		case <-ended:
		case <-ctx.Done():
			return protocol.TestReport{}, ctx.Err()
		}
	}
	for limit := time.Now().Add(reportLimit); ; {
		got, err := s.TestReport(ctx)
		if err != nil {
			return got, err
		}
		if e := testDifference(want, got); e != nil {
			return got, s.contradicts(e.Request, e.Field, e.Asked, e.Got)
		}
		if got.Result != protocol.PulseOpen {
			return got, nil
		}
		if time.Now().After(limit) {
			return got, s.contradicts(protocol.TypeTestOutput, "result", "closed", got.Result)
		}
		select { // the motor runs out, and then the record is closed
		case <-time.After(reportRetry):
		case <-ctx.Done():
			return got, ctx.Err()
		}
	}
}

// testDifference names the first field in which a report is not that of what
// was asked for.
func testDifference(asked TestRequest, got protocol.TestReport) *EchoError {
	differ := func(field string, a, g any) *EchoError { return echoError(protocol.TypeTestOutput, field, a, g) }
	switch {
	case got.CommandID != asked.CommandID:
		return differ("command_id", asked.CommandID, got.CommandID)
	case got.Quantity != asked.Quantity:
		return differ("quantity", asked.Quantity, got.Quantity)
	case got.Raw != asked.Raw:
		return differ("raw", asked.Raw, got.Raw)
	case got.Set != asked.Value:
		return differ("set", asked.Value, got.Set)
	}
	return nil
}

// TestReport is what the newest SERVICE output since the pen's boot came to;
// its command id is 0 where there was none. Errors: ErrMonitor, ErrNoReply,
// *RefusedError.
func (s *Session) TestReport(ctx context.Context) (protocol.TestReport, error) {
	m, err := s.exchange(ctx, &protocol.TestRead{}, is[*protocol.TestReport])
	if err != nil {
		return protocol.TestReport{}, err
	}
	return *m.(*protocol.TestReport), nil
}
