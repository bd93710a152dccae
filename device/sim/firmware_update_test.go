package sim

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"stipple/protocol"
)

// version is 1.minor.0.
func version(minor uint16) protocol.Version { return protocol.Version{Major: 1, Minor: minor} }

// packageOf is firmware 1.minor.0 for a pen, with what bend makes of it.
func packageOf(t testing.TB, minor uint16, bend func(*FirmwareSpec)) []byte {
	t.Helper()
	s := FirmwareSpec{Model: R1, Version: version(minor), Minimum: version(0), Limits: "none", Size: 600}
	if bend != nil {
		bend(&s)
	}
	pkg, err := FirmwarePackage(s)
	if err != nil {
		t.Fatal(err)
	}
	return pkg
}

func beginOf(id uint64, pkg []byte) *protocol.FirmwareBegin {
	return &protocol.FirmwareBegin{CommandID: id, Role: protocol.RoleServiceEngineer, Length: uint32(len(pkg)), SHA256: sha256.Sum256(pkg)}
}

func verifyOf(id uint64) *protocol.FirmwareVerify {
	return &protocol.FirmwareVerify{CommandID: id, Role: protocol.RoleServiceEngineer}
}

func commitOf(id uint64, pkg []byte) *protocol.FirmwareCommit {
	sum := sha256.Sum256(pkg)
	return &protocol.FirmwareCommit{CommandID: id, Role: protocol.RoleServiceEngineer, Digest: [8]byte(sum[:8])}
}

// firmware is what FW_READ says.
func (c *console) firmware() *protocol.FirmwareState {
	c.t.Helper()
	s, ok := c.ask(&protocol.FirmwareRead{}).(*protocol.FirmwareState)
	if !ok {
		c.t.Fatalf("FW_READ got %+v", s)
	}
	return s
}

// upload sends a package from next on, up to but not including until.
func (c *console) upload(pkg []byte, next, until int) {
	c.t.Helper()
	for next < until {
		part := pkg[next:min(next+protocol.MaxChunk, until)]
		r, ok := c.ask(&protocol.FirmwareWrite{Offset: uint32(next), Data: part}).(*protocol.FirmwareWritten)
		if !ok || r.Offset != uint32(next) || r.Next != uint32(next+len(part)) {
			c.t.Fatalf("FW_WRITE at %d got %+v", next, r)
		}
		next += len(part)
	}
}

// verify has the pen check what is uploaded, and returns what it came to.
func (c *console) verify(b *bench, id uint64) protocol.Code {
	c.t.Helper()
	r, ok := c.ask(verifyOf(id)).(*protocol.Result)
	if !ok || r.Outcome != protocol.OutcomeRunning {
		c.t.Fatalf("FW_VERIFY got %+v", r)
	}
	b.sleep(500 * time.Millisecond)
	r, ok = c.ask(&protocol.ResultOf{CommandID: id}).(*protocol.Result)
	if !ok || r.Outcome == protocol.OutcomeRunning {
		c.t.Fatalf("RESULT_OF got %+v", r)
	}
	return r.Code
}

// updateBench is a pen with a console, past its self-test.
func updateBench(t *testing.T, mem Memory) (*bench, *console) {
	t.Helper()
	b := newBench(t, Config{Model: R1, Seed: 80, Memory: mem})
	c := b.console()
	b.sleep(150 * time.Millisecond)
	c.hello(1)
	return b, c
}

