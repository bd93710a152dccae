package clinical

// Layer is one of the things that may tighten a range (safety.md section 1).
// The order is that of the sentence "pen, tip, zone, …": where two layers give
// the same bound, the earlier one is named, because it would still bind if the
// later one were lifted.
type Layer uint8

// The layers. LayerCell is a bound of the zone, which may also depend on the
// kind of tissue that the indication treats there; LayerIndication is a bound
// of the indication wherever it is treated.
const (
	LayerPen Layer = iota
	LayerTip
	LayerCell
	LayerIndication
	LayerFitzpatrick
	LayerDose
	LayerTiming
	LayerPolicy
	LayerRole
)

// String is the short word that stands beside a control.
func (l Layer) String() string {
	switch l {
	case LayerPen:
		return "pen"
	case LayerTip:
		return "tip"
	case LayerCell:
		return "zone"
	case LayerIndication:
		return "indication"
	case LayerFitzpatrick:
		return "skin type"
	case LayerDose:
		return "dose"
	case LayerTiming:
		return "timing"
	case LayerPolicy:
		return "policy"
	case LayerRole:
		return "role"
	}
	return "unknown layer"
}

// Reason says which rule made a bound and where its number comes from.
type Reason struct {
	Layer  Layer
	Rule   string // stable id for records and tests: "zone.cheek.rf.scar_cap"
	Text   string // for people: "zone: left cheek, scar"
	Source string // a key of the library's source table ("L61", "PROP"), or "descriptor", "tip", "clinic"
	Grade  string // A regulator or peer-reviewed, B maker or clinic, C weak, P proposed here; empty for a device's own bound
	Note   string // what the number rests on: "skin 0.75-0.85 mm (L61)"; may be empty
}

// Bound is one end of a range, in the parameter's base unit, with its reason.
type Bound struct {
	Value  int32
	Reason Reason
}
