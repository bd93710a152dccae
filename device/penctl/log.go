package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"time"

	"stipple/device"
	"stipple/device/logfile"
	"stipple/protocol"
)

// logLook is how often a followed log is looked at for new records: as often as
// STATUS counts them.
const logLook = time.Second / protocol.StatusRate

// logWants is what the flags of log ask for.
type logWants struct {
	port, out, verify, role string
	from                    uint64
	follow, resume, csv     bool
	erase                   bool
}

// logDone is how a download ended.
type logDone struct {
	Type     string `json:"type"` // "log"
	Serial   string `json:"serial"`
	File     string `json:"file"`    // empty: none
	First    uint32 `json:"first"`   // index of the first record of the copy; 0: none
	Last     uint32 `json:"last"`    // and of the last
	Records  int    `json:"records"` // of the copy
	Damaged  int    `json:"damaged"` // of them, with a wrong checksum
	Missing  uint64 `json:"missing"` // numbers that the pen no longer has, or that were lost
	Reboots  int    `json:"reboots"`
	Complete bool   `json:"complete"` // to the newest record that there was at the begin
	Erased   bool   `json:"erased"`
}

func logCommand() command {
	return command{
		name: "log", group: groupLook,
		args: "[--port P] [--from N] [--follow] [--json | --csv] [--out FILE [--resume] [--erase-after-copy --role R]] | --verify FILE [--json | --csv]",
		does: "copies a pen's log. Every record is held against its checksum and the one before it; what is\n" +
			"missing, damaged or from another boot is said. With --out the copy is a file that --resume goes\n" +
			"on with after a cut or Ctrl-C, without a gap or a repeat, and that --verify proves without the pen",
		examples: []string{
			"penctl log --port /tmp/pen",
			"penctl log --port /tmp/pen --follow --json",
			"penctl log --port /tmp/pen --out pen.log",
			"penctl log --port /tmp/pen --out pen.log --resume",
			"penctl log --port /tmp/pen --out pen.log --resume --erase-after-copy --role service_engineer",
			"penctl log --verify pen.log",
			"penctl log --verify pen.log --csv > pen.csv",
		},
		build: func(fs *flag.FlagSet) func(context.Context, console, []string) error {
			var w logWants
			fs.StringVar(&w.port, "port", "", "`path` of the pen's port; without it the only pen found")
			fs.StringVar(&w.out, "out", "", "`file` for the copy; one that is there is gone on with by --resume and else not touched")
			fs.StringVar(&w.verify, "verify", "", "prove a `file` that --out made; no pen is asked")
			fs.Uint64Var(&w.from, "from", 0, "begin with record `N`; 0: with the oldest")
			fs.BoolVar(&w.follow, "follow", false, "go on with new records until Ctrl-C")
			fs.BoolVar(&w.resume, "resume", false, "go on where the file ends")
			fs.BoolVar(&w.csv, "csv", false, "comma-separated values, with a line of names first")
			fs.BoolVar(&w.erase, "erase-after-copy", false, "erase the copied records from the pen, once the file is proved to have them; needs --role")
			role := roleFlag(fs, protocol.RoleNone)
			return func(ctx context.Context, c console, words []string) error {
				if err := noWords(words); err != nil {
					return err
				}
				w.role = *role
				if err := w.check(c.json); err != nil {
					return err
				}
				if w.verify != "" {
					return c.verifyLog(w)
				}
				return c.log(ctx, w)
			}
		},
	}
}

// check holds the flags against each other.
func (w logWants) check(asJSON bool) error {
	switch {
	case w.verify != "" && (w.out != "" || w.port != "" || w.follow || w.resume || w.erase || w.from != 0):
		return usageOf("verify", "--verify asks no pen: of the other flags only --json or --csv go with it")
	case w.csv && asJSON:
		return usageOf("csv", "--csv and --json: one of them")
	case w.csv && w.out != "":
		return usageOf("csv", "--csv with --out: a log file has its own form; penctl log --verify FILE --csv makes the other of it")
	case w.from > 1<<32-1:
		return usageOf("from", "--from %d is beyond any log", w.from).beyond(1<<32 - 1)
	case w.resume && w.out == "":
		return usageOf("resume", "--resume needs --out: the file to go on with")
	case w.resume && w.from != 0:
		return usageOf("from", "--from with --resume: the file says where it goes on")
	case w.erase && w.out == "":
		return usageOf("erase_after_copy", "--erase-after-copy needs --out: nothing is erased that is not in a file")
	case w.erase && w.follow:
		return usageOf("erase_after_copy", "--erase-after-copy with --follow: the copy has no end")
	}
	if !w.erase {
		return nil
	}
	_, err := roleFor(w.role, protocol.TypeLogErase)
	return err
}

