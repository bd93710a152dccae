// Package logfile keeps a verified copy of a pen's log in a file that can be
// gone on with after a cut, and proved years later without the pen.
//
// # Format
//
// A log file is text: JSON objects, one a line, each ended by a line feed. The
// first is the head:
//
//	{"type":"stipple_log","format":1,"serial":"0042","model":"R1","from":0,"begun":"2031-05-06T07:08:09Z",
//	 "events":[{"code":2,"name":"state_change","level":0,"args":["from","to"]}]}
//
// "from" is the index that the copy was asked to begin with, 0 for the oldest;
// "events" is the dictionary of the pen's descriptor. Every further line is one
// record of the pen's log:
//
//	{"type":"record","index":812,"boot":9,"pen_us":73105221,"utc_s":0,"code":2,"name":"state_change","level":0,
//	 "arg0":1,"arg1":2,"args":{"from":1,"to":2},"crc":"3c07b1aa","sum":"90e3015f"}
//
// "utc_s" is the date in seconds since 1970, 0 where the pen did not know it.
// "crc" is the record's own checksum, as the pen wrote it. "sum" is the CRC-32C
// over all records of the file up to this one, which LOG_ERASE names, so that no
// line can be changed, dropped or put elsewhere and the rest still hold. What was
// found about a record stands behind, where there is something: "gap" with
// "from", "to" and "kind" (reset, gone, damage), "damaged", "reboot", "back"; see
// device.LogEntry.
//
// A line that was cut by a crash is not part of the copy. Everything else that
// differs from what a Writer would have written, down to the last byte, is a
// *FormatError. The package proves that a file is what it was, not who wrote it.
//
// It starts no goroutine.
package logfile
