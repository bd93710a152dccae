package audit

import "slices"

// Action is what was done. Its text is what is stored and exported: it is never
// changed and never used for something else.
type Action string

// The actions.
const (
	PatientSave  Action = "patient.save"
	PatientErase Action = "patient.erase"
	PatientAgain Action = "patient.again" // one who was erased came back with a backup

	PresetSave   Action = "preset.save"
	PresetDelete Action = "preset.delete"

	ScreeningSave Action = "screening.save"

	TreatmentBegin Action = "treatment.begin"
	TreatmentEnd   Action = "treatment.end"
	TreatmentSign  Action = "treatment.sign" // of an outcome that was uncertain
	SettingsApply  Action = "settings.apply"

	PenArm    Action = "pen.arm"
	PenDisarm Action = "pen.disarm"
	PenStop   Action = "pen.stop"
	PenClear  Action = "pen.clear"

	OperatorAdd      Action = "operator.add"
	OperatorChange   Action = "operator.change"
	OperatorRemove   Action = "operator.remove"
	PassphraseChange Action = "passphrase.change"

	SignIn       Action = "sign_in"
	SignInFailed Action = "sign_in.failed"
	SignOut      Action = "sign_out"
	Lock         Action = "lock"
	Unlock       Action = "unlock"
	HandOver     Action = "hand_over"

	BackupMake    Action = "backup.make"
	BackupRestore Action = "backup.restore"
	BackupDrill   Action = "backup.drill"
	BackupFolder  Action = "backup.folder" // where they are kept was chosen
	Export        Action = "export"
	ExportSweep   Action = "export.sweep" // what one had left half written was removed
	Import        Action = "import"
	Rekey         Action = "rekey"
	StoreMigrate  Action = "store.migrate"

	PolicyChange   Action = "policy.change"
	LibraryApprove Action = "library.approve"
)

// Area is the part of the work that an action belongs to, for a filter.
type Area string

// The areas.
const (
	AreaPatient   Area = "patient"
	AreaTreatment Area = "treatment"
	AreaPen       Area = "pen"
	AreaOperator  Area = "operator"
	AreaAccess    Area = "access"
	AreaData      Area = "data"
	AreaRule      Area = "rule"
)

// ActionRow is one row of the table of actions.
type ActionRow struct {
	Action Action
	Area   Area
}

// Actions is the table of all actions, area by area. An action that is not in it
// can be neither written nor read.
func Actions() []ActionRow {
	return []ActionRow{
		{PatientSave, AreaPatient},
		{PatientErase, AreaPatient},
		{PatientAgain, AreaPatient},
		{PresetSave, AreaPatient},
		{PresetDelete, AreaPatient},
		{ScreeningSave, AreaPatient},
		{TreatmentBegin, AreaTreatment},
		{TreatmentEnd, AreaTreatment},
		{TreatmentSign, AreaTreatment},
		{SettingsApply, AreaTreatment},
		{PenArm, AreaPen},
		{PenDisarm, AreaPen},
		{PenStop, AreaPen},
		{PenClear, AreaPen},
		{OperatorAdd, AreaOperator},
		{OperatorChange, AreaOperator},
		{OperatorRemove, AreaOperator},
		{PassphraseChange, AreaOperator},
		{SignIn, AreaAccess},
		{SignInFailed, AreaAccess},
		{SignOut, AreaAccess},
		{Lock, AreaAccess},
		{Unlock, AreaAccess},
		{HandOver, AreaAccess},
		{BackupMake, AreaData},
		{BackupRestore, AreaData},
		{BackupDrill, AreaData},
		{BackupFolder, AreaData},
		{Export, AreaData},
		{ExportSweep, AreaData},
		{Import, AreaData},
		{Rekey, AreaData},
		{StoreMigrate, AreaData},
		{PolicyChange, AreaRule},
		{LibraryApprove, AreaRule},
	}
}

// Known says whether a is in the table.
func (a Action) Known() bool { return a.Area() != "" }

// Area is the area of an action, "" for one that is not in the table.
func (a Action) Area() Area {
	rows := Actions()
	if i := slices.IndexFunc(rows, func(r ActionRow) bool { return r.Action == a }); i >= 0 {
		return rows[i].Area
	}
	return ""
}

// SubjectKind is what an action was done to. Its text is what is stored.
type SubjectKind string

// The kinds of subjects. An action on the program as a whole has none.
const (
	NoSubject        SubjectKind = ""
	SubjectPatient   SubjectKind = "patient"
	SubjectPreset    SubjectKind = "preset"
	SubjectScreening SubjectKind = "screening"
	SubjectTreatment SubjectKind = "treatment"
	SubjectOperator  SubjectKind = "operator"
	SubjectPen       SubjectKind = "pen"     // by serial number
	SubjectSetting   SubjectKind = "setting" // of the program, by name
	SubjectPolicy    SubjectKind = "policy"
	SubjectLibrary   SubjectKind = "library" // by hash or version
	SubjectStore     SubjectKind = "store"
	SubjectBackup    SubjectKind = "backup"
	SubjectFile      SubjectKind = "file"
)

// SubjectKinds lists all kinds but NoSubject.
func SubjectKinds() []SubjectKind {
	return []SubjectKind{
		SubjectPatient, SubjectPreset, SubjectScreening, SubjectTreatment, SubjectOperator, SubjectPen, SubjectSetting,
		SubjectPolicy, SubjectLibrary, SubjectStore, SubjectBackup, SubjectFile,
	}
}

// Subject is what an action was done to. The zero Subject is nothing in
// particular.
type Subject struct {
	Kind SubjectKind
	// ID is opaque for patients, presets, treatments and operators; a serial
	// number, a name or a hash for the others; never a person's name. It may be
	// empty where there is only one of the kind.
	ID string
}
