package protocol

import (
	"crypto/ed25519"
	"crypto/sha256"
	"errors"
	"fmt"
)

// ErrFirmware is a firmware package that can't be used. ErrFirmwareSignature is
// one whose signature is not the maker's.
var (
	ErrFirmware          = errors.New("firmware package refused")
	ErrFirmwareSignature = errors.New("firmware package not signed by the maker")
)

// Bounds of a firmware package.
const (
	// firmwareMagic begins every package.
	firmwareMagic = "STFW"
	// firmwareFormat is the layout of a manifest.
	firmwareFormat = 1
	// MaxLimitsNote is the longest note of what changes in limits, in bytes.
	MaxLimitsNote = 96
	// MaxManifest is the longest manifest with its signature, in bytes.
	MaxManifest = 56 + 1 + MaxText + 1 + MaxLimitsNote + ed25519.SignatureSize
	// MaxImage is the largest image: far above the memory of any controller
	// that the link is meant for.
	MaxImage = 16 << 20
	// MaxFirmware is the longest package.
	MaxFirmware = MaxManifest + MaxImage
)

// Version is a firmware's version; an older one compares lower.
type Version struct{ Major, Minor, Patch uint16 }

// String is the version as people write it.
func (v Version) String() string { return fmt.Sprintf("%d.%d.%d", v.Major, v.Minor, v.Patch) }

// Compare is below 0 where v is older than o, 0 where they are the same, above
// 0 where it is newer.
func (v Version) Compare(o Version) int {
	for _, d := range [...]int{int(v.Major) - int(o.Major), int(v.Minor) - int(o.Minor), int(v.Patch) - int(o.Patch)} {
		if d != 0 {
			return d
		}
	}
	return 0
}

func (v Version) append(dst []byte) []byte {
	return le.AppendUint16(le.AppendUint16(le.AppendUint16(dst, v.Major), v.Minor), v.Patch)
}

func (w *wire) version(field string) Version {
	return Version{w.u16(field), w.u16(field), w.u16(field)}
}

// Manifest says what a firmware image is. It stands in front of the image,
// signed.
type Manifest struct {
	ProtocolMajor uint8
	Hardware      uint16 // as in the descriptor
	Version       Version
	Minimum       Version // at most Version; once this one is confirmed, nothing older is installed any more
	ImageLength   uint32  // bytes, 1 to MaxImage
	ImageSHA256   [32]byte
	Model         string // at most MaxText bytes, as in HELLO_ACK
	Limits        string // what changes in limits, for people; at most MaxLimitsNote bytes
}

// signed is what the signature is over.
func (m *Manifest) signed() []byte {
	dst := append([]byte(firmwareMagic), firmwareFormat, m.ProtocolMajor)
	dst = le.AppendUint16(dst, m.Hardware)
	dst = m.Minimum.append(m.Version.append(dst))
	dst = le.AppendUint32(dst, m.ImageLength)
	dst = append(dst, m.ImageSHA256[:]...)
	return appendText(appendText(dst, m.Model, MaxText), m.Limits, MaxLimitsNote)
}

// SignFirmware makes a package of image and m, whose length and digest of the
// image it fills in. It refuses what VerifyFirmware would refuse.
func SignFirmware(m Manifest, image []byte, key ed25519.PrivateKey) ([]byte, error) {
	if len(image) < 1 || len(image) > MaxImage {
		return nil, fmt.Errorf("%w: an image of %d bytes, 1 to %d allowed", ErrFirmware, len(image), MaxImage)
	}
	if len(key) != ed25519.PrivateKeySize {
		return nil, fmt.Errorf("%w: a key of %d bytes, %d wanted", ErrFirmware, len(key), ed25519.PrivateKeySize)
	}
	m.ImageLength, m.ImageSHA256 = uint32(len(image)), sha256.Sum256(image)
	head := m.signed()
	pkg := append(append(head, ed25519.Sign(key, head)...), image...)
	maker, _ := key.Public().(ed25519.PublicKey)
	read, err := VerifyFirmware(pkg, maker)
	if err != nil {
		return nil, err
	}
	if read != m {
		return nil, fmt.Errorf("%w: model of %d and limits of %d bytes, %d and %d allowed", ErrFirmware, len(m.Model), len(m.Limits), MaxText, MaxLimitsNote)
	}
	return pkg, nil
}

