package sample

import (
	"errors"
	"slices"

	"stipple/app/clinical"
	"stipple/app/console"
)

// Staff is who works in the sample clinic, as the scene has it.
func (d *Desk) Staff(done func(clinical.Staff, error)) { done(d.staff, nil) }

// AddOperator answers as the scene says, as does each change of the staff.
func (d *Desk) AddOperator(_ console.NewOperator, done func(clinical.Staff, error)) {
	d.changed(done)
}

// ChangeOperator answers as the scene says.
func (d *Desk) ChangeOperator(_ console.OperatorChange, done func(clinical.Staff, error)) {
	d.changed(done)
}

// RenewPassphrase answers as the scene says.
func (d *Desk) RenewPassphrase(_ console.NewPassphrase, done func(clinical.Staff, error)) {
	d.changed(done)
}

// RemoveOperator answers as the scene says.
func (d *Desk) RemoveOperator(_ clinical.ID, done func(clinical.Staff, error)) { d.changed(done) }

func (d *Desk) changed(done func(clinical.Staff, error)) {
	switch {
	case d.slow:
	case d.refused != nil:
		done(nil, d.refused)
	default:
		done(d.after(d.staff), nil)
	}
}

// administrator is the one of the sample clinic.
func administrator() clinical.Operator { return operators()[3] }

// staff are those of the sample clinic with their ways in, somebody who left, and some
// whose way in is not whole.
func staff() clinical.Staff {
	since := func(days int) clinical.Member { return clinical.Member{Since: day(days)} }
	var all clinical.Staff
	for i, signIn := range []string{"meyer", "okonkwo", "roth", "brandt"} {
		m := since(400 - 60*i)
		m.Operator, m.SignIn = operators()[i], signIn
		m.HoldsPatients = m.Role.HoldsPatients()
		all = append(all, m)
	}
	late := since(0)
	late.Operator = clinical.Operator{ID: "op5", Name: "N. Haddad", Role: clinical.RoleServiceEngineer}
	left := since(700)
	left.Operator = clinical.Operator{ID: "op6", Name: "K. Lindt", Role: clinical.RoleTechnician, Left: true}
	ghost := clinical.Member{Operator: clinical.Operator{ID: "op7"}, SignIn: "k.ito"}
	return append(all, left, late, ghost)
}

// atWork is the clinic page of a practice, for somebody.
func (c Clinic) atWork(who clinical.Operator) *scene {
	s := c.closed(clinical.RF, who)
	s.view.Training, s.view.ThrowAway = false, false
	s.view.Operators = []clinical.Operator{who}
	s.desk.staff = staff()
	s.desk.after = func(all clinical.Staff) clinical.Staff { return all }
	return s
}

// first is a practice whose senior clinician is alone with a technician.
func (c Clinic) first() *scene {
	s := c.atWork(operators()[1])
	s.view.Vacant = true
	s.desk.staff = s.desk.staff[1:3]
	return s
}

// becoming is a practice in which a change makes somebody another.
func (c Clinic) becoming(id clinical.ID, change func(*clinical.Member)) *scene {
	s := c.atWork(administrator())
	s.desk.after = func(all clinical.Staff) clinical.Staff {
		all = slices.Clone(all)
		change(&all[slices.IndexFunc(all, func(m clinical.Member) bool { return m.ID == id })])
		return all
	}
	return s
}

// refusing is a practice that refuses each change.
func (c Clinic) refusing(err error) *scene {
	s := c.atWork(administrator())
	s.desk.refused = err
	return s
}

// The tabs of the page, by their names in a trace.
const (
	operatorsTab = "clinic.tab.0"
	backupTab    = "clinic.tab.1"
	auditTab     = "clinic.tab.2"
	exchangeTab  = "clinic.tab.3"
)

// clinicScenes are the page of the practice as a whole.
func (c Clinic) clinicScenes() []Scene {
	on := func(name string, s *scene, tap ...string) Scene {
		return Scene{Name: "clinic-" + name, Page: "clinic", Tap: tap, Desk: s.done()}
	}
	const add, role, save = "clinic.operators.add", "operator.role.choice.", "overlay.button.save"
	training := c.closed(clinical.RF, administrator())
	for _, m := range staff()[:4] {
		training.desk.staff = append(training.desk.staff, clinical.Member{Operator: m.Operator, Since: m.Since})
	}
	slow := c.atWork(administrator())
	slow.desk.slow = true
	row := func(i string) string { return "clinic.operators.choice." + i }
	admin := func() *scene { return c.atWork(administrator()) }
	wrong := &console.StaffError{Fields: map[console.StaffField]error{
		console.StaffName:       worded{errors.New("taken"), "name_taken", nil},
		console.StaffSignIn:     worded{errors.New("bad"), "bad_sign_in", nil},
		console.StaffPassphrase: worded{errors.New("weak"), "weak_passphrase", nil},
		console.StaffSignature:  clinical.ErrSigner,
	}}
	return []Scene{
		on("operators", admin()),
		on("operators-help", admin(), "nav.help"),
		on("backup-help", admin(), backupTab, "nav.help"),
		on("audit-help", admin(), auditTab, "nav.help"),
		on("operators-training", training),
		on("operators-first", c.first()),
		on("operators-unfinished", admin(), row("op5")),
		on("operator-add", admin(), add),
		on("operator-add-clinician", admin(), add, role+"clinician"),
		on("operator-refused", c.refusing(wrong), add, role+"clinician", save),
		on("operator-busy", slow, add, role+"clinician", save),
		on("operator-change", admin(), row("op3"), "clinic.operators.change", role+"clinician"),
		on("operator-renew", admin(), row("op1"), "clinic.operators.renew"),
		on("operator-added", c.becoming("op5", func(m *clinical.Member) { m.SignIn = "haddad" }), row("op5"), "clinic.operators.admit", save),
		on("operator-remove", admin(), row("op1"), "clinic.operators.remove"),
		on("closed", c.practice().seesBackups(5), operatorsTab),
	}
}