// A package goes through every phase into a pen that runs it: uploaded in parts,
// with a lost link and a reset in between, verified, committed, booted, confirmed.
func TestFirmwareUpdate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, c := updateBench(t, nil)
		pkg := packageOf(t, 1, func(s *FirmwareSpec) { s.Size, s.Minimum = 5000, version(1) })
		phase := func(want protocol.FirmwarePhase, next int) *protocol.FirmwareState {
			t.Helper()
			s := c.firmware()
			if s.Phase != want || s.Next != uint32(next) || s.Code != protocol.CodeOK {
				t.Fatalf("%v: %+v", want, s)
			}
			return s
		}
		if s := phase(protocol.FirmwareIdle, 0); s.Running != version(0) || s.Minimum != version(0) {
			t.Errorf("as made: %+v", s)
		}
		c.set(rfEnvelope(), 1, rfSettings(100))
		c.must(beginOf(1, pkg), protocol.CodeOK)
		if s := c.status(); s.State != protocol.StateUpdate || s.ArmBlocks&protocol.BlockServiceMode == 0 || s.Flags&protocol.FlagSettings != 0 {
			t.Errorf("in UPDATE: %+v", s)
		}
		phase(protocol.FirmwareReceiving, 0)
		c.upload(pkg, 0, 1000)
		// What does not follow is not kept, and the answer says from where to go on.
		for _, offset := range []uint32{0, 999, 1001, uint32(len(pkg))} {
			if r := c.ask(&protocol.FirmwareWrite{Offset: offset, Data: []byte{1}}).(*protocol.FirmwareWritten); r.Offset != offset || r.Next != 1000 {
				t.Errorf("at %d: %+v", offset, r)
			}
		}
		// The link is lost; the next session goes on.
		c.hello(2)
		if s := c.status(); s.State != protocol.StateStandby {
			t.Errorf("after a hello: %v", s.State)
		}
		if r, ok := c.ask(&protocol.FirmwareWrite{Offset: 1000, Data: []byte{1}}).(*protocol.Rejected); !ok || r.Code != protocol.CodeState {
			t.Errorf("FW_WRITE in STANDBY got %+v", r)
		}
		phase(protocol.FirmwareReceiving, 1000)
		c.must(beginOf(2, pkg), protocol.CodeOK)
		c.upload(pkg, 1000, 3000)
		// The supply is lost; the upload is kept.
		b.do(b.hand.Fault(SwitchReboot, true))
		b.sleep(time.Second)
		c.hello(3)
		phase(protocol.FirmwareReceiving, 3000)
		c.must(beginOf(3, pkg), protocol.CodeOK)
		c.upload(pkg, 3000, len(pkg)-1)
		if r := c.ask(&protocol.FirmwareWrite{Offset: uint32(len(pkg) - 1), Data: []byte{1, 2}}).(*protocol.FirmwareWritten); r.Next != uint32(len(pkg)-1) {
			t.Errorf("beyond the end: %+v", r)
		}
		c.upload(pkg, len(pkg)-1, len(pkg))
		phase(protocol.FirmwareWhole, len(pkg))
		c.must(commitOf(4, pkg), protocol.CodeNothing)
		if code := c.verify(b, 5); code != protocol.CodeOK {
			t.Fatal(code)
		}
		if s := phase(protocol.FirmwareVerified, len(pkg)); s.Staged != version(1) || s.Running != version(0) || s.SHA256 != sha256.Sum256(pkg) {
			t.Errorf("verified: %+v", s)
		}
		c.must(commitOf(6, pkg[1:]), protocol.CodeDigest)
		c.must(commitOf(7, pkg), protocol.CodeOK)
		boot := b.bootNumber()
		for _, m := range []protocol.Once{beginOf(8, pkg), verifyOf(9), commitOf(10, pkg), &protocol.FirmwareAbort{CommandID: 11, Role: protocol.RoleServiceEngineer}} {
			c.must(m, protocol.CodeState) // nothing touches what is committed
		}
		b.sleep(restartDelay + darkTime - 50*time.Millisecond)
		if ack := c.helloAfter(b, 12, time.Second); ack.Boot != boot+1 || ack.Firmware != "1.1.0" {
			t.Errorf("runs %q in boot %d, was %d", ack.Firmware, ack.Boot, boot)
		}
		s := phase(protocol.FirmwareIdle, 0)
		if s.Running != version(1) || s.Minimum != version(1) || s.Length != 0 || s.Staged != (protocol.Version{}) {
			t.Errorf("confirmed: %+v", s)
		}
		var phases []int32
		for _, e := range all[protocol.Event](c) {
			if e.Code == protocol.EventFirmware {
				phases = append(phases, e.Args[0])
			}
		}
		if got := fmt.Sprint(phases); got != "[1 2 3]" && got != "[1 2 3 4 0]" { // the pen tells only a session of its phases
			t.Errorf("phases %v", phases)
		}
		// It is there for good.
		b.do(b.hand.Fault(SwitchReboot, true))
		if ack := c.helloAfter(b, 13, time.Second); ack.Firmware != "1.1.0" {
			t.Errorf("after another boot: %q", ack.Firmware)
		}
		// And nothing below its minimum comes in any more.
		old := packageOf(t, 0, nil)
		c.must(beginOf(14, old), protocol.CodeOK)
		c.upload(old, 0, len(old))
		if code := c.verify(b, 15); code != protocol.CodeOldVersion {
			t.Errorf("a downgrade: %v", code)
		}
		if s := c.firmware(); s.Code != protocol.CodeOldVersion || s.Phase != protocol.FirmwareWhole {
			t.Errorf("after a downgrade was refused: %+v", s)
		}
	})
}

