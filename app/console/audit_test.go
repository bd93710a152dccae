package console_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"stipple/app/audit"
	"stipple/app/clinical"
	"stipple/app/coded"
	"stipple/app/console"
	"stipple/device"
	"stipple/device/sim"
	"stipple/protocol"
)

// exports are written into memory.
type exports struct{ wrote *[]string }

func (f exports) WriteAudit(_ context.Context, folder string, form console.AuditForm, end audit.End, entries iter.Seq2[audit.Opened, error], written func(string, int) error) (string, error) {
	name, n := fmt.Sprintf("audit %d.%s", end.Seq, form), 0
	for e, err := range entries {
		if err != nil {
			return "", err
		}
		if n++; f.wrote != nil {
			*f.wrote = append(*f.wrote, fmt.Sprint(e.Seq, e.Action, e.Private, e.Sealed != nil))
		}
	}
	return folder + "/" + name, written(name, n)
}

// answer waits for what a use case hands its done function.
func answer[T any](t *testing.T, ask func(done func(T, error))) (T, error) {
	t.Helper()
	type both struct {
		v   T
		err error
	}
	out := make(chan both, 1)
	ask(func(v T, err error) { out <- both{v, err} })
	got := <-out
	return got.v, got.err
}

func (b *bench) page(f console.AuditFilter, before uint64) console.AuditPage {
	b.t.Helper()
	page, err := answer(b.t, func(done func(console.AuditPage, error)) {
		b.desk.AuditPage(f, before, func(console.AuditProgress) {}, done)
	})
	if err != nil {
		b.t.Fatal(err)
	}
	return page
}

func (b *bench) verdict(withPen bool) (*console.AuditVerdict, error) {
	b.t.Helper()
	return answer(b.t, func(done func(*console.AuditVerdict, error)) {
		b.desk.VerifyAudit(withPen, func(console.AuditProgress) {}, done)
	})
}

// audited writes entries of the chain.
func (b *bench) audited(n int) {
	b.t.Helper()
	for range n {
		if err := b.store.Audit(b.t.Context(), audit.Entry{Action: audit.Lock}); err != nil {
			b.t.Fatal(err)
		}
	}
}

// saved writes a patient anew, of whom the chain then tells.
func (b *bench) saved(family string) {
	b.t.Helper()
	p, err := b.store.Patient(b.t.Context(), b.patient(family))
	if err == nil {
		p.FileNumber += "-2"
		p.GivenName = "Ana " + family
		_, err = b.store.SavePatient(b.t.Context(), p)
	}
	if err != nil {
		b.t.Fatal(err)
	}
}

// auditBench is a desk with a senior clinician at work and a pen.
func auditBench(t *testing.T, change func(*console.Config)) *bench {
	t.Helper()
	b := newBenchFrom(t, sim.R1, true, func(b *bench) { b.audited(1) }, change)
	b.until("a pen", func(v *console.View) bool { return v.Pen.Connected && v.Operator.Name != "" })
	b.work(clinical.RoleSeniorClinician)
	return b
}

// Every entry is on exactly one page, newest first, however the pages are cut; and each
// filter shows what it names and nothing else.
func TestAuditPages(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := auditBench(t, func(*console.Config) {})
		defer b.stop()
		b.audited(1200) // more than two batches
		b.saved("Ruiz")
		var seqs []uint64
		for next := uint64(0); ; {
			p := b.page(console.AuditFilter{}, next)
			for _, r := range p.Rows {
				seqs = append(seqs, r.Seq)
			}
			if next = p.Next; next == 0 {
				break
			}
		}
		end, err := b.store.AuditEnd(t.Context())
		if err != nil || len(seqs) != int(end.Seq) {
			t.Fatalf("%d of %d entries, %v", len(seqs), end.Seq, err)
		}
		for i, s := range seqs {
			if s != end.Seq-uint64(i) {
				t.Fatalf("entry %d at place %d", s, i)
			}
		}
		ruiz := b.patient("Ruiz")
		today := clinical.Date{Year: 2026, Month: 11, Day: 23}
		after := clinical.Date{Year: 2026, Month: 11, Day: 24}
		for what, c := range map[string]struct {
			f    console.AuditFilter
			want func(console.AuditRow) bool
		}{
			"area":    {console.AuditFilter{Area: "patient"}, func(r console.AuditRow) bool { return r.Area == "patient" }},
			"action":  {console.AuditFilter{Action: "lock"}, func(r console.AuditRow) bool { return r.Action == "lock" }},
			"about":   {console.AuditFilter{About: string(ruiz)}, func(r console.AuditRow) bool { return r.Patient == ruiz && r.Name == "Ruiz, Ana Ruiz" }},
			"private": {console.AuditFilter{Text: "rUiZ"}, func(r console.AuditRow) bool { return strings.Contains(fmt.Sprint(r.Private), "Ruiz") }},
			"days":    {console.AuditFilter{Action: "lock", From: today, To: today}, func(r console.AuditRow) bool { return r.Action == "lock" }},
		} {
			p := b.page(c.f, 0)
			if len(p.Rows) == 0 {
				t.Errorf("%s: nothing", what)
			}
			for _, r := range p.Rows {
				if !c.want(r) {
					t.Errorf("%s: %+v", what, r)
				}
			}
		}
		for what, f := range map[string]console.AuditFilter{
			"operator": {Operator: "nobody"}, "text": {Text: "no such text"}, "later": {From: after}, "earlier": {To: clinical.Date{Year: 1999, Month: 1, Day: 1}},
		} {
			if p := b.page(f, 0); len(p.Rows) != 0 || p.Next != 0 || p.Cut {
				t.Errorf("%s: %d rows", what, len(p.Rows))
			}
		}
	})
}

