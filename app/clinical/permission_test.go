package clinical

import (
	"slices"
	"strings"
	"testing"

	"stipple/protocol"
)

// rolesTable is the table of safety.md section 8, word for word.
const rolesTable = `
| | treat | beyond recommended | presets | calibrate | pen log, link record | patient data | firmware | operators, policy, approval |
| --- | --- | --- | --- | --- | --- | --- | --- | --- |
| clinician | yes | with reason | own patients | no | no | yes | no | no |
| senior clinician | yes | yes, and overrides | clinic-wide | no | no | yes | no | approve library (licence number) |
| technician | no | no | no | yes | yes | no | no | no |
| service engineer | no | no | no | verify only (SERVICE output) | yes | no | yes | no |
| administrator | no | no | no | no | no | no | no | operators, policy, backups; granting a clinical role needs a senior clinician's signature too |
`

// cells says what each cell of the table grants. "no" grants nothing.
func cells() map[string]map[string][]Permission {
	return map[string]map[string][]Permission{
		"treat":                {"yes": {PermitTreat}},
		"beyond recommended":   {"with reason": {PermitBeyond}, "yes, and overrides": {PermitBeyond, PermitOverride}},
		"presets":              {"own patients": {PermitPresets}, "clinic-wide": {PermitPresets, PermitClinicPresets}},
		"calibrate":            {"yes": {PermitCalibrate, PermitVerify}, "verify only (SERVICE output)": {PermitVerify}},
		"pen log, link record": {"yes": {PermitPenLog, PermitLinkRecord}},
		"patient data":         {"yes": {PermitPatientData}},
		"firmware":             {"yes": {PermitFirmware}},
		"operators, policy, approval": {
			"approve library (licence number)": {PermitApproveLibrary},
			"operators, policy, backups; granting a clinical role needs a senior clinician's signature too": {PermitOperators, PermitPolicy, PermitBackup},
		},
	}
}

// chosen is what the table is silent about, and the senior clinician's signature,
// which stands in the administrator's row.
func chosen() map[Permission][]Role {
	return map[Permission][]Role{
		PermitGrantClinical: {RoleSeniorClinician},
		PermitRestore:       {RoleAdministrator},
		PermitAuditRead:     {RoleAdministrator, RoleSeniorClinician},
		PermitImportPatient: {RoleClinician, RoleSeniorClinician},
		PermitExportPatient: {RoleClinician, RoleSeniorClinician},
		PermitErasePatient:  {RoleSeniorClinician},
		PermitSign:          {RoleClinician, RoleSeniorClinician},
		PermitClear:         {RoleClinician, RoleSeniorClinician, RoleTechnician, RoleServiceEngineer, RoleAdministrator},
	}
}

// granted is what the table and the choices come to.
func granted(t *testing.T) map[Role][]Permission {
	t.Helper()
	out := make(map[Role][]Permission)
	lines := strings.Split(strings.TrimSpace(rolesTable), "\n")
	split := func(line string) []string {
		parts := strings.Split(strings.Trim(line, "|"), "|")
		for i := range parts {
			parts[i] = strings.TrimSpace(parts[i])
		}
		return parts
	}
	columns := split(lines[0])
	for _, line := range lines[2:] {
		row := split(line)
		for i, cell := range row[1:] {
			if cell == "no" {
				continue
			}
			what, known := cells()[columns[i+1]][cell]
			if !known {
				t.Fatalf("%s, %s: %q says nothing here", row[0], columns[i+1], cell)
			}
			out[Role(row[0])] = append(out[Role(row[0])], what...)
		}
	}
	for p, roles := range chosen() {
		for _, r := range roles {
			out[r] = append(out[r], p)
		}
	}
	return out
}

// Each role has exactly what the table gives it.
func TestPermissionsAreThoseOfTheRules(t *testing.T) {
	want := granted(t)
	if len(want) != len(Roles()) {
		t.Errorf("the table has %d roles of %d", len(want), len(Roles()))
	}
	for _, r := range Roles() {
		for _, p := range Permissions() {
			if got := r.May(p); got != slices.Contains(want[r], p) {
				t.Errorf("%s, %s: %v", r, p, got)
			}
		}
		for _, p := range want[r] {
			if !slices.Contains(Permissions(), p) {
				t.Errorf("%s is in no row", p)
			}
		}
	}
}

// Nobody, a role that is not known, and a permission that is not known have nothing.
func TestNobodyMayNothing(t *testing.T) {
	for _, p := range Permissions() {
		for _, r := range []Role{"", "surgeon", "Clinician", " clinician"} {
			if r.May(p) {
				t.Errorf("%q may %s", r, p)
			}
		}
	}
	for _, r := range Roles() {
		if r.May("") || r.May("anything") {
			t.Errorf("%s may what nobody knows", r)
		}
	}
}

// Each permission stands in one row, and each is had by somebody.
func TestPermissionsHaveOneRowEach(t *testing.T) {
	seen := make(map[Permission]bool)
	for _, g := range grants() {
		if seen[g.permission] || len(g.roles) == 0 || g.permission == "" {
			t.Errorf("%q: again, or nobody's", g.permission)
		}
		seen[g.permission] = true
		for _, r := range g.roles {
			if !slices.Contains(Roles(), r) {
				t.Errorf("%s: %q is no role", g.permission, r)
			}
		}
	}
}

// Whom the console lets ask for something of a pen, the pen lets, too.
func TestPermissionsAgreeWithThePens(t *testing.T) {
	for p, request := range map[Permission]protocol.Type{
		PermitTreat: protocol.TypeArm, PermitClear: protocol.TypeClear, PermitCalibrate: protocol.TypeCalWrite,
		PermitVerify: protocol.TypeTestOutput, PermitFirmware: protocol.TypeFirmwareBegin,
	} {
		for _, r := range append(Roles(), "") {
			if r.May(p) != r.Wire().MaySend(request) {
				t.Errorf("%q, %s: console %v, pen %v", r, p, r.May(p), r.Wire().MaySend(request))
			}
		}
	}
}

// At work is who took over last, or who opened the treatment.
func TestAtWork(t *testing.T) {
	a, b, c := Operator{ID: "a", Name: "A"}, Operator{ID: "b", Name: "B"}, Operator{ID: "c", Name: "C"}
	v := Treatment{Operator: a}
	if got := v.AtWork(); got != a {
		t.Error(got)
	}
	v.HandOvers = []HandOver{{From: a, To: b}, {From: b, To: c}}
	if got := v.AtWork(); got != c {
		t.Error(got)
	}
}
