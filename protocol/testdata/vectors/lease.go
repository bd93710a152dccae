package vectors

import (
	"encoding/json"
	"errors"
	"fmt"
)

// Lease is one file of the folder "lease": what arrives at a pen that has been
// armed, by the pen's own clock, and how long the arm id lasts. Every clock is
// in µs since the pen's boot.
type Lease struct {
	Name     string `json:"-"` // of the file, without folder and ending
	About    string
	ArmID    uint32 `json:"arm_id"`
	Armed    uint64 `json:"armed,string"` // when the pen took ARM
	Arrivals []Arrival

	Over        uint64 `json:"over,string"` // when the arm id is over: RF off, STANDBY
	Cause       string // "lease", "disarm" or "estop"
	NeedleBack  uint64 `json:"needle_back,string"` // when the needle is back at the latest
	CountedFrom *struct {
		Arrival, Echo uint64 `json:",string"`
	} `json:"counted_from"` // from which EVENT 3 counts; nil: there is none
}

// Arrival is one message at a pen.
type Arrival struct {
	About   string
	At      uint64 `json:"at,string"` // when it arrived
	Name    string // of its type: LEASE, DISARM or ESTOP
	Payload Bytes
	Fields  json.RawMessage // nil: the payload can't be read
	Grants  bool            // the limits are its own from now on
	Why     string          // it grants nothing: a word of README.md; empty for DISARM and ESTOP too
	// The limits behind it; 0: no arm id.
	RFLimit     uint64 `json:"rf_limit,string"`
	MotionLimit uint64 `json:"motion_limit,string"`
}

// Leases reads the folder "lease"; errors as those of Streams.
func Leases() ([]Lease, error) { return load("lease", ParseLease) }

// ParseLease reads one file of the folder "lease". An error is an ErrVector.
func ParseLease(name string, raw []byte) (Lease, error) {
	v := Lease{}
	if err := decode(name, raw, &v); err != nil {
		return Lease{}, err
	}
	v.Name = name
	if (v.Cause == "lease") != (v.CountedFrom != nil) {
		return Lease{}, refuse(name, fmt.Errorf("over by %q, and EVENT 3 counts or not", v.Cause))
	}
	last := v.Armed
	for i, a := range v.Arrivals {
		switch {
		case a.At < last:
			return Lease{}, refuse(name, fmt.Errorf("arrival %d comes before the one above it", i))
		case a.Name != "LEASE" && a.Name != "DISARM" && a.Name != "ESTOP":
			return Lease{}, refuse(name, fmt.Errorf("arrival %d is %q", i, a.Name))
		case a.Name == "LEASE" && a.Grants != (a.Why == ""):
			return Lease{}, refuse(name, errors.New("a lease that grants with a reason, or none without"))
		}
		last = a.At
	}
	return v, nil
}