// helloAfter opens a session once the pen has booted.
func (c *console) helloAfter(b *bench, nonce uint64, wait time.Duration) *protocol.HelloAck {
	c.t.Helper()
	b.sleep(wait)
	return c.hello(nonce)
}

// The pen is on trial until its self-test has passed, and says so.
func TestFirmwareTentative(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, c := updateBench(t, nil)
		pkg := packageOf(t, 3, nil)
		c.must(beginOf(1, pkg), protocol.CodeOK)
		c.upload(pkg, 0, len(pkg))
		if code := c.verify(b, 2); code != protocol.CodeOK {
			t.Fatal(code)
		}
		c.must(commitOf(3, pkg), protocol.CodeOK)
		b.sleep(restartDelay + darkTime + selfTestTime/2)
		c.hello(2)
		if s := c.firmware(); s.Phase != protocol.FirmwareTentative || s.Running != version(3) || s.Staged != version(3) || s.Minimum != version(0) {
			t.Errorf("on trial: %+v", s)
		}
		c.must(beginOf(4, pkg), protocol.CodeState)
		b.sleep(selfTestTime)
		if s := c.firmware(); s.Phase != protocol.FirmwareIdle || s.Running != version(3) {
			t.Errorf("confirmed: %+v", s)
		}
		if e := c.event(protocol.EventFirmware); e == nil || e.Args != [2]int32{0, 0} {
			t.Errorf("event %+v", e)
		}
	})
}

// Firmware whose self-test does not pass, does not run at all, or is cut off by
// a reset before it has passed: the pen is back with the one before, and says why.
func TestFirmwareGoesBack(t *testing.T) {
	garbage, err := protocol.SignFirmware(protocol.Manifest{
		ProtocolMajor: protocol.Major, Hardware: hardwareRevision, Version: version(2), Minimum: version(2), Model: "R1",
	}, []byte("no image of this pen"), TestKey())
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		name string
		pkg  []byte
		on   func(b *bench)
	}{
		{"self-test", packageOf(t, 2, func(s *FirmwareSpec) { s.Broken, s.Minimum = true, version(2) }), nil},
		{"does not run", garbage, nil},
		{"reset on trial", packageOf(t, 2, func(s *FirmwareSpec) { s.Minimum = version(2) }), func(b *bench) {
			b.sleep(restartDelay + darkTime + selfTestTime/2)
			b.do(b.hand.Fault(SwitchReboot, true))
		}},
		{"drive stalls", packageOf(t, 2, func(s *FirmwareSpec) { s.Minimum = version(2) }), func(b *bench) {
			b.do(b.hand.Fault(SwitchMotorStall, true))
			b.sleep(restartDelay + darkTime + selfTestTime + darkTime/2)
			b.do(b.hand.Fault(SwitchMotorStall, false))
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b, c := updateBench(t, nil)
				c.must(beginOf(1, tc.pkg), protocol.CodeOK)
				c.upload(tc.pkg, 0, len(tc.pkg))
				if code := c.verify(b, 2); code != protocol.CodeOK {
					t.Fatal(code)
				}
				boot := b.bootNumber()
				c.must(commitOf(3, tc.pkg), protocol.CodeOK)
				if tc.on != nil {
					tc.on(b)
				}
				ack := c.helloAfter(b, 2, 2*time.Second)
				if ack.Firmware != "1.0.0" || ack.Boot != boot+2 {
					t.Errorf("runs %q in boot %d, was %d", ack.Firmware, ack.Boot, boot)
				}
				s := c.firmware()
				if s.Phase != protocol.FirmwareIdle || s.Code != protocol.CodeSelfTest || s.Running != version(0) || s.Minimum != version(0) {
					t.Errorf("%+v", s)
				}
				if s := c.status(); s.State != protocol.StateStandby || s.Fault != protocol.FaultNone {
					t.Errorf("%v %v", s.State, s.Fault)
				}
				// The next one is not held back by it.
				good := packageOf(t, 1, nil)
				c.must(beginOf(4, good), protocol.CodeOK)
				if s := c.firmware(); s.Code != protocol.CodeOK {
					t.Errorf("a new upload: %+v", s)
				}
				c.upload(good, 0, len(good))
				if code := c.verify(b, 5); code != protocol.CodeOK {
					t.Errorf("the next one: %v", code)
				}
			})
		})
	}
}

