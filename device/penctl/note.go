package main

import (
	"context"
	"encoding/hex"
	"flag"

	"stipple/protocol"
)

// notedShape is a note that a pen has in its log.
type notedShape struct {
	Type   string `json:"type"` // "note"
	Serial string `json:"serial"`
	Index  uint32 `json:"index"` // of its record
	Note   string `json:"note"`  // 16 hex digits
}

func noteCommand() command {
	return command{
		name: "note", group: groupSet, args: "HEX [--port P] --role R [--json]",
		does: "writes eight bytes into a pen's log and reads them back: the head of an audit chain, or a\n" +
			"number that a protocol on paper names",
		examples: []string{"penctl note 00112233aabbccdd --port /tmp/pen --role technician --json"},
		build: func(fs *flag.FlagSet) func(context.Context, console, []string) error {
			port, role := portFlag(fs), roleFlag(fs, protocol.RoleNone)
			return func(ctx context.Context, c console, words []string) error {
				if len(words) == 0 {
					return usageError("note: want the bytes as 16 hex digits")
				}
				if err := noWords(words[1:]); err != nil {
					return err
				}
				raw, err := hex.DecodeString(words[0])
				if err != nil || len(raw) != len(protocol.LogNote{}.Note) {
					return usageError("note %q: want 16 hex digits", words[0])
				}
				as, err := roleFor(*role, protocol.TypeLogNote)
				if err != nil {
					return err
				}
				s, err := c.openAs(ctx, *port, as)
				if err != nil {
					return err
				}
				index, err := s.Note(ctx, [8]byte(raw))
				if err == nil {
					err = c.printNote(notedShape{Type: "note", Serial: s.Info().Serial, Index: index, Note: hex.EncodeToString(raw)})
				}
				return closeAfter(s, err)
			}
		},
	}
}

func (c console) printNote(n notedShape) error {
	if c.json {
		return c.print(n)
	}
	return c.line("pen %s: note %s is log record %d", n.Serial, n.Note, n.Index)
}
