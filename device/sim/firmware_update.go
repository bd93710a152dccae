package sim

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"stipple/protocol"
)

// update is the pen's firmware: what runs, what is uploaded, and how far a new
// one has come. All that must outlive a reset stands in one cell, so that a
// write is either done or not: a supply that fails anywhere leaves a pen that
// boots what it has confirmed, or tries once more what it had not begun to try.
type update struct {
	mem      Memory
	kept     updateRecord
	running  firmwareImage     // kept.running, or the one on trial
	trying   bool              // running is on trial: it was committed and has not passed its self-test
	verified bool              // in this stay in UPDATE
	manifest protocol.Manifest // of the package, once verified or on trial
	restart  int64             // step at which the pen boots what was committed; 0: none was
}

// updateRecord is what the cell holds.
type updateRecord struct {
	trial   trial
	code    protocol.Code // why the newest update came to nothing
	refused bool          // FW_VERIFY has refused the package: it is not gone on with
	minimum protocol.Version
	running firmwareImage // confirmed
	length  uint32        // of the package that is uploaded; 0: none
	next    uint32        // bytes of it that are there
	sha     [32]byte
}

// trial is how far a committed package has come.
type trial uint8

const (
	trialNone      trial = iota
	trialCommitted       // the next boot tries it
	trialBegun           // it has been booted; a boot that finds this goes back
)

// loadUpdate reads the cell. A memory that has none runs what the pen left the
// factory with.
func loadUpdate(mem Memory) (update, error) {
	u := update{mem: mem, kept: updateRecord{minimum: protocol.Version{Major: 1}, running: factoryImage()}}
	b, err := mem.Read(cellUpdate)
	if err == nil && len(b) > 0 {
		err = u.kept.decode(b)
	}
	u.running = u.kept.running
	return u, err
}

// updateSize is the record's length.
const updateSize = 3 + 6 + 6 + 1 + 4 + 4 + 32

func (r *updateRecord) encode() []byte {
	b := []byte{byte(r.trial), byte(r.code), byte(flag(r.refused))}
	b = appendVersion(appendVersion(b, r.minimum), r.running.version)
	b = append(b, byte(flag(r.running.passes)))
	b = binary.LittleEndian.AppendUint32(binary.LittleEndian.AppendUint32(b, r.length), r.next)
	return append(b, r.sha[:]...)
}

func (r *updateRecord) decode(b []byte) error {
	if len(b) < updateSize || trial(b[0]) > trialBegun {
		return fmt.Errorf("%w: firmware record of %d bytes", ErrMemory, len(b))
	}
	le := binary.LittleEndian
	r.trial, r.code, r.refused = trial(b[0]), protocol.Code(b[1]), b[2] != 0
	r.minimum, r.running.version, r.running.passes = readVersion(b[3:]), readVersion(b[9:]), b[15] != 0
	r.length, r.next = le.Uint32(b[16:]), le.Uint32(b[20:])
	r.sha = [32]byte(b[24:])
	return nil
}

func appendVersion(b []byte, v protocol.Version) []byte {
	le := binary.LittleEndian
	return le.AppendUint16(le.AppendUint16(le.AppendUint16(b, v.Major), v.Minor), v.Patch)
}

func readVersion(b []byte) protocol.Version {
	le := binary.LittleEndian
	return protocol.Version{Major: le.Uint16(b), Minor: le.Uint16(b[2:]), Patch: le.Uint16(b[4:])}
}

// save makes r what is kept, once it is written.
func (u *update) save(r updateRecord) error {
	if err := u.mem.Write(cellUpdate, r.encode()); err != nil {
		return err
	}
	u.kept = r
	return nil
}

// phase is how far the update has come.
func (u *update) phase() protocol.FirmwarePhase {
	switch {
	case u.trying:
		return protocol.FirmwareTentative
	case u.kept.length == 0:
		return protocol.FirmwareIdle
	case u.verified:
		return protocol.FirmwareVerified
	case u.kept.next == u.kept.length:
		return protocol.FirmwareWhole
	}
	return protocol.FirmwareReceiving
}

// settled says whether no package is committed or on trial: from FW_COMMIT to
// the end of its self-test nothing may touch the package.
func (u *update) settled() bool { return u.kept.trial == trialNone }

// drop is the record without a package.
func (r updateRecord) drop(code protocol.Code) updateRecord {
	r.trial, r.code, r.refused, r.length, r.next, r.sha = trialNone, code, false, 0, 0, [32]byte{}
	return r
}

