package vault

import (
	"slices"

	"stipple/app/clinical"
)

// given lists who was given the present keys, also who has no slot any more: what one of
// them knows, a removal does not take back, and so a re-key is wanted. That is the whole
// mark; whoever takes a slot away needs no key to set it. Each key proves its list, so
// that nobody takes a name out without it; a list that is not proven wants a re-key, too.
type given struct {
	Clinic        []clinical.ID `json:"clinic"`
	Patients      []clinical.ID `json:"patients"`
	ClinicProof   []byte        `json:"clinic_proof"`
	PatientsProof []byte        `json:"patients_proof"`
}

const (
	givenClinic   = "stipple given clinic key"
	givenPatients = "stipple given patient key"
)

// givenParts are what is proven of a list.
func givenParts(f slotFile, ids []clinical.ID) [][]byte {
	parts := [][]byte{[]byte(f.Store), number(f.Generation)}
	for _, id := range ids {
		parts = append(parts, []byte(id))
	}
	return parts
}

// newGiven lists those who have slots of a new generation.
func newGiven(f slotFile, k keys) (*given, error) {
	var g given
	for _, s := range f.Slots {
		g.Clinic = append(g.Clinic, s.ID)
		if s.PatientsProof != nil {
			g.Patients = append(g.Patients, s.ID)
		}
	}
	var err error
	if g.ClinicProof, err = proofBy(k.clinic, givenClinic, givenParts(f, g.Clinic)...); err == nil {
		g.PatientsProof, err = proofBy(k.patients, givenPatients, givenParts(f, g.Patients)...)
	}
	return &g, err
}

func (g *given) clinicProven(f slotFile, k keys) bool {
	return g != nil && proves(k.clinic, g.ClinicProof, givenClinic, givenParts(f, g.Clinic)...)
}

func (g *given) patientsProven(f slotFile, k keys) bool {
	return g != nil && proves(k.patients, g.PatientsProof, givenPatients, givenParts(f, g.Patients)...)
}

// with adds the person of a new slot. A list that is not proven stays so: to prove it
// anew would hide who was taken out.
func (g *given) with(f slotFile, s keySlot, k keys) (_ *given, err error) {
	if g == nil {
		return nil, nil
	}
	out := *g
	if g.clinicProven(f, k) && !slices.Contains(g.Clinic, s.ID) {
		out.Clinic = append(slices.Clone(g.Clinic), s.ID)
		if out.ClinicProof, err = proofBy(k.clinic, givenClinic, givenParts(f, out.Clinic)...); err != nil {
			return nil, err
		}
	}
	if s.PatientsProof != nil && g.patientsProven(f, k) && !slices.Contains(g.Patients, s.ID) {
		out.Patients = append(slices.Clone(g.Patients), s.ID)
		if out.PatientsProof, err = proofBy(k.patients, givenPatients, givenParts(f, out.Patients)...); err != nil {
			return nil, err
		}
	}
	return &out, nil
}

// wantsRekey says whether somebody was given keys who is not to have them any more, or
// whether that can't be told. k has both keys.
func (f slotFile) wantsRekey(k keys) bool {
	if !f.Given.clinicProven(f, k) || !f.Given.patientsProven(f, k) {
		return true
	}
	var have, hold []clinical.ID
	for _, s := range f.Slots {
		have = append(have, s.ID)
		if s.holds(f, k) {
			hold = append(hold, s.ID)
		}
	}
	return !sameIDs(have, f.Given.Clinic) || !sameIDs(hold, f.Given.Patients)
}

// sameIDs compares lists whatever their order.
func sameIDs(a, b []clinical.ID) bool {
	a, b = slices.Clone(a), slices.Clone(b)
	slices.Sort(a)
	slices.Sort(b)
	return slices.Equal(a, b)
}
