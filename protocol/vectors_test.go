package protocol

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"

	"stipple/protocol/testdata/vectors"
)

// update rewrites testdata/vectors and the generated parts of SPEC.md instead
// of comparing with them.
var update = flag.Bool("update", false, "rewrite the golden files")

const vectorDir = "testdata/vectors"

// vector is one file of testdata/vectors; its README.md says what the fields
// mean.
type vector struct {
	About     string    `json:"about"`
	From      string    `json:"from,omitempty"`
	Stream    string    `json:"stream,omitempty"`
	Expect    []outcome `json:"expect,omitzero"`
	Reencodes *bool     `json:"reencodes,omitempty"`
	Raw       *string   `json:"raw,omitempty"`
	Stuffed   *string   `json:"stuffed,omitempty"`
	Text      *string   `json:"descriptor,omitempty"`
	Accepted  *bool     `json:"accepted,omitempty"`
	Rule      string    `json:"rule,omitempty"`
	Layout    string    `json:"layout,omitempty"`
	Fields    *fields   `json:"fields,omitempty"`
	Hash      string    `json:"hash,omitempty"`
}

// fields is an ordered JSON object.
type fields []pair

type pair struct {
	name  string
	value any
}

func (f fields) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, p := range f {
		if i > 0 {
			b.WriteByte(',')
		}
		v, err := json.Marshal(p.value)
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(&b, "%q:%s", p.name, v)
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// outcome is what one frame of a stream must come to.
type outcome struct {
	Drop    string  `json:"drop,omitempty"`
	Refused string  `json:"refused,omitempty"`
	Field   string  `json:"field,omitempty"`
	Name    string  `json:"name,omitempty"`
	Header  *fields `json:"header,omitempty"`
	Payload *string `json:"payload,omitempty"`
	Message *fields `json:"message,omitempty"`
}

func ptr[T any](v T) *T { return &v }

// errorName is the word that a vector uses for an error.
func errorName(err error) string {
	for name, e := range map[string]error{
		"too_long": ErrTooLong, "too_short": ErrTooShort, "stuffing": ErrCOBS, "checksum": ErrChecksum, "version": ErrVersion,
		"flags": ErrFlags, "lane": ErrLane, "payload": ErrPayload, "unknown_type": ErrUnknownType,
	} {
		if errors.Is(err, e) {
			return name
		}
	}
	return "?"
}

// snake turns a Go field name into the name that SPEC.md uses.
func snake(s string) string {
	var b strings.Builder
	r := []rune(s)
	for i, c := range r {
		if unicode.IsUpper(c) && i > 0 && (!unicode.IsUpper(r[i-1]) && !unicode.IsDigit(r[i-1]) || i+1 < len(r) && unicode.IsLower(r[i+1])) {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToLower(c))
	}
	return b.String()
}

// plain turns a message into values that JSON of any language can hold: 64-bit
// integers become decimal strings, bytes become hex.
func plain(v reflect.Value) any {
	switch v.Kind() {
	case reflect.Pointer:
		return plain(v.Elem())
	case reflect.Struct:
		f := fields{}
		for i := range v.NumField() {
			f = append(f, pair{snake(v.Type().Field(i).Name), plain(v.Field(i))})
		}
		return f
	case reflect.Array, reflect.Slice:
		if v.Type().Elem() == reflect.TypeFor[byte]() {
			b := make([]byte, v.Len())
			reflect.Copy(reflect.ValueOf(b), v)
			return hex.EncodeToString(b)
		}
		list := []any{}
		for i := range v.Len() {
			list = append(list, plain(v.Index(i)))
		}
		return list
	case reflect.Int64:
		if v.Type() == reflect.TypeFor[Microjoules]() {
			return v.Int() // 32 bits on the wire
		}
		return strconv.FormatInt(v.Int(), 10)
	case reflect.Uint64:
		return strconv.FormatUint(v.Uint(), 10)
	case reflect.Uint8, reflect.Uint16, reflect.Uint32:
		return v.Uint()
	case reflect.Int8, reflect.Int16, reflect.Int32:
		return v.Int()
	case reflect.Bool:
		return v.Bool()
	case reflect.String:
		return v.String()
	}
	panic("no plain form of " + v.Kind().String())
}

func messageFields(m Message) *fields { return ptr(plain(reflect.ValueOf(m)).(fields)) }

// messageFieldsOf is messageFields for a struct that is no message.
func messageFieldsOf(v any) *fields { return ptr(plain(reflect.ValueOf(v)).(fields)) }

func frameOutcome(h Header, payload []byte) outcome {
	return outcome{
		Name: h.Type.String(),
		Header: &fields{
			{"flags", h.Flags}, {"type", h.Type}, {"lane", h.Lane}, {"seq", h.Seq}, {"ack", h.Ack}, {"session", h.Session},
		},
		Payload: ptr(hex.EncodeToString(payload)),
	}
}

// decodeStream is what the package under test makes of a stream that from has
// sent, in the form of a vector. An empty from is either end.
func decodeStream(from string, stream []byte) (out []outcome, again []byte) {
	var d Decoder
	out = []outcome{}
	for {
		f, rest, err := d.Next(stream)
		if errors.Is(err, ErrIncomplete) {
			return out, again
		}
		stream = rest
		if err != nil {
			out = append(out, outcome{Drop: errorName(err)})
			continue
		}
		o := frameOutcome(f.Header, f.Payload)
		m, err := Decode(f)
		switch {
		case f.Type.Known() && from != "" && from != sender(f.Type):
			o.Refused = "direction"
		case err != nil:
			o.Refused = errorName(err)
			var pe *PayloadError
			if errors.As(err, &pe) {
				o.Field = pe.Field
			}
		default:
			o.Message = messageFields(m)
			again = Append(again, f.Header, m)
		}
		out = append(out, o)
	}
}

// encodeVector is the file's content.
func encodeVector(v any) []byte {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(v); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// TestVectors holds the files to the tables that they come from: no file is
// missing, stale or unknown.
func TestVectors(t *testing.T) {
	want := make(map[string][]byte)
	for _, list := range []map[string]vector{messageVectors(), frameVectors(), cobsVectors(), descriptorVectors(t), hashVectors()} {
		for name, v := range list {
			want[name+".json"] = encodeVector(v)
		}
	}
	for _, list := range []map[string]fields{calibrationVectors(t), logVectors(), firmwareVectors(t), sessionVectors(), leaseVectors(t), judgeVectors(t)} {
		for name, v := range list {
			want[name+".json"] = encodeVector(v)
		}
	}
	if *update {
		for _, dir := range []string{"message", "frame", "cobs", "descriptor", "hash", "calibration", "log", "firmware", "session", "lease", "judge"} {
			if err := os.RemoveAll(filepath.Join(vectorDir, dir)); err != nil {
				t.Fatal(err)
			}
			if err := os.MkdirAll(filepath.Join(vectorDir, dir), 0o755); err != nil {
				t.Fatal(err)
			}
		}
		for name, b := range want {
			if err := os.WriteFile(filepath.Join(vectorDir, name), b, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	have, err := filepath.Glob(filepath.Join(vectorDir, "*", "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range have {
		name, err := filepath.Rel(vectorDir, path)
		if err != nil {
			t.Fatal(err)
		}
		name = filepath.ToSlash(name)
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want[name]), string(b)); diff != "" {
			t.Errorf("%s differs from its table (-table +file); run with -update if that is wanted:\n%s", name, diff)
		}
		delete(want, name)
	}
	for name := range want {
		t.Errorf("%s is missing; run with -update", name)
	}
}

// TestStreamVectors reads the message and frame vectors as another
// implementation would and compares what comes out.
func TestStreamVectors(t *testing.T) {
	for _, dir := range []string{"message", "frame"} {
		list, err := vectors.Streams(dir)
		if err != nil || len(list) < 20 {
			t.Fatalf("%d vectors in %s, error %v", len(list), dir, err)
		}
		for _, v := range list {
			t.Run(dir+"/"+v.Name, func(t *testing.T) { checkStreamVector(t, v) })
		}
	}
}

func checkStreamVector(t *testing.T, v vectors.Stream) {
	out, again := decodeStream(v.From, v.Bytes)
	if len(out) != len(v.Expect) {
		t.Fatalf("%d frames, the file says %d", len(out), len(v.Expect))
	}
	for i, want := range v.Expect {
		got := out[i]
		if got.Drop != want.Drop || got.Refused != want.Refused || got.Field != want.Field || got.Name != want.Name {
			t.Errorf("frame %d: %+v, the file says %+v", i, got, want)
		}
		if want.Drop != "" {
			continue
		}
		if diff := cmp.Diff(jsonOf(t, want.Header), jsonOf(t, got.Header)); diff != "" || *got.Payload != hex.EncodeToString(want.Payload) {
			t.Errorf("frame %d: payload %s, header (-file +got):\n%s", i, *got.Payload, diff)
		}
		if want.Message == nil {
			continue
		}
		if diff := cmp.Diff(jsonOf(t, want.Message), jsonOf(t, got.Message)); diff != "" {
			t.Errorf("frame %d (-file +got):\n%s", i, diff)
		}
	}
	if v.Reencodes != nil && bytes.Equal(again, v.Bytes) != *v.Reencodes {
		t.Errorf("re-encoded\n%x, from\n%x, file says equal: %v", again, v.Bytes, *v.Reencodes)
	}
}

// TestThreeGoodThreeBad: every type has at least three good and three bad
// vectors, and is seen from both ends.
func TestThreeGoodThreeBad(t *testing.T) {
	list, err := vectors.Streams("message")
	if err != nil {
		t.Fatal(err)
	}
	type count struct{ good, bad, console, pen int }
	counts := make(map[string]*count)
	for _, v := range list {
		name := v.Expect[0].Name
		c := counts[name]
		if c == nil {
			c = new(count)
			counts[name] = c
		}
		if v.Expect[0].Refused == "" {
			c.good++
		} else {
			c.bad++
		}
		if v.From == "pen" {
			c.pen++
		} else {
			c.console++
		}
	}
	for _, typ := range allTypes() {
		c := counts[typ.String()]
		if c == nil || c.good < 3 || c.bad < 3 || c.console < 1 || c.pen < 1 {
			t.Errorf("%v: %+v, want at least 3 good, 3 bad and one from each end", typ, c)
		}
	}
}
