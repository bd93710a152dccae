package conformance

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math"

	"stipple/protocol"
	"stipple/protocol/testdata/vectors"
)

func updateCases() []Case {
	return []Case{
		{"firmware/read", "20.3", "FW_STATE tells the program that runs, as HELLO_ACK does, and a minimum that is not above it", 0, firmwareRead},
		{"firmware/standby", "20.3", "outside UPDATE nothing is written, verified, committed or dropped: STATE", 0, firmwareStandby},
		{"firmware/begin-refused", "20.3", "FW_BEGIN of no bytes, or of more than can be: RANGE", 0, firmwareBeginRefused},
		{"firmware/armed", "20.3", "FW_BEGIN while armed: STATE", NeedReady, firmwareArmed},
		{"firmware/upload", "20.3", "data counts only at its place: in front, behind a gap and beyond the end nothing is kept", 0, firmwareUpload},
		{"firmware/resume", "20.3", "an upload goes on where it was cut, in another session", 0, firmwareResume},
		{"firmware/incomplete", "20.2", "FW_VERIFY of a package with bytes missing: INCOMPLETE", 0, firmwareIncomplete},
		{"firmware/digest", "20.2", "FW_VERIFY of other bytes than were announced: DIGEST", 0, firmwareDigest},
		{"firmware/signature", "20.2", "a package with a wrong signature is refused with SIGNATURE and can't be committed", 0, firmwareSignature},
		{"firmware/test-key", "20.1", "a real pen does not trust the key that everybody has", 0, firmwareTestKey},
		{"firmware/verified", "20.3", "a package of the pen's own version is verified; FW_COMMIT of another digest: DIGEST; leaving UPDATE forgets that it was verified", 0, firmwareVerified},
		{"firmware/downgrade", "20.2", "a package older than the pen's minimum: OLD_VERSION, and it can't be committed", 0, firmwareDowngrade},
		{"firmware/other-model", "20.2", "a package for another model, hardware or protocol: MODEL", 0, firmwareModel},
		{"firmware/hello-leaves", "20.3", "a new session leaves UPDATE; what is uploaded stays", 0, firmwareHello},
		{"firmware/stop-leaves", "20.3", "ESTOP leaves UPDATE: CLEAR leads to STANDBY", 0, firmwareStop},
	}
}

func (t *trial) firmware() *protocol.FirmwareState {
	t.needs(protocol.TypeFirmwareRead)
	return ask[protocol.FirmwareState](t, &protocol.FirmwareRead{})
}

func firmwareRead(t *trial) {
	s := t.firmware()
	t.want(t.over() || s.Running.String() == t.s.ack.Firmware, "the firmware of HELLO_ACK, "+t.s.ack.Firmware, "%s", s.Running)
	t.want(t.over() || s.Minimum.Compare(s.Running) <= 0, "a minimum of at most "+s.Running.String(), "%s", s.Minimum)
	t.want(t.over() || (s.Phase == protocol.FirmwareIdle) == (s.Length == 0) && s.Next <= s.Length, "a length with a package alone", "%+v", s)
}

func (t *trial) fwBegin(length uint32, sum [32]byte) *protocol.FirmwareBegin {
	return &protocol.FirmwareBegin{CommandID: t.commandID(), Role: protocol.RoleServiceEngineer, Length: length, SHA256: sum}
}

func (t *trial) fwVerify() *protocol.FirmwareVerify {
	return &protocol.FirmwareVerify{CommandID: t.commandID(), Role: protocol.RoleServiceEngineer}
}

func (t *trial) fwCommit(digest [8]byte) *protocol.FirmwareCommit {
	return &protocol.FirmwareCommit{CommandID: t.commandID(), Role: protocol.RoleServiceEngineer, Digest: digest}
}

func (t *trial) fwAbort() *protocol.FirmwareAbort {
	return &protocol.FirmwareAbort{CommandID: t.commandID(), Role: protocol.RoleServiceEngineer}
}