// during does what changes the firmware and tells of a change of phase.
func (fw *firmware) during(do func() error) protocol.Code {
	before := fw.update.phase()
	if err := do(); err != nil {
		fw.keepErr(err)
		return protocol.CodeSelfTest
	}
	if now := fw.update.phase(); now != before {
		fw.event(protocol.EventFirmware, int32(now), int32(fw.update.kept.code))
	}
	return protocol.CodeOK
}

// firmwareBegin is FW_BEGIN, the first time it arrives. The package that is kept
// is gone on with, unless it has been refused.
func (fw *firmware) firmwareBegin(m *protocol.FirmwareBegin) (protocol.Code, protocol.ArmBlocks) {
	u := &fw.update
	if m.Length == 0 || m.Length > protocol.MaxFirmware {
		return protocol.CodeRange, 0
	}
	var blocks protocol.ArmBlocks
	if fw.plant.battery() < protocol.UpdateBattery {
		blocks |= protocol.BlockBattery
	}
	if !fw.tests.ok {
		blocks |= protocol.BlockSelfTest // the firmware that runs has not proved itself
	}
	if blocks != 0 {
		return protocol.CodeBlocked, blocks
	}
	code := fw.during(func() error {
		if m.Length == u.kept.length && m.SHA256 == u.kept.sha && !u.kept.refused {
			return nil
		}
		next := u.kept.drop(protocol.CodeOK)
		next.length, next.sha = m.Length, m.SHA256
		u.verified = false
		return u.save(next)
	})
	if code == protocol.CodeOK {
		fw.enter(protocol.StateUpdate)
	}
	return code, 0
}

// firmwareWrite is FW_WRITE. What does not follow on what is there, or is more
// than the package has, is not kept; the answer says what is.
func (fw *firmware) firmwareWrite(m *protocol.FirmwareWrite) protocol.Message {
	u := &fw.update
	if m.Offset == u.kept.next && uint64(m.Offset)+uint64(len(m.Data)) <= uint64(u.kept.length) {
		fw.during(func() error {
			// The bytes first: what the record counts is there.
			if err := u.mem.WriteAt(AreaFirmware, int64(m.Offset), m.Data); err != nil {
				return err
			}
			next := u.kept
			next.next += uint32(len(m.Data))
			return u.save(next)
		})
	}
	return &protocol.FirmwareWritten{Offset: m.Offset, Next: u.kept.next}
}

// firmwareVerify is FW_VERIFY, the first time it arrives. It takes its time.
func (fw *firmware) firmwareVerify() (protocol.Code, protocol.ArmBlocks) {
	u := &fw.update
	if u.kept.length == 0 || u.kept.next < u.kept.length {
		return protocol.CodeIncomplete, 0
	}
	takes := signatureTime + time.Duration(u.kept.length/firmwareHashRate)*time.Millisecond
	fw.goOn(takes, func() (protocol.Code, protocol.ArmBlocks) {
		if fw.state != protocol.StateUpdate {
			return protocol.CodeState, 0 // left meanwhile
		}
		manifest, _, code := fw.checkPackage()
		saved := fw.during(func() error {
			next := u.kept
			next.code, next.refused = code, code != protocol.CodeOK
			u.verified, u.manifest = code == protocol.CodeOK, manifest
			return u.save(next)
		})
		if code == protocol.CodeOK {
			return saved, 0
		}
		fw.event(protocol.EventFirmware, int32(u.phase()), int32(code))
		return code, 0
	})
	return protocol.CodeOK, 0
}

// checkPackage holds the whole package against everything that a boot of it
// needs. It is done again at that boot: the bytes may have changed since.
func (fw *firmware) checkPackage() (protocol.Manifest, firmwareImage, protocol.Code) {
	u := &fw.update
	pkg := make([]byte, u.kept.length)
	if err := u.mem.ReadAt(AreaFirmware, 0, pkg); err != nil {
		fw.keepErr(err)
		return protocol.Manifest{}, firmwareImage{}, protocol.CodeSelfTest
	}
	if sha256.Sum256(pkg) != u.kept.sha {
		return protocol.Manifest{}, firmwareImage{}, protocol.CodeDigest
	}
	maker, _ := TestKey().Public().(ed25519.PublicKey)
	m, err := protocol.VerifyFirmware(pkg, maker)
	code := protocol.CodeOK
	switch {
	case errors.Is(err, protocol.ErrFirmwareSignature):
		code = protocol.CodeSignature
	case err != nil:
		code = protocol.CodeIncomplete
	case m.Model != fw.model.name || m.Hardware != fw.model.desc.Hardware || m.ProtocolMajor != protocol.Major:
		code = protocol.CodeModel
	case m.Version.Compare(u.kept.minimum) < 0:
		code = protocol.CodeOldVersion
	}
	if code != protocol.CodeOK {
		return protocol.Manifest{}, firmwareImage{}, code
	}
	return m, parseImage(m.Version, pkg[len(pkg)-int(m.ImageLength):]), protocol.CodeOK
}

