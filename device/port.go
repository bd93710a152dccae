package device

// Port is a serial port as the system describes it, before anybody has spoken
// to it. It only decides which ports are asked; the handshake decides what is
// a pen.
type Port struct {
	Path      string // "/dev/ttyACM0", "COM3"
	VID, PID  string // four upper-case hex digits; empty without USB
	USBSerial string // the serial number that USB reports; may be empty
	Product   string
	// Instance changes when the same path is plugged in again; empty where the
	// system can't tell.
	Instance string
}

// USB says whether the port has a USB identity. A pen that calls itself
// simulated is believed only on a port that has none.
func (p Port) USB() bool { return p.VID != "" || p.PID != "" }