func firmwareStandby(t *trial) {
	before := t.firmware()
	t.refused(&protocol.FirmwareWrite{Data: []byte{1}}, protocol.CodeState, protocol.NoField, 0)
	t.commandRefused(t.fwVerify(), protocol.CodeState)
	t.commandRefused(t.fwCommit([8]byte{1}), protocol.CodeState)
	t.commandRefused(t.fwAbort(), protocol.CodeState)
	after := t.firmware()
	t.want(t.over() || *after == *before, fmt.Sprintf("%+v", before), "%+v", after)
}

func firmwareBeginRefused(t *trial) {
	t.needs(protocol.TypeFirmwareBegin)
	for _, length := range []uint32{0, 16_777_467, math.MaxUint32} {
		t.commandRefused(t.fwBegin(length, [32]byte{1}), protocol.CodeRange)
	}
	t.inState(protocol.StateStandby)
}

func firmwareArmed(t *trial) {
	t.needs(protocol.TypeFirmwareBegin)
	t.ready()
	t.commandRefused(t.fwBegin(1000, [32]byte{1}), protocol.CodeState)
	t.inState(protocol.StateReady)
}

// update takes the pen to UPDATE for a package, unless it keeps one of somebody
// else's, which that would drop.
func (t *trial) update(pkg []byte) {
	if s := t.firmware(); s.Phase != protocol.FirmwareIdle {
		t.skip("the pen keeps an upload that this would drop")
	}
	t.resumeUpdate(pkg)
}

func (t *trial) resumeUpdate(pkg []byte) {
	r := t.command(t.fwBegin(uint32(len(pkg)), sha256.Sum256(pkg)))
	if r.Outcome == protocol.OutcomeRejected && r.Code == protocol.CodeBlocked {
		t.skip("the pen can't be updated now: %v", r.ArmBlocks.Names())
	}
	t.want(r.Outcome == protocol.OutcomeDone, "FW_BEGIN to be DONE", "%s", describeMessage(r))
	t.inState(protocol.StateUpdate)
}

// upload writes a package from an offset to an end.
func (t *trial) upload(pkg []byte, from, to int) {
	for from < to && !t.over() {
		end := min(from+protocol.MaxChunk, to)
		r := ask[protocol.FirmwareWritten](t, &protocol.FirmwareWrite{Offset: uint32(from), Data: pkg[from:end]})
		t.want(t.over() || r.Offset == uint32(from) && int(r.Next) > from && int(r.Next) <= end, fmt.Sprintf("next from %d to %d", from+1, end), "%d", r.Next)
		from = int(r.Next)
	}
}

// dropped ends an update and expects nothing to be left of it.
func (t *trial) dropped() {
	r := t.command(t.fwAbort())
	t.want(r.Outcome == protocol.OutcomeDone, "FW_ABORT to be DONE", "%s", describeMessage(r))
	s := t.firmware()
	t.want(t.over() || s.Phase == protocol.FirmwareIdle && s.Length == 0 && s.SHA256 == [32]byte{}, "phase IDLE, nothing uploaded", "%+v", s)
	t.inState(protocol.StateStandby)
}

// bytesFor are bytes that are no package.
func bytesFor(n int) []byte { return bytes.Repeat([]byte{0x5A}, n) }

func firmwareUpload(t *trial) {
	pkg := bytesFor(600)
	t.update(pkg)
	write := func(offset uint32, data []byte, next uint32) {
		r := ask[protocol.FirmwareWritten](t, &protocol.FirmwareWrite{Offset: offset, Data: data})
		t.want(t.over() || r.Offset == offset && r.Next == next, fmt.Sprintf("next %d behind %d bytes at %d", next, len(data), offset), "%d", r.Next)
	}
	write(10, pkg[10:20], 0)
	t.upload(pkg, 0, 200)
	write(0, pkg[:100], 200)
	write(300, pkg[300:400], 200)
	write(math.MaxUint32-50, pkg[:100], 200)
	t.upload(pkg, 200, 590)
	write(590, bytesFor(20), 590) // beyond the end
	s := t.firmware()
	t.want(t.over() || s.Phase == protocol.FirmwareReceiving && s.Next == 590 && s.Length == 600, "RECEIVING, 590 of 600 bytes", "%+v", s)
	t.upload(pkg, 590, 600)
	s = t.firmware()
	t.want(t.over() || s.Phase == protocol.FirmwareWhole, "phase WHOLE", "%s", s.Phase)
	t.dropped()
}

