package protocol

import (
	"bytes"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"reflect"
	"testing"

	"stipple/protocol/testdata/vectors"
)

// FuzzCalTable reads any bytes as a calibration table. What is read encodes to
// the same bytes again; what passes Check keeps every promise of SPEC.md
// section 19; what does not, still ends.
func FuzzCalTable(f *testing.F) {
	for _, c := range calCases() {
		f.Add(c.table, c.highest)
	}
	longest := longestTable()
	f.Add(longest.Append(nil), int32(MaxReading))
	f.Fuzz(func(t *testing.T, raw []byte, highest int32) {
		table, err := ParseCalTable(raw)
		if err != nil {
			if !errors.Is(err, ErrCalibration) || !reflect.DeepEqual(table, CalTable{}) {
				t.Fatalf("table %+v, error %v", table, err)
			}
			return
		}
		if again := table.Append(nil); !bytes.Equal(again, raw) {
			t.Fatalf("%x encodes to %x", raw, again)
		}
		err = table.Check(highest)
		table.True(highest, highest)
		table.Raw(highest, highest)
		switch {
		case err == nil:
			checkCurveKept(t, &table, highest)
		case !errors.Is(err, ErrCalibration):
			t.Fatal(err)
		}
	})
}

// FuzzFirmware reads any bytes as a package. Only what the maker has signed
// has a manifest, and a manifest that is read encodes to the bytes that were
// signed.
func FuzzFirmware(f *testing.F) {
	for _, c := range firmwarePackages(f) {
		f.Add(c.pkg)
	}
	key := makerKey()
	maker := key.Public().(ed25519.PublicKey)
	f.Fuzz(func(t *testing.T, pkg []byte) {
		before := bytes.Clone(pkg)
		m, size, err := ParseManifest(pkg, maker)
		whole, wholeErr := VerifyFirmware(pkg, maker)
		if !bytes.Equal(before, pkg) {
			t.Fatal("the package was changed")
		}
		if errors.Is(err, ErrFirmwareSignature) {
			checkSigned(t, pkg, key)
		}
		if err != nil {
			if m != (Manifest{}) || size != 0 || wholeErr == nil || !errors.Is(err, ErrFirmware) && !errors.Is(err, ErrFirmwareSignature) {
				t.Fatalf("manifest %+v, error %v, whole %v", m, err, wholeErr)
			}
			return
		}
		if head := m.signed(); !bytes.Equal(head, pkg[:size-ed25519.SignatureSize]) {
			t.Fatalf("signed %x, the manifest says %x", pkg[:size-ed25519.SignatureSize], head)
		}
		if wholeErr == nil && whole != m || size > MaxManifest || m.ImageLength < 1 || m.ImageLength > MaxImage || m.Minimum.Compare(m.Version) > 0 {
			t.Fatalf("%+v and %+v, %d bytes", m, whole, size)
		}
	})
}

// checkSigned signs what a package says in its own words, so that the fuzzer
// gets behind the signature.
func checkSigned(t *testing.T, pkg []byte, key ed25519.PrivateKey) {
	const fixed = MaxManifest - 1 - MaxText - 1 - MaxLimitsNote - ed25519.SignatureSize
	size := fixed + 1 + int(pkg[fixed])
	size += 1 + int(pkg[size])
	signed := append(bytes.Clone(pkg[:size]), ed25519.Sign(key, pkg[:size])...)
	m, n, err := ParseManifest(signed, key.Public().(ed25519.PublicKey))
	if err != nil || n != len(signed) || !bytes.Equal(m.signed(), pkg[:size]) || m.ImageLength < 1 || m.ImageLength > MaxImage || m.Minimum.Compare(m.Version) > 0 {
		t.Fatalf("%x is read as %+v, error %v", pkg[:size], m, err)
	}
}

