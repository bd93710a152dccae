package vault

import "time"

// Every limit of the package, with its reason.
const (
	// keyLen is that of XChaCha20-Poly1305, in bytes.
	keyLen = 32

	// fileMode: keys are the user's own.
	fileMode = 0o600

	// maxSlotsBytes bounds the file of slots: a slot takes about 1,600 bytes, and each
	// generation of keys 400.
	maxSlotsBytes = 2 << 20
	// maxGenerations bounds the re-keys of one store: far more than people ever leave.
	maxGenerations = 1000
	// maxRingBytes bounds what a slot's age file holds: both keys, of two generations.
	maxRingBytes = 2 * (2 + 2*keyLen)
	// lockMark is behind the slots' name in that of the file whose lock keeps two
	// processes from changing them at once.
	lockMark = ".lock"
	// lockWait is how long another's change is waited for: one takes a second.
	lockWait = 5 * time.Second
	// maxSlots bounds the operators of one practice.
	maxSlots = 500
	// maxUntold bounds what the file says is untold: each is a crash, and the oldest go.
	maxUntold = 100
	// maxUntoldAt, the year 10000, is where a time can't be written any more.
	maxUntoldAt = 253_402_300_800
	// proofLen is that of HMAC-SHA-256, in bytes.
	proofLen = 32
	// maxSignInRunes bounds a sign-in name.
	maxSignInRunes = 40

	// minPassphraseRunes: NIST SP 800-63B-4 asks for at least 15 characters where a
	// passphrase stands alone, and 8 where it does not. Here somebody also needs the
	// laptop, and argon2id makes each try cost a quarter of a second: ten.
	minPassphraseRunes = 10
	// minDistinct: fewer different characters are a pattern.
	minDistinct = 5
	// minBesideName is how many characters have to stand beside one's own name.
	minBesideName = 6
	// maxPassphraseBytes bounds the work of one try.
	maxPassphraseBytes = 1024

	// saltLen is what RFC 9106 section 3.1 recommends, in bytes.
	saltLen = 16
	// tuneTo is how long one try of a passphrase takes on the computer on which the
	// slot was made: short enough to wait for, long enough to make guessing dear.
	tuneTo = 250 * time.Millisecond
	// tuneMemory is the memory of one try in KiB: RFC 9106's second choice, for
	// computers where 2 GiB are too much.
	tuneMemory = 64 << 10
	// tuneThreads is the lanes of one try, as in RFC 9106's second choice.
	tuneThreads = 4
	// maxTime and maxMemory bound the parameters that a slot may ask for, so that
	// a hostile file can't hold up the program for ever or take all memory.
	maxTime   = 64
	maxMemory = 1 << 20 // KiB
	maxLanes  = 16

	// freeTries are the wrong passphrases that cost no wait.
	freeTries = 3
	// firstWait is the wait after the first wrong one beyond; it doubles up to maxWait.
	firstWait = time.Second
	maxWait   = time.Minute

	// maxPatients bounds the file of the patients' keys: far above what a practice
	// has, and 200 MB in memory; a re-key has two keys for each.
	maxPatients = 1_000_000

	// fileWork is the scrypt work factor, as a power of two, of a file for another room:
	// its code is random, so that the work need not make up for a poor one (64 MiB).
	fileWork = 16
	// maxFileWork bounds what a file may ask for: 256 MiB and a second.
	maxFileWork = 18
)
