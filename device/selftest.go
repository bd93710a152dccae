package device

import (
	"context"
	"fmt"
	"math/bits"
	"slices"

	"stipple/protocol"
)

// SelfTest has the pen test itself, in STANDBY or SERVICE, and returns what it
// measured; 0 stands for all tests that the pen has. A test that fails latches
// FAULT on the pen and is no error here: the report has it.
//
// Errors, with nothing sent: ErrNotOffered, ErrMonitor, ErrStopped. With the
// outcome known: *RefusedError, ErrNoReply; *EchoError where the report has not
// what was asked for, after which the pen has been sent ESTOP. Otherwise
// *UncertainError.
func (s *Session) SelfTest(ctx context.Context, tests protocol.Tests) (protocol.SelfTestReport, error) {
	if err := s.tests(tests); err != nil {
		return protocol.SelfTestReport{}, err
	}
	begun := s.Live().Status.Clock
	err := s.once(ctx, 0, func(id uint64, role protocol.Role) protocol.Once {
		return &protocol.SelfTest{CommandID: id, Role: role, Tests: tests}
	})
	if err != nil {
		return protocol.SelfTestReport{}, err
	}
	report, err := s.SelfTestReport(ctx)
	switch {
	case err != nil:
		return report, s.unread(protocol.TypeSelfTest, err)
	case report.Clock < begun:
		return report, s.contradicts(protocol.TypeSelfTest, "clock", fmt.Sprintf("after %d", begun), report.Clock)
	case report.Done&tests != tests || report.Done == 0:
		return report, s.contradicts(protocol.TypeSelfTest, "done", tests.Names(), report.Done.Names())
	}
	return report, nil
}

// tests says whether the pen has all of these tests.
func (s *Session) tests(tests protocol.Tests) error {
	d := s.info.Descriptor
	if d == nil {
		return nil
	}
	if bits.Len16(uint16(tests)) > protocol.TestCount {
		return &NotOfferedError{What: fmt.Sprintf("self-test %d", bits.Len16(uint16(tests))-1)}
	}
	for _, name := range tests.Names() {
		if !slices.Contains(d.SelfTests, name) {
			return &NotOfferedError{What: "a self-test of " + name}
		}
	}
	return nil
}

// SelfTestReport is the newest result of each test since the pen's boot, those
// at boot included. Errors: ErrNotOffered, ErrMonitor, ErrNoReply,
// *RefusedError; *EchoError where a test has no reading or one that was not done
// has, after which the pen has been sent ESTOP.
func (s *Session) SelfTestReport(ctx context.Context) (protocol.SelfTestReport, error) {
	m, err := s.exchange(ctx, &protocol.SelfTestRead{}, is[*protocol.SelfTestReport])
	if err != nil {
		return protocol.SelfTestReport{}, err
	}
	report := *m.(*protocol.SelfTestReport)
	var read protocol.Tests
	for i, r := range report.Readings {
		if r.Test >= 16 || i > 0 && r.Test <= report.Readings[i-1].Test {
			return report, s.contradicts(protocol.TypeSelfTestRead, "reading_test", "ascending", r.Test)
		}
		read |= 1 << r.Test
	}
	if read != report.Done {
		return report, s.contradicts(protocol.TypeSelfTestRead, "readings", report.Done.Names(), read.Names())
	}
	return report, nil
}