// What FW_VERIFY refuses, in the order of the rules; the same package can then be
// uploaded anew.
func TestFirmwareVerifyRefusals(t *testing.T) {
	foreign := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{7}, ed25519.SeedSize))
	signed := func(m protocol.Manifest, key ed25519.PrivateKey) []byte {
		pkg, err := protocol.SignFirmware(m, []byte("image"), key)
		if err != nil {
			t.Fatal(err)
		}
		return pkg
	}
	manifest := protocol.Manifest{ProtocolMajor: protocol.Major, Hardware: hardwareRevision, Version: version(1), Minimum: version(1), Model: "R1"}
	with := func(f func(*protocol.Manifest)) protocol.Manifest { m := manifest; f(&m); return m }
	good := signed(manifest, TestKey())
	for _, tc := range []struct {
		name string
		pkg  []byte
		code protocol.Code
	}{
		{"no manifest", []byte(strings.Repeat("x", 300)), protocol.CodeIncomplete},
		{"cut in its manifest", good[:60], protocol.CodeIncomplete},
		{"another key", signed(manifest, foreign), protocol.CodeSignature},
		{"another key for another model", signed(with(func(m *protocol.Manifest) { m.Model = "N1" }), foreign), protocol.CodeSignature},
		{"changed manifest", bytes.Replace(good, []byte("R1"), []byte("N1"), 1), protocol.CodeSignature},
		{"model", signed(with(func(m *protocol.Manifest) { m.Model = "N1" }), TestKey()), protocol.CodeModel},
		{"hardware", signed(with(func(m *protocol.Manifest) { m.Hardware = 2 }), TestKey()), protocol.CodeModel},
		{"protocol", signed(with(func(m *protocol.Manifest) {
			m.ProtocolMajor = 2
			m.Version, m.Minimum = protocol.Version{}, protocol.Version{}
		}), TestKey()), protocol.CodeModel},
		{"old", signed(with(func(m *protocol.Manifest) { m.Version, m.Minimum = protocol.Version{Minor: 9}, protocol.Version{} }), TestKey()), protocol.CodeOldVersion},
		{"changed image", append(bytes.Clone(good[:len(good)-1]), 'E'), protocol.CodeIncomplete},
		{"image cut", good[:len(good)-1], protocol.CodeIncomplete},
		{"image longer", append(bytes.Clone(good), 0), protocol.CodeIncomplete},
		{"good", good, protocol.CodeOK},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b, c := updateBench(t, nil)
				c.must(beginOf(1, tc.pkg), protocol.CodeOK)
				c.must(verifyOf(2), protocol.CodeIncomplete)
				c.upload(tc.pkg, 0, len(tc.pkg))
				if code := c.verify(b, 3); code != tc.code {
					t.Errorf("got %v, want %v", code, tc.code)
				}
				if e := c.event(protocol.EventFirmware); e == nil || e.Args[1] != int32(tc.code) {
					t.Errorf("event %+v", e)
				}
				if s := c.firmware(); s.Code != tc.code || (s.Phase == protocol.FirmwareVerified) != (tc.code == protocol.CodeOK) {
					t.Errorf("%+v", s)
				}
				if tc.code == protocol.CodeOK {
					return
				}
				c.must(commitOf(4, tc.pkg), protocol.CodeNothing)
				c.must(beginOf(5, tc.pkg), protocol.CodeOK)
				if s := c.firmware(); s.Next != 0 || s.Code != protocol.CodeOK {
					t.Errorf("begun again: %+v", s)
				}
			})
		})
	}
	// A part that was damaged on its way: the package is not what was begun.
	synctest.Test(t, func(t *testing.T) {
		b, c := updateBench(t, nil)
		c.must(beginOf(1, good), protocol.CodeOK)
		bad := bytes.Clone(good)
		bad[20]++
		c.upload(bad, 0, len(bad))
		if code := c.verify(b, 2); code != protocol.CodeDigest {
			t.Errorf("a damaged upload: %v", code)
		}
	})
}

