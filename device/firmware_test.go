package device_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"stipple/device"
	"stipple/device/link"
	"stipple/protocol"
)

// firmwareOf makes the bytes of a package. A fake pen looks at none of them.
func firmwareOf(n int, seed uint64) []byte {
	pkg := make([]byte, n)
	r := rand.New(rand.NewPCG(seed, 0))
	for i := range pkg {
		pkg[i] = byte(r.Uint32())
	}
	return pkg
}

func TestFirmwareUpload(t *testing.T) {
	withFake(t, func(t *testing.T, p *fakePen, s *device.Session, l *eventLog) {
		s.SetRole(protocol.RoleServiceEngineer)
		confirm(t, s)
		pkg := firmwareOf(50_000, 1)
		var seen []int
		err := s.UploadFirmware(background, pkg, func(have, all int) {
			if all != len(pkg) || len(seen) > 0 && have <= seen[len(seen)-1] {
				t.Errorf("progress %d of %d", have, all)
			}
			seen = append(seen, have)
		})
		if err != nil || !bytes.Equal(p.svc.pkg, pkg) || seen[len(seen)-1] != len(pkg) {
			t.Fatalf("%d bytes: %v", len(p.svc.pkg), err)
		}
		if _, ok := s.Snapshot(); ok {
			t.Error("settings still count as read back")
		}
		if n := len(p.heard(protocol.TypeFirmwareWrite)); n != (len(pkg)+protocol.MaxChunk-1)/protocol.MaxChunk {
			t.Errorf("%d parts", n)
		}
		st, err := s.VerifyFirmware(background, pkg)
		if err != nil || st.Staged != fakeNext {
			t.Errorf("verified %+v: %v", st, err)
		}
		if err := s.CommitFirmware(background, pkg); err != nil {
			t.Error(err)
		}
		sum := sha256.Sum256(pkg)
		if m := p.heard(protocol.TypeFirmwareCommit)[0].msg.(*protocol.FirmwareCommit); !bytes.Equal(m.Digest[:], sum[:8]) || m.Role != protocol.RoleServiceEngineer {
			t.Errorf("committed %+v", m)
		}
		if err := s.AbortFirmware(background); err != nil {
			t.Error(err)
		}
		if len(p.heard(protocol.TypeFirmwareBegin)) != 1 || len(p.svc.pkg) != 0 {
			t.Error("begun again, or not dropped")
		}
		p.with(func(p *fakePen) { // of a session before this one
			p.svc.pkg, p.svc.fw = pkg[:100], protocol.FirmwareState{Phase: protocol.FirmwareReceiving, Length: 5000, Next: 100, SHA256: sum}
		})
		if err := s.AbortFirmware(background); err != nil || len(p.svc.pkg) != 0 {
			t.Errorf("not dropped: %v", err)
		}
		if m := p.heard(protocol.TypeFirmwareBegin)[1].msg.(*protocol.FirmwareBegin); m.Length != 5000 || m.SHA256 != sum {
			t.Errorf("begun with %+v", m)
		}
		for _, bad := range [][]byte{nil, make([]byte, protocol.MaxFirmware+1)} {
			if err := s.UploadFirmware(background, bad, nil); !errors.Is(err, protocol.ErrFirmware) {
				t.Errorf("%d bytes: %v", len(bad), err)
			}
		}
	})
}

// A burst of damage can lose everything that is on the line. The upload goes on
// at once, and leaves the stop lane its room meanwhile.
func TestUploadSurvivesABurst(t *testing.T) {
	withFake(t, func(t *testing.T, p *fakePen, s *device.Session, l *eventLog) {
		pass(time.Second)
		lost := 0
		p.with(func(p *fakePen) {
			p.lose = func(m protocol.Message) bool {
				if m.Type() == protocol.TypeFirmwareWrite && lost < 12 {
					lost++
					return true
				}
				return false
			}
		})
		begun := time.Now()
		pkg := firmwareOf(20_000, 2)
		done := make(chan error, 1)
		go func() { done <- s.UploadFirmware(background, pkg, nil) }()
		pass(20 * time.Millisecond)
		if unsent := s.Stats().Unsent; unsent > protocol.MaxUnacknowledged/2 {
			t.Errorf("%d bytes on the line", unsent)
		}
		if err := <-done; err != nil || !bytes.Equal(p.svc.pkg, pkg) {
			t.Fatalf("%d bytes: %v", len(p.svc.pkg), err)
		}
		if took := time.Since(begun); lost != 12 || took > 700*time.Millisecond {
			t.Errorf("%d lost, took %v", lost, took)
		}
	})
}