// A search that is ended says how far it came, and is gone on with from there.
func TestAuditSearchIsCancelled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := auditBench(t, func(*console.Config) {})
		defer b.stop()
		b.audited(1200)
		page, err := answer(t, func(done func(console.AuditPage, error)) {
			b.desk.AuditPage(console.AuditFilter{Text: "no such text"}, 0, func(console.AuditProgress) {}, done)()
		})
		if err != nil || !page.Cut || page.Next == 0 || page.Next > page.Newest {
			t.Errorf("%+v, %v", page, err)
		}
		if page = b.page(console.AuditFilter{Text: "no such text"}, page.Next); page.Cut || page.Next != 0 {
			t.Errorf("gone on with: %+v", page)
		}
	})
}

// An administrator sees that something of a patient is there, and nothing of it, also
// where the keys lie open beside the store; nor is it found or exported.
func TestAuditOfPatientsIsSealed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var wrote []string
		b := auditBench(t, func(c *console.Config) { c.Exports = exports{&wrote} })
		defer b.stop()
		b.saved("Ruiz")
		export := func() {
			wrote = nil
			_, err := answer(t, func(done func(console.AuditExported, error)) {
				b.desk.ExportAudit(console.AuditExport{Folder: "/stick", Form: console.AuditCSV}, func(console.AuditProgress) {}, done)
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		p := b.page(console.AuditFilter{Action: "patient.save"}, 0)
		if len(p.Rows) == 0 || p.Rows[0].State != console.AuditShown || p.Rows[0].Name == "" {
			t.Fatalf("a senior clinician sees %+v", p.Rows)
		}
		if export(); !slices.ContainsFunc(wrote, func(s string) bool { return strings.Contains(s, "Ruiz") }) {
			t.Error("nothing of a patient is in a senior clinician's export")
		}
		b.work(clinical.RoleAdministrator)
		p = b.page(console.AuditFilter{}, 0)
		for _, r := range p.Rows {
			if r.Private != nil || r.Name != "" || r.Patient != "" && r.Action == "patient.save" && r.State != console.AuditSealed {
				t.Errorf("an administrator sees %+v", r)
			}
		}
		if p = b.page(console.AuditFilter{Text: "Ruiz"}, 0); len(p.Rows) != 0 {
			t.Errorf("a search finds what is sealed: %+v", p.Rows)
		}
		if export(); len(wrote) == 0 || strings.Contains(fmt.Sprint(wrote), "Ruiz") {
			t.Errorf("%d entries exported, with what is sealed", len(wrote))
		}
	})
}

// An export that was cancelled before it had begun to read says so, too.
func TestAuditExportIsCancelledAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := auditBench(t, func(c *console.Config) { c.Journal = patientJournal{c.Journal} })
		defer b.stop()
		_, err := answer(t, func(done func(console.AuditExported, error)) {
			b.desk.ExportAudit(console.AuditExport{Folder: "/stick", Form: console.AuditJSON}, func(console.AuditProgress) {}, done)()
		})
		if !errors.Is(err, console.ErrCancelled) {
			t.Error(err)
		}
	})
}

// patientJournal has no end before somebody gives up.
type patientJournal struct{ console.Journal }

