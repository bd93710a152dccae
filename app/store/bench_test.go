package store

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"stipple/app/clinical"
)

// BenchmarkWriteAndSync is the floor under every commit: append the bytes of a
// group of pulses to a file and sync it.
func BenchmarkWriteAndSync(b *testing.B) {
	f, err := os.Create(filepath.Join(b.TempDir(), "floor"))
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	group := bytes.Repeat([]byte{1}, 25*100)
	for b.Loop() {
		if _, err := f.Write(group); err != nil {
			b.Fatal(err)
		}
		if err := f.Sync(); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkBeginTreatment(b *testing.B) {
	s, _ := newStore(b)
	patient := must(s.SavePatient(b.Context(), ana()))(b).ID
	for b.Loop() {
		must(s.BeginTreatment(b.Context(), aTreatment(patient)))(b)
	}
}

// BenchmarkAppendPulses adds pulses in groups of 25, the most that an RF pen
// makes in the 250 ms that pulses may follow behind, several times over.
func BenchmarkAppendPulses(b *testing.B) {
	s, _ := newStore(b)
	patient := must(s.SavePatient(b.Context(), ana()))(b).ID
	v := must(s.BeginTreatment(b.Context(), aTreatment(patient)))(b)
	const group = 25
	index := uint32(0)
	for b.Loop() {
		if err := s.AppendPulses(b.Context(), v.ID, pulsesOf(1, index, group)); err != nil {
			b.Fatal(err)
		}
		index += group
	}
}

func BenchmarkTreatmentOf1000Pulses(b *testing.B) {
	s, _ := newStore(b)
	patient := must(s.SavePatient(b.Context(), ana()))(b).ID
	v := must(s.BeginTreatment(b.Context(), aTreatment(patient)))(b)
	if err := s.AppendPulses(b.Context(), v.ID, pulsesOf(1, 0, 1000)); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		must(s.Treatment(b.Context(), v.ID))(b)
	}
}

// manyPatients are so many patients with different names and numbers.
func manyPatients(n int) []clinical.Patient {
	var all []clinical.Patient
	for i := range n {
		p := ana()
		p.ID = encodeID(uint64(i), 0, 0)
		p.FamilyName = fmt.Sprintf("%c%c%s", 'A'+i%26, 'a'+i/26%26, sampleOperators()[i%5].Name)
		p.BirthDate = clinical.Date{Year: 1930 + i%80, Month: time.Month(1 + i%12), Day: 1 + i%28}
		p.FileNumber, p.Revision = fmt.Sprintf("F-%d", i), 1
		all = append(all, p)
	}
	return all
}

func BenchmarkSearch100000(b *testing.B) {
	ix := newIndex()
	for _, p := range manyPatients(100_000) {
		ix.put(p)
	}
	for _, query := range []string{"", "a", "ruiz ana", "f-9999", "1984-02", "novák 11.2.1984"} {
		b.Run(query, func(b *testing.B) {
			for b.Loop() {
				ix.search(query, 50)
			}
		})
	}
}

// BenchmarkOpen opens a store of 20,000 patients: the check of all pages and the
// index.
func BenchmarkOpen(b *testing.B) {
	path := filepath.Join(b.TempDir(), FileName)
	s, err := OpenTraining(path, Options{})
	if err != nil {
		b.Fatal(err)
	}
	for group := range slices.Chunk(manyPatients(20_000), 5000) {
		err := s.update(b.Context(), func(t *txn) error {
			for _, p := range group {
				if err := s.sealer.Own(p.ID); err != nil {
					return err
				}
				if err := t.putJSON(bucketPatients, p.ID, numbered(key(p.ID), 1), packPatient(p)); err != nil {
					return err
				}
				if err := t.touch(p.ID); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		s, err := OpenTraining(path, Options{})
		if err != nil {
			b.Fatal(err)
		}
		if err := s.Close(); err != nil {
			b.Fatal(err)
		}
	}
	if info, err := os.Stat(path); err == nil {
		b.ReportMetric(float64(info.Size())/1e6, "MB")
	}
}

// BenchmarkRekey seals about 100,000 values anew, beside somebody who saves a setting
// again and again.
func BenchmarkRekey(b *testing.B) {
	c := newClinic(b)
	if err := Generate(b.Context(), c.s, Size{Patients: 7_700, Presets: 3, Treatments: 4}, nil); err != nil {
		b.Fatal(err)
	}
	var values, writes int64
	var longest, begin, end time.Duration
	for b.Loop() {
		begun := time.Now()
		if err := c.slots.BeginRekey(c.keys); err != nil {
			b.Fatal(err)
		}
		begin = max(begin, time.Since(begun))
		done := make(chan error, 1)
		go func() {
			done <- c.s.Rekey(b.Context(), func(_, of int64) { values = of })
		}()
		for going := true; going; {
			select {
			case err := <-done:
				if err != nil {
					b.Fatal(err)
				}
				going = false
			default:
				began := time.Now()
				if err := c.s.SaveSetting(b.Context(), "theme", []byte("dim")); err != nil {
					b.Fatal(err)
				}
				longest = max(longest, time.Since(began))
				writes++
			}
		}
		ending := time.Now()
		if err := c.slots.EndRekey(c.keys); err != nil {
			b.Fatal(err)
		}
		end = max(end, time.Since(ending))
	}
	b.ReportMetric(float64(values), "values")
	b.ReportMetric(float64(longest.Microseconds())/1e3, "ms/longest-write")
	b.ReportMetric(float64(begin.Milliseconds()), "ms/begin")
	b.ReportMetric(float64(end.Milliseconds()), "ms/end")
	b.ReportMetric(float64(writes)/float64(b.N), "writes/re-key")
}
