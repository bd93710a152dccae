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
	case sampleSecond + "-wrong":
		s.Second = SecondState{Err: coded("wrong_passphrase"), Wait: 8 * time.Second}
	case sampleSecond + "-run":
		s.Second.Err = coded("run_open")
	}
	return s
}

// sampleSecond begins the names of the locks where somebody takes over.
const sampleSecond = "second"

// sampleLocking is a lock that nothing comes of.
func sampleLocking() LockActions {
	try := func([]byte) {}
	return LockActions{
		Ask: func() {}, PIN: try, Passphrase: try, HandOver: func(string, []byte) {},
		Others: func() []string { return []string{"s.okonkwo", "t.roth"} },
	}
}

// sampleWeakPIN is a PIN that is refused.
const sampleWeakPIN = "1234"

// sampleOwn answers at once: every passphrase but sampleWeak is right.
func sampleOwn() OwnActions {
	right := func(passphrase []byte) error {
		if string(passphrase) == sampleWeak {
			return coded("wrong_passphrase")
		}
		return nil
	}
	return OwnActions{
		HasPIN: func() bool { return false },
		CheckPIN: func(pin []byte) error {
			if string(pin) == sampleWeakPIN {
				return coded("weak_pin")
			}
			return nil
		},
		SetPIN:           func(p, _ []byte, done func(error)) { done(right(p)) },
		RemovePIN:        func() {},
		CheckPassphrase:  func([]byte) error { return nil },
		ChangePassphrase: func(p, _ []byte, done func(error)) { done(right(p)) },
	}
}
