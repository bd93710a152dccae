package exchange

import (
	"bytes"
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"stipple/app/clinical"
)

func safetyRecord() clinical.SafetyRecord {
	return clinical.SafetyRecord{
		Pseudonym: "01k", Number: 2, Day: date(2026, time.November, 23),
		PenKind: clinical.RF, PenModel: "R1", PenSerial: "0042", PenFirmware: "=1.0.0", Simulated: true,
		Tip:        clinical.Tip{ID: 7, Present: true, Lot: "7KX20", Expiry: date(2027, time.March, 31), Pins: 25, Insulated: true, NeedleLength: 3500, RatedPower: 50_000, UseCount: 3, UseLimit: 40},
		Indication: "acne_scars", Zone: "cheek_left", Fitzpatrick: clinical.FitzpatrickIV, LibraryVersion: "sample", LibraryHash: "00ff",
		Applied: []clinical.SafetyApplied{
			{After: -time.Second, Settings: clinical.Settings{Depth: 1, Speed: 2, Power: 3, Duration: 4}},
			{After: 2 * time.Second, Settings: clinical.Settings{Depth: 1500, Speed: 60, Power: 12_000, Duration: 100}, Envelope: clinical.Envelope{
				Min: clinical.Settings{Depth: 500, Speed: 10, Power: 1000, Duration: 50}, Max: clinical.Settings{Depth: 3500, Speed: 70, Power: 20_000, Duration: 300},
				DosePerPin: 62_000, PulsesPerSpot: 3, Pins: 25,
			}},
		},
		Arms: 4, Passes: 5, Pulses: 6, Energy: 1_200_000, Strokes: 1 << 63, Results: map[string]int{"delivered": 5, "=interrupted": 1},
		PeakTemp: 4150, ImpedanceMin: 180, ImpedanceMax: 260,
		Alarms: []clinical.SafetyAlarm{
			{After: 840 * time.Millisecond, Code: 17, Priority: "high", Text: "energy_high", Expected: "48 mJ", Measured: "=62 mJ"},
			{After: time.Second, Code: 17, Priority: "high", Text: "energy_high", Mark: clinical.AlarmMore, Count: 8},
		},
		AlarmsLeftOut: 9, FallBacks: []clinical.FallBackReason{"idle", "page"},
		StopLatency: 1500 * time.Microsecond, StopCheck: 18 * time.Millisecond, Took: time.Minute,
		Outcome: clinical.OutcomeReconciled, Cause: clinical.CauseLink, Verdict: clinical.AsReconciled,
	}
}

