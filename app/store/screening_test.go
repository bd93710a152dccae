package store

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"stipple/app/audit"
	"stipple/app/clinical"
)

func aScreening(patient clinical.ID) clinical.Screening {
	return clinical.Screening{
		Patient: patient, ListVersion: "2026-1", By: clinical.Operator{Name: "Dr A. Meyer", Role: clinical.RoleClinician},
		Answers: []clinical.ScreeningAnswer{
			{Question: "pregnant", Answer: clinical.AnswerNo}, {Question: "keloids", Answer: clinical.AnswerYes, Note: "left shoulder, since 2019"},
			{Question: "isotretinoin", Answer: clinical.AnswerUnknown},
		},
	}
}

func TestScreeningIsRefusedByField(t *testing.T) {
	s, _ := newStore(t)
	patient := must(s.SavePatient(t.Context(), ana()))(t).ID
	long := func(v *clinical.Screening) {
		v.Answers = nil
		for i := range maxAnswers + 1 {
			v.Answers = append(v.Answers, clinical.ScreeningAnswer{Question: clinical.QuestionKey(fmt.Sprint("q", i)), Answer: clinical.AnswerNo})
		}
	}
	for _, c := range []struct {
		field   string
		problem Problem
		change  func(*clinical.Screening)
	}{
		{"ListVersion", Missing, func(v *clinical.Screening) { v.ListVersion = " " }},
		{"Answers", Missing, func(v *clinical.Screening) { v.Answers = nil }},
		{"Answers", TooLong, long},
		{"Answers.Question", BadValue, func(v *clinical.Screening) { v.Answers[0].Question = "Pregnant?" }},
		{"Answers.Question", Missing, func(v *clinical.Screening) { v.Answers[0].Question = "" }},
		{"Answers.Question", Duplicate, func(v *clinical.Screening) { v.Answers[0].Question = "keloids" }},
		{"Answers.Answer", Missing, func(v *clinical.Screening) { v.Answers[1].Answer = "" }},
		{"Answers.Answer", BadValue, func(v *clinical.Screening) { v.Answers[1].Answer = "perhaps" }},
		{"Answers.Note", TooLong, func(v *clinical.Screening) { v.Answers[1].Note = strings.Repeat("x", maxNoteRunes+1) }},
		{"Answers.Note", BadText, func(v *clinical.Screening) { v.Answers[1].Note = "a\x00b" }},
		{"By.Name", Missing, func(v *clinical.Screening) { v.By.Name = "" }},
	} {
		v := aScreening(patient)
		c.change(&v)
		if _, err := s.SaveScreening(t.Context(), v); fieldsOf(err)[c.field] != string(c.problem) {
			t.Errorf("%s %s: %v", c.field, c.problem, err)
		}
	}
	v := aScreening(s.NewID())
	if _, err := s.SaveScreening(t.Context(), v); !errors.Is(err, ErrNotFound) {
		t.Error("of nobody:", err)
	}
	v = aScreening(patient)
	v.ID, v.Revision = s.NewID(), 1
	if _, err := s.SaveScreening(t.Context(), v); !errors.Is(err, ErrNotFound) {
		t.Error("unknown:", err)
	}
	if all := must(s.Screenings(t.Context(), patient))(t); len(all) != 0 {
		t.Error(all)
	}
}

// Each save is a revision that names the one before; all stay, and are there when the
// store is opened again.
func TestScreeningRevisions(t *testing.T) {
	p, c := newPractice(t)
	who := c.Patients[slices.IndexFunc(c.Patients, func(p clinical.Patient) bool { return p.FamilyName != "Ruiz" })] // who has none yet
	s := p.open("ada")
	ctx := p.senior(t.Context())
	first := must(s.SaveScreening(ctx, aScreening(who.ID)))(t)
	if !validID(first.ID) || first.Revision != 1 || first.Replaces != 0 || !first.SavedAt.Equal(p.clock.now()) {
		t.Errorf("%+v", first)
	}
	p.clock.add(time.Minute)
	second := first
	second.Answers = append([]clinical.ScreeningAnswer(nil), first.Answers...)
	second.Answers[2] = clinical.ScreeningAnswer{Question: "isotretinoin", Answer: clinical.AnswerNo, Note: "  stopped in  May "}
	second = must(s.SaveScreening(ctx, second))(t)
	if second.ID != first.ID || second.Revision != 2 || second.Replaces != 1 || second.Answers[2].Note != "stopped in May" {
		t.Errorf("%+v", second)
	}
	if _, err := s.SaveScreening(ctx, first); !errors.Is(err, ErrConflict) {
		t.Error("on an old one:", err)
	}
	p.clock.add(time.Minute)
	other := must(s.SaveScreening(ctx, aScreening(who.ID)))(t)
	check := func(s *Store) {
		t.Helper()
		if diff := cmp.Diff([]clinical.Screening{other, second}, must(s.Screenings(ctx, who.ID))(t)); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff([]clinical.Screening{second, first}, must(s.ScreeningHistory(ctx, who.ID, first.ID))(t)); diff != "" {
			t.Error(diff)
		}
		if _, err := s.ScreeningHistory(ctx, who.ID, s.NewID()); !errors.Is(err, ErrNotFound) {
			t.Error(err)
		}
	}
	check(s)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	scanFor(t, p.dir, []string{"keloids", "shoulder", "isotretinoin"})
	s = p.open("ada")
	check(s)

	// The audit has what changed, for who can open patients.
	var all []AuditEntry
	for _, e := range must(s.AuditEntries(ctx, 1, 1000))(t) {
		if e.Action == audit.ScreeningSave && e.Patient == who.ID {
			all = append(all, e)
		}
	}
	want := audit.Change{Field: "isotretinoin", Before: audit.Text("unknown"), After: audit.Text("no: stopped in May")}
	if len(all) != 3 || len(all[0].Private) != 3 || len(all[1].Private) != 1 || all[1].Private[0] != want || all[1].Subject.ID != string(first.ID) {
		t.Errorf("%+v", all)
	}
	for _, e := range all {
		if text := fmt.Sprint(e.Changes); strings.Contains(text, "keloids") {
			t.Error("in the open part:", text)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := p.open("bela").Screenings(ctx, who.ID); err == nil {
		t.Error("a technician reads them")
	}
}

// As many answers as are taken can be audited, also where none is as it was.
func TestScreeningOfManyAnswers(t *testing.T) {
	s, _ := newStore(t)
	ctx := t.Context()
	v := aScreening(must(s.SavePatient(ctx, ana()))(t).ID)
	fill := func(name string) {
		v.Answers = nil
		for i := range maxAnswers {
			v.Answers = append(v.Answers, clinical.ScreeningAnswer{Question: clinical.QuestionKey(fmt.Sprint(name, i)), Answer: clinical.AnswerUnknown, Note: strings.Repeat("ü", maxNoteRunes)})
		}
	}
	fill("a")
	v = must(s.SaveScreening(ctx, v))(t)
	fill("b")
	v = must(s.SaveScreening(ctx, v))(t)
	n := 0
	for _, e := range must(s.AuditEntries(ctx, 1, 1000))(t) {
		if e.Action == audit.ScreeningSave {
			n += len(e.Private)
		}
	}
	if r := must(s.VerifyAudit(ctx, nil))(t); n != 3*maxAnswers || !r.OK() {
		t.Errorf("%d changes, %+v", n, r)
	}
	if err := s.Verify(ctx); err != nil {
		t.Error(err)
	}
}
