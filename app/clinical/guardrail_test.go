package clinical

import (
	"errors"
	"testing"

	"pgregory.net/rapid"
)

func ptr(v int32) *int32 { return &v }

func TestNewGuardrailRefusesContradictions(t *testing.T) {
	tests := []struct {
		name                                 string
		absMin, recMin, recMax, absMax, step int32
		start                                *int32
		ok                                   bool
	}{
		{"plain", 0, 10, 20, 50, 10, nil, true},
		{"with a start", 0, 10, 20, 50, 10, ptr(20), true},
		{"start beyond recommended", 0, 10, 20, 50, 10, ptr(50), true},
		{"a single value", 30, 30, 30, 30, 10, ptr(30), true},
		{"recommended off the step", 0, 13, 27, 50, 10, nil, true},
		{"step of zero", 0, 10, 20, 50, 0, nil, false},
		{"step below zero", 0, 10, 20, 50, -10, nil, false},
		{"absolute turned round", 50, 50, 50, 0, 10, nil, false},
		{"recommended turned round", 0, 20, 10, 50, 10, nil, false},
		{"recommended below absolute", 10, 0, 20, 50, 10, nil, false},
		{"recommended above absolute", 0, 10, 60, 50, 10, nil, false},
		{"maximum off the step", 0, 10, 20, 55, 10, nil, false},
		{"start below", 10, 10, 20, 50, 10, ptr(0), false},
		{"start above", 0, 10, 20, 50, 10, ptr(60), false},
		{"start off the step", 0, 10, 20, 50, 10, ptr(15), false},
	}
	for _, tt := range tests {
		_, err := NewGuardrail(tt.absMin, tt.recMin, tt.recMax, tt.absMax, tt.step, tt.start)
		if (err == nil) != tt.ok || err != nil && !errors.Is(err, ErrGuardrail) {
			t.Errorf("%s: got %v", tt.name, err)
		}
	}
}

func TestClassify(t *testing.T) {
	g, err := NewGuardrail(0, 10, 20, 50, 5, nil)
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		v           int32
		want        Class
		needsReason bool
	}{
		{-1, Below, false}, {0, AtAbsoluteMin, true}, {5, BelowRecommended, true}, {10, Recommended, false}, {15, Recommended, false},
		{20, Recommended, false}, {25, AboveRecommended, true}, {50, AtAbsoluteMax, true}, {51, Above, false},
	}
	for _, tt := range tests {
		if got := g.Classify(tt.v); got != tt.want {
			t.Errorf("%d is %v, want %v", tt.v, got, tt.want)
		}
		if got := g.NeedsReason(tt.v); got != tt.needsReason {
			t.Errorf("%d needs a reason: %v", tt.v, got)
		}
	}
	full, err := NewGuardrail(0, 0, 50, 50, 5, nil)
	if err != nil {
		t.Fatal(err)
	}
	if full.Classify(50) != AtAbsoluteMax || full.Classify(0) != AtAbsoluteMin || full.NeedsReason(50) {
		t.Error("a bound that is also recommended is a class of its own, and needs no reason")
	}
}

func TestGuardrailKeepsItsStart(t *testing.T) {
	start := int32(20)
	g, err := NewGuardrail(0, 10, 20, 50, 10, &start)
	if err != nil {
		t.Fatal(err)
	}
	start = 99
	if v, ok := g.Start(); !ok || v != 20 {
		t.Errorf("start is %d, %v after the caller changed his own", v, ok)
	}
}

func TestClassesAreOrdered(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := rapid.SliceOfN(rapid.Int32Range(-1_000_000, 1_000_000), 4, 4).Draw(t, "bounds")
		g, err := NewGuardrail(v[0], v[1], v[2], v[3], 1, nil)
		if (err == nil) != (v[0] <= v[1] && v[1] <= v[2] && v[2] <= v[3]) {
			t.Fatalf("%v: %v", v, err)
		}
		if err != nil {
			return
		}
		a := rapid.Int32().Draw(t, "a")
		b := rapid.Int32Min(a).Draw(t, "b")
		if g.Classify(a) > g.Classify(b) {
			t.Fatalf("%d is %v, %d is %v", a, g.Classify(a), b, g.Classify(b))
		}
		if g.Classify(a).Allowed() != (a >= v[0] && a <= v[3]) {
			t.Fatalf("%d allowed: %v", a, g.Classify(a).Allowed())
		}
	})
}
