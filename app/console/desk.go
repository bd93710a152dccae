package console

import (
	"context"
	"io"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"stipple/app/alarm"
	"stipple/app/audit"
	"stipple/app/clinical"
	"stipple/device"
)

// The desk's own times. Those of the link are protocol's.
const (
	// tickEvery is how often running times (zone time) are published.
	tickEvery = 100 * time.Millisecond
	// inboxSize is how many calls may wait for Run; more wait in the caller's
	// place only if Run itself hangs, and Run never does slow work.
	inboxSize = 256
	// publishEvery is how often events of a pen make a new view at most. It is far
	// below what a person sees or hears, and leaves a flood little to do.
	publishEvery = 5 * time.Millisecond
	// drainMost is how much Run takes in before it publishes again: a view for
	// each event of a storm would take all of its time, and a storm must not hold
	// back the view. It is a few milliseconds of work.
	drainMost = 1024
)

// Config is what a desk needs. All fields but Backups, Unfinished, Handpiece, Simulate and
// Sound are required.
type Config struct {
	Link      Link
	Library   *clinical.Library
	Patients  Patients
	Presets   Presets
	Records   Records
	Operators Operators
	Staff     Staff
	Files     Files
	Journal   Journal
	Exports   AuditFiles
	Exchange  Exchange
	Erasures  Erasures
	Copies    Copies
	Backups   Backups // nil: a store for training has none
	// Unfinished is what opening the store could not finish of an erasure or a migration;
	// nil: nothing.
	Unfinished error
	Now        Clock
	Rand       io.Reader // for command ids
	// Training says that the store is a training store. Only there is a pen
	// that calls itself simulated believed (safety.md section 1).
	Training bool
	// ThrowAway says that the store is removed when the console ends.
	ThrowAway bool
	// Handpiece returns the simulated pen's handpiece, or nil.
	Handpiece func() Handpiece
	// Simulate starts the built-in simulated pen; nil where it can't.
	Simulate func(clinical.PenKind)
	// Sound is told, on Run's goroutine, of each change of what is to be heard. It
	// must return at once. nil: nobody listens.
	Sound func(alarm.Signal)
}

// Desk is the treatment desk. New makes it, Run runs it.
type Desk struct {
	cfg     Config
	inbox   chan func()
	ended   chan struct{}
	view    atomic.Pointer[View]
	watch   atomic.Pointer[func()]
	session atomic.Pointer[device.Session]
	jobs    sync.WaitGroup
	ctx     context.Context // Run's; set before any job starts
	rec     *recorder
	pressed atomic.Bool  // STOP was pressed, and Run has not looked at it yet
	here    atomic.Int64 // when a person last pressed something, in ns since 1970

	// All below belongs to Run.
	link        device.LinkState
	events      <-chan device.Event
	operators   []clinical.Operator
	operator    clinical.Operator // who is at work; zero: nobody
	turn        int               // counts those who were
	atWork      context.Context   // over once somebody else is at work
	handedOver  context.CancelFunc
	vacant      bool      // the practice has no administrator who can sign in
	staffKnown  bool      // that was read
	tookOver    time.Time // when the present one came
	pen         penState
	sel         selection
	patient     *clinical.Patient
	opening     int  // counts the patients that were asked for
	erasing     bool // a patient is being erased
	importing   bool // a table is being stored
	erased      map[clinical.ID]bool
	edited      clinical.Patient // as it was saved last
	presets     []clinical.Preset
	history     []clinical.Treatment
	draft       draft
	applied     applied
	loaded      PresetRef
	loadedSet   clinical.Settings
	run         *run
	unsettled   []*unsettled
	ending      []*ending
	checked     bool        // the records that a crash left open are known
	heard       device.Live // what the pen said last, also after its session
	stop        StopView
	attempt     *attempt // of arming; nil: none is going on
	armErr      error
	up          bool               // armed, or about to be, and no reason was given yet why that ended
	fellLast    *clinical.FallBack // the newest return to STANDBY; nil: none since the last arming
	idleSince   time.Time          // of the newest trigger or input while armed; zero: not armed
	triggered   time.Time          // when the trigger was last seen held while armed, or READY began
	published   time.Time          // when the newest view was made
	newest      time.Time          // of what is on record
	newestKnown bool               // the store has told it
	ticked      time.Time          // of the newest tick
	still       time.Time          // of the newest tick that came late
	stillFor    time.Duration
	alarms      alarm.Book
	shown       AlarmsView // the newest view of alarms, and its state of the book
	shownAt     uint64
	shownTo     int          // whose turn it was made in
	played      alarm.Signal // what Sound was told last
	sound       SoundView
	rekey       RekeyView
	verdict     *AuditVerdict // of the newest verification of the audit chain; nil: none
	notes       penNotes
	safetyAt    time.Time          // of the newest cause that the session found
	exchange    context.CancelFunc // of the import or export that is going on; nil: none is
	notices     []Notice
	noticeID    int
}

