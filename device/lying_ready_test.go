package device_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"stipple/device"
	"stipple/protocol"
)

// A pen that is READY, and says of it something else than was armed, is stopped
// at once and leased no more.
func TestReadyWithSomethingElse(t *testing.T) {
	for field, bend := range map[string]func(*protocol.Status){
		"":              func(*protocol.Status) {},
		"settings_hash": func(st *protocol.Status) { st.SettingsHash[3]++ },
		"tip_id":        func(st *protocol.Status) { st.TipID++ },
	} {
		for _, state := range []protocol.State{protocol.StateReady, protocol.StateTreating} {
			t.Run(field+" "+state.String(), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					p, conn := newFakePen(t)
					s, l := open(t, conn)
					defer shut(t, s, p, l)
					defer touching(s)()
					arm(t, s)
					pass(200 * time.Millisecond)
					p.with(func(p *fakePen) {
						p.bend = bent(func(m *protocol.Status) {
							if m.State.Armed() {
								bend(m)
							}
						})
						p.st.State = state
						p.sendStatus()
					})
					synctest.Wait()
					lies, stops := l.of(device.EventContradiction), p.heard(protocol.TypeStop)
					if field == "" {
						if len(lies) != 0 || len(stops) != 0 {
							t.Errorf("an honest pen: %v, %d stops", lies, len(stops))
						}
						return
					}
					var e *device.EchoError
					if len(lies) != 1 || !errors.As(lies[0].Err, &e) || e.Field != field || len(stops) == 0 {
						t.Errorf("%v, %d stops", lies, len(stops))
					}
					leases := len(p.heard(protocol.TypeLease))
					pass(time.Second)
					if n := len(p.heard(protocol.TypeLease)); n != leases {
						t.Errorf("leased on: %d", n-leases)
					}
				})
			})
		}
	}
}
