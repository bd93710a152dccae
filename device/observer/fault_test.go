package observer

import (
	"testing"
	"time"

	"stipple/protocol"
)

// faultStatus is a STATUS of a pen with that fault, whose boot's self-test has
// passed or not.
func (k *talk) faultStatus(f protocol.Fault, passed bool) {
	s := &protocol.Status{State: protocol.StateStandby, Fault: f, Clock: k.clock()}
	if f != protocol.FaultNone {
		s.State = protocol.StateFault
	}
	if passed {
		s.Flags = protocol.FlagSelfTestOK
	}
	k.pen(protocol.Header{}, s)
	k.pass(50 * time.Millisecond)
}

// boots is a pen that starts again, so many times, and is met again.
func (k *talk) boots(times uint32) {
	boot := k.w.boot + times
	k.session++
	nonce := uint64(k.session)
	k.console(protocol.Header{}, &protocol.Hello{MajorMin: 1, MajorMax: 1, Nonce: nonce})
	k.pen(protocol.Header{Flags: protocol.HasAck}, &protocol.HelloAck{Nonce: nonce, Session: k.session, Major: 1, Boot: boot, DescriptorLength: 1})
}

// A fault that was told of ends with CLEAR, or with the self-test of a boot.
func TestFaultStays(t *testing.T) {
	const depth, none = protocol.FaultDepth, protocol.FaultNone
	clearAs := func(k *talk, o protocol.Outcome) {
		k.ask(&protocol.Clear{CommandID: 5, Fault: depth}, &protocol.Result{CommandID: 5, Outcome: o})
		k.pass(50 * time.Millisecond)
	}
	for _, c := range []struct {
		name  string
		story func(*talk)
		rule  Rule // that is broken; empty: none
	}{
		{"over in its boot", func(k *talk) { k.faultStatus(depth, true); k.faultStatus(none, true) }, RuleFault},
		{"another in its place", func(k *talk) { k.faultStatus(depth, true); k.faultStatus(protocol.FaultEnergy, true) }, RuleFault},
		{"cleared", func(k *talk) {
			k.faultStatus(depth, true)
			clearAs(k, protocol.OutcomeDone)
			k.faultStatus(none, true)
		}, ""},
		{"cleared, and the answer was lost", func(k *talk) {
			k.faultStatus(depth, true)
			k.console(protocol.Header{}, &protocol.Clear{CommandID: 5, Fault: depth})
			k.faultStatus(none, true)
		}, ""},
		{"over behind a CLEAR that was refused", func(k *talk) {
			k.faultStatus(depth, true)
			clearAs(k, protocol.OutcomeRejected)
			k.faultStatus(none, true)
		}, RuleFault},
		{"again behind CLEAR, and over", func(k *talk) {
			k.faultStatus(depth, true)
			clearAs(k, protocol.OutcomeDone)
			k.faultStatus(depth, true)
			k.faultStatus(none, true)
		}, RuleFault},
		{"a boot, and the self-test has passed", func(k *talk) { k.faultStatus(depth, true); k.boots(1); k.faultStatus(none, true) }, ""},
		{"a boot, and the self-test has not passed yet", func(k *talk) { k.faultStatus(depth, true); k.boots(1); k.faultStatus(none, false) }, RuleFault},
		{"a boot, and the self-test has failed", func(k *talk) {
			k.faultStatus(depth, true)
			k.boots(1)
			k.faultStatus(protocol.FaultSelfTest, false)
		}, RuleFault},
		{"a boot, and then its self-test", func(k *talk) {
			k.faultStatus(depth, true)
			k.boots(1)
			k.faultStatus(depth, false)
			k.faultStatus(none, true)
		}, ""},
		{"a boot, and over before its self-test", func(k *talk) {
			k.faultStatus(depth, true)
			k.boots(1)
			k.faultStatus(depth, false)
			k.faultStatus(none, false)
		}, RuleFault},
		{"two boots, of which one was seen", func(k *talk) { k.faultStatus(depth, true); k.boots(2); k.faultStatus(none, false) }, ""},
		{"a memory that fails keeps nothing", func(k *talk) {
			k.faultStatus(protocol.FaultMemory, true)
			k.boots(1)
			k.faultStatus(none, false)
		}, ""},
		{"armed behind it", func(k *talk) {
			h := k.confirm()
			k.faultStatus(depth, true)
			k.ask(k.arm(h), done)
		}, RuleFault},
	} {
		t.Run(c.name, func(t *testing.T) {
			k := newTalk(t)
			k.pass(100 * time.Millisecond)
			k.faultStatus(none, true)
			c.story(k)
			k.wants(t, c.rule)
		})
	}
}

// A pen that was armed with what its self-test must find was lying about it.
func TestArmedWithoutSelfTest(t *testing.T) {
	for _, c := range []struct {
		name  string
		story func(*scene)
		rules []Rule
	}{
		{"broken since before the boot", func(sc *scene) {
			sc.o.Defect(ms(500), DefectLeak, true)
			sc.o.Boot(ms(2000))
		}, []Rule{RuleSelfTest}},
		{"mended behind the boot", func(sc *scene) {
			sc.o.Defect(ms(500), DefectDrive, true)
			sc.o.Boot(ms(2000))
			sc.o.Defect(ms(2500), DefectDrive, false)
		}, nil},
		{"broken behind the boot", func(sc *scene) {
			sc.o.Boot(ms(2000))
			sc.o.Defect(ms(2500), DefectOverrun, true)
		}, nil},
		{"a boot of which nobody knows when it was", func(sc *scene) {
			sc.o.Defect(ms(500), DefectLeak, true)
			sc.o.Booted(ms(2000))
		}, nil},
		{"what no self-test finds", func(sc *scene) {
			sc.o.Defect(ms(500), DefectPowerSensor, true)
			sc.o.Boot(ms(2000))
		}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			sc := newScene(t)
			sc.to(400)
			c.story(sc)
			sc.to(3000)
			sc.o.Armed(ms(3000), ms(3000), someArm, someSettings)
			sc.to(3001)
			sc.wants(c.rules...)
		})
	}
}
