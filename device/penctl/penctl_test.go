package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"stipple/device"
	"stipple/device/link"
	"stipple/protocol"
)

func TestClassify(t *testing.T) {
	bound := func(v int64) *int64 { return &v }
	port := device.Port{Path: "p"}
	lost := &device.LinkLostError{Cause: io.EOF}
	for _, c := range []struct {
		err   error
		exit  int
		field string
		bound *int64
	}{
		{&device.RefusedError{Code: protocol.CodeAboveLimit, Name: protocol.ParamDepth, Bound: 1500}, exitRefused, "depth_um", bound(1500)},
		{&device.RefusedError{Code: protocol.CodeDose, Name: protocol.ParamPower, Bound: 62000}, exitRefused, "power_mw", bound(62000)},
		{&device.RefusedError{Code: protocol.CodeStep, Name: protocol.ParamDepth, Bound: 100}, exitRefused, "depth_um", nil},
		{&device.RefusedError{Code: protocol.CodeState, Field: -1}, exitRefused, "", nil},
		{device.ErrArmed, exitRefused, "", nil},
		{&device.MajorError{Pen: 2, Console: 1}, exitRefused, "", nil},
		{&device.EchoError{Field: "depth"}, exitRefused, "", nil},
		{usageError("no"), exitUsage, "", nil},
		{&device.BusyError{Port: port}, exitNoPen, "", nil},
		{&device.PermissionError{Port: port, Group: "dialout"}, exitNoPen, "", nil},
		{&device.PortGoneError{Port: port}, exitNoPen, "", nil},
		{&device.NotPortError{Port: port}, exitNoPen, "", nil},
		{&device.NotPenError{Port: port}, exitNoPen, "", nil},
		{&device.SimulatedError{Port: port}, exitNoPen, "", nil},
		{lost, exitLost, "", nil},
		{&device.LinkLostError{Cause: &device.PortGoneError{Port: port}}, exitLost, "", nil},
		{fmt.Errorf("apply: %w", lost), exitLost, "", nil},
		{errors.Join(lost, io.ErrClosedPipe), exitLost, "", nil},
		{device.ErrNoReply, exitLost, "", nil},
		{context.DeadlineExceeded, exitLost, "", nil},
		{context.Canceled, exitRefused, "", nil},
		{&device.UncertainError{Cause: context.Canceled}, exitRefused, "", nil},
		{&device.NotOfferedError{What: "a log"}, exitRefused, "", nil},
		{&device.LogError{Index: 5, Why: "page is empty"}, exitRefused, "", nil},
	} {
		f := classify(c.err)
		if f.exit != c.exit || f.field != c.field || !reflect.DeepEqual(f.bound, c.bound) {
			t.Errorf("%v: exit %d, field %q, bound %v; want %d, %q, %v", c.err, f.exit, f.field, f.bound, c.exit, c.field, c.bound)
		}
	}
}

// However many errors came together: one line, and nothing twice.
func TestErrorIsOneLine(t *testing.T) {
	full := fmt.Errorf("print: %w", errors.New("full"))
	for _, asJSON := range []bool{false, true} {
		var said bytes.Buffer
		console{err: &said, json: asJSON}.fail(errors.Join(full, errors.New("close"), errors.Join(nil, full)))
		want := "penctl: print: full; close\n"
		if asJSON {
			want = `{"error":"print: full; close","field":null,"bound":null}` + "\n"
		}
		if said.String() != want {
			t.Errorf("said %q, want %q", &said, want)
		}
	}
}

// Ctrl-C is said in words, also where it leaves something uncertain.
func TestInterruptedInWords(t *testing.T) {
	for want, err := range map[string]error{
		"interrupted": fmt.Errorf("apply: %w", context.Canceled),
		(&device.UncertainError{Cause: errors.New("interrupted")}).Error(): &device.UncertainError{Cause: context.Canceled},
	} {
		if f := classify(err); f.text != want || f.exit != exitRefused {
			t.Errorf("%v: %q, exit %d, want %q", err, f.text, f.exit, want)
		}
	}
}

// withPens is ports with the given pens in the list.
func withPens(found []device.Port, err error) ports {
	find := func(context.Context) ([]device.Port, error) { return found, err }
	return ports{
		pens: find, named: func(string) finder { return find },
		open: func(p device.Port) (io.ReadWriteCloser, error) { return nil, &device.BusyError{Port: p} },
	}
}

