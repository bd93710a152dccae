package console

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"time"

	"stipple/app/audit"
	"stipple/app/clinical"
	"stipple/device"
	"stipple/protocol"
)

// ErrCancelled means that who asked has ended it.
var ErrCancelled = errors.New("cancelled")

// ErrNoPen means that no pen is connected, or one that has no log.
var ErrNoPen = errors.New("no pen with a log is connected")

// AuditFinding is one thing that is wrong with the chain.
type AuditFinding struct {
	Kind     string // "changed", "missing", …: as package audit has them, with _ for blanks
	From, To uint64
	Of       uint64 // entry From stands where To should, or is a copy; 0: neither
	Where    string // more about it, in English; may be empty
}

// AuditVerdict is what a verification came to.
type AuditVerdict struct {
	At       time.Time
	By       string // who asked
	Entries  uint64
	Newest   uint64 // the last entry that holds and stands in line
	Short    string // of its head
	Head     string
	Findings []AuditFinding
	Omitted  uint64 // findings for which there was no room
	Pen      string // serial number of the pen whose log it was held against; empty: none
	Notes    int    // of this store in that log
	Others   int    // notes in it that are not of this store
	Agreed   int    // of Notes
}

// OK says whether the chain is as it was written.
func (v *AuditVerdict) OK() bool { return len(v.Findings) == 0 && v.Omitted == 0 }

// VerifyAudit judges the whole chain; with the pen's log also against the heads that this
// store's consoles have noted there. tell is told how far it is, on any goroutine; the
// function that is returned ends it, and done gets ErrCancelled.
//
// The pen's log as such is for those who look after pens. Here only the console's own
// notes are read out of it, and the pen asks for no role to be read (SPEC.md section
// 4.4): whoever may read the chain may have it held against them.
//
// Errors with the pen's log: ErrNoPen, device.ErrArmed, those of Session.ReadLog.
func (d *Desk) VerifyAudit(withPen bool, tell func(AuditProgress), done func(*AuditVerdict, error)) (cancel func()) {
	return until(d, clinical.PermitAuditRead, nil, func(ctx, ended context.Context, _ *auditReader) (func() *AuditVerdict, error) {
		ctx, end := context.WithCancel(ctx)
		defer end()
		defer context.AfterFunc(ended, end)()
		v, err := d.judgeChain(ctx, withPen, d.waiting(tell))
		if ended.Err() != nil {
			err = ErrCancelled
		}
		return func() *AuditVerdict {
			d.verdict = v
			return v
		}, err
	}, done)
}

func (d *Desk) judgeChain(ctx context.Context, withPen bool, tell func(AuditProgress)) (*AuditVerdict, error) {
	v := &AuditVerdict{At: d.cfg.Now(), By: audit.Who(ctx).Operator.Name}
	var known []audit.Known
	if withPen {
		notes, serial, err := d.notesOfPen(ctx)
		if err != nil {
			return nil, err
		}
		known = notes.Known()
		v.Pen, v.Notes, v.Others = serial, len(known), notes.Others()
	}
	end, err := d.cfg.Journal.AuditEnd(ctx)
	if err != nil {
		return nil, err
	}
	report, err := d.cfg.Journal.JudgeAudit(ctx, known, func(n uint64) { tell(AuditProgress{Seen: n, Of: max(end.Seq, n)}) })
	if err != nil {
		return nil, err
	}
	v.Entries, v.Newest, v.Agreed, v.Omitted = report.Entries, report.End.Seq, report.Agreed, report.Omitted
	v.Short, v.Head = report.End.Head.Short(), report.End.Head.String()
	for _, f := range report.Findings {
		v.Findings = append(v.Findings, AuditFinding{Kind: strings.ReplaceAll(string(f.Kind), " ", "_"), From: f.From, To: f.To, Of: f.Of, Where: f.Text})
	}
	return v, nil
}

// notesOfPen reads the notes out of the connected pen's log.
func (d *Desk) notesOfPen(ctx context.Context) (*audit.NoteReader, string, error) {
	s := d.session.Load()
	switch {
	case s == nil || !logs(s):
		return nil, "", ErrNoPen
	case s.Live().Status.State.Armed():
		return nil, "", device.ErrArmed // its link has better things to do
	}
	serial := s.Info().Serial
	notes := audit.NewNoteReader(d.cfg.Journal.AuditStart(), fmt.Sprintf("the log of pen %s", serial))
	cur := device.NewLogCursor(serial, 0)
	err := s.ReadLog(ctx, &cur, func(page device.LogPage) error {
		for _, e := range page.Entries {
			if e.Code == protocol.EventNote && !e.Damaged {
				notes.Add(noteOf(e.Args))
			}
		}
		return nil
	})
	return notes, serial, err
}

// logs says whether a pen has a log that takes notes.
func logs(s *device.Session) bool {
	desc := s.Info().Descriptor
	return desc != nil && desc.LogKept > 0
}

// noteOf is the note of a log record: the reverse of protocol.NoteArgs.
func noteOf(args [2]int32) (note [audit.NoteBytes]byte) {
	binary.LittleEndian.PutUint32(note[:], uint32(args[0]))
	binary.LittleEndian.PutUint32(note[4:], uint32(args[1]))
	return note
}
