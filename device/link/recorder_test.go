package link

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

var errFull = errors.New("no space left")

// fullDisk takes that many bytes and no more.
type fullDisk struct {
	bytes.Buffer
	left int
}

func (d *fullDisk) Write(p []byte) (int, error) {
	n := min(len(p), d.left)
	d.left -= n
	d.Buffer.Write(p[:n])
	if n < len(p) {
		return n, errFull
	}
	return n, nil
}

// slowDisk takes each write that long after it came; from hang on, never.
type slowDisk struct {
	bytes.Buffer
	takes time.Duration
	hang  bool
	free  chan struct{} // ends a hang
}

func (d *slowDisk) Write(p []byte) (int, error) {
	if d.hang {
		<-d.free
		return 0, errBroken
	}
	time.Sleep(d.takes)
	return d.Buffer.Write(p)
}

// texts lists records for a comparison.
func texts(records []Record) (list []string) {
	for _, r := range records {
		switch {
		case r.Gap.Lost() > 0:
			list = append(list, fmt.Sprintf("%v gap %d %d %v", r.At, r.Gap.ToPen, r.Gap.ToConsole, r.Gap.For))
		case r.Key != "":
			list = append(list, fmt.Sprintf("%v note %s %s", r.At, r.Key, r.Value))
		default:
			list = append(list, fmt.Sprintf("%v %v %s", r.At, r.To, r.Bytes))
		}
	}
	return list
}

func TestRecorderRecordsBothWays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var disk bytes.Buffer
		before := time.Now()
		r := NewRecorder(&disk, map[string]string{"port": "p"})
		near, far := Pipe()
		conn := r.Tap(near, ToConsole)
		mustWrite(t, conn, "hello")
		pause(3 * time.Millisecond)
		r.Note("model", "R1")
		mustWrite(t, far, "ack")
		if got := mustRead(t, conn); got != "ack" {
			t.Errorf("read %q", got)
		}
		pause(1500 * time.Millisecond)
		if s := r.Stats(); s.Bytes != 8 || s.Kept != 8 || s.Lost != 0 || s.File != int64(disk.Len()) || s.Failure != nil {
			t.Errorf("a second later: %+v, file of %d", s, disk.Len())
		}
		// What a crash would leave now.
		_, records, err := readAll(bytes.NewReader(bytes.Clone(disk.Bytes())))
		if !errors.Is(err, ErrCut) || len(records) != 3 {
			t.Errorf("before the close: %v, %v", records, err)
		}
		mustWrite(t, conn, "bye")
		if err := conn.Close(); err != nil {
			t.Error(err)
		}
		if _, err := far.Read(make([]byte, 8)); err != nil {
			t.Error(err)
		}
		if err := r.Close(); err != nil {
			t.Error(err)
		}
		r.Add(ToPen, []byte("too late"))
		r.Note("too", "late")
		h, records, err := readAll(&disk)
		want := []string{"0s to-pen hello", "3ms note model R1", "3ms to-console ack", "1.503s to-pen bye"}
		if err != io.EOF || !h.Start.Equal(before) || !reflect.DeepEqual(h.Info, map[string]string{"port": "p"}) || !reflect.DeepEqual(texts(records), want) {
			t.Errorf("%+v %q %v", h, texts(records), err)
		}
	})
}

// A block that fills up again and again is still on the disk within a second.
func TestRecorderWritesWithinASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var disk bytes.Buffer
		r := NewRecorder(&disk, nil)
		for range 10 {
			for range 7 {
				r.Add(ToPen, make([]byte, 3000))
				pause(10 * time.Millisecond)
			}
			pause(recordAge)
			if s := r.Stats(); s.Kept != s.Bytes {
				t.Fatalf("after a second: %+v", s)
			}
		}
		// Bytes that come when the block is being written begin another.
		for range 20 {
			r.Add(ToPen, []byte("a"))
			time.Sleep(recordAge)
			r.Add(ToPen, []byte("b"))
			pause(recordAge)
			if s := r.Stats(); s.Kept != s.Bytes {
				t.Fatalf("a second later: %+v", s)
			}
		}
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
}