func TestListAndChoice(t *testing.T) {
	one := device.Port{Path: "/dev/ttyACM0", VID: "1209", PID: "5354", USBSerial: "42", Product: "Pen"}
	two := device.Port{Path: "/dev/ttyACM1", VID: "1209", PID: "5354"}
	for _, c := range []struct {
		name       string
		found      []device.Port
		err        error
		args       string
		exit       int
		out, stray string
	}{
		{"list", []device.Port{one, two}, nil, "list", exitOK, "/dev/ttyACM0\t1209:5354\t42\tPen\n/dev/ttyACM1\t1209:5354\t\t\n", ""},
		{"list json", []device.Port{one}, nil, "list --json", exitOK, `{"port":"/dev/ttyACM0","vid":"1209","pid":"5354","usb_serial":"42","product":"Pen"}` + "\n", ""},
		{"list none", nil, nil, "list --json", exitNoPen, "", `{"error":"no pen found; a pseudo-terminal is not listed and is named with --port","field":null,"bound":null}` + "\n"},
		{"list broken", nil, errors.New("no sysfs"), "list", exitNoPen, "", "penctl: list the ports: no sysfs\n"},
		{"list word", nil, nil, "list all", exitUsage, "", "penctl: unexpected \"all\"\n"},
		{"info none", nil, nil, "info", exitNoPen, "", "penctl: no pen found; a pseudo-terminal is not searched for and is named with --port\n"},
		{"info several", []device.Port{one, two}, nil, "info", exitNoPen, "", "penctl: 2 ports may be pens; name one with --port (penctl list shows them)\n"},
		{"info the only one", []device.Port{one}, nil, "info", exitNoPen, "", "penctl: /dev/ttyACM0 is in use by another program\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var out, errs bytes.Buffer
			exit := run(context.Background(), strings.Fields(c.args), console{out: &out, err: &errs, ports: withPens(c.found, c.err)})
			if exit != c.exit || out.String() != c.out || errs.String() != c.stray {
				t.Errorf("exit %d, printed %q and %q; want %d, %q and %q", exit, &out, &errs, c.exit, c.out, c.stray)
			}
		})
	}
}

func TestParseTakesFlagsAndWordsInAnyOrder(t *testing.T) {
	for _, args := range []string{"--link p trigger down --json", "trigger --json down --link p", "trigger down --link=p --json=true"} {
		fs := flag.NewFlagSet("hand", flag.ContinueOnError)
		link, asJSON := fs.String("link", "", ""), fs.Bool("json", false, "")
		words, err := parse(fs, strings.Fields(args))
		if err != nil || *link != "p" || !*asJSON || !reflect.DeepEqual(words, []string{"trigger", "down"}) {
			t.Errorf("%s: words %v, link %q, json %v, %v", args, words, *link, *asJSON, err)
		}
	}
}

func rfDescriptor() *protocol.Descriptor {
	return &protocol.Descriptor{
		Kind: protocol.KindRF, NeedleTravelMS: 120, MaxDosePinUJ: 120_000,
		Parameters: []protocol.ParameterSpec{
			{Name: protocol.ParamDepth, Min: 500, Max: 3500, Step: 100},
			{Name: protocol.ParamSpeed, Min: 30, Max: 120, Step: 1},
			{Name: protocol.ParamPower, Min: 0, Max: 50_000, Step: 1000},
			{Name: protocol.ParamDuration, Min: 10, Max: 1000, Step: 10},
		},
	}
}

// Whatever is typed: what passes the check is inside pen, tip, dose and
// timing, and its envelope allows it and nothing beyond.
func TestExactEnvelope(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := rfDescriptor()
		tip := protocol.TipInfo{
			ID: 1, Pins: rapid.Uint16Range(1, 100).Draw(t, "pins"), NeedleLength: rapid.Uint16Range(400, 4000).Draw(t, "needle"),
			RatedPower: rapid.Uint32Range(0, 60_000).Draw(t, "rated"),
		}
		values := make([]int32, len(d.Parameters))
		for i, p := range d.Parameters {
			values[i] = rapid.Int32Range(p.Min-p.Step, p.Max+p.Step).Draw(t, p.Name)
			if rapid.Bool().Draw(t, "on the step") {
				values[i] -= (values[i] - p.Min) % p.Step
			}
		}
		if check(d, tip, values) != nil {
			return
		}
		e := exactEnvelope(d, tip.Pins, values)
		for i, p := range d.Parameters {
			v := values[i]
			if v < p.Min || v > p.Max || (v-p.Min)%p.Step != 0 || e.Ranges[i] != (protocol.Range{Index: uint8(i), Min: v, Max: v}) {
				t.Fatalf("%s %d passes; range %v", p.Name, v, e.Ranges[i])
			}
		}
		energy, pins := protocol.Energy(protocol.Milliwatts(values[2]), protocol.Milliseconds(values[3])), protocol.Microjoules(tip.Pins)
		switch {
		case values[0] > int32(tip.NeedleLength), uint32(values[2]) > tip.RatedPower:
			t.Fatal("beyond the tip")
		case int64(values[3]+120)*int64(values[1]) > 60_000:
			t.Fatal("does not fit into a stamp")
		case e.DosePerPin > d.MaxDosePinUJ, e.DosePerPin*pins < energy, energy > 0 && (e.DosePerPin-1)*pins >= energy:
			t.Fatalf("dose %d for %d µJ over %d pins", e.DosePerPin, energy, pins)
		case e.PulsesPerSpot != 1 || e.Pins != tip.Pins:
			t.Fatalf("envelope %+v", e)
		}
	})
}

