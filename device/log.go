package device

import (
	"context"
	"errors"
	"fmt"
	"math"

	"stipple/protocol"
)

// LogPage is a part of a pen's log that was verified record by record.
type LogPage struct {
	Entries        []LogEntry
	Oldest, Newest uint32 // that the pen holds
	UpTo           uint32 // the record at which this download ends
}

// LogRange asks what the pen's log holds; 0, 0 is nothing. Errors: ErrNotOffered,
// ErrNoReply, *RefusedError, *LogError.
func (s *Session) LogRange(ctx context.Context) (oldest, newest uint32, err error) {
	m, err := s.fetch(ctx, &protocol.LogRead{}, is[*protocol.LogPage])
	if err != nil {
		return 0, 0, err
	}
	page := m.(*protocol.LogPage)
	if page.Oldest > page.Newest || page.Oldest == 0 && page.Newest != 0 {
		return 0, 0, &LogError{Index: page.Newest, Why: fmt.Sprintf("log from %d to %d", page.Oldest, page.Newest)}
	}
	return page.Oldest, page.Newest, nil
}

// ReadLog copies the pen's log from where cur stands to the record that is the
// newest when it begins. It asks for as many pages at once as the pen's state
// allows, holds every record against the one before it, and hands page by page
// to take. cur moves on once take has returned nil, so that after any error the
// same cursor goes on where the copy ends, in this session or another one, with
// no gap and no repeat. While output is possible it goes on slowly.
//
// A gap, a wrap, a reboot and a damaged record are findings of an entry and no
// errors: a log is evidence, and is copied as it is. Errors: those of take;
// ErrNotOffered, *OtherUnitError where the copy is of another pen, *LogError
// where the log contradicts itself or what was copied before, ErrNoReply,
// *RefusedError, the session's end, ctx's.
func (s *Session) ReadLog(ctx context.Context, cur *LogCursor, take func(LogPage) error) error {
	if cur.serial != "" && cur.serial != s.info.Serial {
		return &OtherUnitError{Want: cur.serial, Got: s.info.Serial}
	}
	oldest, newest, err := s.LogRange(ctx)
	if err != nil {
		return err
	}
	if newest < cur.last.Index {
		return &LogError{Index: cur.last.Index, Why: fmt.Sprintf("it was copied, and the log ends at %d", newest)}
	}
	if newest == 0 || newest < cur.from {
		return nil
	}
	r := logReader{s: s, cur: *cur, upTo: newest, size: protocol.MaxRecordsPerPage}
	r.cur.serial = s.info.Serial
	// The newest record of the copy is read once more: a log that has another
	// one in its place is not the log that was copied.
	r.next = max(oldest, r.cur.from, r.cur.last.Index)
	defer r.dropFrom(0)
	for {
		page, err := r.page(ctx)
		if err != nil || page == nil {
			return err
		}
		if len(page.Entries) > 0 {
			if err := take(*page); err != nil {
				return err
			}
		}
		*cur = r.cur
	}
}

// logReader asks for pages ahead of the one that is taken next.
type logReader struct {
	s     *Session
	cur   LogCursor
	upTo  uint32
	taken int
	next  uint32 // index of the first record not asked for
	over  bool   // there is none
	size  int    // records that the pen has lately put into a page, at most
	bound int    // records that a page may have in the pen's state
	asked []*logAsk
}

// logAsk is a page that was asked for.
type logAsk struct {
	from  uint32
	max   int
	tries int
	r     *request
	reply chan answer // capacity 1
}

