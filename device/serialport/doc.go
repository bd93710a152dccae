// Package serialport finds and opens serial ports. It is the only place that
// knows the serial library, and it turns what systems say into the typed
// problems of package device.
//
// Listing never opens a port: a stranger's device is left in peace. On Linux it
// reads sysfs; elsewhere it asks the library. A macOS build without cgo can't
// see USB identities: List returns plain paths there, none of which match a
// table, and a port has to be named.
//
// An open port belongs to one goroutine that reads and one that writes. A read
// returns 0 and no error after ReadTimeout without a byte. Close may be called
// from any goroutine and frees both; a write that the driver does not give
// back within CloseWait is left behind in it.
package serialport