func TestSafetyAsWritten(t *testing.T) {
	// A run that was never ended, with a pen that has no RF.
	needling := clinical.SafetyRecord{Pseudonym: "01k", Number: 3, Day: date(2026, time.November, 24), PenKind: clinical.Needling, Outcome: clinical.OutcomeIntent,
		Applied: []clinical.SafetyApplied{{Settings: clinical.Settings{Depth: 750, Speed: 6000}, Envelope: clinical.Envelope{Max: clinical.Settings{Depth: 1000, Speed: 9000}}}}}
	want := strings.Join([]string{
		"pseudonym,number,day_utc,outcome,uncertain_cause,signed_as,indication,zone,fitzpatrick,library_version,library_hash," +
			"pen_kind,pen_model,pen_serial,pen_firmware,simulated,tip_id,tip_lot,tip_expiry,tip_pins,tip_insulated,tip_needle_um,tip_rated_mw,tip_uses,tip_use_limit," +
			"depth_um,speed_spm,power_mw,pulse_ms,depth_min_um,speed_min_spm,power_min_mw,pulse_min_ms,depth_max_um,speed_max_spm,power_max_mw,pulse_max_ms,dose_max_uj_per_pin,pulses_per_spot,pins,applied," +
			"arms,passes,pulses,results,strokes,energy_uj,peak_temp_cdegc,impedance_min_ohm,impedance_max_ohm,alarm_entries,alarms_left_out,alarms,fall_backs,stop_latency_us,stop_check_us,took_us",
		`01k,2,2026-11-23,reconciled,link,reconciled,acne_scars,cheek_left,IV,sample,00ff,` +
			`rf,R1,0042,'=1.0.0,true,7,7KX20,2027-03-31,25,true,3500,50000,3,40,` +
			`1500,60,12000,100,500,10,1000,50,3500,70,20000,300,62000,3,25,` +
			`"'-1000 ms: depth 1 µm (0 to 0), speed 2 spm (0 to 0), power 3 mW (0 to 0), pulse 4 ms (0 to 0), at most 0 µJ a pin, 0 pulses a spot, 0 pins; ` +
			`2000 ms: depth 1500 µm (500 to 3500), speed 60 spm (10 to 70), power 12000 mW (1000 to 20000), pulse 100 ms (50 to 300), at most 62000 µJ a pin, 3 pulses a spot, 25 pins",` +
			`4,5,6,"'""=interrupted"": 1; ""delivered"": 5",9223372036854775808,1200000,4150,180,260,2,9,` +
			`"840 ms: high 17 ""energy_high"", expected ""48 mJ"", measured ""=62 mJ""; 1000 ms: high 17 ""energy_high"", more, 8 times","idle; page",1500,18000,60000000`,
		`01k,3,2026-11-24,intent,,,,,,,,needling,,,,false,,,,,,,,,,750,6000,,,0,0,,,1000,9000,,,,,,"0 ms: depth 750 µm (0 to 1000), speed 6000 spm (0 to 9000)",0,0,0,,0,,,,,0,0,,,,,`, "",
	}, "\r\n")
	table := Safety(slices.Values([]clinical.SafetyRecord{safetyRecord(), needling}))
	if diff := cmp.Diff(want, writeCSV(t, table, CSVOptions{})); diff != "" {
		t.Error(diff)
	}
	var b bytes.Buffer
	if _, err := WriteJSON(&b, table); err != nil {
		t.Fatal(err)
	}
	var got struct {
		Kind    string
		Records []map[string]any
	}
	if err := json.Unmarshal(b.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	r := got.Records[0]
	if got.Kind != "safety" || r["depth_max_um"] != 3500.0 || r["simulated"] != true || r["pen_firmware"] != "=1.0.0" || got.Records[1]["energy_uj"] != nil {
		t.Errorf("%+v", got)
	}
}

// What is kept is written: a record without any one of its values is another line.
func TestNothingKeptIsLeftOut(t *testing.T) {
	line := func(r clinical.SafetyRecord) string {
		return writeCSV(t, Safety(slices.Values([]clinical.SafetyRecord{r})), CSVOptions{})
	}
	whole, fields := line(safetyRecord()), 0
	var walk func(path string, at func(*clinical.SafetyRecord) reflect.Value)
	walk = func(path string, at func(*clinical.SafetyRecord) reflect.Value) {
		r := safetyRecord()
		v := at(&r)
		switch v.Kind() {
		case reflect.Struct:
			for i := range v.NumField() {
				walk(path+"."+v.Type().Field(i).Name, func(r *clinical.SafetyRecord) reflect.Value { return at(r).Field(i) })
			}
			return
		case reflect.Slice:
			for i := range v.Len() {
				walk(path, func(r *clinical.SafetyRecord) reflect.Value { return at(r).Index(i) })
			}
		}
		if v.IsZero() {
			return
		}
		fields++
		v.SetZero()
		if strings.Contains(path, ".Expiry.") || strings.Contains(path, ".Day.") {
			v.SetInt(1) // half a date has no written form
		}
		if line(r) == whole {
			t.Errorf("%s is in no column", path)
		}
	}
	walk("", func(r *clinical.SafetyRecord) reflect.Value { return reflect.ValueOf(r).Elem() })
	if fields < 60 {
		t.Errorf("only %d values were tried", fields)
	}
}
