package link

import "fmt"

// Direction is the way that bytes travel.
type Direction uint8

// The directions.
const (
	ToPen     Direction = iota // from the console
	ToConsole                  // from the pen
	// Both is for a rule that holds in either direction; bytes never travel so.
	Both
)

// directionCount is the number of directions in which bytes travel.
const directionCount = 2

// String is the word that a script uses.
func (d Direction) String() string {
	switch d {
	case ToPen:
		return "to-pen"
	case ToConsole:
		return "to-console"
	case Both:
		return "both"
	}
	return fmt.Sprintf("direction %d", uint8(d))
}

// covers says whether a rule for d is about bytes that travel in the way of o.
func (d Direction) covers(o Direction) bool { return d == Both || d == o }

// opposite is the other of the two directions.
func (d Direction) opposite() Direction {
	if d == ToPen {
		return ToConsole
	}
	return ToPen
}
