package main

import (
	"context"
	"errors"
	"io"
	"testing"
	"testing/synctest"
	"time"
)

func TestPlayIsPlayedAgainOnlyAfterAStandstill(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		failed := errors.New("failed")
		plays := 0
		err := again(t.Context(), io.Discard, func(context.Context) error {
			plays++
			time.Sleep(time.Second)
			return failed
		})
		if !errors.Is(err, failed) || plays != 1 {
			t.Errorf("%v after %d plays, want the failure of the first", err, plays)
		}
	})
}

func TestWhatNoStandstillExcuses(t *testing.T) {
	plays := 0
	err := again(t.Context(), io.Discard, func(context.Context) error {
		plays++
		return errors.Join(neverAgain{errors.New("RF stayed on")})
	})
	if err == nil || plays != 1 {
		t.Errorf("%v after %d plays", err, plays)
	}
}

func TestStandstillIsMeasured(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s standstill
		ctx, cancel := context.WithCancel(t.Context())
		go s.watch(ctx)
		time.Sleep(time.Second)
		cancel()
		synctest.Wait()
		if got := time.Duration(s.longest.Load()); got > 2*standstillTick {
			t.Errorf("%v without a standstill", got)
		}
	})
}

func TestStandstillOfAnotherProcess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for stood, want := range map[time.Duration]int{standstillLimit - 1: 1, standstillLimit: performances} {
			plays := 0
			err := againUnless(t.Context(), io.Discard, func(context.Context) error { plays++; return errors.New("failed") },
				func() time.Duration { return stood })
			if err == nil || plays != want {
				t.Errorf("%v after %d plays where another stood still for %v, want %d", err, plays, stood, want)
			}
		}
	})
}