// Over a line with damage and cuts the pen has the package byte by byte, and
// each session goes on where the last one was cut.
func TestUploadSurvivesDamageAndCuts(t *testing.T) {
	for seed := range uint64(6) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				faults := link.NewFaults(link.ProxyConfig{Seed: seed, Script: script(t, `
					both baud 1000000
					both flip 0.00005
					both drop 0.01
					both duplicate 0.01
					both reorder 0.01
					both truncate 0.005
					at 300ms every 410ms both disconnect`)})
				pkg := firmwareOf(120_000, seed)
				svc := newService()
				first, sessions := -1, 0
				for tries := 0; len(svc.pkg) < len(pkg); tries++ {
					if tries > 100 {
						t.Fatalf("no end in sight: %d bytes", len(svc.pkg))
					}
					near, far := link.Pipe()
					p := startFakePen(t, far)
					p.with(func(p *fakePen) { p.svc = svc })
					conn, ended := proxied(t, faults, near)
					s, err := device.Open(background, conn, device.Options{Role: protocol.RoleServiceEngineer})
					if err == nil {
						l := collect(s)
						had := len(svc.pkg)
						err = s.UploadFirmware(background, pkg, func(have, _ int) {
							if had > 0 && first < 0 {
								first = have
							}
						})
						var echo *device.EchoError
						if errors.As(err, &echo) {
							t.Fatal(err)
						}
						if had > 0 && first >= 0 && first < had {
							t.Errorf("began again at %d of %d", first, had)
						}
						first = -1
						sessions++
						_ = s.Close()
						<-l.done
					}
					_ = p.conn.Close()
					<-p.done
					<-ended
					svc = p.svc
				}
				if !bytes.Equal(svc.pkg, pkg) || sessions < 3 {
					t.Errorf("the pen has another package, after %d sessions", sessions)
				}
			})
		})
	}
}

func TestLyingFirmware(t *testing.T) {
	pkg := firmwareOf(5000, 3)
	upload := func(s *device.Session) error { return s.UploadFirmware(background, pkg, nil) }
	verify := func(s *device.Session) error {
		if err := upload(s); err != nil {
			return err
		}
		_, err := s.VerifyFirmware(background, pkg)
		return err
	}
	state := bent[*protocol.FirmwareState]
	verified := func(change func(*protocol.FirmwareState)) func(*protocol.Header, protocol.Message) protocol.Message {
		return state(func(m *protocol.FirmwareState) {
			if m.Phase == protocol.FirmwareVerified {
				change(m)
			}
		})
	}
	for name, tt := range map[string]struct {
		field string
		do    func(*device.Session) error
		bend  func(*protocol.Header, protocol.Message) protocol.Message
	}{
		"another package": {"package", upload, state(func(m *protocol.FirmwareState) { m.SHA256[31] ^= 1 })},
		"another length":  {"package", upload, state(func(m *protocol.FirmwareState) { m.Length++ })},
		"more than sent":  {"next", upload, bent(func(m *protocol.FirmwareWritten) { m.Next += 3000 })},
		"keeps nothing":   {"next", upload, bent(func(m *protocol.FirmwareWritten) { m.Next = 0 })},
		"not verified":    {"phase", verify, verified(func(m *protocol.FirmwareState) { m.Phase = protocol.FirmwareWhole })},
		"verified other":  {"sha256", verify, verified(func(m *protocol.FirmwareState) { m.SHA256[0] ^= 1 })},
		"too old":         {"staged", verify, verified(func(m *protocol.FirmwareState) { m.Minimum.Major = 9 })},
	} {
		t.Run(name, func(t *testing.T) {
			withFake(t, func(t *testing.T, p *fakePen, s *device.Session, l *eventLog) {
				p.with(func(p *fakePen) { p.bend = tt.bend })
				var echo *device.EchoError
				if err := tt.do(s); !errors.As(err, &echo) || echo.Field != tt.field {
					t.Fatalf("%v, want a difference in %s", err, tt.field)
				}
				synctest.Wait()
				if len(p.heard(protocol.TypeStop)) == 0 {
					t.Error("not stopped")
				}
			})
		})
	}
}