// cutUpload uploads 300 bytes of 500, has something take the pen out of UPDATE,
// and begins again with the same, of which the pen must have kept the 300.
func (t *trial) cutUpload(cut func()) []byte {
	pkg := bytesFor(500)
	t.update(pkg)
	t.upload(pkg, 0, 300)
	cut()
	t.inState(protocol.StateStandby)
	s := t.firmware()
	t.want(t.over() || s.Next == 300 && s.SHA256 == sha256.Sum256(pkg), "300 bytes kept", "%+v", s)
	t.resumeUpdate(pkg)
	return pkg
}

func firmwareResume(t *trial) {
	t.cutUpload(func() { t.hello() })
	s := t.firmware()
	t.want(t.over() || s.Next == 300, "300 bytes still, with the same announced", "%+v", s)
	t.resumeUpdate(bytesFor(400))
	s = t.firmware()
	t.want(t.over() || s.Next == 0 && s.Length == 400, "a new upload for other bytes", "%+v", s)
	t.dropped()
}

// verifyRefused uploads a package whole, which FW_VERIFY must refuse.
func (t *trial) verifyRefused(pkg []byte, code protocol.Code) {
	t.update(pkg)
	t.upload(pkg, 0, len(pkg))
	t.notVerified(pkg, code)
}

func (t *trial) notVerified(pkg []byte, code protocol.Code) {
	t.commandRefused(t.fwVerify(), code)
	sum := sha256.Sum256(pkg)
	t.commandRefused(t.fwCommit([8]byte(sum[:8])), protocol.CodeNothing)
	s := t.firmware()
	t.want(t.over() || s.Phase != protocol.FirmwareVerified && s.Running.String() == t.s.ack.Firmware, "nothing verified, the same program", "%+v", s)
	t.dropped()
}

func firmwareIncomplete(t *trial) {
	pkg := bytesFor(300)
	t.update(pkg)
	t.upload(pkg, 0, 299)
	t.notVerified(pkg, protocol.CodeIncomplete)
	t.verifyRefused(pkg, protocol.CodeIncomplete) // whole, and its manifest can't be read
}

func firmwareDigest(t *trial) {
	pkg := bytesFor(300)
	t.update(pkg)
	other := bytes.Clone(pkg)
	other[299] ^= 1
	t.upload(other, 0, 300)
	t.notVerified(pkg, protocol.CodeDigest)
}

// packages are the golden packages that FW_VERIFY comes to a code for.
func (t *trial) packages(code string) []vectors.Firmware {
	all, err := vectors.Firmwares()
	if err != nil {
		t.lose(err)
	}
	var list []vectors.Firmware
	for _, v := range all {
		if v.Code == code && sha256.Sum256(v.Package) == [32]byte(v.SHA256) {
			list = append(list, v)
		}
	}
	t.want(t.over() || len(list) > 0, "golden packages with "+code, "none")
	return list
}

func firmwareSignature(t *trial) {
	t.needs(protocol.TypeFirmwareBegin)
	for _, v := range t.packages(protocol.CodeSignature.String()) {
		if !t.over() {
			t.verifyRefused(v.Package, protocol.CodeSignature)
		}
		if t.failed != nil {
			t.failed.expected = "vector " + v.Name + ": " + t.failed.expected
		}
	}
}

// made is a package for this pen, signed with the key that everybody has: none but
// a simulated pen trusts it, and the maker of another gives his to nobody.
func (t *trial) made(change func(*protocol.Manifest)) []byte {
	t.needs(protocol.TypeFirmwareBegin)
	if !t.s.ack.Simulated {
		t.skip("it takes a package that the maker has signed")
	}
	s := t.firmware()
	m := protocol.Manifest{ProtocolMajor: protocol.Major, Hardware: uint16(t.s.desc.Hardware), Version: s.Running, Minimum: s.Minimum, Model: t.s.ack.Model}
	change(&m)
	seed, err := hex.DecodeString(testKeySeed)
	if err != nil || len(seed) != ed25519.SeedSize || t.over() {
		return nil
	}
	pkg, err := protocol.SignFirmware(m, []byte("conformance"), ed25519.NewKeyFromSeed(seed))
	if err != nil {
		t.skip("no such package can be made: %v", err)
	}
	return pkg
}