// New makes a desk that shows nothing yet.
func New(cfg Config) *Desk {
	d := &Desk{
		cfg:   cfg,
		inbox: make(chan func(), inboxSize),
		ended: make(chan struct{}),

		erased: make(map[clinical.ID]bool),
	}
	d.rec = newRecorder(cfg.Records, d.post, d.wrote, d.notTaken)
	d.sel.spot = 1
	d.atWork, d.handedOver = context.WithCancel(context.Background())
	if cfg.Unfinished != nil {
		d.note(Notice{Key: noticeUnfinished, Err: cfg.Unfinished})
	}
	d.publish()
	return d
}

// Watch sets the function that is called after each new View, on Run's
// goroutine. It must return at once.
func (d *Desk) Watch(changed func()) { d.watch.Store(&changed) }

// View is the newest view. It is never nil.
func (d *Desk) View() *View { return d.view.Load() }

// Run runs the desk until ctx ends: then the pen is disarmed, what is in
// memory is written, and Run returns when all of its goroutines have ended.
func (d *Desk) Run(ctx context.Context) error {
	jobs, cancel := context.WithCancel(ctx)
	defer cancel()
	d.ctx = jobs
	recorded := make(chan struct{})
	go func() { d.rec.run(); close(recorded) }()
	d.ticked = d.cfg.Now()
	d.loadOperators()
	d.loadStaff()
	d.loadUnsettled()
	d.loadNewest()
	d.linkChanged()
	d.publish()
	tick := time.NewTicker(tickEvery)
	defer tick.Stop()
	later := time.NewTimer(publishEvery) // a view that is due
	defer later.Stop()
	for {
		flood := false // nothing but the pen's events
		select {
		case <-ctx.Done():
			d.shutDown()
			cancel()
			close(d.ended)
			d.jobs.Wait()
			d.rec.close()
			<-recorded
			return nil
		case f := <-d.inbox:
			f()
		case <-d.cfg.Link.Changes():
			d.linkChanged()
		case e, ok := <-d.events:
			flood = d.took(e, ok)
		case <-tick.C:
			d.tick()
		case <-later.C:
		}
		if d.drainReady() {
			flood = false
		}
		if due := min(publishEvery-d.cfg.Now().Sub(d.published), publishEvery); flood && due > 0 {
			later.Reset(due)
			continue
		}
		d.published = d.cfg.Now()
		d.publish()
	}
}

// took takes in what came from the session's events. It says whether it was one,
// and not their end.
func (d *Desk) took(e device.Event, ok bool) bool {
	if !ok {
		d.events = nil
		return false
	}
	d.penEvent(e)
	return true
}

// drainReady takes in what waits, up to a bound, so that a flood is worked off
// with one view for many events. It says whether a call was among it.
func (d *Desk) drainReady() (called bool) {
	for range drainMost {
		select {
		case f := <-d.inbox:
			f()
			called = true
		case e, ok := <-d.events:
			d.took(e, ok)
		default:
			return called
		}
	}
	return called
}