// firmwareCommit is FW_COMMIT, the first time it arrives. From here on a reset,
// whatever its cause, tries the package; the pen's own comes once the answer has
// left.
func (fw *firmware) firmwareCommit(m *protocol.FirmwareCommit) (protocol.Code, protocol.ArmBlocks) {
	u := &fw.update
	switch {
	case !u.verified:
		return protocol.CodeNothing, 0
	case [8]byte(u.kept.sha[:8]) != m.Digest:
		return protocol.CodeDigest, 0
	}
	code := fw.during(func() error {
		next := u.kept
		next.trial = trialCommitted
		return u.save(next)
	})
	if code == protocol.CodeOK {
		u.restart = fw.steps + inSteps(restartDelay)
	}
	return code, 0
}

// firmwareAbort is FW_ABORT, the first time it arrives.
func (fw *firmware) firmwareAbort() (protocol.Code, protocol.ArmBlocks) {
	code := fw.during(func() error {
		fw.update.verified = false
		return fw.update.save(fw.update.kept.drop(protocol.CodeOK))
	})
	if code == protocol.CodeOK {
		fw.leave("abort")
	}
	return code, 0
}

// leftUpdate follows the end of UPDATE, whatever ended it. A package is verified
// for as long as UPDATE lasts; one that is committed is booted now. FW_VERIFY, the
// one thing that may run in UPDATE, ends with it, so that CLEAR need not wait.
func (fw *firmware) leftUpdate() {
	if fw.job.running() {
		fw.job.until = fw.steps
	}
	if fw.update.restart > 0 {
		fw.update.restart = fw.steps
		return
	}
	fw.during(func() error {
		fw.update.verified = false
		return nil
	})
}

// checkRestart boots what was committed.
func (fw *firmware) checkRestart() {
	if fw.update.restart > 0 && fw.steps >= fw.update.restart {
		fw.update.restart = 0
		fw.brownOut(inSteps(darkTime))
	}
}

// bootImage decides what a boot runs: what is confirmed, or once, and on record
// before any of it runs, what was committed.
func (fw *firmware) bootImage() {
	u := &fw.update
	u.running, u.trying, u.verified, u.restart = u.kept.running, false, false, 0
	switch u.kept.trial {
	case trialBegun: // reset before it had passed its self-test
		fw.goBack(protocol.CodeSelfTest)
	case trialCommitted:
		manifest, image, code := fw.checkPackage()
		if code != protocol.CodeOK {
			fw.goBack(code)
			return
		}
		next := u.kept
		next.trial = trialBegun
		if err := u.save(next); err != nil {
			fw.keepErr(err)
			return
		}
		u.running, u.trying, u.manifest = image, true, manifest
		fw.event(protocol.EventFirmware, int32(u.phase()), int32(protocol.CodeOK))
	}
}

// goBack gives up the package that was committed: what is confirmed runs.
func (fw *firmware) goBack(code protocol.Code) {
	fw.during(func() error { return fw.update.save(fw.update.kept.drop(code)) })
}

// endTrial follows the self-test of a boot on trial: the image is confirmed, and
// nothing older than its minimum is installed any more; or the pen goes back to
// the one before it, with another boot.
func (fw *firmware) endTrial(passed bool) {
	u := &fw.update
	if !passed {
		fw.goBack(protocol.CodeSelfTest)
		u.restart = fw.steps
		return
	}
	fw.during(func() error {
		next := u.kept.drop(protocol.CodeOK)
		next.running = u.running
		if u.manifest.Minimum.Compare(next.minimum) > 0 {
			next.minimum = u.manifest.Minimum
		}
		if err := u.save(next); err != nil {
			return err
		}
		u.trying = false
		return nil
	})
}

// firmwareState answers FW_READ.
func (fw *firmware) firmwareState() *protocol.FirmwareState {
	u := &fw.update
	s := &protocol.FirmwareState{
		Phase: u.phase(), Code: u.kept.code, Length: u.kept.length, Next: u.kept.next, SHA256: u.kept.sha,
		Running: u.running.version, Minimum: u.kept.minimum,
	}
	if u.verified || u.trying {
		s.Staged = u.manifest.Version
	}
	return s
}
