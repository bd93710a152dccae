package coded

import (
	"errors"
	"fmt"
	"testing"
)

// worded is an error with a word and something else of its own.
type worded struct{ line int }

func (worded) Error() string { return "worded" }
func (worded) Code() string  { return "line" }

func TestOf(t *testing.T) {
	first := New("full", "the disk is full")
	for _, c := range []struct {
		err  error
		want string
	}{
		{nil, ""}, {errors.New("x"), ""}, {first, "full"}, {fmt.Errorf("save: %w", first), "full"}, {worded{3}, "line"},
		{errors.Join(errors.New("x"), fmt.Errorf("y: %w", worded{3}), first), "line"}, {fmt.Errorf("%w: %w", first, worded{3}), "full"},
	} {
		if got := Of(c.err); got != c.want {
			t.Errorf("%v has %q, want %q", c.err, got, c.want)
		}
	}
	if first.Error() != "the disk is full" || errors.Is(first, New("full", "the disk is full")) || !errors.Is(fmt.Errorf("save: %w", first), first) {
		t.Error("two errors with one word are one, or one is not itself")
	}
}