// shutDown leaves the pen safe: an armed pen is disarmed at once rather than
// when its lease runs out.
func (d *Desk) shutDown() {
	if s := d.session.Load(); s != nil && s.Live().Status.State.Armed() {
		s.Disarm()
	}
	if d.run != nil || d.attempt != nil {
		d.endRun(clinical.OutcomeComplete)
	}
	d.await(2 * quietAfter)
	for _, e := range d.ending {
		d.suspend(e.run, clinical.CauseCrash, nil, d.lastLive())
	}
	d.ending = nil
}

// post hands f to Run. It drops f once the desk has ended.
func (d *Desk) post(f func()) {
	select {
	case d.inbox <- f:
	case <-d.ended:
	}
}

// job runs work off Run's goroutine and what it returns on it. What it writes is on
// behalf of who is at work now.
func (d *Desk) job(work func(context.Context) (then func())) {
	d.jobs.Add(1)
	ctx := audit.By(d.ctx, audit.Actor{Operator: d.operator})
	go func() {
		defer d.jobs.Done()
		if then := work(ctx); then != nil {
			d.post(then)
		}
	}()
}

// again is job until it succeeds, with a pause after each error. It is told.
func (d *Desk) again(work func(context.Context) (then func(), err error)) {
	d.job(func(ctx context.Context) func() {
		for {
			then, err := work(ctx)
			if err == nil {
				return then
			}
			d.post(func() { d.tell(found(alarm.StoreFailed, err), true) })
			if !pause(ctx, retryEvery) {
				return nil
			}
		}
	})
}

// pause waits; false where ctx ended first.
func pause(ctx context.Context, wait time.Duration) bool {
	t := time.NewTimer(wait)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// tick keeps the running times going.
func (d *Desk) tick() {
	now := d.cfg.Now()
	if late := now.Sub(d.ticked); late > tickEvery+stillLimit {
		d.still, d.stillFor = now, late
	}
	d.stopUnheard()
	d.watchReady(now, d.ticked)
	d.ticked = now
	if d.run != nil {
		d.written(now)
		d.run.tick(now, d.live().State)
	}
	d.tickEnding()
	d.tickUnsettled(now)
	d.watchPen(now)
	d.noteHead(now)
	d.forget(now)
}

// Stop sends ESTOP. It waits for nothing: not for Run, the store or the window.
func (d *Desk) Stop() {
	d.cfg.Link.Stop()
	d.pressed.Store(true)
	// The session's writer may wait for the very processor on which the window's
	// thread goes on to draw: it comes first, here and now.
	runtime.Gosched()
}

// Touch proves that the window's thread is alive. Without it the session stops
// leasing.
func (d *Desk) Touch() {
	if s := d.session.Load(); s != nil {
		s.Touch()
	}
}

// Live is what the pen said last.
func (d *Desk) Live() LiveView {
	s := d.session.Load()
	if s == nil {
		return LiveView{}
	}
	l := s.Live()
	if !l.Valid {
		return LiveView{}
	}
	return LiveView{
		Valid:  true,
		Age:    time.Since(l.At),
		Status: unchecked(l),
		RTT:    l.RTT,
		Gaps:   l.Gaps,
		Armed:  l.Status.State.Armed(),
	}
}

// Samples copies the samples of the present session that are newer than after
// into dst, oldest first.
func (d *Desk) Samples(after uint64, dst []Sample) (n int, next uint64) {
	s := d.session.Load()
	if s == nil {
		return 0, 0
	}
	return s.Samples(after, dst)
}

// Handpiece is the simulated pen's handpiece, or nil.
func (d *Desk) Handpiece() Handpiece {
	if d.cfg.Handpiece == nil {
		return nil
	}
	return d.cfg.Handpiece()
}

// UseSimulated starts the built-in simulated pen.
func (d *Desk) UseSimulated(kind clinical.PenKind) {
	if d.cfg.Simulate != nil {
		d.cfg.Simulate(kind)
	}
}