// log copies the log of a pen to where the flags say.
func (c console) log(ctx context.Context, w logWants) error {
	s, err := c.open(ctx, w.port, 0)
	if err != nil {
		return err
	}
	if w.erase {
		role, _ := protocol.RoleNamed(w.role) // check has looked at it
		s.SetRole(role)
	}
	return closeAfter(s, c.copyLog(ctx, s, w))
}

// copyLog copies the log of the session's pen.
func (c console) copyLog(ctx context.Context, s *device.Session, w logWants) (err error) {
	d := &download{c: c, s: s, w: w, bar: c.progress(), done: logDone{Type: "log", Serial: s.Info().Serial, File: w.out}}
	d.cur = device.NewLogCursor(s.Info().Serial, uint32(w.from))
	if info := s.Info(); info.Descriptor != nil {
		d.events = info.Descriptor.Events
	}
	if w.out != "" {
		if d.file, err = openLog(s.Info(), w); err != nil {
			return err
		}
		d.cur = d.file.Cursor
		d.had(d.file.Held())
	} else if d.view, err = c.viewLog(w.csv); err != nil {
		return err
	}
	err = d.run(ctx)
	d.bar.end()
	if d.file != nil {
		err = errors.Join(err, d.file.Close())
	}
	if err == nil && w.erase && d.done.Complete {
		err = d.eraseCopied(ctx)
	}
	if w.out == "" && !c.json {
		return err
	}
	return errors.Join(d.print(), err)
}

// openLog makes the file, or opens it to go on with.
func openLog(info device.Info, w logWants) (*logfile.Writer, error) {
	if w.resume {
		file, err := logfile.Resume(w.out)
		if !errors.Is(err, fs.ErrNotExist) {
			return file, logFileError(w.out, err)
		}
	}
	file, err := logfile.Create(w.out, info, uint32(w.from), time.Now())
	return file, logFileError(w.out, err)
}

// logFileError words what is wrong with a file.
func logFileError(path string, err error) error {
	var format *logfile.FormatError
	switch {
	case err == nil:
		return nil
	case errors.Is(err, fs.ErrExist):
		return &failure{exit: exitRefused, field: "out", text: path + " is there already; --resume goes on with it", cause: err}
	case errors.As(err, &format):
		return &failure{exit: exitRefused, text: format.Error(), cause: err}
	}
	return &failure{exit: exitRefused, text: err.Error(), cause: err}
}

// download is a copy that is being made.
type download struct {
	c      console
	s      *device.Session
	w      logWants
	cur    device.LogCursor
	file   *logfile.Writer // nil: to view
	view   *logView
	events []protocol.EventSpec
	bar    *progress
	done   logDone
}

// had counts what a file had before.
func (d *download) had(held logfile.Copy) {
	d.done.Damaged, d.done.Reboots = held.Damaged, held.Reboots
	for _, g := range held.Gaps {
		d.missing(g.Kind, uint64(g.To-g.From)+1)
	}
}

func (d *download) missing(kind string, n uint64) {
	if kind != device.GapReset.String() {
		d.done.Missing += n
	}
}

// run downloads until the newest record, or with --follow until ctx ends,
// which is no error.
func (d *download) run(ctx context.Context) error {
	look := time.NewTicker(logLook)
	defer look.Stop()
	for {
		err := d.s.ReadLog(ctx, &d.cur, d.take)
		if ctx.Err() != nil && errors.Is(err, ctx.Err()) {
			return nil
		}
		if err != nil {
			return err
		}
		d.bar.end()
		caughtUp := !d.done.Complete
		d.done.Complete = true
		if !d.w.follow {
			return nil
		}
		if caughtUp && d.file != nil {
			if err := d.print(); err != nil {
				return err
			}
		}
		for more := false; !more; {
			select {
			case <-ctx.Done():
				return nil
			case <-d.s.Done():
				return d.s.Err()
			case <-look.C:
				more = d.s.Live().Status.NewestLog > d.cur.Last().Index
			}
		}
	}
}

