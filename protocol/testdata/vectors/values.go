package vectors

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
)

// COBS is one file of the folder "cobs": bytes and their one stuffed form, or a
// stuffed form that must be refused.
type COBS struct {
	Name    string `json:"-"` // of the file, without folder and ending, as in the types below
	About   string
	Raw     Bytes // nil where Stuffed is refused
	Stuffed Bytes
}

// Descriptor is one file of the folder "descriptor".
type Descriptor struct {
	Name     string `json:"-"`
	About    string
	Text     string `json:"descriptor"`
	Accepted bool
	Rule     string // that refuses it: a word of SPEC.md section 8.1; empty where it is accepted
}

// Hash is one file of the folder "hash": the fields of a settings hash, the
// bytes that are hashed and the first 8 bytes of their SHA-256.
type Hash struct {
	Name         string `json:"-"`
	About        string
	Fields       json.RawMessage
	Layout, Hash Bytes
}

// Calibration is one file of the folder "calibration": a table's bytes and what
// a pen whose quantity goes up to Highest makes of them.
type Calibration struct {
	Name     string `json:"-"`
	About    string
	Table    Bytes
	Highest  int32
	Accepted bool
	Rule     string          // that refuses it: a word of README.md; empty where it is accepted
	Fields   json.RawMessage // of an accepted table, as the three below
	Digest   Bytes
	True     []struct{ Raw, True int32 }   `json:"raw_to_true"`
	Raw      []struct{ Wanted, Raw int32 } `json:"wanted_to_raw"`
}

// Log is one file of the folder "log": records as they stand in LOG_PAGE, one
// behind the other.
type Log struct {
	Name     string `json:"-"`
	About    string
	Records  Bytes
	Accepted bool
	Expect   []LogRecord
	Sum      uint32 `json:"log_sum"` // what LOG_ERASE names for just these
}

// LogRecord is what one record of a Log comes to.
type LogRecord struct {
	Sound  bool // its checksum is right
	Fields json.RawMessage
}

// Firmware is one file of the folder "firmware": a package, the pen that it is
// given to, and what FW_VERIFY comes to.
type Firmware struct {
	Name     string `json:"-"`
	About    string
	Package  Bytes
	SHA256   Bytes  // that FW_BEGIN has announced
	MakerKey Bytes  `json:"maker_key"` // Ed25519, public
	Model    string // of the pen
	Hardware uint16
	Minimum  [3]uint16       // of the pen: nothing older is installed
	Code     string          // OK: it can be committed
	Manifest json.RawMessage // of a package that can be committed
	Front    int             `json:"front"` // bytes before the image, of the same
}

// COBSCases reads the folder "cobs"; errors as those of Streams.
func COBSCases() ([]COBS, error) { return load("cobs", ParseCOBS) }

// Descriptors reads the folder "descriptor"; errors as those of Streams.
func Descriptors() ([]Descriptor, error) { return load("descriptor", ParseDescriptor) }

// Hashes reads the folder "hash"; errors as those of Streams.
func Hashes() ([]Hash, error) { return load("hash", ParseHash) }

// Calibrations reads the folder "calibration"; errors as those of Streams.
func Calibrations() ([]Calibration, error) { return load("calibration", ParseCalibration) }

// Logs reads the folder "log"; errors as those of Streams.
func Logs() ([]Log, error) { return load("log", ParseLog) }

// Firmwares reads the folder "firmware"; errors as those of Streams.
func Firmwares() ([]Firmware, error) { return load("firmware", ParseFirmware) }

// decode reads a file into v. A key that README.md does not name is an error: a
// word that nobody reads proves nothing.
func decode(name string, raw []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return refuse(name, err)
	}
	return nil
}

// ParseCOBS reads one file of the folder "cobs". An error is an ErrVector, as
// those of the functions below.
func ParseCOBS(name string, raw []byte) (COBS, error) {
	var v struct {
		COBS
		Raw      *Bytes
		Accepted *bool
	}
	if err := decode(name, raw, &v); err != nil {
		return COBS{}, err
	}
	if (v.Raw == nil) != (v.Accepted != nil && !*v.Accepted) {
		return COBS{}, refuse(name, errors.New("neither raw bytes nor refused"))
	}
	v.COBS.Name = name
	if v.Raw != nil {
		v.COBS.Raw = *v.Raw
	}
	return v.COBS, nil
}

// ParseDescriptor reads one file of the folder "descriptor".
func ParseDescriptor(name string, raw []byte) (Descriptor, error) {
	v := Descriptor{}
	err := decode(name, raw, &v)
	v.Name = name
	if err == nil && v.Accepted != (v.Rule == "") {
		err = refuse(name, errors.New("accepted with a rule, or refused without"))
	}
	return v, err
}

// ParseHash reads one file of the folder "hash".
func ParseHash(name string, raw []byte) (Hash, error) {
	v := Hash{}
	err := decode(name, raw, &v)
	v.Name = name
	if err == nil && len(v.Hash) != 8 {
		err = refuse(name, fmt.Errorf("a hash of %d bytes", len(v.Hash)))
	}
	return v, err
}

// ParseCalibration reads one file of the folder "calibration".
func ParseCalibration(name string, raw []byte) (Calibration, error) {
	v := Calibration{}
	err := decode(name, raw, &v)
	v.Name = name
	if err == nil && v.Accepted != (v.Rule == "") {
		err = refuse(name, errors.New("accepted with a rule, or refused without"))
	}
	return v, err
}

// ParseLog reads one file of the folder "log".
func ParseLog(name string, raw []byte) (Log, error) {
	v := Log{}
	err := decode(name, raw, &v)
	v.Name = name
	return v, err
}

// ParseFirmware reads one file of the folder "firmware".
func ParseFirmware(name string, raw []byte) (Firmware, error) {
	v := Firmware{}
	err := decode(name, raw, &v)
	v.Name = name
	if err == nil && (v.Code == "OK") != (v.Manifest != nil) {
		err = refuse(name, errors.New("a manifest belongs to a package that can be committed"))
	}
	return v, err
}
