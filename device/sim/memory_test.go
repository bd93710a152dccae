package sim

import (
	"errors"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"stipple/protocol"
)

// Whatever is written comes back, in the same process and after opening the
// file again, also when a kill has torn the last write.
func TestFileMemory(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		path := filepath.Join(t.TempDir(), rapid.StringMatching(`[a-z]{12}`).Draw(rt, "name"))
		m, err := OpenFile(path, R1, 0)
		if err != nil {
			rt.Fatal(err)
		}
		want, before := map[uint32]string{}, map[uint32]string{}
		var last uint32
		for range rapid.IntRange(1, 20).Draw(rt, "writes") {
			cell := rapid.Uint32Range(0, 3).Draw(rt, "cell")
			v := rapid.SliceOfN(rapid.Byte(), 0, MaxValue).Draw(rt, "value")
			if err := m.Write(cell, v); err != nil {
				rt.Fatal(err)
			}
			before[cell], want[cell], last = want[cell], string(v), cell
		}
		check := func(m Memory, want map[uint32]string) {
			for cell, w := range want {
				if got, err := m.Read(cell); err != nil || string(got) != w {
					rt.Fatalf("cell %d: %q, %v; want %q", cell, got, err, w)
				}
			}
		}
		check(m, want)
		newest := int64(last)*2 + int64(m.cells[last].write%2)
		if err := m.Close(); err != nil {
			rt.Fatal(err)
		}
		if m, err = OpenFile(path, R1, 0); err != nil {
			rt.Fatal(err)
		}
		check(m, want)
		// Tear the newest slot: the value before it is there.
		if _, err := m.f.WriteAt([]byte{0xA5, 0x5A, 0xA5}, cellsAt+newest*slotSize+5); err != nil {
			rt.Fatal(err)
		}
		if err := m.Close(); err != nil {
			rt.Fatal(err)
		}
		if m, err = OpenFile(path, R1, 0); err != nil {
			rt.Fatal(err)
		}
		want[last] = before[last]
		check(m, want)
		if err := m.Close(); err != nil {
			rt.Fatal(err)
		}
	})
}

func TestMemoryBounds(t *testing.T) {
	f, err := OpenFile(filepath.Join(t.TempDir(), "memory"), R1, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for _, m := range []Memory{f, NewRAM()} {
		if err := m.Write(0, make([]byte, MaxValue+1)); !errors.Is(err, ErrMemory) {
			t.Errorf("%T: a value that is too long: %v", m, err)
		}
		if v, err := m.Read(5); v != nil || err != nil {
			t.Errorf("%T: a cell never written: %v, %v", m, v, err)
		}
	}
	for _, m := range []Memory{f, NewRAM()} {
		b := []byte{7, 8}
		last := areaSizes[AreaLog] - 2
		if err := errors.Join(m.WriteAt(AreaLog, last, b), m.ReadAt(AreaFirmware, 0, b)); err != nil || b[0] != 0 || b[1] != 0 {
			t.Errorf("%T: behind the end of the log's area stands %v, %v", m, b, err)
		}
		if err := m.ReadAt(AreaLog, last, b); err != nil || b[1] != 8 {
			t.Errorf("%T: at its end %v, %v", m, b, err)
		}
		for _, at := range []int64{-1, areaSizes[AreaLog] - 1, 1 << 40} {
			if err := m.ReadAt(AreaLog, at, b); !errors.Is(err, ErrMemory) {
				t.Errorf("%T: read at %d: %v", m, at, err)
			}
			if err := m.WriteAt(AreaLog, at, b); !errors.Is(err, ErrMemory) {
				t.Errorf("%T: write at %d: %v", m, at, err)
			}
		}
		if err := m.WriteAt(areaCount, 0, b); !errors.Is(err, ErrMemory) {
			t.Errorf("%T: no such area: %v", m, err)
		}
	}
	if err := f.Write(maxCells, nil); !errors.Is(err, ErrMemory) {
		t.Errorf("a cell beyond the file: %v", err)
	}
	if _, err := OpenFile(t.TempDir(), R1, 0); !errors.Is(err, ErrMemory) {
		t.Errorf("a directory: %v", err)
	}
}

// Areas are plain bytes, apart from each other and from the cells, in RAM and in
// a file that is opened again.
func TestMemoryAreas(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		path := filepath.Join(t.TempDir(), rapid.StringMatching(`[a-z]{12}`).Draw(rt, "name"))
		file, err := OpenFile(path, R1, 0)
		if err != nil {
			rt.Fatal(err)
		}
		ram := NewRAM()
		const span = 64
		var want [areaCount][span]byte
		for range rapid.IntRange(1, 10).Draw(rt, "writes") {
			a := rapid.IntRange(0, int(areaCount)-1).Draw(rt, "area")
			at := rapid.IntRange(0, span-1).Draw(rt, "at")
			b := rapid.SliceOfN(rapid.Byte(), 0, span-at).Draw(rt, "bytes")
			copy(want[a][at:], b)
			for _, m := range []Memory{file, ram} {
				if err := m.WriteAt(Area(a), int64(at), b); err != nil {
					rt.Fatal(err)
				}
				if err := m.Write(maxCells-1, b); err != nil {
					rt.Fatal(err)
				}
			}
		}
		if err := file.Close(); err != nil {
			rt.Fatal(err)
		}
		if file, err = OpenFile(path, R1, 0); err != nil {
			rt.Fatal(err)
		}
		defer file.Close()
		for a := range areaCount {
			got := make([]byte, span)
			for _, m := range []Memory{file, ram} {
				if err := m.ReadAt(a, 0, got); err != nil || [span]byte(got) != want[a] {
					rt.Fatalf("%T, area %d: %x, %v; want %x", m, a, got, err, want[a])
				}
			}
		}
	})
}