func (patientJournal) AuditEnd(ctx context.Context) (audit.End, error) {
	<-ctx.Done()
	return audit.End{}, ctx.Err()
}

// An export is in the chain, with its name, how many and by which filter; one that comes
// to nothing is not.
func TestAuditExportIsAudited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := auditBench(t, func(*console.Config) {})
		defer b.stop()
		b.audited(1200)
		exports := func() []console.AuditRow { return b.page(console.AuditFilter{Action: "export"}, 0).Rows }
		x := console.AuditExport{Filter: console.AuditFilter{Action: "lock", Text: "lock"}, Folder: "/stick", Form: console.AuditJSON}
		_, err := answer(t, func(done func(console.AuditExported, error)) {
			b.desk.ExportAudit(x, func(console.AuditProgress) {}, done)()
		})
		if !errors.Is(err, console.ErrCancelled) || len(exports()) != 0 {
			t.Fatalf("cancelled: %v, %d in the chain", err, len(exports()))
		}
		got, err := answer(t, func(done func(console.AuditExported, error)) {
			b.desk.ExportAudit(x, func(console.AuditProgress) {}, done)
		})
		if err != nil || got.Entries != 1201 {
			t.Fatalf("%+v, %v", got, err)
		}
		rows := exports()
		if len(rows) != 1 || rows[0].Kind != "file" || "/stick/"+rows[0].Subject != got.Path || rows[0].Operator.Role != clinical.RoleSeniorClinician {
			t.Fatalf("%+v", rows)
		}
		if text := fmt.Sprint(rows[0].Changes); !strings.Contains(text, "1201") || !strings.Contains(text, "json") || !strings.Contains(text, "filter.action") {
			t.Errorf("it says %s", text)
		}
	})
}

// penNotes are the notes in the simulated pen's log for this store.
func (b *bench) penNotes() int {
	b.t.Helper()
	v, err := b.verdict(true)
	if err != nil {
		b.t.Fatal(err)
	}
	return v.Notes
}

// The head gets into the pen's log once a connection and once an hour while the chain
// grows, and not while it does not.
func TestHeadIsNotedInThePen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := auditBench(t, func(*console.Config) {})
		defer b.stop()
		time.Sleep(time.Second)
		if n := b.penNotes(); n != 1 {
			t.Fatalf("%d heads after the connection", n)
		}
		time.Sleep(62 * time.Minute)
		if n := b.penNotes(); n != 1 {
			t.Errorf("%d heads of a chain that has not grown", n)
		}
		b.audited(3)
		time.Sleep(61 * time.Minute)
		if n := b.penNotes(); n != 2 {
			t.Errorf("%d heads an hour later", n)
		}
		for range 20 { // a cable that does not hold
			b.audited(1)
			b.cut()
			b.until("no pen", func(v *console.View) bool { return !v.Pen.Connected })
			b.plugged.Store(true)
			b.until("the pen", func(v *console.View) bool { return v.Pen.Connected })
			time.Sleep(time.Second)
		}
		if n := b.penNotes(); n < 3 || n > 5 {
			t.Errorf("%d heads after a bad cable", n)
		}
		v, err := b.verdict(true)
		if err != nil || !v.OK() || v.Agreed != v.Notes || v.Others != 0 || v.Pen == "" {
			t.Errorf("%+v, %v", v, err)
		}
	})
}

// A pen that refuses notes, keeps none, or has no log is no error for anybody and holds
// nothing up; and it is not asked all the time.
func TestPenThatTakesNoNotes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var asked atomic.Int32
		b := newBenchWith(t, sim.R1, true, func(b *bench) { b.audited(1) })
		defer b.stop()
		b.look(func(m protocol.Message) {
			if m.Type() == protocol.TypeLogNote {
				asked.Add(1)
			}
		})
		refuses := lie(func(_ *protocol.Header, m protocol.Message) protocol.Message {
			if m.Type() == protocol.TypeLogNoted {
				return &protocol.Rejected{Code: protocol.CodeRole, Field: protocol.NoField, Request: protocol.TypeLogNote}
			}
			return m
		})
		b.lie.Store(&refuses)
		b.until("a pen", func(v *console.View) bool { return v.Pen.Connected && v.Operator.Name != "" })
		time.Sleep(10 * time.Minute)
		v := b.desk.View()
		if n := asked.Load(); n != 1 {
			t.Errorf("it was asked %d times", n)
		}
		if len(v.Notices) != 0 || len(v.Alarms.Present) != 0 || v.Pen.Phase != console.Standby {
			t.Errorf("notices %v, alarms %v, %v", v.Notices, v.Alarms.Present, v.Pen.Phase)
		}
	})
}