// take keeps one page.
func (d *download) take(page device.LogPage) error {
	for _, e := range page.Entries {
		if e.Damaged {
			d.done.Damaged++
		}
		if e.Reboot {
			d.done.Reboots++
		}
		if e.Gap != nil {
			d.missing(e.Gap.Kind.String(), uint64(e.Gap.To-e.Gap.From)+1)
		}
	}
	last := page.Entries[len(page.Entries)-1].Index
	first := max(page.Oldest, d.cur.First())
	d.bar.show(int64(last-min(first, last)), int64(page.UpTo-min(first, page.UpTo)), "record %d of %d", last, page.UpTo)
	if d.file == nil {
		return d.view.page(page, d.events)
	}
	if err := d.file.Take(page); err != nil {
		return err
	}
	if d.w.follow { // a person or a program may be reading along
		return d.file.Sync()
	}
	return nil
}

// eraseCopied erases what the file on the disk is proved to have.
func (d *download) eraseCopied(ctx context.Context) error {
	oldest, _, err := d.s.LogRange(ctx)
	if err != nil {
		return err
	}
	proof, err := logfile.Proof(d.w.out, oldest)
	if err != nil {
		return &failure{exit: exitRefused, text: fmt.Sprintf("nothing was erased: %v", err), cause: err}
	}
	if err := d.s.EraseLog(ctx, proof); err != nil {
		return err
	}
	d.done.Erased = true
	return nil
}

// print says how the download ended.
func (d *download) print() error {
	d.done.First, d.done.Last, d.done.Records = d.cur.First(), d.cur.Last().Index, d.cur.Records()
	if d.c.json {
		return d.c.print(d.done)
	}
	if err := d.c.line("%s", d.done.words()); err != nil {
		return err
	}
	if !d.done.Complete {
		return d.c.line("cut short: penctl log --out %s --resume goes on", d.w.out)
	}
	if d.done.Erased {
		return d.c.line("erased from the pen up to %d", d.done.Last)
	}
	return nil
}

func (l logDone) words() string {
	if l.Records == 0 {
		return fmt.Sprintf("pen %s: no records", l.Serial)
	}
	return fmt.Sprintf("pen %s: %d records, %d to %d; %d reboots, %d damaged, %d missing", l.Serial, l.Records, l.First, l.Last, l.Reboots, l.Damaged, l.Missing)
}

// verifiedShape is the last line of a verified file.
type verifiedShape struct {
	logDone
	Model string `json:"model"`
	Begun string `json:"begun"`
	// CutBytes are behind the last whole line: a copy that was cut there.
	CutBytes int64  `json:"cut_bytes"`
	Sum      string `json:"sum"` // over all records
}

// verifyLog proves a file and shows what is in it.
func (c console) verifyLog(w logWants) error {
	held, err := c.readLogFile(w)
	if err != nil {
		return logFileError(w.verify, err)
	}
	shape := verifiedShape{
		logDone: logDone{
			Type: "verified", Serial: held.Head.Serial, File: w.verify, First: held.Cursor.First(), Last: held.Cursor.Last().Index,
			Records: held.Records, Damaged: held.Damaged, Reboots: held.Reboots, Complete: held.Cut == 0,
		},
		Model: held.Head.Model, Begun: held.Head.Begun, CutBytes: held.Cut, Sum: fmt.Sprintf("%08x", held.Cursor.Sum()),
	}
	for _, g := range held.Gaps {
		if g.Kind != device.GapReset.String() {
			shape.Missing += uint64(g.To-g.From) + 1
		}
	}
	switch {
	case c.json:
		return c.print(shape)
	case w.csv:
		return nil
	}
	if err := c.line("%s", shape.words()); err != nil {
		return err
	}
	for _, g := range held.Gaps {
		if err := c.line("  %s", gapWords(g.From, g.To, g.Kind)); err != nil {
			return err
		}
	}
	if held.Cut > 0 {
		return c.line("whole up to there; %d bytes of a line that was cut stand behind", held.Cut)
	}
	return c.line("whole, sum %s", shape.Sum)
}

// readLogFile reads a file and shows its records where the flags ask for them.
func (c console) readLogFile(w logWants) (logfile.Copy, error) {
	if !c.json && !w.csv {
		return logfile.ReadFile(w.verify, nil)
	}
	view, err := c.viewLog(w.csv)
	if err != nil {
		return logfile.Copy{}, err
	}
	return logfile.ReadFile(w.verify, view.line)
}
