package protocol

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// row is one line of a layout table.
type row struct{ offset, typ, field string }

// layouts are the layout tables by message name.
func layouts(t *testing.T) map[string][]row {
	spec := readSpec(t)
	out := make(map[string][]row)
	re := regexp.MustCompile(`(?m)^\| (\d+|next) \| ([^|]+) \| ([^|]+) \|`)
	add := func(title, text string) {
		var rows []row
		for _, m := range re.FindAllStringSubmatch(text, -1) {
			rows = append(rows, row{m[1], m[2], m[3]})
		}
		for name := range strings.SplitSeq(title, " and ") {
			out[name] = rows
		}
	}
	for part := range strings.SplitSeq(between(t, spec, "### 4.3", "\n## 5 "), "\n#### ") {
		title, text, _ := strings.Cut(part, "\n")
		add(title, text)
	}
	add("STATUS", between(t, spec, "## 14 STATUS", "Bytes 0 to 15"))
	return out
}

// TestSpecLayouts decodes every good vector by the tables of SPEC.md alone and
// compares each field with the vector: the document, the vectors and the code
// say the same.
func TestSpecLayouts(t *testing.T) {
	tables := layouts(t)
	for _, c := range allTypeCases() {
		rows, ok := tables[c.typ.String()]
		if !ok {
			t.Errorf("no layout of %v", c.typ)
			continue
		}
		for _, s := range c.good {
			b, err := json.Marshal(messageFields(s.msg))
			if err != nil {
				t.Fatal(err)
			}
			var want map[string]any
			if err := json.Unmarshal(b, &want); err != nil {
				t.Fatal(err)
			}
			if inner, ok := want["envelope"].(map[string]any); ok {
				want = inner
			}
			checked, err := compareLayout(rows, s.msg.AppendPayload(nil), want)
			if err != nil {
				t.Errorf("%v %s: %v", c.typ, s.slug, err)
			}
			if checked == 0 && len(rows) > 0 {
				t.Errorf("%v %s: nothing compared", c.typ, s.slug)
			}
		}
	}
}

// compareLayout walks the rows over a payload and compares each field that the
// message has. Lists end the walk; their counts are compared.
func compareLayout(rows []row, p []byte, want map[string]any) (checked int, err error) {
	at := 0
	for _, r := range rows {
		if r.offset != "next" {
			o, err := strconv.Atoi(r.offset)
			if err != nil || o != at {
				return checked, fmt.Errorf("%s is said to be at %s, stands at %d", r.field, r.offset, at)
			}
		}
		value, n, err := readField(r.typ, p[at:])
		if errors.Is(err, errList) {
			return checked, nil
		}
		if err != nil {
			return checked, fmt.Errorf("%s: %w", r.field, err)
		}
		at += n
		have := lookUp(want, r.field)
		if have == nil {
			continue // a count, or reserved
		}
		if fmt.Sprint(have) != value {
			return checked, fmt.Errorf("%s reads %s, want %v", r.field, value, have)
		}
		checked++
	}
	if at != len(p) {
		return checked, fmt.Errorf("the layout has %d bytes, the payload %d", at, len(p))
	}
	return checked, nil
}

var errList = errors.New("list")

// lookUp finds a.b in nested objects, in the form that fmt prints.
func lookUp(m map[string]any, name string) any {
	head, tail, nested := strings.Cut(name, ".")
	v := m[head]
	if inner, ok := v.(map[string]any); ok && nested {
		return lookUp(inner, tail)
	}
	if f, ok := v.(float64); ok {
		return strconv.FormatInt(int64(f), 10)
	}
	return v
}

// readField reads one field by the words of the document.
func readField(typ string, p []byte) (string, int, error) {
	word, arg, _ := strings.Cut(typ, " ")
	n, _ := strconv.Atoi(arg)
	switch word {
	case "list":
		return "", 0, errList
	case "bit":
		return strconv.FormatBool(p[0]>>n&1 == 1), 1, nil
	case "bytes":
		return hex.EncodeToString(p[:n]), n, nil
	case "text":
		l := int(p[0])
		return string(p[1 : 1+l]), 1 + l, nil
	case "u8":
		return strconv.Itoa(int(p[0])), 1, nil
	case "u16":
		return strconv.Itoa(int(le.Uint16(p))), 2, nil
	case "i16":
		return strconv.Itoa(int(int16(le.Uint16(p)))), 2, nil
	case "u32":
		return strconv.FormatUint(uint64(le.Uint32(p)), 10), 4, nil
	case "i32":
		return strconv.Itoa(int(int32(le.Uint32(p)))), 4, nil
	case "u64":
		return strconv.FormatUint(le.Uint64(p), 10), 8, nil
	case "i64":
		return strconv.FormatInt(int64(le.Uint64(p)), 10), 8, nil
	}
	return "", 0, fmt.Errorf("type %q", typ)
}