// A treatment that has ended is noted once, and none while one is open: neither while the
// pen is armed nor between two armings.
func TestHeadIsNotedBehindATreatment(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var asked atomic.Int32
		b := newBenchWith(t, sim.R1, true, func(b *bench) { b.audited(1) })
		defer b.stop()
		b.look(func(m protocol.Message) {
			if m.Type() == protocol.TypeLogNote {
				asked.Add(1)
			}
		})
		b.until("a pen", func(v *console.View) bool { return v.Pen.Connected && v.Operator.Name != "" })
		time.Sleep(2 * time.Minute)
		asked.Store(0)
		b.treatedOnce()
		b.audited(5)
		time.Sleep(65 * time.Minute)
		if n := asked.Load(); n != 0 {
			t.Errorf("%d notes while a treatment is open", n)
		}
		b.desk.EndTreatment()
		time.Sleep(time.Minute)
		if n := asked.Load(); n != 2 {
			t.Errorf("%d notes behind the treatment", n)
		}
		b.work(clinical.RoleSeniorClinician)
		if v, err := b.verdict(true); err != nil || !v.OK() || v.Agreed != 2 {
			t.Errorf("%+v, %v", v, err)
		}
		began := b.page(console.AuditFilter{Action: "treatment.begin"}, 0).Rows
		if len(began) != 1 || !strings.Contains(fmt.Sprint(began[0].Private), "Acne scars") {
			t.Errorf("what was treated has no name: %+v", began)
		}
	})
}

// A pen that writes something else than it was told is one whose log can't be trusted: the
// session stops it, as for every contradiction, and what it tells of notes later is no
// head of this chain.
func TestPenThatGarblesNotes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		garbles := bends(func(p *protocol.LogPage) {
			for i := range p.Records {
				if r := &p.Records[i]; r.Code == protocol.EventNote {
					r.Args[1] ^= 0x55
					r.Seal()
				}
			}
		})
		b := newBenchWith(t, sim.R1, true, func(b *bench) {
			b.audited(1)
			b.lie.Store(garbles)
		})
		defer b.stop()
		b.until("the pen is stopped", func(v *console.View) bool { return v.Pen.Phase == console.Stopped })
		b.work(clinical.RoleSeniorClinician)
		v, err := b.verdict(true)
		if err != nil || v.Notes != 0 || v.Agreed != 0 || !v.OK() {
			t.Errorf("half a head counts: %+v, %v", v, err)
		}
		b.desk.Clear()
		b.until("standby", func(v *console.View) bool { return v.Pen.Phase == console.Standby })
		time.Sleep(5 * time.Minute)
		if v := b.desk.View(); v.Pen.Phase != console.Standby {
			t.Errorf("it is stopped again and again: %v", v.Pen.Phase)
		}
	})
}

// endlessJournal is a chain that takes for ever to judge.
type endlessJournal struct{ console.Journal }

func (endlessJournal) JudgeAudit(ctx context.Context, _ []audit.Known, _ func(uint64)) (audit.Report, error) {
	<-ctx.Done()
	return audit.Report{}, ctx.Err()
}

// What was asked for by who was at work before does not go on beside whoever is now.
func TestAVerificationEndsWithWhoAsked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBenchFrom(t, sim.R1, true, func(*bench) {}, func(cfg *console.Config) { cfg.Journal = endlessJournal{cfg.Journal} })
		defer b.stop()
		b.work(clinical.RoleSeniorClinician)
		told := make(chan error, 1)
		b.desk.VerifyAudit(false, func(console.AuditProgress) {}, func(_ *console.AuditVerdict, err error) { told <- err })
		synctest.Wait()
		b.work(clinical.RoleAdministrator)
		select {
		case err := <-told:
			if !errors.Is(err, console.ErrOtherOperator) {
				t.Error(err)
			}
		case <-time.After(time.Minute):
			t.Error("it goes on")
		}
	})
}

// madeChain is a journal whose chain can be made anew by whoever has its key.
type madeChain struct {
	console.Journal
	chain        audit.Chain
	keys, values [][]byte
	ends         []audit.End
}

func newMadeChain(t *testing.T) *madeChain {
	t.Helper()
	key, err := audit.NewKey(strings.NewReader(strings.Repeat("k", audit.KeySize)))
	if err != nil {
		t.Fatal(err)
	}
	c := &madeChain{}
	if c.chain, err = audit.NewChain(key, "store"); err != nil {
		t.Fatal(err)
	}
	return c
}