// page takes the next page; nil is the end.
func (r *logReader) page(ctx context.Context) (*LogPage, error) {
	if err := r.fill(); err != nil || len(r.asked) == 0 {
		return nil, err
	}
	head := r.asked[0]
	var a answer
	select {
	case a = <-head.reply:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if errors.Is(a.err, ErrNoReply) && head.tries < chunkTries {
		return &LogPage{}, r.send(head)
	}
	if a.err != nil {
		return nil, a.err
	}
	r.asked = r.asked[1:]
	got := a.msg.(*protocol.LogPage)
	page, err := r.verify(head, got)
	if err != nil {
		return nil, err
	}
	r.steer(head, len(got.Records))
	return page, nil
}

// fill asks for pages until the window is full or the end is asked for.
func (r *logReader) fill() error {
	r.s.mu.Lock()
	window, bound := r.s.window(&r.s.bulk), protocol.MaxRecordsPerPage
	if r.s.outputPossible() {
		bound = protocol.RecordsArmed
	}
	r.s.mu.Unlock()
	if bound != r.bound {
		r.bound, r.size = bound, bound
	}
	for len(r.asked) < window && !r.over && r.next <= r.upTo {
		a := &logAsk{from: r.next, max: r.size}
		if err := r.send(a); err != nil {
			return err
		}
		r.asked = append(r.asked, a)
		r.moveTo(uint64(r.next) + uint64(r.size))
	}
	return nil
}

// moveTo sets what is asked for next.
func (r *logReader) moveTo(next uint64) {
	r.over = next > math.MaxUint32
	r.next = uint32(min(next, math.MaxUint32))
}

func (r *logReader) send(a *logAsk) error {
	a.tries++
	a.reply = make(chan answer, 1)
	reply := a.reply
	a.r = &request{
		msg: &protocol.LogRead{From: a.from, Max: uint8(a.max)}, answers: is[*protocol.LogPage],
		finish: func(m protocol.Message, err error) { reply <- answer{m, err} },
	}
	r.s.mu.Lock()
	defer r.s.mu.Unlock()
	return r.s.submit(&r.s.bulk, a.r)
}

// dropFrom takes back the pages that were asked for from place i on.
func (r *logReader) dropFrom(i int) {
	for _, a := range r.asked[i:] {
		r.s.withdraw(&r.s.bulk, a.r)
	}
	r.asked = r.asked[:i]
}

// verify holds a page against what was asked for and what came before it.
func (r *logReader) verify(a *logAsk, got *protocol.LogPage) (*LogPage, error) {
	switch {
	case got.Oldest == 0 || got.Oldest > got.Newest || got.Newest < r.upTo:
		return nil, &LogError{Index: got.Newest, Why: fmt.Sprintf("log from %d to %d, and before to %d", got.Oldest, got.Newest, r.upTo)}
	case len(got.Records) == 0:
		return nil, &LogError{Index: a.from, Why: "page is empty"}
	case len(got.Records) > a.max:
		return nil, &LogError{Index: a.from, Why: fmt.Sprintf("%d records, %d were asked for", len(got.Records), a.max)}
	}
	page := &LogPage{Oldest: got.Oldest, Newest: got.Newest, UpTo: r.upTo}
	for _, rec := range got.Records {
		last := r.cur.last
		switch {
		case rec.Index < a.from || rec.Index < got.Oldest || rec.Index > got.Newest:
			return nil, &LogError{Index: rec.Index, Why: fmt.Sprintf("asked for %d, log from %d to %d", a.from, got.Oldest, got.Newest)}
		case rec.Index == last.Index && rec != last:
			return nil, &LogError{Index: rec.Index, Why: "it is not the record that was copied before"}
		case rec.Index == last.Index:
			continue
		}
		e, err := r.cur.Add(rec)
		if err != nil {
			return nil, err
		}
		r.gone(&e, last.Index, got.Oldest)
		page.Entries = append(page.Entries, e)
	}
	if r.taken += len(page.Entries); r.tooMany() {
		return nil, &LogError{Index: r.cur.last.Index, Why: "the log does not end"}
	}
	return page, nil
}

// gone says of a gap, or of the way from where the copy was to begin, that the
// log no longer holds it: it begins behind.
func (r *logReader) gone(e *LogEntry, last, oldest uint32) {
	if e.Index != oldest {
		return
	}
	from := last + 1
	if last == 0 {
		from = r.cur.from
	}
	if from != 0 && from < oldest {
		e.Gap = &LogGap{From: from, To: oldest - 1, Kind: GapGone}
	}
}

// tooMany bounds a download by what the pen says that its log holds.
func (r *logReader) tooMany() bool {
	d := r.s.info.Descriptor
	return d != nil && r.taken > logSlack*int(d.LogKept)
}

// steer has the next pages asked for from where this one ended, if that is not
// what was thought when they were asked for: numbers were skipped, or the page
// was short.
func (r *logReader) steer(a *logAsk, records int) {
	next := r.cur.Next()
	if records < a.max && a.max <= r.bound {
		r.size = max(records, 1)
	}
	if len(r.asked) > 0 && r.asked[0].from == next || len(r.asked) == 0 && !r.over && r.next == next {
		return
	}
	r.dropFrom(0)
	r.moveTo(uint64(r.cur.last.Index) + 1)
}
