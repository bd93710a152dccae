package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"stipple/app/clinical"
)

// AppendPulses adds pulses to an open treatment, all in one synced write. A pulse
// is known by Boot and Index, the pen's own numbers: one that is stored already
// is left as it is, so that a call can be repeated and a ledger read over again.
//
// If a stored pulse differs in what the pen reported (not in At, Set and Pass,
// which are the console's), the new ones of the call are stored nevertheless,
// the old one stays, and the error is an ErrConflict that names it. On every
// other error nothing is stored: *InvalidError, ErrNotFound, ErrEnded.
func (s *Store) AppendPulses(ctx context.Context, id clinical.ID, pulses []clinical.Pulse) error {
	c := checker{record: "pulse"}
	c.that(len(pulses) <= maxBatch, "Pulses", TooLong)
	for _, p := range pulses {
		c.pulse(p)
	}
	if err := c.err(); err != nil {
		return err
	}
	var differ []error
	err := s.update(ctx, func(t *txn) error {
		owner, err := t.mustBeOpen(id)
		if err != nil {
			return err
		}
		differ, err = t.appendPulses(id, owner, pulses)
		return err
	})
	if err != nil {
		return err
	}
	return errors.Join(differ...)
}

// appendPulses adds the pulses that are not stored yet, and returns what is to be
// said of those that are stored otherwise.
func (t *txn) appendPulses(id, owner clinical.ID, pulses []clinical.Pulse) (differ []error, err error) {
	if len(pulses) == 0 {
		return nil, nil
	}
	arrival, err := t.nextNumber(bucketPulses)
	if err != nil {
		return nil, err
	}
	for _, p := range pulses {
		p.At = utc(p.At)
		k := numbered(key(id), p.Boot, p.Index)
		switch old, err := t.get(bucketPulses, k); {
		case errors.Is(err, ErrNotFound):
			if err := t.put(bucketPulses, owner, k, packPulse(storedPulse{arrival: arrival, pulse: p})); err != nil {
				return nil, err
			}
		case err != nil:
			return nil, err
		default:
			was, err := unpackPulse(p.Boot, p.Index, old)
			if err != nil {
				return nil, err
			}
			if reported(was.pulse) != reported(p) {
				differ = append(differ, fmt.Errorf("%w: pulse %d of boot %d was reported otherwise before", ErrConflict, p.Index, p.Boot))
			}
		}
	}
	return differ, nil
}

// reported is a pulse with only what the pen says of it.
func reported(p clinical.Pulse) clinical.Pulse {
	p.At, p.Set, p.Pass = clinical.Pulse{}.At, clinical.Settings{}, 0
	return p
}

// nextNumber counts the groups that were written to a bucket. It orders boots of
// a pen, whose numbers say nothing about time, by when they first reached the store.
func (t *txn) nextNumber(name string) (uint64, error) {
	b, err := t.bucket(name)
	if err != nil {
		return 0, err
	}
	return b.NextSequence()
}

// pulses reads the pulses of a treatment: boot after boot in the order in which
// the first of each reached the store, and within a boot by the pen's counter.
func (t *txn) pulses(id, owner clinical.ID) ([]clinical.Pulse, error) {
	var all []clinical.Pulse
	first := map[uint32]uint64{} // of each boot, the earliest arrival
	err := t.scanOf(bucketPulses, key(id), owner, func(k, plain []byte) error {
		_, n, err := splitKey(k, 1, 2)
		if err != nil {
			return err
		}
		v, err := unpackPulse(n[0], n[1], plain)
		if err != nil {
			return err
		}
		if a, known := first[n[0]]; !known || v.arrival < a {
			first[n[0]] = v.arrival
		}
		all = append(all, v.pulse)
		return nil
	})
	if len(first) > 1 {
		slices.SortStableFunc(all, func(a, b clinical.Pulse) int {
			return cmp.Compare(first[a.Boot], first[b.Boot])
		})
	}
	return all, err
}

// AppendAlarms adds alarms to an open treatment, in their order, in one synced
// write. One that equals a stored alarm in every field is that alarm, and is not
// stored again, so that a call can be repeated.
//
// Errors, with nothing stored: *InvalidError, ErrNotFound, ErrEnded.
func (s *Store) AppendAlarms(ctx context.Context, id clinical.ID, alarms []clinical.Alarm) error {
	c := checker{record: "alarm"}
	c.that(len(alarms) <= maxBatch, "Alarms", TooLong)
	for _, a := range alarms {
		c.alarm(a)
	}
	if err := c.err(); err != nil {
		return err
	}
	alarms = slices.Clone(alarms)
	for i := range alarms {
		alarms[i].At = utc(alarms[i].At)
	}
	return s.update(ctx, func(t *txn) error {
		return appendNew(t, bucketAlarms, id, alarms, t.alarms, packAlarm)
	})
}

// appendNew writes entries of an open treatment behind those that it has, each under the
// next number, but for those that it has already.
func appendNew[E comparable, S any](t *txn, bucket string, id clinical.ID, entries []E, read func(id, owner clinical.ID) ([]E, error), pack func(E) S) error {
	owner, err := t.mustBeOpen(id)
	if err != nil || len(entries) == 0 {
		return err
	}
	have, err := read(id, owner)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if slices.Contains(have, e) {
			continue
		}
		have = append(have, e)
		if err := t.putJSON(bucket, owner, numbered(key(id), uint32(len(have))), pack(e)); err != nil {
			return err
		}
	}
	return nil
}

// alarms reads the alarms of a treatment in the order in which they were added.
func (t *txn) alarms(id, owner clinical.ID) ([]clinical.Alarm, error) {
	var all []clinical.Alarm
	err := t.scanOf(bucketAlarms, key(id), owner, func(_, plain []byte) error {
		a, err := unpackAlarm(plain)
		all = append(all, a)
		return err
	})
	return all, err
}

// AppendHandOvers adds changes of the operator to an open treatment, as AppendAlarms adds
// alarms, and with the same errors.
func (s *Store) AppendHandOvers(ctx context.Context, id clinical.ID, all []clinical.HandOver) error {
	c := checker{record: "hand_over"}
	c.that(len(all) <= maxBatch, "HandOvers", TooLong)
	all = slices.Clone(all)
	for i := range all {
		c.handOver(all[i])
		all[i].At = utc(all[i].At)
	}
	if err := c.err(); err != nil {
		return err
	}
	return s.update(ctx, func(t *txn) error {
		return appendNew(t, bucketHandOvers, id, all, t.handOvers, packHandOver)
	})
}

// handOvers reads the hand-overs of a treatment in the order in which they were added.
func (t *txn) handOvers(id, owner clinical.ID) ([]clinical.HandOver, error) {
	var all []clinical.HandOver
	err := t.scanOf(bucketHandOvers, key(id), owner, func(_, plain []byte) error {
		h, err := unpackHandOver(plain)
		all = append(all, h)
		return err
	})
	return all, err
}
