package ui

import "time"

// sampleLock is the lock of a scene, by its name there.
func sampleLock(name string) LockState {
	s := LockState{Operator: "Dr A. Meyer", PIN: true, Tries: 5}
	switch name {
	case "wrong":
		s.Tries, s.Err = 3, coded("wrong_pin")
	case "passphrase":
		s.Tries = 0
	case "wait":
		s.Tries, s.Err, s.Wait = 0, coded("wrong_passphrase"), 8*time.Second
	case "busy":
		s.PIN, s.Busy = false, true
	}
	return s
}