// ParseManifest reads the manifest at the front of a package and holds its
// signature against the maker's key. size is how many bytes of the package
// stand before the image. Errors: an ErrFirmware that names the field, an
// ErrFirmwareSignature.
func ParseManifest(pkg []byte, maker ed25519.PublicKey) (m Manifest, size int, err error) {
	w := wire{b: pkg}
	if magic := w.take(len(firmwareMagic), "magic"); w.err == nil && string(magic) != firmwareMagic {
		w.fail("magic", "is not STFW")
	}
	if f := w.u8("format"); w.err == nil && f != firmwareFormat {
		w.fail("format", "is not 1")
	}
	m.ProtocolMajor = w.u8("protocol_major")
	m.Hardware = w.u16("hardware")
	m.Version, m.Minimum = w.version("version"), w.version("minimum")
	if w.err == nil && m.Minimum.Compare(m.Version) > 0 {
		w.fail("minimum", "above the version")
	}
	m.ImageLength = w.u32("image_length")
	if w.err == nil && (m.ImageLength < 1 || m.ImageLength > MaxImage) {
		w.fail("image_length", "out of range")
	}
	w.copy(m.ImageSHA256[:], "image_sha256")
	m.Model = w.text(MaxText, "model")
	m.Limits = w.text(MaxLimitsNote, "limits")
	head := pkg[:len(pkg)-len(w.b)]
	signature := w.take(ed25519.SignatureSize, "signature")
	if w.err != nil {
		field := &PayloadError{}
		if errors.As(w.err, &field) {
			return Manifest{}, 0, fmt.Errorf("%w: %s: %s", ErrFirmware, field.Field, field.Why)
		}
		return Manifest{}, 0, fmt.Errorf("%w: %w", ErrFirmware, w.err)
	}
	if len(maker) != ed25519.PublicKeySize || !ed25519.Verify(maker, head, signature) {
		return Manifest{}, 0, ErrFirmwareSignature
	}
	return m, len(head) + len(signature), nil
}

// VerifyFirmware reads the manifest of a whole package and holds signature,
// length and digest of the image against it. Errors as those of ParseManifest.
func VerifyFirmware(pkg []byte, maker ed25519.PublicKey) (Manifest, error) {
	m, size, err := ParseManifest(pkg, maker)
	if err != nil {
		return Manifest{}, err
	}
	image := pkg[size:]
	if uint32(len(image)) != m.ImageLength || len(image) > MaxImage {
		return Manifest{}, fmt.Errorf("%w: image of %d bytes, the manifest says %d", ErrFirmware, len(image), m.ImageLength)
	}
	if sha256.Sum256(image) != m.ImageSHA256 {
		return Manifest{}, fmt.Errorf("%w: image does not match its digest", ErrFirmware)
	}
	return m, nil
}

// FirmwareBegin takes the pen from STANDBY to UPDATE for one package. The same
// package as before goes on where its upload was cut.
type FirmwareBegin struct {
	CommandID uint64
	Role      Role
	Length    uint32 // of the package, at most MaxFirmware
	SHA256    [32]byte
}

// Type is TypeFirmwareBegin.
func (*FirmwareBegin) Type() Type { return TypeFirmwareBegin }

// ID is the command id.
func (m *FirmwareBegin) ID() uint64 { return m.CommandID }

// Writer is the role.
func (m *FirmwareBegin) Writer() Role { return m.Role }

// AppendPayload appends 45 bytes.
func (m *FirmwareBegin) AppendPayload(dst []byte) []byte {
	return append(le.AppendUint32(appendOnce(dst, m.CommandID, m.Role), m.Length), m.SHA256[:]...)
}

