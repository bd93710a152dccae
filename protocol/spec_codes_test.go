package protocol

import (
	"crypto/sha256"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestSpecCodes holds the tables of codes to the code, both ways.
func TestSpecCodes(t *testing.T) {
	spec := readSpec(t)
	check := func(section, end string, names []string) {
		rows := regexp.MustCompile(`(?m)^\| (\d+) \| ([^|]+?) \|`).FindAllStringSubmatch(between(t, spec, section, end), -1)
		if len(rows) != len(names) {
			t.Errorf("%s has %d rows, the code %d", section, len(rows), len(names))
			return
		}
		for i, r := range rows {
			if r[1] != strconv.Itoa(i) || r[2] != names[i] {
				t.Errorf("%s: row %s %s, want %d %s", section, r[1], r[2], i, names[i])
			}
		}
	}
	until := func(name func(int) string) (names []string) {
		for i := 0; i < 256; i++ {
			if n := name(i); !strings.EqualFold(n, "unknown") {
				names = append(names, n)
			}
		}
		return names
	}
	check("### 22.1", "### 22.2", until(func(i int) string { return Code(i).String() }))
	check("### 22.2", "### 22.3", ArmBlocks(1<<BlockCount-1).Names())
	check("### 22.3", "### 22.4", until(func(i int) string { return Fault(i).String() }))
	check("### 22.4", "### 22.5", until(func(i int) string { return Outcome(i).String() }))
	check("### 22.5", "### 22.6", until(func(i int) string { return PulseResult(i).String() }))
	if named := tableRows(between(t, spec, "### 22.7", "## 23 "), 4); len(named) != len(AlarmNames()) {
		t.Errorf("section 22.7 has %d rows, the code %d", len(named), len(AlarmNames()))
	} else {
		for i, r := range named {
			if name := strings.Trim(strings.TrimSpace(r[0]), "`"); name != AlarmNames()[i] {
				t.Errorf("section 22.7: %s, want %s", name, AlarmNames()[i])
			}
		}
	}
	for s := StateStandby; s <= StateUpdate; s++ {
		if !strings.Contains(spec, fmt.Sprintf("\n| %d | %v |", s, s)) {
			t.Errorf("no row for state %v", s)
		}
	}
	for p := FirmwareIdle; p <= FirmwareTentative; p++ {
		if !strings.Contains(between(t, spec, "### 20.3", "### 20.4"), fmt.Sprintf("\n| %d | %v |", p, p)) {
			t.Errorf("no row for phase %v", p)
		}
	}
}

// tableRows are the rows of the tables in a piece of the document that begin
// with a number or a word in quotes, and have so many columns.
func tableRows(text string, columns int) (rows [][]string) {
	for line := range strings.Lines(text) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		if !strings.HasPrefix(line, "| ") || len(cells) < columns {
			continue
		}
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		if first := cells[0]; first != "" && (first[0] >= '0' && first[0] <= '9' || first[0] == '`') {
			rows = append(rows, cells)
		}
	}
	return rows
}

// words are the cells of one column without their quotes.
func words(rows [][]string, column int) (list []string) {
	for _, r := range rows {
		list = append(list, strings.Trim(r[column], "`"))
	}
	return list
}

// TestSpecWords holds the tables of roles, tests, quantities and rules to the
// code.
func TestSpecWords(t *testing.T) {
	spec := readSpec(t)
	check := func(what, from, to string, columns, column int, want []string) {
		rows := tableRows(between(t, spec, from, to), columns)
		if got := words(rows, column); !slices.Equal(got, want) {
			t.Errorf("%s: %q, the code has %q", what, got, want)
		}
		for i, r := range rows {
			if _, err := strconv.Atoi(r[0]); err == nil && r[0] != strconv.Itoa(i) {
				t.Errorf("%s: row %d is numbered %s", what, i, r[0])
			}
		}
	}
	check("roles", "### 4.4", "generated:roles", 3, 2, roleNames[:])
	check("tests", "### 18.2", "### 18.3", 3, 1, testNames[:])
	check("quantities", "## 19 ", "### 19.1", 6, 2, quantityNames[:])
	check("rules", "### 19.2", "### 19.3", 2, 0, calRules)
	var rules []string
	for _, r := range descriptorRules() {
		rules = append(rules, string(r))
	}
	check("rules of a descriptor", "### 8.1", "## 9 ", 2, 0, rules)
}

