package main

import (
	"context"
	"errors"
	"io"
	"testing"
	"testing/synctest"
	"time"
)

func TestFollower(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, w := io.Pipe()
		f := follow(r)
		is := func(want string) func([]byte) bool { return func(l []byte) bool { return string(l) == want } }
		go func() {
			for _, l := range []string{"one\n", "tw", "o\n", "three\n"} {
				time.Sleep(time.Second)
				_, _ = io.WriteString(w, l)
			}
		}()
		begin := time.Now()
		_, at, err := f.find(context.Background(), 0, is("two"))
		if err != nil || at != 1 || time.Since(begin) != 3*time.Second {
			t.Fatalf("two: line %d after %v: %v", at, time.Since(begin), err)
		}
		if _, at, err := f.find(context.Background(), 0, is("one")); err != nil || at != 0 {
			t.Errorf("one is remembered: line %d, %v", at, err)
		}
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		if _, _, err := f.find(ctx, 0, is("four")); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("four: %v, want the deadline", err)
		}
		if f.count() != 3 || len(f.all(1)) != 2 || len(f.all(9)) != 0 {
			t.Errorf("%d lines, %d from 1 on", f.count(), len(f.all(1)))
		}
		_ = w.Close()
		if _, _, err := f.find(context.Background(), 0, is("four")); !errors.Is(err, errStreamEnded) {
			t.Errorf("after the end: %v", err)
		}
		f.drained()
	})
}