// A slow disk never makes the link wait; what it can't take is a gap.
func TestRecorderSlowDisk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		disk := &slowDisk{takes: 100 * time.Millisecond}
		r := NewRecorder(disk, nil)
		near, far := Pipe()
		conn := r.Tap(far, ToPen) // on the pen's side
		go func() { _, _ = io.Copy(io.Discard, near) }()
		before := time.Now()
		const pieceSize, count = 1000, 6000
		for i := range count {
			mustWrite(t, conn, strings.Repeat("x", pieceSize))
			if i%100 == 99 {
				time.Sleep(time.Millisecond)
			}
		}
		if took := time.Since(before); took != count/100*time.Millisecond {
			t.Errorf("the link took %v", took)
		}
		pause(time.Minute)
		mustWrite(t, conn, "again")
		pause(time.Minute)
		var loss *LossError
		if err := r.Close(); !errors.As(err, &loss) || loss.Cause != nil || loss.Bytes == 0 {
			t.Fatalf("close = %v", err)
		}
		_, records, err := readAll(&disk.Buffer)
		if err != io.EOF {
			t.Fatal(err)
		}
		kept, gaps := uint64(0), uint64(0)
		for _, rec := range records {
			kept += uint64(len(rec.Bytes))
			if rec.Gap.Lost() > 0 {
				gaps += rec.Gap.ToConsole
				if rec.At > 60*time.Millisecond || rec.Gap.For <= 0 || rec.Gap.For > 60*time.Millisecond {
					t.Errorf("gap %+v at %v", rec.Gap, rec.At)
				}
			}
		}
		if gaps != loss.Bytes || kept+gaps != count*pieceSize+5 {
			t.Errorf("%d bytes kept, gaps of %d, loss of %d; %d passed", kept, gaps, loss.Bytes, count*pieceSize+5)
		}
		if last := records[len(records)-1]; string(last.Bytes) != "again" {
			t.Errorf("the last record is %v", texts(records[len(records)-1:]))
		}
		_ = conn.Close()
		_ = near.Close()
	})
}

// A recording that ends within a gap ends with it.
func TestRecorderEndsWithAGap(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		disk := &slowDisk{takes: 100 * time.Millisecond}
		r := NewRecorder(disk, nil)
		for range 3 {
			r.Add(ToPen, make([]byte, recordQueue/2))
		}
		var loss *LossError
		if err := r.Close(); !errors.As(err, &loss) || loss.Bytes != recordQueue/2 {
			t.Errorf("close = %v", err)
		}
		_, records, err := readAll(&disk.Buffer)
		if last := records[len(records)-1]; err != io.EOF || last.Gap.ToPen != recordQueue/2 {
			t.Errorf("%v, ends with %+v", err, last.Gap)
		}
	})
}

func TestRecorderFullDisk(t *testing.T) {
	for _, room := range []int{0, 20, 100, 40_000} {
		synctest.Test(t, func(t *testing.T) {
			disk := &fullDisk{left: room}
			r := NewRecorder(disk, nil)
			var passed uint64
			for range 100 {
				r.Add(ToConsole, make([]byte, 1000))
				passed += 1000
				pause(50 * time.Millisecond)
			}
			if s := r.Stats(); !errors.Is(s.Failure, errFull) || s.Lost != passed-s.Kept {
				t.Errorf("room for %d: %+v", room, s)
			}
			var loss *LossError
			if err := r.Close(); !errors.As(err, &loss) || !errors.Is(err, errFull) {
				t.Fatalf("close = %v", err)
			}
			_, records, err := readAll(&disk.Buffer)
			kept := uint64(0)
			for _, rec := range records {
				kept += uint64(len(rec.Bytes))
			}
			if room >= 32 && !errors.Is(err, ErrCut) || kept+loss.Bytes != passed {
				t.Errorf("room for %d: read %d and lost %d of %d, %v", room, kept, loss.Bytes, passed, err)
			}
		})
	}
}

func TestRecorderHangingDisk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		disk := &slowDisk{hang: true, free: make(chan struct{})}
		r := NewRecorder(disk, nil)
		for range 3000 {
			r.Add(ToPen, make([]byte, 1000))
		}
		before := time.Now()
		var loss *LossError
		if err := r.Close(); !errors.As(err, &loss) || !errors.Is(err, ErrDiskHangs) || loss.Bytes != 3_000_000 || time.Since(before) != recordClose {
			t.Errorf("close = %v after %v", err, time.Since(before))
		}
		close(disk.free)
	})
}

// Bytes that a failing port took or not stand before the failure.
func TestTapPassesErrorsOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var disk bytes.Buffer
		r := NewRecorder(&disk, nil)
		near, far := Pipe()
		conn := r.Tap(failing{near}, ToConsole)
		if n, err := conn.Write([]byte("lost")); n != 0 || !errors.Is(err, errBroken) {
			t.Errorf("write = %d, %v", n, err)
		}
		_ = far.Close()
		if n, err := conn.Read(make([]byte, 1)); n != 0 || !errors.Is(err, io.EOF) {
			t.Errorf("read = %d, %v", n, err)
		}
		if err := r.Close(); err != nil {
			t.Error(err)
		}
		if _, records, _ := readAll(&disk); !reflect.DeepEqual(texts(records), []string{"0s to-pen lost"}) {
			t.Errorf("%q", texts(records))
		}
	})
}

// A real file is whole after Close.
func TestRecorderFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "r")
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	r := NewRecorder(file, nil)
	r.Add(ToPen, []byte("a"))
	if err := errors.Join(r.Close(), file.Close()); err != nil {
		t.Fatal(err)
	}
	again, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	if _, records, err := readAll(again); err != io.EOF || len(records) != 1 {
		t.Errorf("%v, %v", records, err)
	}
	// A file that can't be written is the recorder's error at the end.
	r = NewRecorder(again, nil)
	r.Add(ToPen, []byte("a"))
	var loss *LossError
	if err := r.Close(); !errors.As(err, &loss) || loss.Bytes != 1 {
		t.Errorf("close = %v", err)
	}
}
