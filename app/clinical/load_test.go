package clinical

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"testing/fstest"
)

func TestParseLibraryRefuses(t *testing.T) {
	tests := []struct {
		name, file, old, new string
		field, problem       string
	}{
		{"syntax", "rf.toml", "[rf.device]", "[rf.device", "", "expected"},
		{"unknown field", "rf.toml", "access = \"offered\"", "acess = \"offered\"", "rf.indication.wrinkles.acess", "not a field"},
		{"unknown field of a number", "rf.toml", "{ value = 3,", "{ valeu = 3,", "rf.device.pulses_per_spot", "unknown field"},
		{"fraction", "zones.toml", "cap = { value = 1000,", "cap = { value = 1000.5,", "site.forehead.needling.cap", "not a whole number"},
		{"negative", "zones.toml", "cap = { value = 1000,", "cap = { value = -1,", "site.forehead.needling.cap", "not a whole number"},
		{"beyond 32 bits", "zones.toml", "cap = { value = 1000,", "cap = { value = 5000000000,", "site.forehead.needling.cap", "not a whole number"},
		{"bare number", "rf.toml", "pulses_per_spot = { value = 3, source = \"PROP\", grade = \"P\" }", "pulses_per_spot = 3", "rf.device.pulses_per_spot", "with source and grade"},
		{"no source", "rf.toml", "{ value = 3, source = \"PROP\", ", "{ value = 3, ", "rf.device.pulses_per_spot", "source \"\""},
		{"unknown source", "needling.toml", "source = \"L12\"", "source = \"L999\"", "needling.indication.surgical_scars.depth_um.max", "not in the source table"},
		{"no grade", "needling.toml", "source = \"L12\", grade = \"A\"", "source = \"L12\"", "needling.indication.surgical_scars.depth_um.max", "grade \"\""},
		{"a finding that was proposed", "needling.toml", "source = \"L12\", grade = \"A\"", "source = \"L12\", grade = \"P\"", "needling.indication.surgical_scars.depth_um.max", "do not go together"},
		{"a proposal posing as a finding", "rf.toml", "{ value = 3, source = \"PROP\", grade = \"P\"", "{ value = 3, source = \"PROP\", grade = \"A\"", "rf.device.pulses_per_spot", "do not go together"},
		{"min over typical", "needling.toml", "min = { value = 500,", "min = { value = 1600,", "needling.indication.wrinkles.depth_um.typical", "1000 is under min of 1600"},
		{"typical over max", "rf.toml", "max = { value = 20000,", "max = { value = 9000,", "rf.indication.wrinkles.power_mw.max", "under typical"},
		{"darker skin gets more", "rf.toml", "v_vi = { value = 30000,", "v_vi = { value = 55000,", "rf.indication.wrinkles.dose_uj_per_pin.cap.v_vi", "lighter skin"},
		{"typical dose over cap", "rf.toml", "iv = { value = 33333,", "iv = { value = 50001,", "rf.indication.wrinkles.dose_uj_per_pin.typical.iv", "over the cap"},
		{"override below the cap", "zones.toml", "cap_override = { value = 1500,", "cap_override = { value = 1000,", "site.forehead.rf.cap_override", "not over"},
		{"zone of nowhere", "zones.toml", "site = \"glabella\"", "site = \"elbow\"", "zone.glabella.site", "not a site"},
		{"indication at a site of nowhere", "needling.toml", "sites = [\"scalp\"]", "sites = [\"elbow\"]", "needling.indication.alopecia.sites", "not a site"},
		{"indication without sites", "needling.toml", "sites = [\"scalp\"]", "sites = []", "needling.indication.alopecia.sites", "empty"},
		{"indication missing", "rf.toml", "[rf.indication.drug_delivery]", "[rf.indication.other]", "rf.indication", "drug_delivery is missing"},
		{"indication nobody knows", "indications.toml", "[indication.melasma]", "[indication.melasmas]", "needling.indication", "melasmas is missing"},
		{"access", "rf.toml", "access = \"override\"", "access = \"maybe\"", "rf.indication.keloid.access", "not offered"},
		{"off without a reason", "rf.toml", "note = \"No energy is needed, and it is outside the US device class (L30).\"", "", "rf.indication.drug_delivery.note", "missing"},
		{"bad tissue", "indications.toml", "tissue = \"burn\"", "tissue = \"bone\"", "indication.burn_scars.tissue", "bone"},
		{"hidden characters", "zones.toml", "name = \"Left cheek\"", "name = \"Left \u202Echeek\"", "zone.cheek_left.name", "can't be shown"},
		{"name missing", "zones.toml", "name = \"Left cheek\"", "", "zone.cheek_left.name", "missing"},
		{"long name", "zones.toml", "name = \"Left cheek\"", "name = \"" + strings.Repeat("x", 500) + "\"", "zone.cheek_left.name", "longer"},
		{"long notes together", "zones.toml", "note = \"RF only with an eye shield.\"", "note = \"" + strings.Repeat("x", 390) + "\"", "zone.eyelid_upper_left.note", "longer"},
		{"key", "zones.toml", "[zone.cheek_left]", "[zone.Cheek-Left]", "zone.Cheek-Left", "key"},
		{"date", "library.toml", "date = \"2026-11-26\"", "date = \"23.11.2026\"", "date", "not a date"},
		{"version", "library.toml", "version = \"1.1\"", "", "version", "missing"},
		{"no pulse cap", "rf.toml", "[rf.indication.wrinkles.pulse_ms]", "[rf.cell.wrinkles.neck.pulse_ms]", "rf.indication.wrinkles.pulse_ms", "no max"},
		{"cell outside the sites", "rf.toml", "[rf.cell.wrinkles.periorbital.depth_um]", "[rf.cell.wrinkles.scalp.depth_um]", "rf.cell.wrinkles.scalp", "not a site of the indication"},
		{"cell of nothing", "rf.toml", "[rf.cell.wrinkles.periorbital.depth_um]", "[rf.cell.freckles.periorbital.depth_um]", "rf.cell.freckles", "not an indication"},
		{"not UTF-8", "zones.toml", "Left cheek", "Left \xffcheek", "", "UTF-8"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			files := shippedFiles(t)
			for i, f := range files {
				if f.Name != tt.file {
					continue
				}
				if !bytes.Contains(f.Data, []byte(tt.old)) {
					t.Fatalf("%q is not in %s", tt.old, tt.file)
				}
				files[i].Data = bytes.Replace(f.Data, []byte(tt.old), []byte(tt.new), 1)
			}
			lib, err := ParseLibrary(files...)
			var e *LibraryError
			if !errors.As(err, &e) {
				t.Fatalf("got %v, %v, want a LibraryError", lib, err)
			}
			if e.Field != tt.field || !strings.Contains(e.Problem, tt.problem) {
				t.Errorf("field %q, problem %q; want %q, %q", e.Field, e.Problem, tt.field, tt.problem)
			}
			if lib != nil {
				t.Error("half a library came back")
			}
			if tt.field != "" && tt.field != "version" && (e.Line == 0 || e.File == "") {
				t.Errorf("no place in %q", e.Error())
			}
		})
	}
}

