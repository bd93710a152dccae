package vault

import (
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"io"
	"sync"

	"golang.org/x/crypto/chacha20poly1305"

	"stipple/app/clinical"
)

// Options are what the package gets from outside. The zero value is good for use.
type Options struct {
	Rand io.Reader // nil: crypto/rand.Reader; must be unpredictable outside tests
	// KDF is the work of one try of a passphrase; the zero value is tuned on this
	// computer. Tests pass a cheap one.
	KDF KDF
}

func (o Options) rand() io.Reader {
	if o.Rand == nil {
		return rand.Reader
	}
	return o.Rand
}

// keys are the two keys of a store. Patients is nil where only the clinic key is
// held.
type keys struct {
	clinic, patients []byte
}

func (k keys) wipe() {
	clear(k.clinic)
	clear(k.patients)
}

// Vault holds the keys of a store that somebody has signed in to.
type Vault struct {
	rand io.Reader

	mu     sync.Mutex
	keys   keys
	clinic cipher.AEAD // nil: closed
	wrap   cipher.AEAD // of the patients' keys; nil: not held
	own    ownKeys
	last   struct { // the owner whose values were sealed or opened last
		owner clinical.ID
		box   cipher.AEAD
	}
}

// newVault makes a vault of keys, which it takes over.
func newVault(k keys, own ownKeys, source io.Reader) (*Vault, error) {
	v := &Vault{rand: source, keys: k, own: own}
	var err error
	if v.clinic, err = derived(k.clinic, "stipple clinic values"); err != nil {
		return nil, err
	}
	if k.patients != nil {
		if v.wrap, err = derived(k.patients, "stipple patients' keys"); err != nil {
			return nil, err
		}
	}
	return v, nil
}

// derived is the box of a key for one purpose, so that no key does two things.
func derived(key []byte, purpose string) (cipher.AEAD, error) {
	k, err := hkdf.Key(sha256.New, key, nil, purpose, keyLen)
	if err != nil {
		return nil, fmt.Errorf("derive a key: %w", err)
	}
	defer clear(k)
	return chacha20poly1305.NewX(k)
}

// newKeys makes both keys.
func newKeys(source io.Reader) (keys, error) {
	both := make([]byte, 2*keyLen)
	if _, err := io.ReadFull(source, both); err != nil {
		return keys{}, fmt.Errorf("make keys: %w", err)
	}
	return keys{clinic: both[:keyLen:keyLen], patients: both[keyLen:]}, nil
}

// Ephemeral is a vault whose keys were made now and are in memory alone: for a store
// that is thrown away when the program ends.
func Ephemeral(opt Options) (*Vault, error) {
	k, err := newKeys(opt.rand())
	if err != nil {
		return nil, err
	}
	return newVault(k, &heldKeys{}, opt.rand())
}

// HoldsPatients says whether the vault can open patients.
func (v *Vault) HoldsPatients() bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.wrap != nil
}

// Close wipes the keys. Later calls of Seal and Open are ErrClosed; a second Close
// returns nil.
func (v *Vault) Close() error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.clinic == nil {
		return nil
	}
	v.keys.wipe()
	v.keys, v.clinic, v.wrap = keys{}, nil, nil
	v.last.owner, v.last.box = "", nil
	return v.own.close()
}
