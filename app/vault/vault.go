package vault

import (
	"crypto/cipher"
	"crypto/rand"
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

// Vault holds the keys of a store that somebody has signed in to.
type Vault struct {
	rand io.Reader
	// onDisk is the generation that the file of the slots has now, and whether a re-key
	// is going on there; nil where there is no such file.
	onDisk func() (generation uint16, rekeying bool, err error)

	// owning is held where patients get or lose keys: a re-key makes one for each that
	// has one. It comes before mu.
	owning sync.Mutex

	mu      sync.Mutex
	ring    ring
	present *boxes // nil: closed
	former  *boxes // nil: no re-key is going on
	lasting lasting
	own     ownKeys
}

// boxes are what the keys of one generation seal with.
type boxes struct {
	generation uint16
	clinic     cipher.AEAD
	wrap       cipher.AEAD // of the patients' keys; nil: not held
	last       struct {    // the owner whose values were sealed or opened last
		owner clinical.ID
		box   cipher.AEAD
	}
}

func (b *boxes) forget() {
	if b != nil {
		b.last.owner, b.last.box = "", nil
	}
}

// newVault makes a vault of keys, which it takes over.
func newVault(r ring, l lasting, own ownKeys, source io.Reader) (*Vault, error) {
	v := &Vault{rand: source, own: own}
	return v, v.hold(r, l)
}

// hold takes keys over in the place of those that the vault had. On an error they are
// as they were.
func (v *Vault) hold(r ring, l lasting) error {
	present, err := newBoxes(r.generation, r.present)
	if err != nil {
		return err
	}
	var former *boxes
	if r.rekeying() {
		if former, err = newBoxes(r.generation-1, r.former); err != nil {
			return err
		}
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.ring.wipe()
	v.lasting.wipe()
	v.ring, v.lasting, v.present, v.former = r, l, present, former
	return nil
}

func newBoxes(generation uint16, k keys) (*boxes, error) {
	b := &boxes{generation: generation}
	var err error
	if b.clinic, err = derived(k.clinic, "stipple clinic values"); err != nil {
		return nil, err
	}
	if k.patients != nil {
		b.wrap, err = derived(k.patients, "stipple patients' keys")
	}
	return b, err
}

// derived is the box of a key for one purpose.
func derived(key []byte, purpose string) (cipher.AEAD, error) {
	k, err := derivedKey(key, purpose)
	if err != nil {
		return nil, err
	}
	defer clear(k)
	return chacha20poly1305.NewX(k)
}

// firstRing are new keys of a new store.
func firstRing(source io.Reader) (ring, error) {
	k, err := newKeys(source)
	return ring{generation: 1, present: k}, err
}

// HoldsPatients says whether the vault can open patients.
func (v *Vault) HoldsPatients() bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.present != nil && v.present.wrap != nil
}

// Generation is that of the keys that values are sealed with now: it counts up with
// each re-key, from 1. 0 after Close.
func (v *Vault) Generation() uint16 {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.present == nil {
		return 0
	}
	return v.present.generation
}

// Rekeying says whether a re-key is going on: values of the former generation open, too.
func (v *Vault) Rekeying() bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.former != nil
}

// Close wipes the keys. Later calls of Seal and Open are ErrClosed; a second Close
// returns nil.
func (v *Vault) Close() error {
	v.owning.Lock()
	defer v.owning.Unlock()
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.present == nil {
		return nil
	}
	v.ring.wipe()
	v.lasting.wipe()
	v.ring, v.lasting, v.present, v.former = ring{}, lasting{}, nil, nil
	return v.own.close()
}
