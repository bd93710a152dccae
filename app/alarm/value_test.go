package alarm

import (
	"testing"
	"time"
)

func TestValuesForARecord(t *testing.T) {
	for _, c := range []struct {
		v    Value
		want string
	}{
		{Value{}, ""},
		{Value{Power, 9200}, "9.2 W"},
		{Value{Depth, 1480}, "1.48 mm"},
		{Value{Speed, 6000}, "6000 /min"},
		{Value{Energy, 1_200_000}, "1200 mJ"},
		{Value{Impedance, 242}, "242 Ω"},
		{Value{Temperature, -50}, "-0.5 °C"},
		{Value{Charge, 9}, "9 %"},
		{Value{Uses, 1990}, "1990"},
		{Value{Count, 3}, "3"},
		{Lasting(250 * time.Millisecond), "250 ms"},
		{Lasting(1500 * time.Millisecond), "1.5 s"},
		{Value{Storage, 512_000_000}, "512 MB"},
	} {
		if got := c.v.String(); got != c.want {
			t.Errorf("%+v is %q, want %q", c.v, got, c.want)
		}
	}
}

func TestExpected(t *testing.T) {
	for _, c := range []struct {
		e       Expected
		holds   []int64
		doesNot []int64
		want    string
	}{
		{About(Power, 12_000, 9600, 14_400), []int64{9600, 12_000, 14_400}, []int64{9599, 14_401}, "12.0 W"},
		{Within(Impedance, 50, 800), []int64{50, 800}, []int64{49, 801}, "50 Ω to 800 Ω"},
		{AtMost(Temperature, 8500), []int64{-1, 8500}, []int64{8501}, "at most 85.0 °C"},
		{AtLeast(Charge, 20), []int64{20}, []int64{19}, "at least 20 %"},
	} {
		for _, n := range c.holds {
			if !c.e.Holds(Value{c.e.Quantity, n}) {
				t.Errorf("%+v does not hold for %d", c.e, n)
			}
		}
		for _, n := range c.doesNot {
			if c.e.Holds(Value{c.e.Quantity, n}) {
				t.Errorf("%+v holds for %d", c.e, n)
			}
		}
		if c.e.Holds(Value{Count, c.holds[0]}) {
			t.Errorf("%+v holds for another quantity", c.e)
		}
		if got := c.e.String(); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
	if s := (Expected{}).String(); s != "" {
		t.Errorf("nothing is %q", s)
	}
}