// TestSpecDescriptorKeys: section 8 names every key that the code reads, and no
// other.
func TestSpecDescriptorKeys(t *testing.T) {
	section := between(t, readSpec(t), "## 8 ", "### 8.1")
	named := words(tableRows(section, 3), 0)
	var have []string
	for i := range reflect.TypeFor[Descriptor]().NumField() {
		have = append(have, jsonKey(reflect.TypeFor[Descriptor]().Field(i)))
	}
	for _, key := range have {
		if !slices.Contains(named, key) {
			t.Errorf("section 8 has no key %q", key)
		}
	}
	for _, typ := range []reflect.Type{reflect.TypeFor[ParameterSpec](), reflect.TypeFor[SensorSpec](), reflect.TypeFor[AlarmSpec](), reflect.TypeFor[EventSpec]()} {
		for i := range typ.NumField() {
			if key := jsonKey(typ.Field(i)); !strings.Contains(section, "`"+key+"`") {
				t.Errorf("section 8 does not name %q of %v", key, typ)
			}
		}
	}
	for _, key := range named {
		known := slices.Contains(have, key) || strings.Contains(key, " ") || slices.Contains([]string{ParamDepth, ParamSpeed, ParamPower, ParamDuration}, key)
		if _, err := strconv.Atoi(key); err != nil && !known {
			t.Errorf("section 8 names %q, which the code does not know", key)
		}
	}
}

func jsonKey(f reflect.StructField) string {
	key, _, _ := strings.Cut(f.Tag.Get("json"), ",")
	return key
}

// TestSpecReferences: every section that the text names is there, and every
// message in capitals is one.
func TestSpecReferences(t *testing.T) {
	spec := readSpec(t)
	for _, m := range regexp.MustCompile(`[Ss]ections?\s+(\d+(?:\.\d+)?)`).FindAllStringSubmatch(spec, -1) {
		if !regexp.MustCompile(`(?m)^###? `+regexp.QuoteMeta(m[1])+` `).MatchString(spec) && m[1] != "7.1" {
			t.Errorf("there is no section %s", m[1])
		}
	}
	known := make(map[string]bool)
	for _, typ := range allTypes() {
		known[typ.String()] = true
	}
	for c := range 256 {
		for _, name := range []string{Code(c).String(), Fault(c).String(), Outcome(c).String(), State(c).String()} {
			known[name] = true
		}
	}
	for _, name := range append((ArmBlocks(1)<<BlockCount - 1).Names(), "HAS_ACK", "STATUS_LAYOUT", "AT_DEPTH", "RF_ON", "NEEDLE_BACK", "SELF_TEST_OK", "SPOT_BLOCKED", "INT32_MAX", "INT32_MIN", "TIP_READ") {
		known[name] = true
	}
	for _, name := range regexp.MustCompile(`\b[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\b`).FindAllString(spec, -1) {
		if !known[name] {
			t.Errorf("%s is nothing that the code knows", name)
		}
	}
}

