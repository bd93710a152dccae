package protocol

import (
	"crypto/ed25519"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// row is one line of a layout table.
type row struct{ offset, typ, field, about string }

// layouts are the layout tables by name.
func layouts(t *testing.T) map[string][]row {
	spec := readSpec(t)
	out := make(map[string][]row)
	re := regexp.MustCompile(`(?m)^\| (\d+|next) \| ([^|]+) \| ([^|]+) \|(.*)\|$`)
	add := func(title, text string) {
		var rows []row
		for _, m := range re.FindAllStringSubmatch(text, -1) {
			rows = append(rows, row{m[1], m[2], m[3], strings.TrimSpace(m[4])})
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
	add("TABLE", between(t, spec, "### 19.1", "### 19.2"))
	add("PACKAGE", between(t, spec, "### 20.1", "### 20.2"))
	return out
}

// reader reads a payload by the tables of SPEC.md alone.
type reader struct {
	tables map[string][]row
	p      []byte
	at     int
}

// TestSpecLayouts decodes every good vector by the tables of SPEC.md alone and
// compares each field with the vector, entries of lists too: the document, the
// vectors and the code say the same. Every field of the message must have been
// compared.
func TestSpecLayouts(t *testing.T) {
	tables := layouts(t)
	for _, c := range allTypeCases() {
		rows, ok := tables[c.typ.String()]
		if !ok {
			t.Errorf("no layout of %v", c.typ)
			continue
		}
		for _, s := range c.good {
			want := jsonOf(t, messageFields(s.msg))
			if inner, ok := want["envelope"].(map[string]any); ok {
				delete(want, "envelope")
				maps.Copy(want, inner)
			}
			r := reader{tables: tables, p: s.msg.AppendPayload(nil)}
			if err := r.compare(rows, want); err != nil {
				t.Errorf("%v %s: %v", c.typ, s.slug, err)
				continue
			}
			if r.at != len(r.p) {
				t.Errorf("%v %s: the layout has %d bytes, the payload %d", c.typ, s.slug, r.at, len(r.p))
			}
			if left := leaves(want); len(left) > 0 {
				t.Errorf("%v %s: no row for %v", c.typ, s.slug, left)
			}
		}
	}
}

// TestSpecTableAndPackage decodes calibration tables and firmware packages by
// the tables of SPEC.md alone.
func TestSpecTableAndPackage(t *testing.T) {
	tables := layouts(t)
	walk := func(name string, rows []row, p []byte, want map[string]any) {
		r := reader{tables: tables, p: p}
		if err := r.compare(rows, want); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if left := leaves(want); r.at != len(p) || len(left) > 0 {
			t.Errorf("%s: the layout has %d of %d bytes, no row for %v", name, r.at, len(p), left)
		}
	}
	for _, c := range calCases() {
		if c.rule != "" {
			continue
		}
		table, err := ParseCalTable(c.table)
		if err != nil {
			t.Fatal(err)
		}
		want := jsonOf(t, messageFieldsOf(table))
		want["format"] = float64(calFormat)
		walk(c.name, tables["TABLE"], c.table, want)
	}
	for _, c := range firmwarePackages(t) {
		m, size, err := ParseManifest(c.pkg, makerKey().Public().(ed25519.PublicKey))
		if err != nil {
			continue
		}
		want := jsonOf(t, messageFieldsOf(m))
		want["magic"], want["format"] = hex.EncodeToString([]byte(firmwareMagic)), float64(firmwareFormat)
		want["signature"] = hex.EncodeToString(c.pkg[size-ed25519.SignatureSize : size])
		rows := tables["PACKAGE"]
		walk(c.name, rows[:len(rows)-1], c.pkg[:size], want)
	}
}

// jsonOf is v as another implementation reads it from a vector.
func jsonOf(t *testing.T, v any) map[string]any {
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	var out map[string]any
	if err := json.Unmarshal(b, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

// leaves are the names of what is left in nested objects.
func leaves(m map[string]any) (names []string) {
	for name, v := range m {
		if inner, ok := v.(map[string]any); ok {
			names = append(names, leaves(inner)...)
			continue
		}
		names = append(names, name)
	}
	return names
}

// compare walks the rows over the payload, compares each field that want has
// and takes it out of want.
func (r *reader) compare(rows []row, want map[string]any) error {
	start, last := r.at, ""
	for _, row := range rows {
		if row.about == "only in PUT_ENVELOPE" && want["role"] == nil {
			continue
		}
		if row.offset != "next" {
			if o, err := strconv.Atoi(row.offset); err != nil || o != r.at-start {
				return fmt.Errorf("%s is said to be at %s, stands at %d", row.field, row.offset, r.at-start)
			}
		}
		if row.typ == "list" {
			if err := r.list(row, last, want); err != nil {
				return fmt.Errorf("%s: %w", row.field, err)
			}
			continue
		}
		value, n, err := readField(row.typ, r.p[r.at:])
		if err != nil {
			return fmt.Errorf("%s: %w", row.field, err)
		}
		r.at += n
		last = value
		have, ok := takeOut(want, row.field)
		if ok && have != value {
			return fmt.Errorf("%s reads %s, want %s", row.field, value, have)
		}
		if count := strings.HasSuffix(row.field, "count") || row.field == "length" || row.field == "(reserved)"; !ok && !count {
			return fmt.Errorf("the message has no %s", row.field)
		}
	}
	return nil
}

// list walks a list as its row describes it; count is the field in front of it.
func (r *reader) list(row row, count string, want map[string]any) error {
	each := regexp.MustCompile(`^(\d+) bytes each(?:: ([^;]*)|, laid out as (\w+))`).FindStringSubmatch(row.about)
	switch {
	case strings.HasPrefix(row.about, "`length` bytes"):
		n, _ := strconv.Atoi(count)
		have, _ := takeOut(want, row.field)
		if got := hex.EncodeToString(r.p[r.at : r.at+n]); got != have {
			return fmt.Errorf("reads %s, want %s", got, have)
		}
		r.at += n
		return nil
	case strings.HasPrefix(row.about, "two i32"):
		return r.entries(row.field, "2", []part{{"i32", ""}}, want)
	case strings.HasPrefix(row.about, "i32 each"):
		return r.entries(row.field, count, []part{{"i32", ""}}, want)
	case each == nil:
		return fmt.Errorf("can't be read from %q", row.about)
	case each[3] != "":
		return r.laidOut(row.field, count, r.tables[each[3]], want)
	}
	var parts []part
	for text := range strings.SplitSeq(each[2], ", ") {
		name, typ, ok := strings.Cut(text, " ")
		if !ok {
			return fmt.Errorf("entry %q", text)
		}
		parts = append(parts, part{typ, name})
	}
	before := r.at
	if err := r.entries(row.field, count, parts, want); err != nil {
		return err
	}
	if n, size := mustInt(count), mustInt(each[1]); r.at-before != n*size {
		return fmt.Errorf("%d entries of %d bytes, walked %d", n, size, r.at-before)
	}
	return nil
}

// part is one value of a list's entry; a list of bare values has no name.
type part struct{ typ, name string }

func (r *reader) entries(field, count string, parts []part, want map[string]any) error {
	list, _ := want[field].([]any)
	delete(want, field)
	if len(list) != mustInt(count) {
		return fmt.Errorf("%s announced, the message has %d", count, len(list))
	}
	for i, entry := range list {
		for _, p := range parts {
			value, n, err := readField(p.typ, r.p[r.at:])
			if err != nil {
				return err
			}
			r.at += n
			have := entry
			if p.name != "" {
				have = entry.(map[string]any)[p.name]
			}
			if plainText(have) != value {
				return fmt.Errorf("entry %d: %s reads %s, want %v", i, p.name, value, have)
			}
		}
	}
	return nil
}

func (r *reader) laidOut(field, count string, rows []row, want map[string]any) error {
	list, _ := want[field].([]any)
	delete(want, field)
	if len(list) != mustInt(count) || len(rows) == 0 {
		return fmt.Errorf("%s announced, the message has %d, the layout %d rows", count, len(list), len(rows))
	}
	for i, entry := range list {
		fields := entry.(map[string]any)
		if err := r.compare(rows, fields); err != nil {
			return fmt.Errorf("entry %d: %w", i, err)
		}
		if left := leaves(fields); len(left) > 0 {
			return fmt.Errorf("entry %d: no row for %v", i, left)
		}
	}
	return nil
}

func mustInt(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil {
		panic(err)
	}
	return n
}

// takeOut finds a.b in nested objects and removes it.
func takeOut(m map[string]any, name string) (string, bool) {
	head, tail, nested := strings.Cut(name, ".")
	v, ok := m[head]
	if inner, is := v.(map[string]any); is && nested {
		return takeOut(inner, tail)
	}
	delete(m, head)
	return plainText(v), ok
}

// plainText is a value of a vector as readField spells it.
func plainText(v any) string {
	if f, ok := v.(float64); ok {
		return strconv.FormatInt(int64(f), 10)
	}
	return fmt.Sprint(v)
}

// readField reads one field by the words of the document.
func readField(typ string, p []byte) (string, int, error) {
	word, arg, _ := strings.Cut(typ, " ")
	n, _ := strconv.Atoi(arg)
	switch word {
	case "bit":
		return strconv.FormatBool(p[0]>>n&1 == 1), 1, nil
	case "bytes":
		return hex.EncodeToString(p[:n]), n, nil
	case "text":
		l := int(p[0])
		if l > n {
			return "", 0, fmt.Errorf("a text of %d bytes, %d allowed", l, n)
		}
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
