package store

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"stipple/app/audit"
	"stipple/app/clinical"
)

// SaveScreening stores a new screening (zero ID) or the next revision of one, and returns
// it as stored: ID, Revision, Replaces and SavedAt are set here. What the answers mean for
// a treatment is asked elsewhere.
//
// Errors: *InvalidError with the field; ErrNotFound for an unknown patient or screening;
// ErrConflict if v.Revision is not the newest.
func (s *Store) SaveScreening(ctx context.Context, v clinical.Screening) (clinical.Screening, error) {
	v.ListVersion, v.SavedAt, v.Answers = tidy(v.ListVersion), s.clock(), slices.Clone(v.Answers)
	for i := range v.Answers {
		v.Answers[i].Note = tidy(v.Answers[i].Note)
	}
	c := checker{record: "screening"}
	c.screening(v)
	if err := c.err(); err != nil {
		return clinical.Screening{}, err
	}
	err := s.update(ctx, func(t *txn) (err error) {
		if err := t.mustHavePatient(v.Patient); err != nil {
			return err
		}
		var before clinical.Screening
		if v.ID == "" {
			v.Revision = 0
			v.ID, err = s.ids.next()
		} else {
			before, err = t.screeningAt(v.Patient, v.ID, v.Revision)
		}
		if err != nil {
			return err
		}
		v.Replaces = v.Revision
		v.Revision++
		if err := t.putJSON(bucketScreenings, v.Patient, numbered(key(v.Patient, v.ID), uint32(v.Revision)), packScreening(v)); err != nil {
			return err
		}
		return s.screeningSaved(ctx, t, before, v)
	})
	if err != nil {
		return clinical.Screening{}, err
	}
	return v, nil
}

// screeningAt reads a screening whose newest revision based must be.
func (t *txn) screeningAt(patient, id clinical.ID, based int) (clinical.Screening, error) {
	plain, err := t.checkRevision(bucketScreenings, based, patient, id)
	if err != nil {
		return clinical.Screening{}, fmt.Errorf("screening: %w", err)
	}
	return unpackScreening(patient, id, uint32(based), plain)
}

// Screenings returns the newest revision of each screening of a patient, last saved
// first. A patient without any, or an unknown one, has an empty list.
func (s *Store) Screenings(ctx context.Context, patient clinical.ID) ([]clinical.Screening, error) {
	if !validID(patient) {
		return nil, nil
	}
	newest := map[clinical.ID]clinical.Screening{}
	err := s.scanScreenings(ctx, key(patient), func(v clinical.Screening) { newest[v.ID] = v })
	if err != nil {
		return nil, err
	}
	return slices.SortedFunc(maps.Values(newest), func(a, b clinical.Screening) int {
		return cmp.Or(b.SavedAt.Compare(a.SavedAt), cmp.Compare(b.ID, a.ID))
	}), nil
}

// ScreeningHistory returns all revisions of a screening, newest first. ErrNotFound if
// there is no such screening.
func (s *Store) ScreeningHistory(ctx context.Context, patient, screening clinical.ID) ([]clinical.Screening, error) {
	if !validID(patient) || !validID(screening) {
		return nil, ErrNotFound
	}
	var all []clinical.Screening
	err := s.scanScreenings(ctx, key(patient, screening), func(v clinical.Screening) { all = append(all, v) })
	if err == nil && len(all) == 0 {
		err = ErrNotFound
	}
	if err != nil {
		return nil, err
	}
	slices.Reverse(all)
	return all, nil
}

// scanScreenings calls f for each revision under prefix, oldest first.
func (s *Store) scanScreenings(ctx context.Context, prefix []byte, f func(clinical.Screening)) error {
	return s.view(ctx, func(t *txn) error {
		return t.scan(bucketScreenings, prefix, func(k, plain []byte) error {
			ids, n, err := splitKey(k, 2, 1)
			if err != nil {
				return err
			}
			v, err := unpackScreening(ids[0], ids[1], n[0], plain)
			if err == nil {
				f(v)
			}
			return err
		})
	})
}

// screeningSaved is the entry of a screening's new revision: each answer that is another
// than before. All answers are private.
func (s *Store) screeningSaved(ctx context.Context, t *txn, before, after clinical.Screening) error {
	said := func(v clinical.Screening) map[clinical.QuestionKey]string {
		all := make(map[clinical.QuestionKey]string)
		for _, a := range v.Answers {
			all[a.Question] = string(a.Answer)
			if a.Note != "" {
				all[a.Question] += ": " + a.Note
			}
		}
		return all
	}
	was, is := said(before), said(after)
	all := maps.Clone(is)
	maps.Copy(all, was)
	var private []audit.Change
	for _, q := range slices.Sorted(maps.Keys(all)) {
		private = append(private, field(string(q), audit.Text(was[q]), audit.Text(is[q]))...)
	}
	changes := join(
		field("revision", revision(before.Revision), revision(after.Revision)),
		field("list_version", audit.Text(before.ListVersion), audit.Text(after.ListVersion)),
	)
	// Two revisions may have no question in common: more than one entry takes.
	for first := true; first || len(private) > 0; first = false {
		n := min(len(private), audit.MaxChanges)
		err := s.record(ctx, t, after.By, audit.Entry{
			Action: audit.ScreeningSave, Patient: after.Patient, Changes: changes,
			Subject: audit.Subject{Kind: audit.SubjectScreening, ID: string(after.ID)},
		}, private[:n]...)
		if err != nil {
			return err
		}
		private = private[n:]
	}
	return nil
}

// storedScreening is a revision of a screening.
type storedScreening struct {
	Replaces    int            `json:"replaces,omitempty"`
	ListVersion string         `json:"list_version"`
	Answers     []storedAnswer `json:"answers"`
	ByID        string         `json:"by_id,omitempty"`
	By          storedOperator `json:"by"`
	SavedAt     time.Time      `json:"saved_at"`
}

type storedAnswer struct {
	Question string `json:"question"`
	Answer   string `json:"answer"`
	Note     string `json:"note,omitempty"`
}

func packScreening(v clinical.Screening) storedScreening {
	s := storedScreening{
		Replaces: v.Replaces, ListVersion: v.ListVersion, ByID: string(v.By.ID), By: packOperator(v.By), SavedAt: utc(v.SavedAt),
	}
	for _, a := range v.Answers {
		s.Answers = append(s.Answers, storedAnswer{string(a.Question), string(a.Answer), a.Note})
	}
	return s
}

func unpackScreening(patient, id clinical.ID, revision uint32, plain []byte) (clinical.Screening, error) {
	s, err := decodeJSON[storedScreening](plain)
	if err == nil && s.Replaces != int(revision)-1 {
		err = damaged("a screening whose revision %d replaces %d", revision, s.Replaces)
	}
	if err != nil {
		return clinical.Screening{}, err
	}
	v := clinical.Screening{
		ID: id, Revision: int(revision), Replaces: s.Replaces, Patient: patient, ListVersion: s.ListVersion,
		By: unpackOperator(clinical.ID(s.ByID), s.By), SavedAt: s.SavedAt,
	}
	for _, a := range s.Answers {
		v.Answers = append(v.Answers, clinical.ScreeningAnswer{
			Question: clinical.QuestionKey(a.Question), Answer: clinical.Answer(a.Answer), Note: a.Note,
		})
	}
	return v, nil
}
