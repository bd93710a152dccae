package clinical

import (
	"crypto/sha256"
	"encoding/json"
	"time"
)

// Review is everything that an operator is shown before the hold that arms the
// pen (safety.md section 3). What the hold confirms is its Digest.
type Review struct {
	Patient     ID
	FamilyName  string
	GivenName   string
	BirthDate   Date   // the first identifier beside the name
	FileNumber  string // the second
	Fitzpatrick Fitzpatrick
	Operator    Operator
	Indication  IndicationKey
	Zone        ZoneKey

	// What the pen reports, read back.
	PenKind      PenKind
	PenModel     string
	PenSerial    string
	PenBoot      uint32
	Settings     Settings
	SettingsHash [8]byte
	Envelope     Envelope
	Tip          Tip

	LibraryHash string
	Last        *LastSession // nil: the first session here
	Warnings    []BlockCode  // those that are shown
}

// LastSession is the session before this one of the same patient, indication
// and zone, compared with what is about to be armed.
type LastSession struct {
	Treatment ID
	At        time.Time // when it began
	Changes   []Change  // empty: nothing differs
}

// ChangedField says what a Change is about.
type ChangedField string

// The fields that are compared with the last session, in the order in which
// changes are listed.
const (
	ChangedPen           ChangedField = "pen"       // Before and After: its kind
	ChangedParameter     ChangedField = "parameter" // in base units
	ChangedPulsesPerSpot ChangedField = "pulses_per_spot"
	ChangedPins          ChangedField = "pins"
	ChangedInsulation    ChangedField = "insulation"    // 1: insulated
	ChangedNeedleLength  ChangedField = "needle_length" // µm
	ChangedSkinType      ChangedField = "skin_type"     // a Fitzpatrick
)

// Change is one thing that differs from the last session.
type Change struct {
	Field         ChangedField
	Parameter     Parameter // of ChangedParameter
	Before, After int32
	// Kinds of pen, of ChangedPen.
	KindBefore, KindAfter PenKind
}

// Digest names exactly what was shown. The zero Digest is of nothing.
type Digest [sha256.Size]byte

// Digest covers every field of the review: whatever changes in what is shown
// changes it. It is zero, which confirms nothing, for a review with a time that
// no calendar has.
func (r Review) Digest() Digest {
	text, err := json.Marshal(r)
	if err != nil {
		return Digest{}
	}
	return sha256.Sum256(text)
}

// Compare fills in Last: the newest treatment of the history that armed a pen
// for the same indication and zone, and what is another now. The treatment that
// is open now, if one is, is not the last one.
func (r Review) Compare(history []Treatment, open ID) Review {
	r.Last = nil
	for _, t := range history {
		switch {
		case t.Patient != r.Patient, t.Indication != r.Indication, t.Zone != r.Zone:
		case t.ID == open, len(t.Arms) == 0, t.Outcome == OutcomeIntent, t.Outcome == OutcomeNotArmed:
		case r.Last != nil && !t.Started.After(r.Last.At):
		default:
			r.Last = &LastSession{Treatment: t.ID, At: t.Started, Changes: r.changes(t)}
		}
	}
	return r
}

// changes lists what differs from the end of a treatment.
func (r Review) changes(t Treatment) []Change {
	if t.PenKind != r.PenKind {
		// Nothing else can be compared across kinds.
		return []Change{{Field: ChangedPen, KindBefore: t.PenKind, KindAfter: r.PenKind}}
	}
	var out []Change
	differ := func(f ChangedField, p Parameter, before, after int32) {
		if before != after {
			out = append(out, Change{Field: f, Parameter: p, Before: before, After: after})
		}
	}
	last := t.Arms[len(t.Arms)-1]
	for _, p := range AllParameters() {
		differ(ChangedParameter, p, p.Of(last.Settings), p.Of(r.Settings))
	}
	for _, a := range t.Applied {
		if a.SettingsHash == last.SettingsHash && a.Envelope.PulsesPerSpot > 0 {
			differ(ChangedPulsesPerSpot, 0, int32(a.Envelope.PulsesPerSpot), int32(r.Envelope.PulsesPerSpot))
			break
		}
	}
	differ(ChangedPins, 0, int32(t.Tip.Pins), int32(r.Tip.Pins))
	differ(ChangedInsulation, 0, one(t.Tip.Insulated), one(r.Tip.Insulated))
	differ(ChangedNeedleLength, 0, int32(t.Tip.NeedleLength), int32(r.Tip.NeedleLength))
	differ(ChangedSkinType, 0, int32(t.Fitzpatrick), int32(r.Fitzpatrick))
	return out
}

func one(b bool) int32 {
	if b {
		return 1
	}
	return 0
}
