package logfile

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"

	"stipple/device"
	"stipple/protocol"
)

// The words of the format.
const (
	typeHead   = "stipple_log"
	typeRecord = "record"
	format     = 1
)

// Head is the first line of a file.
type Head struct {
	Type   string               `json:"type"`
	Format int                  `json:"format"`
	Serial string               `json:"serial"` // of the pen
	Model  string               `json:"model"`
	From   uint32               `json:"from"`  // index that the copy was asked to begin with; 0: the oldest
	Begun  string               `json:"begun"` // RFC 3339, by the console's clock
	Events []protocol.EventSpec `json:"events"`
}

// Line is one record of a file, or of a stream of the same form.
type Line struct {
	Type    string           `json:"type"`
	Index   uint32           `json:"index"`
	Boot    uint32           `json:"boot"`
	PenUS   uint64           `json:"pen_us"`
	UTCS    uint32           `json:"utc_s"` // 0: the pen did not know it
	Code    uint16           `json:"code"`
	Name    string           `json:"name"` // by the dictionary; else code_N
	Level   uint8            `json:"level"`
	Arg0    int32            `json:"arg0"`
	Arg1    int32            `json:"arg1"`
	Args    map[string]int32 `json:"args"` // those that the dictionary names
	CRC     string           `json:"crc"`  // 8 hex digits
	Sum     string           `json:"sum"`
	Gap     *Gap             `json:"gap,omitempty"`
	Damaged bool             `json:"damaged,omitempty"`
	Reboot  bool             `json:"reboot,omitempty"`
	Back    bool             `json:"back,omitempty"`
}

// Gap is what is missing in front of a record.
type Gap struct {
	From uint32 `json:"from"`
	To   uint32 `json:"to"`
	Kind string `json:"kind"`
}

// NewLine is the line of a record; sum is the cursor's sum behind it.
func NewLine(e device.LogEntry, sum uint32, events []protocol.EventSpec) Line {
	l := Line{
		Type: typeRecord, Index: e.Index, Boot: e.Boot, PenUS: uint64(e.Clock), UTCS: e.UTC, Code: e.Code,
		Level: uint8(e.Level), Arg0: e.Args[0], Arg1: e.Args[1],
		CRC: hex(e.CRC), Sum: hex(sum), Damaged: e.Damaged, Reboot: e.Reboot, Back: e.Back,
	}
	l.Name, l.Args = Named(events, e.Code, e.Args)
	if g := e.Gap; g != nil {
		l.Gap = &Gap{From: g.From, To: g.To, Kind: g.Kind.String()}
	}
	return l
}

// Named gives an event of that code and its arguments the names that the
// dictionary has for them. One that it does not list is code_N, without named
// arguments.
func Named(events []protocol.EventSpec, code uint16, args [2]int32) (name string, named map[string]int32) {
	name, named = "code_"+strconv.Itoa(int(code)), map[string]int32{}
	for _, spec := range events {
		if spec.Code != code {
			continue
		}
		name = spec.Name
		for i, arg := range spec.Args {
			if i < len(args) {
				named[arg] = args[i]
			}
		}
	}
	return name, named
}

func hex(v uint32) string { return fmt.Sprintf("%08x", v) }

// record is the pen's record in a line.
func (l *Line) record() (protocol.LogRecord, error) {
	crc, err := strconv.ParseUint(l.CRC, 16, 32)
	if err != nil {
		return protocol.LogRecord{}, fmt.Errorf("crc %q: want 8 hex digits", l.CRC)
	}
	return protocol.LogRecord{
		Boot: l.Boot, Index: l.Index, Clock: protocol.PenClock(l.PenUS), UTC: l.UTCS, Code: l.Code,
		Level: protocol.Level(l.Level), Args: [2]int32{l.Arg0, l.Arg1}, CRC: uint32(crc),
	}, nil
}

// gapKinds are the words of a gap.
func gapKind(word string) (device.GapKind, bool) {
	for _, k := range []device.GapKind{device.GapReset, device.GapGone, device.GapDamage} {
		if k.String() == word {
			return k, true
		}
	}
	return 0, false
}

// appendJSON appends v as one line.
func appendJSON(dst []byte, v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil { // it ends with a line feed
		return dst, fmt.Errorf("encode: %w", err)
	}
	return append(dst, b.Bytes()...), nil
}
