package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"stipple/protocol"
)

func TestSnake(t *testing.T) {
	for name, want := range map[string]string{
		"Depth": "depth", "SetDepth": "set_depth", "RFSeconds": "rf_seconds", "UTC": "utc", "TipID": "tip_id",
		"DescriptorSHA256": "descriptor_sha256", "ServiceRF": "service_rf", "ID": "id", "ArmBlocks": "arm_blocks",
	} {
		if got := snake(name); got != want {
			t.Errorf("%s: %s", name, got)
		}
	}
}

// Messages as they are shown, without and with the pen's descriptor.
func TestRender(t *testing.T) {
	table := protocol.CalTable{
		Quantity: protocol.QuantityPower, Form: protocol.CalPiecewise, Revision: 3, DateDays: 22000, ValidDays: 365, Technician: "A. Fox", Instrument: "PM-1",
		Points: []protocol.CalPoint{{Raw: 1000, True: 990}, {Raw: 9000, True: 9050}},
	}
	d := rfDescriptor()
	d.Parameters[0].Unit, d.Parameters[1].Unit, d.Parameters[2].Unit, d.Parameters[3].Unit = "um", "spm", "mw", "ms"
	d.Events = []protocol.EventSpec{{Code: 17, Name: "contact", Args: []string{"on"}}}
	for _, c := range []struct {
		name string
		m    protocol.Message
		dict *protocol.Descriptor
		want string
		json string
	}{
		{"units and sets", &protocol.Status{
			State: protocol.StateReady, Flags: protocol.FlagContact | protocol.FlagLease | 1<<15, Clock: 1_500_000, ArmID: 0xAB, LeaseLeft: 240,
			Depth: protocol.Swing{Now: 1500, Min: 3, Max: 1510}, Temp: -5, TempMax: 3456, Battery: 80, ArmBlocks: protocol.BlockBattery, Impedance: 300,
		}, nil,
			"state=READY fault=NONE flags=[CONTACT LEASE BIT_15] clock=1500000µs arm_id=000000ab arm_blocks=[BATTERY] lease_left=240ms " +
				"settings_hash=0000000000000000 newest_pulse=0 newest_log=0 tip_id=0 set_depth=0µm set_speed=0/min set_power=0mW set_duration=0ms " +
				"depth={now=1500µm min=3µm max=1510µm} speed={now=0/min min=0/min max=0/min} power=0mW power_max=0mW impedance=300Ω temp=-0.05°C temp_max=34.56°C battery=80%",
			`{"state":"READY","fault":"NONE","flags":["CONTACT","LEASE","BIT_15"],"clock_us":1500000,"arm_id":"000000ab","arm_blocks":["BATTERY"],"lease_left_ms":240,` +
				`"settings_hash":"0000000000000000","newest_pulse":0,"newest_log":0,"tip_id":0,"set_depth_um":0,"set_speed_spm":0,"set_power_mw":0,"set_duration_ms":0,` +
				`"depth_um":{"now":1500,"min":3,"max":1510},"speed_spm":{"now":0,"min":0,"max":0},"power_mw":0,"power_max_mw":0,"impedance_ohm":300,"temp_cdegc":-5,"temp_max_cdegc":3456,"battery_pct":80}`},
		{"nothing", &protocol.TipRead{}, nil, "", "{}"},
		{"event unnamed", &protocol.Event{Index: 9, Clock: 5, Code: 17, Level: protocol.LevelWarning, Args: [2]int32{1, 0}}, nil,
			"index=9 clock=5µs code=17 level=warning args=[1 0]", `{"index":9,"clock_us":5,"code":17,"level":"warning","args":[1,0]}`},
		{"event named", &protocol.Event{Index: 9, Clock: 5, Code: 17, Level: 77, Args: [2]int32{1, 0}}, d,
			"index=9 clock=5µs code=17 event=contact level=77 args={on=1}", `{"index":9,"clock_us":5,"code":17,"event":"contact","level":77,"args":{"on":1}}`},
		{"parameters unnamed", &protocol.PutSettings{Generation: 2, Fields: []protocol.Field{{Index: 0, Value: 1500}}, Role: protocol.RoleClinician}, nil,
			"generation=2 fields=[{index=0 value=1500}] role=" + protocol.RoleClinician.String(), `{"generation":2,"fields":[{"index":0,"value":1500}],"role":"` + protocol.RoleClinician.String() + `"}`},
		{"parameters named", &protocol.PutSettings{Generation: 2, Fields: []protocol.Field{{Index: 0, Value: 1500}, {Index: 9, Value: 1}}}, d,
			"generation=2 fields=[{index=0 parameter=depth value=1500µm} {index=9 value=1}] role=" + protocol.Role(0).String(),
			`{"generation":2,"fields":[{"index":0,"parameter":"depth","value":1500},{"index":9,"value":1}],"role":"` + protocol.Role(0).String() + `"}`},
		{"settings named", &protocol.SettingsReply{Values: []int32{1500, 60, 2000, 100}, Verdicts: []protocol.Verdict{{Index: 2, Code: protocol.CodeDose, Bound: 1800}}}, d,
			"applied=no generation=0 tip_id=0 pins=0 cal_rev=0 hash=0000000000000000 settings={depth=1500µm speed=60/min power=2000mW duration=100ms} " +
				"verdicts=[{index=2 parameter=power code=DOSE bound=1800mW}]",
			`{"applied":false,"generation":0,"tip_id":0,"pins":0,"cal_rev":0,"hash":"0000000000000000","settings":{"depth_um":1500,"speed_spm":60,"power_mw":2000,"pulse_ms":100},` +
				`"verdicts":[{"index":2,"parameter":"power","code":"DOSE","bound":1800}]}`},
		{"refusal of a parameter", &protocol.Rejected{Request: protocol.TypePutSettings, Code: protocol.CodeAbovePen, Field: 0, Bound: 3500}, d,
			"request=PUT_SETTINGS code=ABOVE_PEN field=0 parameter=depth bound=3500µm", `"field":0,"parameter":"depth","bound":3500`},
		{"refusal of no parameter", &protocol.Rejected{Request: protocol.TypeArm, Code: protocol.CodeLate, Field: protocol.NoField}, d,
			"request=ARM code=LATE field=255 bound=0", `{"request":"ARM","code":"LATE","field":255,"bound":0}`},
		{"quantity", &protocol.TestOutput{CommandID: 1, Quantity: protocol.QuantityDepth, Value: 700, Duration: 5}, nil,
			"command_id=0000000000000001 role=" + protocol.Role(0).String() + " quantity=depth raw=no value=700µm duration=5ms load=0Ω not_after=0µs", ""},
		{"calibration table", &protocol.CalWrite{Quantity: protocol.QuantityPower, Table: table.Append(nil)}, nil,
			"role=" + protocol.Role(0).String() + " quantity=power table={quantity=power form=piecewise revision=3 date_days=2030-03-27 valid_days=365 span=0mW technician=\"A. Fox\" instrument=\"PM-1\" " +
				"points=[{raw=1000mW true=990mW} {raw=9000mW true=9050mW}] coefficients=[]}", ""},
		{"calibration table that is none", &protocol.CalWrite{Table: []byte("abc")}, nil, "role=" + protocol.Role(0).String() + " quantity=depth table=616263", ""},
		{"version", &protocol.FirmwareState{Running: protocol.Version{Major: 1, Minor: 2, Patch: 3}}, nil, "running=1.2.3", `"running":"1.2.3"`},
		{"times", &protocol.UTCSet{CommandID: 2, Clock: 3, UTC: 4}, nil, "clock=3µs utc=4µs", `"clock_us":3,"utc_us":4`},
		{"work", &protocol.Counters{RFSeconds: 5, ServiceRF: 6}, nil, "rf_seconds=5s service_pulses=0 service_motor=0s service_rf=6s", `"rf_seconds":5,"service_pulses":0,"service_motor_s":0,"service_rf_s":6`},
		{"long bytes", &protocol.DescriptorChunk{Data: []byte("123456789")}, nil, "offset=0 data=3132333435363738…(9 bytes)", `{"offset":0,"data":"313233343536373839"}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := (&dictionary{d: c.dict}).message(c.m)
			if got := o.line(); !strings.Contains(got, c.want) || c.want == "" && got != "" {
				t.Errorf("shows\n%s\nwant\n%s", got, c.want)
			}
			got, err := json.Marshal(o)
			if err != nil || !strings.Contains(string(got), c.json) {
				t.Errorf("JSON\n%s, %v\nwant\n%s", got, err, c.json)
			}
		})
	}
}

// Every message that there is, and any that comes to the protocol later, can
// be shown: valid JSON with each key once, and no trace of Go's own notation.
func TestRenderEverything(t *testing.T) {
	var types []protocol.Type
	for i := range 256 {
		if protocol.Type(i).Known() {
			types = append(types, protocol.Type(i))
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		typ := rapid.SampledFrom(types).Draw(t, "type")
		payload := rapid.SliceOfN(rapid.Byte(), 0, protocol.MaxPayload).Draw(t, "payload")
		if rapid.Bool().Draw(t, "zeros") {
			payload = make([]byte, protocol.MaxPayload)
		}
		m, err := protocol.Decode(protocol.Frame{Header: protocol.Header{Type: typ, Lane: typ.Lane()}, Payload: payload})
		if err != nil {
			return
		}
		d := &dictionary{}
		if rapid.Bool().Draw(t, "named") {
			d.d = rfDescriptor()
		}
		d.learn(m)
		o := d.message(m)
		if reflect.ValueOf(m).Elem().NumField() > 0 && len(o) == 0 {
			t.Fatalf("%v shows nothing", typ)
		}
		if line := o.line(); strings.ContainsAny(line, "\n\r") || strings.Contains(line, "%!") || strings.Contains(line, "&{") || strings.Contains(strings.ReplaceAll(line, "TYPE_0x", ""), "0x") {
			t.Fatalf("%v: %s", typ, line)
		}
		text, err := json.Marshal(o)
		if err != nil || !json.Valid(text) {
			t.Fatalf("%v: %s, %v", typ, text, err)
		}
		keys := map[string]bool{}
		for _, member := range o {
			if keys[member.key] {
				t.Fatalf("%v: key %s twice", typ, member.key)
			}
			keys[member.key] = true
		}
	})
}

// The descriptor is put together from what passes, out of order and twice,
// and only believed if it has its hash.
func TestDictionaryLearns(t *testing.T) {
	raw, err := rfDescriptor().Encode()
	if err != nil {
		t.Fatal(err)
	}
	d := &dictionary{}
	chunk := func(offset, n int) {
		d.learn(&protocol.DescriptorChunk{Offset: uint16(offset), Data: raw[offset:min(offset+n, len(raw))]})
	}
	d.learn(&protocol.HelloAck{DescriptorLength: uint16(len(raw)), DescriptorSHA256: [32]byte{1}})
	for i := 0; i < len(raw); i += 100 {
		chunk(i, 100)
	}
	if d.d != nil {
		t.Error("believed with another hash")
	}
	ack := &protocol.HelloAck{DescriptorLength: uint16(len(raw)), DescriptorSHA256: hashOf(raw)}
	d.learn(ack)
	for i := 0; i < len(raw); i += 100 {
		chunk(0, 100)
		chunk(min(i+100, len(raw)), 100)
		chunk(i, 100)
	}
	if _, ok := d.parameter(0); ok {
		t.Error("a descriptor that the protocol refuses is used")
	}
	full := validDescriptor(t)
	ack.DescriptorLength, ack.DescriptorSHA256 = uint16(len(full)), hashOf(full)
	raw = full
	d.learn(ack)
	for i := 0; i < len(raw); i += 100 {
		chunk(0, 100)
		chunk(i, 100)
		d.learn(ack)
	}
	if p, ok := d.parameter(0); !ok || p.Name != protocol.ParamDepth {
		t.Errorf("parameter %+v %v", p, ok)
	}
	if _, ok := d.parameter(99); ok {
		t.Error("parameter 99")
	}
}

func TestHexReader(t *testing.T) {
	for _, c := range []struct{ in, want, err string }{
		{"", "", ""},
		{"00 0a\nFf\tAB\r\n", "\x00\x0a\xff\xab", ""},
		{"0", "", "line 1: half a byte"},
		{"00\n1", "\x00", "line 2: half a byte"},
		{"00\n1g", "\x00", `line 2: 'g' is no hexadecimal digit`},
		{"0x00", "", `'x' is no`},
	} {
		var out bytes.Buffer
		_, err := out.ReadFrom(newHexReader(strings.NewReader(c.in)))
		if out.String() != c.want || (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) {
			t.Errorf("%q: %q, %v", c.in, &out, err)
		}
	}
}

func TestParseFilter(t *testing.T) {
	f, err := parseFilter("live", "status, Lease,type_0x7f", "pen")
	if err != nil || fmt.Sprint(f) != "{live pen map[LEASE:true STATUS:true TYPE_0x7F:true]}" {
		t.Errorf("%v, %v", f, err)
	}
	for _, c := range [][3]string{{"fast", "", ""}, {"", "NONE", ""}, {"", "", "me"}} {
		var wrong *failure
		if _, err := parseFilter(c[0], c[1], c[2]); err == nil {
			t.Errorf("%v passes", c)
		} else if wrong = classify(err); wrong.exit != exitUsage || wrong.field == "" {
			t.Errorf("%v: %+v", c, wrong)
		}
	}
}

func hashOf(b []byte) [32]byte { return sha256.Sum256(b) }

// validDescriptor is the bytes of a descriptor that the protocol takes.
func validDescriptor(t *testing.T) []byte {
	t.Helper()
	d := rfDescriptor()
	d.Format, d.StatusLayout, d.RatedPowerMW, d.RFFrequencyKHz, d.StopToRetracted, d.MaxPulsesSpot = 1, 1, 50000, 2000, 50, 5
	for i, unit := range []string{"um", "spm", "mw", "ms"} {
		d.Parameters[i].Unit, d.Parameters[i].Default, d.Parameters[i].Role = unit, d.Parameters[i].Min, "clinician"
	}
	d.ArmBlocks = protocol.ArmBlocks(1<<protocol.BlockCount - 1).Names()
	raw, err := d.Encode()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := protocol.ParseDescriptor(raw, hashOf(raw)); err != nil {
		t.Fatal(err)
	}
	return raw
}