func TestLibraryErrorNamesTheLine(t *testing.T) {
	files := shippedFiles(t)
	for i := range files {
		files[i].Data = bytes.Replace(files[i].Data, []byte("iv = { value = 33333,"), []byte("iv = { value = 50001,"), 1)
	}
	_, err := ParseLibrary(files...)
	var e *LibraryError
	if !errors.As(err, &e) || e.File != "rf.toml" {
		t.Fatalf("got %v", err)
	}
	line := strings.Split(string(files[3].Data), "\n")[e.Line-1]
	if !strings.Contains(line, "50001") {
		t.Errorf("line %d is %q", e.Line, line)
	}
}

func TestLoadLibraryBounds(t *testing.T) {
	big := fstest.MapFS{"limits/a.toml": {Data: bytes.Repeat([]byte("#"), maxLibraryFile+1)}}
	many := fstest.MapFS{}
	for i := range maxLibraryFiles + 1 {
		many["limits/"+strings.Repeat("a", i+1)+".toml"] = &fstest.MapFile{}
	}
	twice := fstest.MapFS{}
	for _, f := range shippedFiles(t) {
		twice["limits/"+f.Name] = &fstest.MapFile{Data: f.Data}
	}
	twice["limits/again.toml"] = &fstest.MapFile{Data: twice["limits/zones.toml"].Data}
	for name, fsys := range map[string]fstest.MapFS{"too big": big, "too many": many, "nothing": {}, "twice": twice} {
		_, err := LoadLibrary(fsys)
		var e *LibraryError
		if !errors.As(err, &e) {
			t.Errorf("%s: got %v, want a LibraryError", name, err)
		}
	}
}

// FuzzParseLibrary looks for a file that makes the loader panic.
func FuzzParseLibrary(f *testing.F) {
	for _, file := range shippedFiles(f) {
		f.Add(file.Data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		lib, err := ParseLibrary(File{Name: "a.toml", Data: data})
		if (lib == nil) == (err == nil) {
			t.Fatalf("got %v and %v", lib, err)
		}
	})
}
