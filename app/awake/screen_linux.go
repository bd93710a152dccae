package awake

import (
	"context"
	"errors"
	"fmt"

	"github.com/godbus/dbus/v5"
)

// The screen saver's names (Idle Inhibition Service of freedesktop.org), which
// GNOME, KDE, Cinnamon, MATE and Xfce offer.
const (
	screenService = "org.freedesktop.ScreenSaver"
	screenPath    = "/org/freedesktop/ScreenSaver"
)

// screenSignals are the interfaces whose ActiveChanged says that the screen is
// locked or about to be: GNOME and its relatives tell under names of their own.
func screenSignals() []string {
	return []string{screenService, "org.gnome.ScreenSaver", "org.cinnamon.ScreenSaver", "org.mate.ScreenSaver", "org.xfce.ScreenSaver"}
}

// keepScreen is the part of the screen saver.
func keepScreen(ctx context.Context, cfg Config, w wish) error {
	err := runScreen(ctx, cfg, w)
	if err != nil {
		return &UnavailableError{Service: "screen saver", Cause: err}
	}
	return nil
}

func runScreen(ctx context.Context, cfg Config, w wish) (err error) {
	conn, err := openBus(ctx, dbus.SessionBusPrivateNoAutoStartup)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.Close()) }() // with it goes what is inhibited
	var rules [][]dbus.MatchOption
	for _, name := range screenSignals() {
		rules = append(rules, []dbus.MatchOption{dbus.WithMatchInterface(name), dbus.WithMatchMember("ActiveChanged")})
	}
	signals, err := listen(ctx, conn, rules...)
	if err != nil {
		return err
	}
	s := &screen{cfg: cfg, saver: conn.Object(screenService, screenPath)}
	s.want(w.holds())
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-w.changed:
			s.want(w.holds())
		case call := <-s.reply:
			s.answered(call)
		case signal, ok := <-signals:
			if !ok {
				return errBusEnded
			}
			if on, known := flag(signal); known && on {
				cfg.Away(Locked)
			}
		}
	}
}

// screen is the screen saver: inhibited while its cookie is kept.
type screen struct {
	cfg     Config
	saver   dbus.BusObject
	refused bool // told, and not asked again
	wanted  bool
	held    bool
	cookie  uint32
	reply   <-chan *dbus.Call // not nil: asked for, not answered
}

// want says whether the screen saver is to be inhibited from now on.
func (s *screen) want(on bool) {
	s.wanted = on
	switch {
	case on && !s.held && s.reply == nil && !s.refused:
		// None is started for it: a screen saver that does not run locks nothing.
		s.reply = s.saver.Go(screenService+".Inhibit", dbus.FlagNoAutoStart, make(chan *dbus.Call, 1), s.cfg.Who, s.cfg.Why).Done
	case !on && s.held:
		s.held = false
		s.saver.Go(screenService+".UnInhibit", dbus.FlagNoReplyExpected, nil, s.cookie)
	}
}

// answered takes the answer to Inhibit. Where there is none to be had, locks are
// listened for all the same.
func (s *screen) answered(call *dbus.Call) {
	s.reply = nil
	err := call.Err
	if err == nil {
		if err = call.Store(&s.cookie); err != nil {
			err = fmt.Errorf("%w: %w", errMalformed, err)
		}
	}
	if err != nil {
		s.refused = true
		s.cfg.Problem(&UnavailableError{Service: "screen saver", Cause: err})
		return
	}
	s.held = true
	s.want(s.wanted)
}
