package main

import (
	"context"
	"path/filepath"
	"testing"

	"stipple/app/ui/trace"
)

// TestFirstAdministrator adds the administrator by keys in the real window, as the
// senior clinician who set the practice up, and signs in as the new one.
func TestFirstAdministrator(t *testing.T) {
	dir := shortDir(t)
	ctx := t.Context()
	data := filepath.Join(dir, "data")
	practice(t, data)
	screen, err := openDisplay(ctx, dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closing(t, screen.close()) })
	open := func() *window {
		w, err := openConsole(ctx, built.stipple, testHome(t, screen, dir), "--data", data)
		if err != nil {
			t.Fatal(err)
		}
		return w
	}
	sees := func(w *window, what string, ok func(trace.Snapshot) bool) {
		t.Helper()
		if _, err := w.until(ctx, startLimit, what, ok); err != nil {
			t.Fatal(err)
		}
	}

	w := open()
	signIn(t, w, practicePassphrase)
	treatPage(t, w)
	for _, name := range []string{"nav.clinic", "clinic.operators.add"} {
		if err := w.use(ctx, name); err != nil {
			t.Fatal(err)
		}
	}
	sees(w, "the form", func(s trace.Snapshot) bool { return text(s, "Who is to work here?") != "" })
	for _, step := range []struct {
		typed string
		keys  []string
	}{
		{"L. Brandt", []string{"Tab"}}, {"brandt", []string{"Tab"}},
		{renewedPassphrase, []string{"Tab"}},
		{renewedPassphrase, []string{"Return"}},
	} {
		if err := w.text(ctx, step.typed); err != nil {
			t.Fatal(err)
		}
		if err := w.key(ctx, step.keys...); err != nil {
			t.Fatal(err)
		}
	}
	sees(w, "how the administrator signs in", func(s trace.Snapshot) bool { return text(s, "L. Brandt can sign in now") != "" })
	if err := w.use(ctx, "overlay.button.close"); err != nil {
		t.Fatal(err)
	}
	sees(w, "the tab closed", func(s trace.Snapshot) bool { return text(s, "Who works here is for the administrator") != "" })
	closing(t, w.console.end())

	w = open()
	if err := w.use(ctx, "signin.names.choice.brandt"); err != nil {
		t.Fatal(err)
	}
	signIn(t, w, renewedPassphrase)
	sees(w, "that it has to be an own one", func(s trace.Snapshot) bool { return s.States["step"] == "renew" })
	for _, typed := range []string{practicePassphrase, "Tab", practicePassphrase, "Return"} {
		do := w.text
		if typed == "Tab" || typed == "Return" {
			do = func(ctx context.Context, key string) error { return w.key(ctx, key) }
		}
		if err := do(ctx, typed); err != nil {
			t.Fatal(err)
		}
	}
	sees(w, "the administrator at work", func(s trace.Snapshot) bool { return s.States["operator"] == "L. Brandt" })
	if err := w.use(ctx, "nav.clinic"); err != nil {
		t.Fatal(err)
	}
	sees(w, "both in the list", func(s trace.Snapshot) bool {
		return s.States["clinic.operators"] == "2" && text(s, "Dr A. Meyer") != ""
	})
	closing(t, w.console.end())
}