// The refusals of the other steps: state before role before everything else.
func TestFirmwareRefusals(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, c := updateBench(t, nil)
		pkg := packageOf(t, 1, nil)
		id := uint64(100)
		must := func(m protocol.Once, want protocol.Code) {
			t.Helper()
			c.must(m, want)
		}
		next := func() uint64 { id++; return id }
		// STANDBY: only FW_BEGIN, and only from a service engineer.
		must(&protocol.FirmwareVerify{CommandID: next(), Role: protocol.RoleTechnician}, protocol.CodeState)
		must(&protocol.FirmwareCommit{CommandID: next(), Role: protocol.RoleTechnician}, protocol.CodeState)
		must(&protocol.FirmwareAbort{CommandID: next(), Role: protocol.RoleTechnician}, protocol.CodeState)
		for r := range protocol.Role(6) {
			m := beginOf(next(), pkg)
			m.Role, m.Length = r, 0
			want := protocol.CodeRole
			if r == protocol.RoleServiceEngineer {
				want = protocol.CodeRange
			}
			must(m, want)
		}
		long := beginOf(next(), pkg)
		long.Length = protocol.MaxFirmware + 1
		must(long, protocol.CodeRange)
		b.do(b.hand.Fault(SwitchBatteryLow, true))
		b.sleep(10 * time.Millisecond)
		if r, ok := c.ask(beginOf(next(), pkg)).(*protocol.Result); !ok || r.Code != protocol.CodeBlocked || r.ArmBlocks != protocol.BlockBattery {
			t.Errorf("with an empty battery: %+v", r)
		}
		b.do(b.hand.Fault(SwitchBatteryLow, false))
		b.sleep(10 * time.Millisecond)
		c.enterService()
		must(beginOf(next(), pkg), protocol.CodeState)
		c.ask(&protocol.Service{Role: protocol.RoleTechnician})
		// UPDATE
		must(beginOf(next(), pkg), protocol.CodeOK)
		must(&protocol.FirmwareVerify{CommandID: next(), Role: protocol.RoleTechnician}, protocol.CodeRole)
		must(&protocol.FirmwareCommit{CommandID: next()}, protocol.CodeRole)
		must(&protocol.FirmwareAbort{CommandID: next(), Role: protocol.RoleAdministrator}, protocol.CodeRole)
		must(commitOf(next(), pkg), protocol.CodeNothing)
		for _, m := range []protocol.Message{
			&protocol.PutEnvelope{Envelope: rfEnvelope(), Role: protocol.RoleClinician}, &protocol.PutSettings{Generation: 1, Role: protocol.RoleClinician},
			&protocol.Service{Role: protocol.RoleTechnician, Enter: true},
		} {
			if r, ok := c.ask(m).(*protocol.Rejected); !ok || r.Code != protocol.CodeState {
				t.Errorf("%v in UPDATE got %+v", m.Type(), r)
			}
		}
		c.upload(pkg, 0, len(pkg))
		// While it verifies there is no other command, and what it was is kept.
		if r, ok := c.ask(verifyOf(next())).(*protocol.Result); !ok || r.Outcome != protocol.OutcomeRunning {
			t.Errorf("FW_VERIFY got %+v", r)
		}
		if r, ok := c.ask(&protocol.FirmwareAbort{CommandID: next(), Role: protocol.RoleServiceEngineer}).(*protocol.Rejected); !ok || r.Code != protocol.CodeBusy {
			t.Errorf("FW_ABORT while it verifies got %+v", r)
		}
		b.sleep(500 * time.Millisecond)
		must(&protocol.FirmwareAbort{CommandID: next(), Role: protocol.RoleServiceEngineer}, protocol.CodeOK)
		if s := c.firmware(); s.Phase != protocol.FirmwareIdle || s.Length != 0 || c.status().State != protocol.StateStandby {
			t.Errorf("after FW_ABORT: %+v", s)
		}
	})
}