// The bound of a value off the step is one that passes, the nearest below;
// the pen's own refusal, which names its step, becomes the same.
func TestOffStep(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := rfDescriptor()
		low := rapid.Int32Range(math.MinInt32, math.MaxInt32-1).Draw(t, "min")
		step := rapid.Int32Range(2, math.MaxInt32).Draw(t, "step")
		d.Parameters[0].Min, d.Parameters[0].Max, d.Parameters[0].Step = low, math.MaxInt32, step
		values := []int32{rapid.Int32Range(low, math.MaxInt32).Draw(t, "depth"), 30, 0, 10}
		err := check(d, protocol.TipInfo{}, values)
		if err == nil {
			if (int64(values[0])-int64(low))%int64(step) != 0 {
				t.Fatal("passes off the step")
			}
			return
		}
		f := classify(err)
		if f.exit != exitRefused || f.field != "depth_um" || f.bound == nil {
			t.Fatalf("%v: exit %d, field %q, bound %v", err, f.exit, f.field, f.bound)
		}
		if gap := int64(values[0]) - *f.bound; gap <= 0 || gap >= int64(step) {
			t.Fatalf("bound %d for %d at step %d", *f.bound, values[0], step)
		}
		below := []int32{int32(*f.bound), 30, 0, 10}
		if err := check(d, protocol.TipInfo{}, below); err != nil {
			t.Fatalf("the bound is refused: %v", err)
		}
		pen := &device.RefusedError{Code: protocol.CodeStep, Field: 0, Name: protocol.ParamDepth, Bound: step}
		if g := classify(stepRefusal(d, values, pen)); g.text != f.text || *g.bound != *f.bound || !errors.Is(g, pen) {
			t.Fatalf("pen's refusal: %v, bound %d; want %v, %d", g, *g.bound, f, *f.bound)
		}
	})
	for _, odd := range []*device.RefusedError{{Code: protocol.CodeStep, Field: -1, Bound: 5}, {Code: protocol.CodeStep, Field: 9, Bound: 5}, {Code: protocol.CodeStep}} {
		if err := stepRefusal(rfDescriptor(), []int32{0, 0, 0, 0}, odd); err != error(odd) {
			t.Errorf("%+v became %v", odd, err)
		}
	}
}

func TestMergeKeepsWhatIsNotGiven(t *testing.T) {
	active := []int32{1500, 60, 12_000, 100}
	got, err := merge(rfDescriptor(), active, wanted{protocol.ParamSpeed: 90})
	if want := []int32{1500, 90, 12_000, 100}; err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%v, %v; want %v", got, err, want)
	}
	if active[1] != 60 {
		t.Error("the read-back was changed")
	}
}

// A storm over a bad line closes its end when it is over. That is no error,
// whichever way finds it first.
func TestStormEndsOverABadLine(t *testing.T) {
	for range 200 {
		toPen, pen := link.Pipe()
		w := &weather{line: toPen}
		w.spoil(link.Script{})
		if err := w.line.Close(); err != nil {
			t.Fatal(err)
		}
		writing := make(chan struct{})
		go func() {
			defer close(writing)
			for {
				if _, err := pen.Write([]byte("from the pen")); err != nil {
					return
				}
			}
		}()
		if err := w.runs[0](t.Context()); err != nil {
			t.Fatal(err)
		}
		<-writing
	}
}

// A port with a plug may be a real pen: a storm does not even open it.
func TestStormRefusesAPlug(t *testing.T) {
	opened := false
	plugged := device.Port{Path: "/dev/ttyACM0", VID: "1209", PID: "5354"}
	c := console{out: io.Discard, err: io.Discard, ports: ports{
		named: func(string) finder {
			return func(context.Context) ([]device.Port, error) { return []device.Port{plugged}, nil }
		},
		open: func(device.Port) (io.ReadWriteCloser, error) { opened = true; return nil, io.EOF },
	}}
	err := c.storm(t.Context(), raging{port: plugged.Path, seed: 1, length: time.Second})
	if code := c.fail(err); code != exitNoPen || opened || !strings.Contains(err.Error(), "USB identity") {
		t.Errorf("exit %d, opened %v: %v", code, opened, err)
	}
}