// A kill of the pen's process in a pulse: the next process on the same file
// says that the pulse was interrupted, knows the tip and the ARM.
func TestPenRestartsFromFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "memory")
	synctest.Test(t, func(t *testing.T) {
		mem, err := OpenFile(path, R1, 0)
		if err != nil {
			t.Fatal(err)
		}
		b := newBench(t, Config{Model: R1, Seed: 42, Memory: mem})
		b.treating(R1).stopLeasing()
		b.stop() // in the middle: nothing is closed or said
		if err := mem.Close(); err != nil {
			t.Fatal(err)
		}
		if mem, err = OpenFile(path, R1, 0); err != nil {
			t.Fatal(err)
		}
		defer mem.Close()
		again := newBench(t, Config{Model: R1, Seed: 43, Memory: mem})
		c := again.console()
		again.sleep(150 * time.Millisecond)
		if ack := c.hello(1); ack.Boot != 2 {
			t.Errorf("boot %d", ack.Boot)
		}
		page := c.ask(&protocol.PulseRead{From: 1, Max: 1}).(*protocol.PulsePage)
		if len(page.Pulses) != 1 || page.Pulses[0].Result != protocol.PulseInterrupted {
			t.Fatalf("ledger %+v", page)
		}
		tip := c.ask(&protocol.TipRead{}).(*protocol.TipInfo)
		if tip.ID != page.Pulses[0].TipID || tip.UseCount != 1 || tip.BoundTreatment != treatment {
			t.Errorf("tip %+v", tip)
		}
		again.stop()
	})
}

// brittle is a memory that fails from one moment on.
type brittle struct {
	*RAM
	broken bool
}

func (m *brittle) Write(cell uint32, v []byte) error {
	if m.broken {
		return ErrMemory
	}
	return m.RAM.Write(cell, v)
}

func (m *brittle) WriteAt(a Area, at int64, b []byte) error {
	if m.broken {
		return ErrMemory
	}
	return m.RAM.WriteAt(a, at, b)
}

// A pen that can't open a record gives no energy and latches FAULT.
func TestMemoryFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		mem := &brittle{RAM: NewRAM()}
		b := newBench(t, Config{Model: R1, Seed: 44, Memory: mem})
		c := b.ready(rfEnvelope(), rfSettings(100))
		b.do(b.hand.Contact(true))
		b.do(b.pen.call(func() { mem.broken = true }))
		b.do(b.hand.Trigger(true))
		b.sleep(300 * time.Millisecond)
		if s := c.status(); s.State != protocol.StateFault || s.Fault != protocol.FaultMemory {
			t.Errorf("%v %v", s.State, s.Fault)
		}
		for _, ch := range b.since(0) {
			if ch.RF {
				t.Errorf("RF without a record: %+v", ch)
			}
		}
	})
	if _, err := New(Config{Model: R1, Memory: &brittle{RAM: NewRAM(), broken: true}}); !errors.Is(err, ErrMemory) {
		t.Errorf("New with a broken memory = %v", err)
	}
}
