package clinical

import "stipple/protocol"

// Parameter names one of the settings of a pen.
type Parameter uint8

// The parameters, in the order of the pen's descriptor and of the controls in
// the window. Power and Duration exist on RF pens only.
const (
	Depth Parameter = iota
	Speed
	Power
	Duration
)

// ParameterCount is how many parameters there are; arrays that are indexed by
// a Parameter have this length.
const ParameterCount = 4

// AllParameters lists the parameters in their order.
func AllParameters() [ParameterCount]Parameter {
	return [ParameterCount]Parameter{Depth, Speed, Power, Duration}
}

// parameterFacts is what people and pens call a parameter.
type parameterFacts struct {
	name, base, shown string
	// baseShift is the number of decimal places between the shown unit and the
	// base unit: 3 for mm and µm.
	baseShift int
	// places is how many decimals are always shown.
	places int
}

func (p Parameter) facts() parameterFacts {
	switch p {
	case Depth:
		return parameterFacts{name: "Depth", base: "µm", shown: "mm", baseShift: 3, places: 2}
	case Speed:
		return parameterFacts{name: "Speed", base: "/min", shown: "/min"}
	case Power:
		return parameterFacts{name: "RF power", base: "mW", shown: "W", baseShift: 3}
	case Duration:
		return parameterFacts{name: "Pulse", base: "ms", shown: "ms"}
	}
	return parameterFacts{name: "unknown parameter"}
}

// Name is the word for people: "Depth", "Speed", "RF power", "Pulse".
func (p Parameter) Name() string { return p.facts().name }

// String is Name.
func (p Parameter) String() string { return p.Name() }

// Unit is the base unit in which values are stored, sent and compared: "µm",
// "/min", "mW", "ms".
func (p Parameter) Unit() string { return p.facts().base }

// ShownUnit is the unit in which people read and type a value: "mm", "/min",
// "W", "ms".
func (p Parameter) ShownUnit() string { return p.facts().shown }

// Of reads the parameter out of s, in the base unit.
func (p Parameter) Of(s Settings) int32 {
	switch p {
	case Depth:
		return int32(s.Depth)
	case Speed:
		return int32(s.Speed)
	case Power:
		return int32(s.Power)
	case Duration:
		return int32(s.Duration)
	}
	return 0
}

// With is s with the parameter set to v, in the base unit.
func (p Parameter) With(s Settings, v int32) Settings {
	switch p {
	case Depth:
		s.Depth = protocol.Micrometres(v)
	case Speed:
		s.Speed = protocol.StrokesPerMinute(v)
	case Power:
		s.Power = protocol.Milliwatts(v)
	case Duration:
		s.Duration = protocol.Milliseconds(v)
	}
	return s
}
