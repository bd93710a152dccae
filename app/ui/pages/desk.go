package pages

import (
	"stipple/app/alarm"
	"stipple/app/clinical"
	"stipple/app/console"
)

// Desk is what the pages need of the treatment desk. console.Desk has all of
// it; a page test uses its own. No method blocks: each returns at once and its
// effect arrives in a later View. A done function is called once, on any
// goroutine.
type Desk interface {
	View() *console.View
	Live() console.LiveView
	// Samples copies the samples newer than after into dst.
	Samples(after uint64, dst []console.Sample) (n int, next uint64)

	ChooseOperator(clinical.ID)
	ChoosePatient(clinical.ID)
	ChooseIndication(clinical.IndicationKey)
	ChooseZone(clinical.ZoneKey)
	ChooseSpotPulses(int)

	// Type takes a typed text for a parameter; Step moves it by n steps; Set
	// sets a value in base units (the end of a drag). None reaches the pen.
	Type(p clinical.Parameter, text string)
	Step(p clinical.Parameter, n int)
	Set(p clinical.Parameter, v int32)
	// Apply sends envelope and settings to the pen and reads them back.
	Apply()

	// LoadPreset chooses the patient first if it is another one; revision 0 is
	// the newest.
	LoadPreset(patient, preset clinical.ID, revision int)
	SavePreset(name string, asNew bool, done func(error))
	RenamePreset(patient, preset clinical.ID, name string, done func(error))
	DeletePreset(patient, preset clinical.ID, done func(error))
	PresetHistory(patient, preset clinical.ID, done func([]console.PresetView, error))

	// Arm asks for READY for exactly what the review on show says.
	Arm(shown clinical.Digest)
	Disarm()
	// FallBack takes a pen that is armed, or about to be, to STANDBY.
	FallBack(why clinical.FallBackReason)
	// Here tells that a person is here: a key or a pointer was pressed.
	Here()
	// Stop never waits for anything.
	Stop()
	Clear()
	NextPass()
	EndTreatment()
	// Acknowledge notes that the operator has seen an alarm.
	Acknowledge(alarm int)
	// PauseSound silences what alarms now for alarm.AudioPause.
	PauseSound()
	ResumeSound()
	// TestSound lets one burst of a priority be heard.
	TestSound(alarm.Priority)
	// Sign ends a run whose outcome was not known; shown is the Version of what
	// the page showed.
	Sign(treatment clinical.ID, verdict clinical.Verdict, shown int)

	SearchPatients(query string, done func(console.PatientList, error))
	PatientFile(id clinical.ID, done func(console.PatientFile, error))
	// TreatmentRecord reads one treatment with all of its pulses and alarms.
	TreatmentRecord(id clinical.ID, done func(console.TreatmentRow, error))
	SavePatient(p clinical.Patient, done func(clinical.Patient, error))
	// Erasure reads what erasing a patient would come to.
	Erasure(id clinical.ID, done func(console.Erasure, error))
	// ErasePatient hands done a zero Erasure where nobody was erased.
	ErasePatient(id clinical.ID, reason string, done func(console.Erasure, error))

	// Staff lists who works in the clinic. The others change it, and hand on the new
	// list; they take over the secrets that they are given.
	Staff(done func(clinical.Staff, error))
	AddOperator(n console.NewOperator, done func(clinical.Staff, error))
	ChangeOperator(c console.OperatorChange, done func(clinical.Staff, error))
	RenewPassphrase(p console.NewPassphrase, done func(clinical.Staff, error))
	RemoveOperator(id clinical.ID, done func(clinical.Staff, error))

	// ChooseBackupFolder makes a folder the one for backups; the others begin or end
	// something that the view tells of. RestoreBackup wipes the recovery code.
	ChooseBackupFolder(folder string, done func(error))
	MakeBackup(done func(error))
	DrillBackup(name string, done func(error))
	RestoreBackup(from string, code []byte, into string, done func(error))
	CancelBackup(done func(error))

	// FilePlaces, ListFolder, MakeFolder and CheckPath look at the computer's folders
	// for somebody who may do what the file is for.
	FilePlaces(p clinical.Permission, done func([]console.FilePlace, error))
	ListFolder(p clinical.Permission, path string, ext []string, done func(console.FileFolder, error))
	MakeFolder(p clinical.Permission, path string, done func(error))
	CheckPath(p clinical.Permission, path string, use console.FileUse, done func(error))

	// AuditPage reads entries of the audit chain, VerifyAudit judges all of it, and
	// ExportAudit writes what a filter lets through into a file. Each tells how far it
	// is, on any goroutine, and is ended by the function that it returns.
	AuditPage(f console.AuditFilter, before uint64, tell func(console.AuditProgress), done func(console.AuditPage, error)) (cancel func())
	VerifyAudit(withPen bool, tell func(console.AuditProgress), done func(*console.AuditVerdict, error)) (cancel func())
	ExportAudit(x console.AuditExport, tell func(console.AuditProgress), done func(console.AuditExported, error)) (cancel func())

	// Imports and exports, one at a time. told is called on any goroutine.
	ReadTable(path string, how console.TableChoice, told console.Told, done func(console.TablePreview, error))
	ImportTable(p console.TablePreview, leaveOut bool, told console.Told, done func(console.ImportReport, error))
	SaveFaults(p console.TablePreview, path string, done func(error))
	ReadRoom(path, code string, told console.Told, done func(console.RoomPreview, error))
	ImportRoom(p console.RoomPreview, decided map[int]clinical.Decision, told console.Told, done func(console.ImportReport, error))
	ExportTable(e console.TableExport, told console.Told, done func(console.Exported, error))
	ExportRoom(e console.RoomExport, told console.Told, done func(console.Exported, error))
	CancelExchange()

	// UseSimulated starts the built-in simulated pen of a kind.
	UseSimulated(clinical.PenKind)
	// Handpiece is the simulated pen's handpiece, or nil.
	Handpiece() console.Handpiece
}