// DecodePayload reads the fields.
func (m *FirmwareBegin) DecodePayload(p []byte) error {
	w := wire{typ: TypeFirmwareBegin, b: p}
	m.CommandID, m.Role = w.once()
	m.Length = w.u32("length")
	w.copy(m.SHA256[:], "sha256")
	return w.err
}

// FirmwareWrite is one part of a package. The pen keeps only what follows on
// what it has.
type FirmwareWrite struct {
	Offset uint32
	Data   []byte // 1 to MaxChunk bytes
}

// Type is TypeFirmwareWrite.
func (*FirmwareWrite) Type() Type { return TypeFirmwareWrite }

// AppendPayload appends 5 bytes and the data, cut at MaxChunk.
func (m *FirmwareWrite) AppendPayload(dst []byte) []byte {
	data := m.Data[:min(len(m.Data), MaxChunk)]
	return append(append(le.AppendUint32(dst, m.Offset), byte(len(data))), data...)
}

// DecodePayload copies the data and refuses none.
func (m *FirmwareWrite) DecodePayload(p []byte) error {
	w := wire{typ: TypeFirmwareWrite, b: p}
	m.Offset = w.u32("offset")
	n := w.u8("length")
	if w.err == nil && (n == 0 || n > MaxChunk) {
		w.fail("length", "not 1 to 224")
	}
	m.Data = append([]byte(nil), w.take(int(n), "data")...)
	return w.err
}

// FirmwareWritten answers FW_WRITE.
type FirmwareWritten struct {
	Offset uint32 // as asked
	Next   uint32 // how many bytes the pen has, without a gap
}

// Type is TypeFirmwareWritten.
func (*FirmwareWritten) Type() Type { return TypeFirmwareWritten }

// AppendPayload appends 8 bytes.
func (m *FirmwareWritten) AppendPayload(dst []byte) []byte {
	return le.AppendUint32(le.AppendUint32(dst, m.Offset), m.Next)
}

// DecodePayload reads the fields.
func (m *FirmwareWritten) DecodePayload(p []byte) error {
	w := wire{typ: TypeFirmwareWritten, b: p}
	m.Offset, m.Next = w.u32("offset"), w.u32("next")
	return w.err
}

// FirmwareVerify has the pen check the whole package.
type FirmwareVerify struct {
	CommandID uint64
	Role      Role
}

// Type is TypeFirmwareVerify.
func (*FirmwareVerify) Type() Type { return TypeFirmwareVerify }

// ID is the command id.
func (m *FirmwareVerify) ID() uint64 { return m.CommandID }

// Writer is the role.
func (m *FirmwareVerify) Writer() Role { return m.Role }

// AppendPayload appends 9 bytes.
func (m *FirmwareVerify) AppendPayload(dst []byte) []byte {
	return appendOnce(dst, m.CommandID, m.Role)
}

// DecodePayload reads the fields.
func (m *FirmwareVerify) DecodePayload(p []byte) error {
	w := wire{typ: TypeFirmwareVerify, b: p}
	m.CommandID, m.Role = w.once()
	return w.err
}

// FirmwareCommit boots the verified package, tentatively: the pen keeps it if
// its self-test passes, and goes back if not.
type FirmwareCommit struct {
	CommandID uint64
	Role      Role
	Digest    [8]byte // first 8 bytes of the package's SHA-256
}

// Type is TypeFirmwareCommit.
func (*FirmwareCommit) Type() Type { return TypeFirmwareCommit }

// ID is the command id.
func (m *FirmwareCommit) ID() uint64 { return m.CommandID }

// Writer is the role.
func (m *FirmwareCommit) Writer() Role { return m.Role }

// AppendPayload appends 17 bytes.
func (m *FirmwareCommit) AppendPayload(dst []byte) []byte {
	return append(appendOnce(dst, m.CommandID, m.Role), m.Digest[:]...)
}