// refusals of the pen are told as they are, and nothing goes on.
func TestFirmwareIsRefused(t *testing.T) {
	for _, code := range []protocol.Code{protocol.CodeState, protocol.CodeRole, protocol.CodeBlocked, protocol.CodeSignature, protocol.CodeModel, protocol.CodeOldVersion, protocol.CodeIncomplete} {
		withFake(t, func(t *testing.T, p *fakePen, s *device.Session, l *eventLog) {
			p.with(func(p *fakePen) { p.svc.refuse = code })
			var refused *device.RefusedError
			if err := s.UploadFirmware(background, firmwareOf(1000, 1), nil); !errors.As(err, &refused) || refused.Code != code {
				t.Errorf("upload, %v: %v", code, err)
			}
			if _, err := s.VerifyFirmware(background, firmwareOf(1000, 1)); !errors.As(err, &refused) || refused.Code != code {
				t.Errorf("verify, %v: %v", code, err)
			}
			if len(p.heard(protocol.TypeFirmwareWrite)) != 0 {
				t.Error("uploaded all the same")
			}
		})
	}
}

// The same unit is awaited through as many boots as its update takes.
func TestAwaitFirmware(t *testing.T) {
	for name, tt := range map[string]struct {
		final   protocol.FirmwareState
		boots   uint32
		refused bool
	}{
		"kept":      {protocol.FirmwareState{Running: fakeNext, Minimum: fakeNext}, 1, false},
		"went back": {protocol.FirmwareState{Running: fakeVersion, Code: protocol.CodeSelfTest}, 2, true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBus(t)
				boot, fw := uint32(7), protocol.FirmwareState{Running: fakeVersion, Phase: protocol.FirmwareVerified}
				change := func(p *fakePen) { p.ack.Boot, p.svc.fw = boot, fw }
				b.plug("a", "S1", change)
				sup, stop := b.supervise(device.SupervisorConfig{})
				defer stop()
				s, err := sup.AwaitBoot(background, "S1", 0)
				if err != nil || s.Info().Boot != 7 {
					t.Fatalf("%v", err)
				}
				type result struct {
					st  protocol.FirmwareState
					err error
				}
				got := make(chan result, 1)
				go func() {
					st, err := sup.AwaitFirmware(background, "S1", 7, fakeNext)
					got <- result{st, err}
				}()
				reboot := func(next protocol.FirmwareState) {
					b.mu.Lock()
					boot, fw = boot+1, next
					p := b.pens["a"]
					b.mu.Unlock()
					_ = p.conn.Close()
					pass(5 * time.Second)
				}
				pass(time.Second)
				reboot(protocol.FirmwareState{Running: fakeNext, Phase: protocol.FirmwareTentative})
				select {
				case r := <-got:
					t.Fatalf("final while tentative: %+v", r)
				default:
				}
				if tt.boots == 1 {
					b.pen("a").with(func(p *fakePen) { p.svc.fw = tt.final })
				} else {
					reboot(tt.final)
				}
				r := <-got
				var back *device.FirmwareError
				switch {
				case tt.refused && (!errors.As(r.err, &back) || back.Code != protocol.CodeSelfTest || back.Running != fakeVersion):
					t.Errorf("%+v", r)
				case !tt.refused && (r.err != nil || r.st.Running != fakeNext):
					t.Errorf("%+v", r)
				}
				ctx, cancel := context.WithTimeout(background, time.Second)
				defer cancel()
				if _, err := sup.AwaitBoot(ctx, "S2", 0); !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("another unit: %v", err)
				}
			})
		})
	}
}

func TestAwaitEndsWithItsSupervisor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBus(t)
		sup, stop := b.supervise(device.SupervisorConfig{})
		got := make(chan error, 1)
		go func() { _, err := sup.AwaitFirmware(background, "S1", 7, fakeNext); got <- err }()
		pass(3 * time.Second)
		stop()
		if err := <-got; !errors.Is(err, device.ErrClosed) {
			t.Errorf("%v", err)
		}
	})
}
