package protocol

import "fmt"

// maxName is the longest name within a descriptor in bytes.
const maxName = 32

// Validate refuses a descriptor that contradicts itself. The error is an
// ErrDescriptor and names the entry.
func (d *Descriptor) Validate() error {
	if d.Format != 1 {
		return refuse("format %d, 1 is known", d.Format)
	}
	if d.StatusLayout != 1 {
		return refuse("status_layout %d, 1 is known", d.StatusLayout)
	}
	if d.Kind != KindNeedling && d.Kind != KindRF {
		return refuse("kind %q", d.Kind)
	}
	if d.NeedleTravelMS < 0 || d.StopToRetracted <= 0 {
		return refuse("needle_travel_ms and stop_to_retracted_ms must be given")
	}
	if err := d.checkParameters(); err != nil {
		return err
	}
	return d.checkTables()
}

func refuse(format string, args ...any) error {
	return fmt.Errorf("%w: "+format, append([]any{ErrDescriptor}, args...)...)
}

// parameterUnits are the parameters of version 1 in their order, which is
// that of a settings hash.
func parameterUnits() [4][2]string {
	return [4][2]string{{ParamDepth, "um"}, {ParamSpeed, "spm"}, {ParamPower, "mw"}, {ParamDuration, "ms"}}
}

func (d *Descriptor) checkParameters() error {
	want := parameterUnits()
	n := 2
	if d.Kind == KindRF {
		n = 4
		if d.RatedPowerMW <= 0 {
			return refuse("rated_power_mw missing on an RF pen")
		}
	}
	if len(d.Parameters) < n || len(d.Parameters) > MaxParameters {
		return refuse("%d parameters, a %s pen has at least %d and at most %d", len(d.Parameters), d.Kind, n, MaxParameters)
	}
	seen := make(map[string]bool)
	for i, p := range d.Parameters {
		if err := checkName("parameter", p.Name, seen); err != nil {
			return err
		}
		if i < n && (p.Name != want[i][0] || p.Unit != want[i][1]) {
			return refuse("parameter %d is %s in %s, want %s in %s", i, p.Name, p.Unit, want[i][0], want[i][1])
		}
		if p.Step <= 0 {
			return refuse("parameter %s: step %d", p.Name, p.Step)
		}
		if p.Min > p.Max || p.Min < 0 {
			return refuse("parameter %s: min %d, max %d", p.Name, p.Min, p.Max)
		}
		if (p.Max-p.Min)%p.Step != 0 {
			return refuse("parameter %s: max is not a whole number of steps from min", p.Name)
		}
		if p.Default < p.Min || p.Default > p.Max || (p.Default-p.Min)%p.Step != 0 {
			return refuse("parameter %s: default %d", p.Name, p.Default)
		}
	}
	if d.Kind == KindNeedling && (seen[ParamPower] || seen[ParamDuration]) {
		return refuse("a needling pen with RF parameters")
	}
	return nil
}

func (d *Descriptor) checkTables() error {
	seen := make(map[string]bool)
	for _, s := range d.Sensors {
		if err := checkName("sensor", s.Name, seen); err != nil {
			return err
		}
		if s.Min > s.Max {
			return refuse("sensor %s: min %d, max %d", s.Name, s.Min, s.Max)
		}
	}
	seen = make(map[string]bool)
	codes := make(map[uint16]bool)
	for _, a := range d.Alarms {
		if err := checkName("alarm", a.Name, seen); err != nil {
			return err
		}
		if codes[a.Code] {
			return refuse("alarm code %d twice", a.Code)
		}
		codes[a.Code] = true
		if a.Priority != "high" && a.Priority != "medium" && a.Priority != "low" {
			return refuse("alarm %s: priority %q", a.Name, a.Priority)
		}
	}
	seen = make(map[string]bool)
	codes = make(map[uint16]bool)
	for _, e := range d.Events {
		if err := checkName("event", e.Name, seen); err != nil {
			return err
		}
		if codes[e.Code] {
			return refuse("event code %d twice", e.Code)
		}
		codes[e.Code] = true
		if e.Level > LevelError || len(e.Args) > 2 {
			return refuse("event %s: level %d with %d arguments", e.Name, e.Level, len(e.Args))
		}
	}
	if len(d.ArmBlocks) > 16 {
		return refuse("%d arm blocks, at most 16", len(d.ArmBlocks))
	}
	seen = make(map[string]bool)
	for _, b := range d.ArmBlocks {
		if err := checkName("arm block", b, seen); err != nil {
			return err
		}
	}
	return nil
}

// checkName refuses a name that is empty, long, not printable, or already in
// seen.
func checkName(what, name string, seen map[string]bool) error {
	if name == "" || len(name) > maxName {
		return refuse("%s name of %d bytes", what, len(name))
	}
	for i := range len(name) {
		if c := name[i]; c < 0x20 || c > 0x7E {
			return refuse("%s name %q is not printable ASCII", what, name)
		}
	}
	if seen[name] {
		return refuse("%s %q twice", what, name)
	}
	seen[name] = true
	return nil
}