// DecodePayload reads the fields.
func (m *FirmwareCommit) DecodePayload(p []byte) error {
	w := wire{typ: TypeFirmwareCommit, b: p}
	m.CommandID, m.Role = w.once()
	w.copy(m.Digest[:], "digest")
	return w.err
}

// FirmwareAbort drops what was uploaded; the pen goes back to STANDBY.
type FirmwareAbort struct {
	CommandID uint64
	Role      Role
}

// Type is TypeFirmwareAbort.
func (*FirmwareAbort) Type() Type { return TypeFirmwareAbort }

// ID is the command id.
func (m *FirmwareAbort) ID() uint64 { return m.CommandID }

// Writer is the role.
func (m *FirmwareAbort) Writer() Role { return m.Role }

// AppendPayload appends 9 bytes.
func (m *FirmwareAbort) AppendPayload(dst []byte) []byte {
	return appendOnce(dst, m.CommandID, m.Role)
}

// DecodePayload reads the fields.
func (m *FirmwareAbort) DecodePayload(p []byte) error {
	w := wire{typ: TypeFirmwareAbort, b: p}
	m.CommandID, m.Role = w.once()
	return w.err
}

// FirmwareRead asks how far an update has come.
type FirmwareRead struct{}

// Type is TypeFirmwareRead.
func (*FirmwareRead) Type() Type { return TypeFirmwareRead }

// AppendPayload appends nothing.
func (*FirmwareRead) AppendPayload(dst []byte) []byte { return dst }

// DecodePayload accepts everything.
func (*FirmwareRead) DecodePayload([]byte) error { return nil }

// FirmwarePhase is how far an update has come.
type FirmwarePhase uint8

// The phases of an update.
const (
	FirmwareIdle      FirmwarePhase = 0 // nothing uploaded
	FirmwareReceiving FirmwarePhase = 1
	FirmwareWhole     FirmwarePhase = 2 // all bytes are there
	FirmwareVerified  FirmwarePhase = 3
	FirmwareTentative FirmwarePhase = 4 // running, until its self-test has passed
)

// String is the specification's name of the phase.
func (p FirmwarePhase) String() string {
	names := [...]string{"IDLE", "RECEIVING", "WHOLE", "VERIFIED", "TENTATIVE"}
	if int(p) < len(names) {
		return names[p]
	}
	return "UNKNOWN"
}

// FirmwareState answers FW_READ.
type FirmwareState struct {
	Phase   FirmwarePhase
	Code    Code   // why the newest update came to nothing; CodeOK: it did not
	Length  uint32 // of the package; 0: none
	Next    uint32 // how many bytes the pen has, without a gap
	SHA256  [32]byte
	Running Version
	Minimum Version // nothing older is installed
	Staged  Version // of the package, once verified; else 0.0.0
}

// Type is TypeFirmwareState.
func (*FirmwareState) Type() Type { return TypeFirmwareState }

// AppendPayload appends 60 bytes.
func (m *FirmwareState) AppendPayload(dst []byte) []byte {
	dst = append(dst, byte(m.Phase), byte(m.Code))
	dst = le.AppendUint32(le.AppendUint32(dst, m.Length), m.Next)
	dst = append(dst, m.SHA256[:]...)
	return m.Staged.append(m.Minimum.append(m.Running.append(dst)))
}

// DecodePayload refuses more bytes than the package has.
func (m *FirmwareState) DecodePayload(p []byte) error {
	w := wire{typ: TypeFirmwareState, b: p}
	m.Phase, m.Code = FirmwarePhase(w.u8("phase")), Code(w.u8("code"))
	m.Length, m.Next = w.u32("length"), w.u32("next")
	if w.err == nil && m.Next > m.Length {
		w.fail("next", "above length")
	}
	w.copy(m.SHA256[:], "sha256")
	m.Running, m.Minimum, m.Staged = w.version("running"), w.version("minimum"), w.version("staged")
	return w.err
}