// What leaves UPDATE keeps the upload and not the verification. A verification
// that was under way then comes to nothing.
func TestFirmwareLeavesUpdate(t *testing.T) {
	for name, leave := range map[string]func(b *bench, c *console){
		"hello": func(b *bench, c *console) { c.hello(2) },
		"estop": func(b *bench, c *console) {
			c.put(&protocol.Stop{Nonce: 1})
			b.sleep(10 * time.Millisecond)
			c.must(&protocol.Clear{CommandID: 90, Role: protocol.RoleServiceEngineer}, protocol.CodeOK)
		},
		"fault": func(b *bench, c *console) {
			b.do(b.hand.Fault(SwitchOverTemperature, true))
			b.sleep(10 * time.Millisecond)
			b.do(b.hand.Fault(SwitchOverTemperature, false))
			b.sleep(10 * time.Millisecond)
			c.must(&protocol.Clear{CommandID: 90, Fault: protocol.FaultOverTemperature, Role: protocol.RoleServiceEngineer}, protocol.CodeOK)
		},
	} {
		for _, verified := range []bool{false, true} {
			synctest.Test(t, func(t *testing.T) {
				b, c := updateBench(t, nil)
				pkg := packageOf(t, 1, nil)
				c.must(beginOf(1, pkg), protocol.CodeOK)
				c.upload(pkg, 0, len(pkg))
				c.ask(verifyOf(2))
				if verified {
					b.sleep(500 * time.Millisecond)
				}
				leave(b, c)
				b.sleep(500 * time.Millisecond)
				if s := c.status(); s.State != protocol.StateStandby {
					t.Errorf("%s: %v", name, s.State)
				}
				if s := c.firmware(); s.Phase != protocol.FirmwareWhole || s.Next != uint32(len(pkg)) {
					t.Errorf("%s: %+v", name, s)
				}
				want := protocol.CodeState
				if verified {
					want = protocol.CodeOK
				}
				if r := c.ask(&protocol.ResultOf{CommandID: 2}).(*protocol.Result); r.Code != want {
					t.Errorf("%s, verified %v: %+v", name, verified, r)
				}
				c.must(beginOf(3, pkg), protocol.CodeOK)
				c.must(commitOf(4, pkg), protocol.CodeNothing)
				if code := c.verify(b, 5); code != protocol.CodeOK {
					t.Errorf("%s: verified again: %v", name, code)
				}
			})
		}
	}
}

// Between FW_COMMIT and the boot a hello or an ESTOP only makes it come sooner.
func TestFirmwareCommittedIsBooted(t *testing.T) {
	for name, disturb := range map[string]func(c *console){
		"hello": func(c *console) { c.raw(protocol.Header{}, &protocol.Hello{MajorMin: 1, MajorMax: 1, Nonce: 5}) },
		"estop": func(c *console) { c.put(&protocol.Stop{Nonce: 1}) },
	} {
		synctest.Test(t, func(t *testing.T) {
			b, c := updateBench(t, nil)
			pkg := packageOf(t, 1, nil)
			c.must(beginOf(1, pkg), protocol.CodeOK)
			c.upload(pkg, 0, len(pkg))
			c.verify(b, 2)
			c.must(commitOf(3, pkg), protocol.CodeOK)
			disturb(c)
			b.sleep(20 * time.Millisecond)
			var dark bool
			if err := b.pen.call(func() { dark = b.pen.fw.darkLeft > 0 }); err != nil || !dark {
				t.Errorf("%s: out of UPDATE and still running what it had", name)
			}
			c.open(0)
			if ack := c.helloAfter(b, 9, 2*time.Second); ack.Firmware != "1.1.0" {
				t.Errorf("%s: runs %q", name, ack.Firmware)
			}
		})
	}
}

// lab is a pen without a link, for tests that cut its supply anywhere.
type lab struct {
	t  *testing.T
	fw *firmware
	id uint64
}

