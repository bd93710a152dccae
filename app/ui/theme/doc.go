// Package theme holds the look of the window as named values: colours for
// surfaces, states and alarms, and sizes for type and touch.
//
// A widget asks for a name, never for a colour, so that light, dark and dim
// differ in one table and a test can prove contrast and colour-blind distance
// for all of them. A [Theme] is immutable and safe for concurrent use. The
// package draws nothing and decides no state.
package theme
