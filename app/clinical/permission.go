package clinical

import "slices"

// Permission is one thing that a person may do at the console, by its stable
// name. Who may is the table of safety.md section 8, and what that is silent
// about is a choice made here, marked as such. The pen judges the role of each
// request once more by its own table (SPEC.md section 4.4).
type Permission string

// The permissions that the table names, by its columns.
const (
	// PermitTreat is "treat": to choose what is to be given, to set, apply and arm
	// it, to count passes and to end the treatment.
	PermitTreat Permission = "treat"
	// PermitBeyond is "beyond recommended": to set a value outside the recommended
	// range, with a reason.
	PermitBeyond Permission = "beyond_recommended"
	// PermitOverride is "and overrides" of the same column: to activate a
	// specialist's override for one patient, zone and treatment.
	PermitOverride Permission = "override"
	// PermitPresets is "presets": to keep, rename and delete those of one's own
	// patients.
	PermitPresets Permission = "presets"
	// PermitClinicPresets is "clinic-wide" of the same column.
	PermitClinicPresets Permission = "clinic_presets"
	// PermitCalibrate is "calibrate": to write a calibration to the pen.
	PermitCalibrate Permission = "calibrate"
	// PermitVerify is "verify only (SERVICE output)" of the same column. Who
	// calibrates verifies, too: a calibration is not worth much without it.
	PermitVerify Permission = "verify"
	// PermitPenLog is "pen log": to read and keep the pen's log.
	PermitPenLog Permission = "pen_log"
	// PermitLinkRecord is "link record" of the same column: to record and replay
	// the link.
	PermitLinkRecord Permission = "link_record"
	// PermitPatientData is "patient data": to find, read and edit patients, their
	// presets and their records.
	PermitPatientData Permission = "patient_data"
	// PermitFirmware is "firmware": to update the pen's.
	PermitFirmware Permission = "firmware"
	// PermitOperators is "operators" of the last column: who works here, as what.
	PermitOperators Permission = "operators"
	// PermitGrantClinical is the signature without which nobody is made a clinician:
	// "granting a clinical role needs a senior clinician's signature too".
	PermitGrantClinical Permission = "grant_clinical"
	// PermitPolicy is "policy" of the last column: to tighten the limits for the clinic.
	PermitPolicy Permission = "policy"
	// PermitApproveLibrary is "approve library (licence number)".
	PermitApproveLibrary Permission = "approve_library"
	// PermitBackup is "backups" of the last column: to make and to check them.
	PermitBackup Permission = "backup"
)

// The permissions that the table is silent about. Each is a choice.
const (
	// PermitRestore: to put a backup into the place of the store. Whoever keeps the
	// backups restores them; nothing of a patient is read for that.
	PermitRestore Permission = "restore"
	// PermitAuditRead: to read the audit chain. The administrator answers for who
	// did what, the senior clinician for what was done to patients.
	PermitAuditRead Permission = "audit_read"
	// PermitImportPatient and PermitExportPatient: patient data that comes in or goes
	// out is patient data.
	PermitImportPatient Permission = "import_patient"
	PermitExportPatient Permission = "export_patient"
	// PermitErasePatient: it can't be undone, so the senior clinician alone.
	PermitErasePatient Permission = "erase_patient"
	// PermitSign: to sign how a treatment ended whose outcome was not known. It says
	// what a patient was given: whoever may give it.
	PermitSign Permission = "sign"
	// PermitClear: to lead a pen out of a stop or a fault. It gives nothing, and a pen
	// on a bench needs it as much as one at a patient: everybody who has signed in,
	// as in the pen's own table.
	PermitClear Permission = "clear"
)

// grant is a row: a permission and the roles that have it.
type grant struct {
	permission Permission
	roles      []Role
}

// grants is the table.
func grants() []grant {
	clinicians := []Role{RoleClinician, RoleSeniorClinician}
	senior := []Role{RoleSeniorClinician}
	technician := []Role{RoleTechnician}
	bench := []Role{RoleTechnician, RoleServiceEngineer}
	engineer := []Role{RoleServiceEngineer}
	administrator := []Role{RoleAdministrator}
	return []grant{
		{PermitTreat, clinicians},
		{PermitBeyond, clinicians},
		{PermitOverride, senior},
		{PermitPresets, clinicians},
		{PermitClinicPresets, senior},
		{PermitCalibrate, technician},
		{PermitVerify, bench},
		{PermitPenLog, bench},
		{PermitLinkRecord, bench},
		{PermitPatientData, clinicians},
		{PermitFirmware, engineer},
		{PermitOperators, administrator},
		{PermitGrantClinical, senior},
		{PermitPolicy, administrator},
		{PermitApproveLibrary, senior},
		{PermitBackup, administrator},
		{PermitRestore, administrator},
		{PermitAuditRead, []Role{RoleAdministrator, RoleSeniorClinician}},
		{PermitImportPatient, clinicians},
		{PermitExportPatient, clinicians},
		{PermitErasePatient, senior},
		{PermitSign, clinicians},
		{PermitClear, Roles()},
	}
}

// Permissions lists all of them, in the order of the table.
func Permissions() []Permission {
	var out []Permission
	for _, g := range grants() {
		out = append(out, g.permission)
	}
	return out
}

// May says whether the role has a permission. The zero role, which is nobody's,
// has none, and neither has a role that is not known.
func (r Role) May(p Permission) bool {
	for _, g := range grants() {
		if g.permission == p {
			return slices.Contains(g.roles, r)
		}
	}
	return false
}

// MayWhile is May in a clinic that can be without an administrator: vacant says that
// nobody who can sign in is one. Somebody has to add the first and to keep backups
// until then, and a senior clinician is the first person of every clinic.
func (r Role) MayWhile(vacant bool, p Permission) bool {
	return r.May(p) || vacant && r == RoleSeniorClinician && slices.Contains(deputised(), p)
}

// deputised are the administrator's permissions that a senior clinician has while
// there is no administrator. Of PermitOperators it is only to add the first one: see
// Staff.MayAdd.
func deputised() []Permission { return []Permission{PermitOperators, PermitBackup} }