// grow cuts the chain behind n entries, and lets it grow to so many.
func (c *madeChain) grow(t *testing.T, from, to int, what string) {
	t.Helper()
	c.keys, c.values, c.ends = c.keys[:from], c.values[:from], c.ends[:from]
	for n := from; n < to; n++ {
		k, v, end, err := c.chain.Next(c.end(), fmt.Appendf(nil, "%s %d", what, n))
		if err != nil {
			t.Fatal(err)
		}
		c.keys, c.values, c.ends = append(c.keys, k), append(c.values, v), append(c.ends, end)
	}
}

func (c *madeChain) end() audit.End {
	if len(c.ends) == 0 {
		return c.chain.Start()
	}
	return c.ends[len(c.ends)-1]
}

func (c *madeChain) AuditStart() audit.End                       { return c.chain.Start() }
func (c *madeChain) AuditEnd(context.Context) (audit.End, error) { return c.end(), nil }
func (c *madeChain) JudgeAudit(_ context.Context, known []audit.Known, _ func(uint64)) (audit.Report, error) {
	return c.chain.Verify(func(yield func(k, v []byte) bool) {
		for i := range c.keys {
			if !yield(c.keys[i], c.values[i]) {
				return
			}
		}
	}, audit.Options{Known: known})
}

// What was cut off the chain, or written anew with its key, shows against the pen's log
// and not without it.
func TestPenLogShowsWhatTheChainHides(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newMadeChain(t)
		c.grow(t, 0, 4, "as it was")
		b := auditBench(t, func(cfg *console.Config) { c.Journal, cfg.Journal = cfg.Journal, c })
		defer b.stop()
		time.Sleep(time.Minute)
		c.grow(t, 4, 9, "as it was")
		time.Sleep(61 * time.Minute) // by now the pen has 4 and 9
		if v, err := b.verdict(true); err != nil || !v.OK() || v.Notes != 2 || v.Agreed != 2 {
			t.Fatalf("as it was: %+v, %v", v, err)
		}
		for _, is := range []struct {
			what     string
			from, to int
			kind     audit.Kind
			at       uint64
		}{{"cut off", 6, 6, audit.CutOff, 7}, {"written anew", 5, 12, audit.Rewritten, 5}} {
			c.grow(t, is.from, is.to, is.what)
			if v, err := b.verdict(false); err != nil || !v.OK() {
				t.Errorf("%s: the chain alone shows it: %+v, %v", is.what, v, err)
			}
			v, err := b.verdict(true)
			if err != nil || len(v.Findings) != 1 {
				t.Fatalf("%s: %+v, %v", is.what, v, err)
			}
			if f := v.Findings[0]; f.Kind != strings.ReplaceAll(string(is.kind), " ", "_") || f.From != is.at || f.To != 9 || !strings.Contains(f.Where, "log of pen") {
				t.Errorf("%s: %+v", is.what, f)
			}
		}
	})
}

// The log of a pen is not read while it is armed, and not where there is none.
func TestPenLogWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := auditBench(t, func(*console.Config) {})
		defer b.stop()
		b.cut()
		b.until("no pen", func(v *console.View) bool { return !v.Pen.Connected })
		if v, err := b.verdict(true); !errors.Is(err, console.ErrNoPen) || coded.Of(err) != "no_pen" || v != nil {
			t.Errorf("%+v, %v", v, err)
		}
		if v, err := b.verdict(false); err != nil || !v.OK() {
			t.Errorf("the chain alone: %+v, %v", v, err)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		b := auditBench(t, func(*console.Config) {})
		defer b.stop()
		b.applied()
		b.armed()
		if v, err := b.verdict(true); !errors.Is(err, device.ErrArmed) || coded.Of(err) != "armed" || v != nil {
			t.Errorf("armed: %+v, %v", v, err)
		}
		if v, err := b.verdict(false); err != nil || !v.OK() {
			t.Errorf("armed, the chain alone: %+v, %v", v, err)
		}
		if v := b.desk.View(); v.Arm.State != console.ArmArmed {
			t.Errorf("a question has disarmed it: %v", v.Arm.State)
		}
		b.desk.Disarm()
		b.until("standby", func(v *console.View) bool { return v.Pen.Phase == console.Standby })
		if v, err := b.verdict(true); err != nil || v.Pen == "" {
			t.Errorf("disarmed: %+v, %v", v, err)
		}
	})
}
