package link

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"time"
)

// The sizes of a recording, as FORMAT.md has them.
const (
	recordingMagic   = "SLRECORD"
	recordingVersion = 1
	// maxBody is the longest body of a block.
	maxBody = 65536
	// minBody is a block without a record.
	minBody = blockNumberSize + 8
	// blockNumberSize is the number in front of every body.
	blockNumberSize = 4
	// frameSize is what a block has around its body.
	blockFrame = 8
	// blockTarget is when a block is written: small enough that a damaged one
	// costs little, large enough that its frame does not count.
	blockTarget = 16384
	// maxPiece is the most bytes of one record; more is split.
	maxPiece = 32768
	// maxPairs, maxKey and maxValue bound the header and the notes.
	maxPairs = 64
	maxKey   = 64
	maxValue = 1024
	// maxMicros is the latest time of a record: 285 years, and a whole number in
	// any language.
	maxMicros = 1 << 53
)

// The kinds of records.
const (
	kindToPen     = 1
	kindToConsole = 2
	kindGap       = 3
	kindNote      = 4
	kindEnd       = 5
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// le is the byte order of a recording.
var le = binary.LittleEndian

// Header is what stands in front of a recording.
type Header struct {
	Start time.Time // time of day, which a change of the clock does not move
	// Info is free text: at most 64 keys of 1 to 64 bytes, with values of at most
	// 1,024. Of what is longer the front is kept.
	Info map[string]string
}

// Record is one entry of a recording: bytes, or a Gap, or a note. Which one it
// is, its only filled part says.
type Record struct {
	At time.Duration // since the start, whole microseconds

	To    Direction // of Bytes
	Bytes []byte    // valid until the reader's next call

	Gap Gap

	Key, Value string // of a note; Key is not empty
}

// Gap is what a recorder lost because it could not follow.
type Gap struct {
	ToPen, ToConsole uint64        // bytes
	For              time.Duration // from the first loss, the record's time, to the last
}

// Lost is the number of bytes lost in all; 0: there is no gap.
func (g Gap) Lost() uint64 { return g.ToPen + g.ToConsole }

// Why a recording can't be read; each is wrapped in a *RecordingError.
var (
	// ErrNotRecording: the file is something else.
	ErrNotRecording = errors.New("not a recording")
	// ErrRecordingVersion: the recording is of a format that is not known here.
	ErrRecordingVersion = errors.New("recording of another version")
	// ErrCut: the recording ends without its end mark; all before is good.
	ErrCut = errors.New("recording is cut off")
	// ErrDamaged: a block is not what was written; all before is good.
	ErrDamaged = errors.New("recording is damaged")
)

// RecordingError says where a recording can't be read on.
type RecordingError struct {
	Block  int   // number of the block; 0: the header
	Offset int64 // where the block begins in the file
	Why    string
	Err    error // one of the errors above, or what the file said
}

func (e *RecordingError) Error() string {
	text := fmt.Sprintf("%v: block %d at byte %d", e.Err, e.Block, e.Offset)
	if e.Why != "" {
		text += ": " + e.Why
	}
	return text
}

// Unwrap returns Err.
func (e *RecordingError) Unwrap() error { return e.Err }
