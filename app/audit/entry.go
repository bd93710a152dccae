package audit

import (
	"time"

	"stipple/app/clinical"
)

// Entry says who did what to what, and why. It carries nothing about a patient
// but an id, except in Private.
type Entry struct {
	Seq uint64 // its number in the chain, from 1
	At  time.Time
	// Operator is who did it, as they were then; zero for what the program does by
	// itself and for what happens while nobody is signed in.
	Operator clinical.Operator
	// Second is who signed it too, somebody else; zero where nobody had to.
	Second  clinical.Operator
	Action  Action
	Subject Subject
	// Patient is whose own key seals Private, and whom the entry is about; empty
	// if it is about none.
	Patient clinical.ID
	Changes []Change // each field once; nothing about a patient
	Why     string   // the reason for the act; nothing about a patient
	// Private is what EncodeChanges made, sealed by the store under the key of
	// Patient. Here it is bytes that nobody looks into.
	Private []byte
}
