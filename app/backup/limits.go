package backup

import "stipple/app/vault"

// Every limit of the package, with its reason. A file from a stick is as hostile as
// the wire.
const (
	// maxManifestBytes: a manifest takes about 1 KiB.
	maxManifestBytes = 64 << 10
	// maxHashesBytes: four members take about 600 bytes.
	maxHashesBytes = 16 << 10
	// maxStoreBytes bounds the store: far above what a practice has (100,000 patients
	// take less than 10 GiB).
	maxStoreBytes = int64(1) << 40
	// maxSlotsBytes and maxPatientsBytes are what package vault reads.
	maxSlotsBytes    = int64(vault.MaxSlotsBytes)
	maxPatientsBytes = vault.MaxPatientsBytes
	// maxTextBytes bounds a text of the manifest.
	maxTextBytes = 128
	// auditBatch is how many entries of a running store are read in one transaction: less
	// than a millisecond.
	auditBatch = 50
	// maxCounts bounds the buckets of a manifest; a store has fewer than twenty.
	maxCounts = 64

	// hashBytes is how much is read, hashed and encrypted at a time: enough that handing
	// it over costs nothing. hashBuffers are in use at once: one is filled while another
	// is hashed.
	hashBytes   = 256 << 10
	hashBuffers = 2

	// dirMode and fileMode: patient data is the user's own.
	dirMode  = 0o700
	fileMode = 0o600
)
