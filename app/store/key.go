package store

import (
	"encoding/binary"

	"stipple/app/clinical"
)

// The buckets. Every value in them is sealed, an index's empty values too, so
// that a damaged key shows.
//
//	patients       patient, revision           -> patient
//	recent         patient                     -> number of last use
//	presets        patient, preset, revision   -> preset or its deletion
//	screenings     patient, screening, revision -> answers
//	treatments     treatment, revision         -> head of a treatment
//	by_patient     patient, treatment          -> nothing: which treatments a patient had
//	open           treatment                   -> nothing: not ended
//	pulses         treatment, boot, index      -> pulse
//	alarms         treatment, number           -> alarm
//	erasing        patient                     -> nothing: taken out of the file, the key not dropped yet
//	safety         pseudonym, number           -> what is kept of an erased patient's treatment
//	hand_overs     treatment, number           -> hand-over
//	operators      operator, revision          -> operator
//	settings       name                        -> bytes
//	chain          name                        -> key and name of the audit chain, way into backups,
//	                                              how far a re-key is
//
// Ids are 26 bytes, numbers 4 bytes big endian: keys of one record lie together
// and in order. Bucket meta is not sealed, since its schema version must be
// known before anything can be opened; see schema.go. Bucket audit is the chain of
// package audit: number -> number, two heads and a sealed entry; see audit.go.
const (
	bucketMeta       = "meta"
	bucketAudit      = "audit"
	bucketPatients   = "patients"
	bucketRecent     = "recent"
	bucketPresets    = "presets"
	bucketScreenings = "screenings"
	bucketTreatments = "treatments"
	bucketByPatient  = "by_patient"
	bucketOpen       = "open"
	bucketPulses     = "pulses"
	bucketAlarms     = "alarms"
	bucketHandOvers  = "hand_overs"
	bucketErasing    = "erasing"
	bucketSafety     = "safety"
	bucketOperators  = "operators"
	bucketSettings   = "settings"
	bucketChain      = "chain"
)

// sealedBuckets are all buckets but meta and audit.
func sealedBuckets() []string {
	return []string{
		bucketPatients, bucketRecent, bucketPresets, bucketScreenings, bucketTreatments, bucketByPatient,
		bucketOpen, bucketPulses, bucketAlarms, bucketHandOvers, bucketErasing, bucketSafety, bucketOperators, bucketSettings, bucketChain,
	}
}

const numberLen = 4 // bytes of a number in a key

// key joins ids to a key or to the prefix of keys.
func key(ids ...clinical.ID) []byte {
	k := make([]byte, 0, len(ids)*idLen+2*numberLen)
	for _, id := range ids {
		k = append(k, id...)
	}
	return k
}

// numbered appends numbers to a key.
func numbered(k []byte, numbers ...uint32) []byte {
	for _, n := range numbers {
		k = binary.BigEndian.AppendUint32(k, n)
	}
	return k
}

// splitKey takes a key of so many ids and numbers apart.
func splitKey(k []byte, ids, numbers int) ([]clinical.ID, []uint32, error) {
	if len(k) != ids*idLen+numbers*numberLen {
		return nil, nil, damaged("key of %d bytes, want %d", len(k), ids*idLen+numbers*numberLen)
	}
	is := make([]clinical.ID, ids)
	for i := range is {
		is[i] = clinical.ID(k[:idLen])
		if !validID(is[i]) {
			return nil, nil, damaged("key without a valid id")
		}
		k = k[idLen:]
	}
	ns := make([]uint32, numbers)
	for i := range ns {
		ns[i] = binary.BigEndian.Uint32(k)
		k = k[numberLen:]
	}
	return is, ns, nil
}
