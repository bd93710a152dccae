// Package clinical holds what the console knows about treating: the nouns
// (patient, preset, treatment, pulse, tip), the limit library, and the rules
// that turn a library, a pen, a tip and a patient into the range that each
// setting may have, with the reason for each end of it.
//
// The one idea is a stack of layers: pen, tip, zone, indication, skin type,
// dose, timing, clinic policy, role. Each layer may only tighten. What is left
// is the effective range; the layer that made each end of it is named beside
// the control. If nothing is left, that is an answer too: NotTreatableError
// names the two rules that conflict.
//
// Three promises hold for every number here. Values are integers in the base
// units of the link. Maxima round down to the pen's step, minima up and a
// shown dose up. A dose is compared as a product (power x duration x pulses
// per spot against cap x pins), never as a quotient.
//
// Numbers about skin, depth and dose live in the limit library
// (assets/limits/*.toml), each with its source and grade, and never in code.
//
// Everything is pure: no clock, no I/O beyond the fs.FS that LoadLibrary is
// handed, no goroutine, no state. A *Library never changes after it was
// loaded, so any number of goroutines may use it; all other types are plain
// values. Nothing here ever moves a setting by itself: a value outside its
// range is reported (Limits.Check), and the person sets it again.
package clinical
