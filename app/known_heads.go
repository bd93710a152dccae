package app

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"stipple/app/audit"
	"stipple/protocol"
)

// The bounds of a file of known heads.
const (
	// maxHeadsBytes bounds the file: a pen's log of 100,000 records as JSON lines.
	maxHeadsBytes = 64 << 20
	// maxHeadLine bounds a line: the first one of a copied log has all events of the
	// largest descriptor.
	maxHeadLine = 2 * protocol.MaxDescriptor
)

// knownHeads are heads of the audit chain that a file tells of: those that somebody wrote
// down, and the notes of a pen's log, which say whose they are only beside the chain.
type knownHeads struct {
	heads []audit.Known
	notes [][audit.NoteBytes]byte
	where string // of the notes
}

// readKnown reads a file of known heads. Each line is a number, a head and where it was
// written down, with commas or blanks between; or one record of a pen's log as penctl
// prints or copies it; or empty, or a remark behind #. The error names file and line.
func readKnown(path string) (known knownHeads, err error) {
	f, err := os.Open(path)
	if err != nil {
		return known, fmt.Errorf("known heads: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	known.where = "the log in " + filepath.Base(path)
	in := io.LimitedReader{R: f, N: maxHeadsBytes + 1}
	lines := bufio.NewScanner(&in)
	lines.Buffer(nil, maxHeadLine)
	for n := 1; lines.Scan(); n++ {
		if err := known.line(strings.TrimSpace(lines.Text()), path); err != nil {
			return knownHeads{}, fmt.Errorf("known heads: %s: line %d: %w", path, n, err)
		}
	}
	switch err := lines.Err(); {
	case err != nil:
		return knownHeads{}, fmt.Errorf("known heads: %s: %w", path, err)
	case in.N == 0:
		return knownHeads{}, fmt.Errorf("known heads: %s: more than %d bytes", path, maxHeadsBytes)
	}
	return known, nil
}

func (k *knownHeads) line(text, path string) error {
	switch {
	case text == "", strings.HasPrefix(text, "#"):
		return nil
	case strings.HasPrefix(text, "{"):
		return k.record(text)
	}
	head, err := parseKnown(text, filepath.Base(path))
	if err == nil {
		k.heads = append(k.heads, head)
	}
	return err
}

// record takes a line of a pen's log, of which only notes count. One that is damaged in
// the pen's memory says nothing.
func (k *knownHeads) record(text string) error {
	var r struct {
		Code       uint16
		Arg0, Arg1 int32
		Damaged    bool
		Serial     string // of the lines about a whole log
	}
	if err := json.Unmarshal([]byte(text), &r); err != nil {
		return fmt.Errorf("no record of a pen's log: %w", err)
	}
	if r.Serial != "" {
		k.where = "the log of pen " + r.Serial
	}
	if r.Code == protocol.EventNote && !r.Damaged {
		var note [audit.NoteBytes]byte
		binary.LittleEndian.PutUint32(note[:], uint32(r.Arg0))
		binary.LittleEndian.PutUint32(note[4:], uint32(r.Arg1))
		k.notes = append(k.notes, note)
	}
	return nil
}

// of are the heads for the chain that begins at start, and how many notes are of another.
func (k *knownHeads) of(start audit.End) (known []audit.Known, others int) {
	r := audit.NewNoteReader(start, k.where)
	for _, n := range k.notes {
		r.Add(n)
	}
	return append(k.heads, r.Known()...), r.Others()
}

// parseKnown reads a number, a head and where it was written down: "1203
// a3f1-09bc-77d0-1e42-5b6a report of March", or with commas, where the head may have
// blanks. where stands in where nothing is said.
func parseKnown(text, where string) (audit.Known, error) {
	const wants = "want a number, a head and where it was written down"
	var parts []string
	if strings.Contains(text, ",") {
		parts = strings.SplitN(text, ",", 3)
	} else {
		parts = strings.Fields(text)
	}
	if len(parts) < 2 {
		return audit.Known{}, errors.New(wants)
	}
	seq, err := strconv.ParseUint(strings.TrimSpace(parts[0]), 10, 64)
	if err != nil {
		return audit.Known{}, fmt.Errorf("%s: %w", wants, err)
	}
	if said := strings.TrimSpace(strings.Join(parts[2:], " ")); said != "" {
		where = said
	}
	return audit.ParseKnown(seq, strings.TrimSpace(parts[1]), where)
}
