package protocol

import (
	"bytes"
	"crypto/sha256"
	"math"
)

func firmwareCases() []typeCases {
	pkg := sha256.Sum256([]byte("a package"))
	digest := [8]byte(pkg[:8])
	part := bytes.Repeat([]byte{0xC3, 0x00, 0x5A}, MaxChunk/3+1)[:MaxChunk]
	overPart := append([]byte{0, 0, 0, 0, MaxChunk + 1}, append(part, 0xC3)...)
	tooFar := (&FirmwareState{Phase: FirmwareReceiving, Length: 10, Next: 11}).AppendPayload(nil)
	return []typeCases{
		{TypeFirmwareWrite, "data", []sample{
			{"first", "the magic of a package", &FirmwareWrite{Data: []byte(firmwareMagic)}},
			{"longest", "as many bytes as one message holds", &FirmwareWrite{Offset: 448, Data: part}},
			{"highest", "the highest offset", &FirmwareWrite{Offset: math.MaxUint32, Data: []byte{0}}},
		}, []broken{
			{"nothing", "no bytes", []byte{0, 0, 0, 0, 0}, "length"},
			{"too_long", "225 bytes", overPart, "length"},
		}},
		{TypeFirmwareWritten, "next", []sample{
			{"taken", "the pen has 672 bytes", &FirmwareWritten{Offset: 448, Next: 672}},
			{"gap", "not taken: the pen waits for byte 224", &FirmwareWritten{Offset: 448, Next: 224}},
			{"highest", "the highest numbers", &FirmwareWritten{Offset: math.MaxUint32, Next: math.MaxUint32}},
		}, nil},
		{TypeFirmwareBegin, "sha256", []sample{
			{"package", "a package of 65,781 bytes", &FirmwareBegin{CommandID: sampleCommand + 11, Role: RoleServiceEngineer, Length: 65_781, SHA256: pkg}},
			{"empty", "a package of 0 bytes: the pen refuses it with RANGE", &FirmwareBegin{CommandID: 1, Role: RoleServiceEngineer}},
			{"wrong_role", "a technician: the pen refuses it with ROLE", &FirmwareBegin{CommandID: math.MaxUint64, Role: RoleTechnician, Length: math.MaxUint32, SHA256: pkg}},
		}, nil},
		{TypeFirmwareVerify, "role", []sample{
			{"plain", "check what is there", &FirmwareVerify{CommandID: sampleCommand + 12, Role: RoleServiceEngineer}},
			{"lowest", "a low command id", &FirmwareVerify{CommandID: 1, Role: RoleServiceEngineer}},
			{"wrong_role", "no role: the pen refuses it with ROLE", &FirmwareVerify{CommandID: math.MaxUint64}},
		}, nil},
		{TypeFirmwareCommit, "digest", []sample{
			{"plain", "boot the package that was verified", &FirmwareCommit{CommandID: sampleCommand + 13, Role: RoleServiceEngineer, Digest: digest}},
			{"zero", "a digest of zeros: the pen refuses it with DIGEST", &FirmwareCommit{CommandID: 1, Role: RoleServiceEngineer}},
			{"wrong_role", "a clinician: the pen refuses it with ROLE", &FirmwareCommit{CommandID: math.MaxUint64, Role: RoleClinician, Digest: digest}},
		}, nil},
		{TypeFirmwareAbort, "role", []sample{
			{"plain", "drop what was uploaded", &FirmwareAbort{CommandID: sampleCommand + 14, Role: RoleServiceEngineer}},
			{"lowest", "a low command id", &FirmwareAbort{CommandID: 1, Role: RoleServiceEngineer}},
			{"wrong_role", "an unknown role: the pen refuses it with ROLE", &FirmwareAbort{CommandID: math.MaxUint64, Role: 255}},
		}, nil},
		{TypeFirmwareRead, "", []sample{{"plain", "no payload", &FirmwareRead{}}}, nil},
		{TypeFirmwareState, "staged", []sample{
			{"idle", "nothing uploaded", &FirmwareState{Running: Version{1, 0, 0}, Minimum: Version{1, 0, 0}}},
			{"receiving", "half of it is there", &FirmwareState{Phase: FirmwareReceiving, Length: 65_781, Next: 32_704, SHA256: pkg, Running: Version{1, 0, 0}, Minimum: Version{1, 0, 0}}},
			{"verified", "version 1.1.0 can be committed", &FirmwareState{Phase: FirmwareVerified, Length: 65_781, Next: 65_781, SHA256: pkg, Running: Version{1, 0, 0}, Minimum: Version{1, 0, 0}, Staged: Version{1, 1, 0}}},
			{"gone_back", "the new image did not pass its self-test", &FirmwareState{Code: CodeSelfTest, Running: Version{1, 0, 0}, Minimum: Version{1, 0, 0}}},
		}, []broken{{"next_above_length", "more bytes than the package has", tooFar, "next"}}},
	}
}