// FuzzVectors reads mutated vector files as each kind of file. None breaks the
// reader, and what a file still says holds together: its stream decodes the
// same at once and in pieces, and what decodes encodes to the same again.
func FuzzVectors(f *testing.F) {
	err := fs.WalkDir(vectors.Files, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		raw, err := vectors.Files.ReadFile(name)
		f.Add(path.Dir(name), raw)
		return err
	})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, folder string, raw []byte) {
		v, err := parseVector(folder, raw)
		if err != nil {
			if !errors.Is(err, vectors.ErrVector) {
				t.Fatal(err)
			}
			return
		}
		switch v := v.(type) {
		case vectors.Stream:
			checkStream(t, v.Bytes)
		case vectors.Session:
			for _, s := range v.Steps {
				checkStream(t, s.Send)
				for _, a := range s.Expect {
					a.Matches(s.Send)
				}
			}
		case vectors.Calibration:
			if table, err := ParseCalTable(v.Table); err == nil && !bytes.Equal(table.Append(nil), v.Table) {
				t.Fatalf("%x encodes to other bytes", []byte(v.Table))
			}
		case vectors.Log:
			checkRecords(t, v.Records)
		}
	})
}

// parseVector reads a file of a folder; an unknown folder stands for "message".
func parseVector(folder string, raw []byte) (any, error) {
	switch folder {
	case "cobs":
		return vectors.ParseCOBS("", raw)
	case "descriptor":
		return vectors.ParseDescriptor("", raw)
	case "hash":
		return vectors.ParseHash("", raw)
	case "calibration":
		return vectors.ParseCalibration("", raw)
	case "log":
		return vectors.ParseLog("", raw)
	case "firmware":
		return vectors.ParseFirmware("", raw)
	case "session":
		return vectors.ParseSession("", raw)
	case "judge":
		return vectors.ParseJudge("", raw)
	case "lease":
		return vectors.ParseLease("", raw)
	}
	return vectors.ParseStream("", raw)
}

func checkStream(t *testing.T, stream []byte) {
	var d Decoder
	for _, r := range frames(t, &d, stream) {
		if r.err != "" {
			continue
		}
		if again := AppendFrame(nil, r.h, r.payload); !bytes.Contains(append([]byte{0}, stream...), again) {
			t.Fatalf("frame %+v does not stand in the stream", r)
		}
		m, err := Decode(Frame{r.h, r.payload})
		if err != nil {
			continue
		}
		checkCanonical(t, m, r.payload)
		if _, err := json.Marshal(messageFields(m)); err != nil {
			t.Fatal(err)
		}
	}
}

func checkRecords(t *testing.T, raw []byte) {
	sum := uint32(0)
	for rest := raw; len(rest) >= LogRecordSize; rest = rest[LogRecordSize:] {
		var r LogRecord
		if r.Decode(rest) != nil {
			return
		}
		if again := r.Append(nil); !bytes.Equal(again, rest[:LogRecordSize]) {
			t.Fatalf("record %x encodes to %x", rest[:LogRecordSize], again)
		}
		if sum = LogSum(sum, &r); len(rest) < 2*LogRecordSize && sum != crcOf(string(raw[:len(raw)-len(rest)+LogRecordSize])) {
			t.Fatalf("sum %08x of %s", sum, fmt.Sprintf("%x", raw))
		}
	}
}

// FuzzCOBS: any bytes survive stuffing, both encoders agree, and a stuffed
// form that is accepted is the one that the encoder makes.
func FuzzCOBS(f *testing.F) {
	for _, raw := range cobsCases() {
		f.Add(raw)
	}
	for _, stuffed := range badStuffings() {
		f.Add(stuffed)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		stuffed := appendCOBS(nil, data)
		if bytes.IndexByte(stuffed, 0) >= 0 {
			t.Fatalf("a zero byte in %x", stuffed)
		}
		if len(stuffed) > 1+len(data)+len(data)/254 {
			t.Fatalf("%d bytes stuffed to %d", len(data), len(stuffed))
		}
		if len(data) < fullCode {
			inPlace := append([]byte{0}, data...)
			stuffInPlace(inPlace)
			if !bytes.Equal(inPlace, stuffed) {
				t.Fatalf("in place %x, else %x", inPlace, stuffed)
			}
		}
		back, err := decodeCOBS(bytes.Clone(stuffed))
		if err != nil || !bytes.Equal(back, data) {
			t.Fatalf("%x came back as %x, error %v", data, back, err)
		}
		if bytes.IndexByte(data, 0) >= 0 {
			return // not what stands between two delimiters
		}
		if back, err := decodeCOBS(bytes.Clone(data)); err == nil && !bytes.Equal(appendCOBS(nil, back), data) {
			t.Fatalf("%x decoded to %x, which stuffs to %x", data, back, appendCOBS(nil, back))
		}
	})
}