// testKeySeed is the secret key of RFC 8032, section 7.1, TEST 1, with which the
// golden packages are signed; section 20.1.
const testKeySeed = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"

func firmwareVerified(t *trial) {
	pkg := t.made(func(*protocol.Manifest) {})
	t.update(pkg)
	t.upload(pkg, 0, len(pkg))
	verify := func() {
		r := t.command(t.fwVerify())
		t.want(r.Outcome == protocol.OutcomeDone, "FW_VERIFY to be DONE", "%s", describeMessage(r))
		s := t.firmware()
		t.want(t.over() || s.Phase == protocol.FirmwareVerified, "phase VERIFIED", "%s", s.Phase)
	}
	verify()
	sum := sha256.Sum256(pkg)
	t.commandRefused(t.fwCommit([8]byte{1}), protocol.CodeDigest)
	t.inState(protocol.StateUpdate)
	t.hello()
	s := t.firmware()
	t.want(t.over() || s.Phase == protocol.FirmwareWhole, "phase WHOLE in STANDBY", "%s", s.Phase)
	t.resumeUpdate(pkg)
	t.commandRefused(t.fwCommit([8]byte(sum[:8])), protocol.CodeNothing)
	verify()
	t.dropped()
}

// firmwareDowngrade tries every version that is one below the pen's minimum in one
// of its numbers.
func firmwareDowngrade(t *trial) {
	least := t.firmware().Minimum
	var older []protocol.Version
	for _, v := range []protocol.Version{{Major: least.Major - 1, Minor: math.MaxUint16, Patch: math.MaxUint16}, {Major: least.Major, Minor: least.Minor - 1, Patch: math.MaxUint16}, {Major: least.Major, Minor: least.Minor, Patch: least.Patch - 1}} {
		if v.Compare(least) < 0 { // it has not wrapped
			older = append(older, v)
		}
	}
	if len(older) == 0 {
		t.skip("nothing is older than this pen's minimum")
	}
	for _, v := range older {
		pkg := t.made(func(m *protocol.Manifest) { m.Version, m.Minimum = v, protocol.Version{} })
		t.verifyRefused(pkg, protocol.CodeOldVersion)
	}
}

func firmwareModel(t *trial) {
	for _, change := range []func(*protocol.Manifest){
		func(m *protocol.Manifest) { m.Model += "x" },
		func(m *protocol.Manifest) { m.Hardware++ },
		func(m *protocol.Manifest) { m.ProtocolMajor++ },
	} {
		pkg := t.made(change)
		t.verifyRefused(pkg, protocol.CodeModel)
	}
}

func firmwareTestKey(t *trial) {
	t.needs(protocol.TypeFirmwareBegin)
	if t.s.ack.Simulated {
		t.skip("a simulated pen takes the key of the vectors")
	}
	for _, v := range t.packages(protocol.CodeOK.String()) {
		if !t.over() {
			t.verifyRefused(v.Package, protocol.CodeSignature)
		}
	}
}

func firmwareHello(t *trial) {
	pkg := bytesFor(100)
	t.update(pkg)
	t.upload(pkg, 0, 100)
	t.hello()
	t.inState(protocol.StateStandby)
	s := t.firmware()
	t.want(t.over() || s.Phase == protocol.FirmwareWhole && s.Next == 100, "WHOLE, 100 bytes", "%+v", s)
	t.resumeUpdate(pkg)
	t.dropped()
}

func firmwareStop(t *trial) {
	pkg := bytesFor(100)
	t.update(pkg)
	t.stop(t.session)
	t.inState(protocol.StateStopped)
	t.clearLatch(protocol.FaultNone)
	t.inState(protocol.StateStandby)
	t.resumeUpdate(pkg)
	t.dropped()
}
