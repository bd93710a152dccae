// Package sim is the simulated pen: for training, for demonstration, and as
// the other half of every test of the console.
//
// The firmware is the pen's side of the link, complete: state machine, lease
// with freshness, envelope, arm blocks, settings hash, dose integration, pulse
// ledger, command ledger, log, self-test, tips' memories, calibration, counters
// and firmware update are those of a real pen. Only what it drives is simulated:
// the plant, integer physics of motor, needle, RF and tissue in fixed steps, the
// same on every machine for the same seed and inputs. Each pen is off in its own
// way, by its serial number, and its calibration tables put it right: with wrong
// ones it delivers what is wrong and does not notice. Firmware for it is made by
// FirmwarePackage, under a key that everybody has.
//
// The operator's hand is the Handpiece, in process or over a socket of its
// own (ServeHand, HandClient). It is never the link: a pen has no message that
// fires. It also breaks the pen: Faults lists what can break, in the plant, in
// the sensors between plant and firmware, and in what the link tells. A Script
// does the same at set times of the physics. A Probe sees what really leaves
// the pen, whatever its firmware and its sensors say.
//
// Goroutines: Run owns the firmware and the plant; all their state is touched
// on its goroutine alone. Each Attach starts one reader and one writer, which
// pass frames through bounded queues and end on detach, on a failure of the
// connection, or when Run ends; none of them ever waits for the other end on
// Run's behalf, so a stalled console does not stall the pen. Methods of Pen
// and Handpiece may be called from any goroutine.
//
// The package never drives a real device, and its HELLO_ACK says so.
package sim