// newLab boots the pen of a memory.
func newLab(t *testing.T, mem Memory) *lab {
	t.Helper()
	fw, err := newFirmware(rfPen(), mem, 1, bytes.NewReader(make([]byte, 1<<12)))
	if err != nil {
		t.Fatal(err)
	}
	return &lab{t: t, fw: fw}
}

// do sends a message as the dispatcher would; a pen that is dark hears nothing.
func (l *lab) do(m protocol.Message) {
	if l.fw.darkLeft > 0 {
		return
	}
	if m.Type().Lane() == protocol.LaneBulk {
		l.fw.answer(m)
	} else {
		l.fw.execute(m)
	}
	l.fw.cutOff()
}

// run lets time pass.
func (l *lab) run(d time.Duration) {
	for range d / time.Millisecond {
		l.fw.step(restSteps)
		l.fw.cutOff()
	}
}

func (l *lab) next() uint64 { l.id++; return l.id }

// install does a whole update up to FW_COMMIT, whatever the answers are.
func (l *lab) install(pkg []byte) {
	l.do(beginOf(l.next(), pkg))
	for at := int(l.fw.update.kept.next); at < len(pkg); at += protocol.MaxChunk {
		l.do(&protocol.FirmwareWrite{Offset: uint32(at), Data: pkg[at:min(at+protocol.MaxChunk, len(pkg))]})
	}
	l.do(verifyOf(l.next()))
	l.run(signatureTime + 20*time.Millisecond)
	l.do(commitOf(l.next(), pkg))
}

// settled checks what must hold of a pen whose supply has been there for a
// while: it runs firmware that is confirmed, and a boot changes nothing about it.
func (l *lab) settled(cut string, mem Memory) protocol.Version {
	l.t.Helper()
	l.run(2 * time.Second)
	u := &l.fw.update
	if l.fw.broken != nil {
		l.t.Fatalf("%s: %v", cut, l.fw.broken)
	}
	if u.running != u.kept.running || u.trying || !u.settled() || !u.running.passes {
		l.t.Fatalf("%s: runs %+v, kept %+v, on trial %v", cut, u.running, u.kept, u.trying)
	}
	if v := u.running.version; v != version(0) && v != version(1) || v == version(1) != (u.kept.minimum == version(1)) {
		l.t.Fatalf("%s: runs %v, minimum %v", cut, v, u.kept.minimum)
	}
	if l.fw.state != protocol.StateStandby && l.fw.state != protocol.StateUpdate || l.fw.fault != protocol.FaultNone {
		l.t.Fatalf("%s: %v %v", cut, l.fw.state, l.fw.fault)
	}
	again := newLab(l.t, mem)
	again.run(time.Second)
	if got := again.fw.update; got.running != u.running || got.kept != u.kept {
		l.t.Fatalf("%s: another boot runs %+v instead of %+v", cut, got.running, u.running)
	}
	return u.running.version
}

// The supply fails in each write to memory of a whole update, from FW_BEGIN to
// the confirmation, and leaves half of it behind: there is always a pen that
// runs confirmed firmware, and that takes the update when it is done again.
func TestFirmwareTornAnywhere(t *testing.T) {
	pkg := packageOf(t, 1, func(s *FirmwareSpec) { s.Minimum = version(1) })
	seen := make(map[protocol.Version]int)
	for cut := 1; ; cut++ {
		mem, err := OpenFile(filepath.Join(t.TempDir(), "memory"), R1, 0)
		if err != nil {
			t.Fatal(err)
		}
		l := newLab(t, mem)
		l.run(150 * time.Millisecond)
		l.fw.memory.tearIn = cut
		l.install(pkg)
		l.run(2 * time.Second)
		over := l.fw.memory.tearIn > 0
		l.fw.memory.tearIn = 0
		at := fmt.Sprintf("cut in write %d", cut)
		v := l.settled(at, mem)
		seen[v]++
		if v != version(1) {
			l.install(pkg)
			if v := l.settled(at+", done again", mem); v != version(1) {
				t.Fatalf("%s: runs %v after another update", at, v)
			}
		}
		if err := mem.Close(); err != nil {
			t.Fatal(err)
		}
		if over {
			break
		}
	}
	if seen[version(0)] < 20 || seen[version(1)] < 5 {
		t.Errorf("too few cuts: %v", seen)
	}
}