// TestSpecTimes holds section 21 to the constants.
func TestSpecTimes(t *testing.T) {
	section := between(t, readSpec(t), "## 21 ", "## 22 ")
	ms := func(d time.Duration) string {
		if d >= time.Second && d%time.Second == 0 {
			return fmt.Sprintf("%d s", d/time.Second)
		}
		return fmt.Sprintf("%d ms", d/time.Millisecond)
	}
	rows := map[string]string{
		"LEASE sent every":                                                  ms(LeaseEvery),
		"RF permitted after a lease's arrival":                              ms(LeaseRF),
		"RF permitted after the clock it echoes":                            ms(EchoRF),
		"motion permitted after a lease's arrival":                          ms(LeaseMotion),
		"motion permitted after the clock it echoes":                        ms(EchoMotion),
		"contact lost before another spot, at least":                        ms(SpotRelease),
		"way back of the needle, at most":                                   ms(time.Duration(MaxStopToRetracted) * time.Millisecond),
		"RF that nobody commanded, until it measures off, at most":          ms(StrayRF),
		"ARM not_after ahead of the pen clock, at most":                     ms(ArmWindow),
		"STATUS a second":                                                   strconv.Itoa(StatusRate),
		"STATUS a second, at most":                                          strconv.Itoa(MaxStatusRate),
		"STATUS missing while armed: ESTOP after":                           ms(StatusSilence),
		"silence on all lanes: session over after":                          ms(LinkSilence),
		"sends of a command":                                                strconv.Itoa(CommandSends),
		"first retry of a command":                                          ms(CommandIntervalMin) + " to " + ms(CommandIntervalMax),
		"command given up after":                                            ms(CommandLimit),
		"ESTOP again after":                                                 ms(StopSecond) + ", " + ms(StopThird),
		"ESTOP then every":                                                  ms(StopEvery),
		"stop not confirmed after":                                          ms(StopConfirm),
		"READY without trigger ends after":                                  ms(IdleStandby),
		"time sample every":                                                 ms(TimeEvery),
		"quick time samples":                                                fmt.Sprintf("%d, %s apart", TimeQuick, ms(TimeQuickEvery)),
		"unanswered bytes on the line, at most":                             strconv.Itoa(MaxUnacknowledged),
		"energy of a pulse that is judged, at least":                        fmt.Sprintf("%d uJ", EnergyJudged),
		"a console waits for the fault of a pulse it saw beyond its bounds": ms(JudgeGrace),
		"bulk requests outstanding":                                         strconv.Itoa(BulkWindow),
		"bulk answer while output is possible, at most":                     fmt.Sprintf("%d bytes", BulkArmedBytes),
		"pulses kept, at least":                                             strconv.Itoa(KeptPulses),
		"command results kept":                                              strconv.Itoa(KeptResults),
		"RUNNING is said after":                                             ms(RunningAfter),
		"rebooted after FW_COMMIT within":                                   ms(RebootWithin),
		"SERVICE output, at most":                                           ms(MaxTestOutput),
		"load that is not the declared one":                                 fmt.Sprintf("%d per mille", TestLoadTolerance),
		"charge for FW_BEGIN, at least":                                     fmt.Sprintf("%d %%", UpdateBattery),
		"log records kept, at least":                                        strconv.Itoa(KeptRecords),
		"log records in an answer, at most":                                 strconv.Itoa(MaxRecordsPerPage),
		"log records in an answer while output is possible, at most":        strconv.Itoa(RecordsArmed),
		"calibration table, at most":                                        fmt.Sprintf("%d bytes", MaxCalTable),
		"correction of a table, at most":                                    fmt.Sprintf("%d per mille", MaxCalCorrection),
		"correction of a table near 0, at most":                             fmt.Sprintf("%d per mille", MaxCalZero),
		"correction of a depth table near 0, at most":                       fmt.Sprintf("%d per mille", MaxCalZeroDepth),
		"firmware image, at most":                                           fmt.Sprintf("%d bytes", MaxImage),
		"payload, at most":                                                  fmt.Sprintf("%d bytes", MaxPayload),
	}
	for what, value := range rows {
		if !strings.Contains(section, "\n| "+what+" | "+value+" |") {
			t.Errorf("no row %q with %q", what, value)
		}
	}
	if n := strings.Count(section, "\n| ") - 2; n != len(rows) {
		t.Errorf("%d rows, the code knows %d", n, len(rows))
	}
}

// TestSpecEvents: the table has one row for each event code, and no other.
func TestSpecEvents(t *testing.T) {
	rows := tableRows(between(t, readSpec(t), "### 16.1", "### 16.2"), 3)
	for i, r := range rows {
		if r[0] != strconv.Itoa(i+1) || r[1] == "" {
			t.Errorf("row %d is %q", i+1, r)
		}
	}
	if len(rows) != int(EventTipBound) {
		t.Errorf("%d rows, the code knows %d", len(rows), EventTipBound)
	}
}

// TestSpecDescriptor: the example of section 8 is a descriptor.
func TestSpecDescriptor(t *testing.T) {
	text := between(t, between(t, readSpec(t), "## 8 ", "## 9 "), "```\n", "```")
	raw := []byte(strings.ReplaceAll(text, "\n", ""))
	d, err := ParseDescriptor(raw, sha256.Sum256(raw))
	if err != nil || d.Kind != KindNeedling {
		t.Fatal(err)
	}
}