// The supply fails at any time from FW_COMMIT to the confirmation and beyond.
func TestFirmwareCutAtAnyTime(t *testing.T) {
	pkg := packageOf(t, 1, func(s *FirmwareSpec) { s.Minimum = version(1) })
	seen := make(map[protocol.Version]int)
	for cut := time.Duration(0); cut < 900*time.Millisecond; cut += 7 * time.Millisecond {
		mem := NewRAM()
		l := newLab(t, mem)
		l.run(150 * time.Millisecond)
		l.install(pkg)
		l.run(cut)
		l.fw.brownOut(inSteps(darkTime))
		v := l.settled(fmt.Sprintf("cut %v after FW_COMMIT", cut), mem)
		seen[v]++
		booted, confirmed := cut > restartDelay+darkTime, cut > restartDelay+darkTime+selfTestTime+5*time.Millisecond
		if v != version(1) && (!booted || confirmed) {
			t.Errorf("cut %v after FW_COMMIT: runs %v", cut, v)
		}
	}
	if seen[version(0)] < 10 || seen[version(1)] < 50 {
		t.Errorf("too few cuts: %v", seen)
	}
}

// A committed package that has changed in memory before its boot is not run.
func TestFirmwareChangedInMemory(t *testing.T) {
	mem := NewRAM()
	l := newLab(t, mem)
	l.run(150 * time.Millisecond)
	pkg := packageOf(t, 1, nil)
	l.install(pkg)
	if err := mem.WriteAt(AreaFirmware, int64(len(pkg)-1), []byte{0}); err != nil {
		t.Fatal(err)
	}
	if v := l.settled("changed", mem); v != version(0) || l.fw.update.kept.code != protocol.CodeDigest {
		t.Errorf("runs %v, code %v", v, l.fw.update.kept.code)
	}
}

// A record that can't be is an error of the memory, never a pen that runs
// whatever.
func TestFirmwareRecordDamaged(t *testing.T) {
	for _, b := range [][]byte{{1}, append([]byte{9}, make([]byte, updateSize)...)} {
		mem := NewRAM()
		if err := mem.Write(cellUpdate, b); err != nil {
			t.Fatal(err)
		}
		if _, err := New(Config{Model: R1, Memory: mem}); !errors.Is(err, ErrMemory) {
			t.Errorf("% x: %v", b, err)
		}
	}
}

// A package is made only of what a pen can take.
func TestFirmwarePackageBounds(t *testing.T) {
	for name, s := range map[string]FirmwareSpec{
		"model":   {Model: "laser", Version: version(1)},
		"size":    {Model: R1, Version: version(1), Size: protocol.MaxImage + 1},
		"minimum": {Model: R1, Version: version(1), Minimum: version(2)},
		"limits":  {Model: R1, Version: version(1), Limits: strings.Repeat("x", protocol.MaxLimitsNote+1)},
	} {
		if _, err := FirmwarePackage(s); !errors.Is(err, ErrPackage) && !errors.Is(err, protocol.ErrFirmware) {
			t.Errorf("%s: %v", name, err)
		}
	}
	pkg, err := FirmwarePackage(FirmwareSpec{Model: N1, Version: version(7), Minimum: version(2), Limits: "depth to 2 mm", Size: 100_000})
	if err != nil {
		t.Fatal(err)
	}
	maker, _ := TestKey().Public().(ed25519.PublicKey)
	m, size, err := protocol.ParseManifest(pkg, maker)
	if err != nil || m.Model != "N1" || m.Version != version(7) || m.Minimum != version(2) || m.Limits != "depth to 2 mm" || m.ImageLength != 100_000 {
		t.Errorf("%+v, %v", m, err)
	}
	if img := parseImage(m.Version, pkg[size:]); img != (firmwareImage{version: version(7), passes: true}) {
		t.Errorf("%+v", img)
	}
}

// The key is the one that the specification names, so that any tool can make a
// package.
func TestTestKey(t *testing.T) {
	if got := fmt.Sprintf("%x", TestKey().Public()); got != "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a" {
		t.Errorf("public key %s", got)
	}
}
