package pages

import (
	"cmp"
	"errors"
	"slices"

	"stipple/app/clinical"
	"stipple/app/console"
	"stipple/app/ui/overlay"
	"stipple/app/ui/theme"
	"stipple/app/ui/widgets"
)

// roles are those that who is at work can give.
func (s *operatorSheet) roles() []clinical.Role {
	if s.standsIn() {
		return []clinical.Role{clinical.RoleAdministrator}
	}
	return clinical.Roles()
}

// onlySenior is the sign-in name of who can sign, where that can be one person only.
func (s *operatorSheet) onlySenior() (signIn string) {
	for _, m := range s.all {
		if m.CanSignIn() && m.Role.May(clinical.PermitGrantClinical) {
			if signIn != "" {
				return ""
			}
			signIn = m.SignIn
		}
	}
	return signIn
}

// open opens a form: the one that something other than a person has closed, if it is
// the same.
func (s *operatorSheet) open(kind formKind, m clinical.Member) {
	e := s.env
	f := s.half
	s.half = nil
	if f == nil || f.kind != kind || f.member.ID != m.ID {
		f = newOperatorForm(e, kind, m, s.roles())
		f.signer.SetText(s.onlySenior())
	}
	f.onSave = func() { s.save(f) }
	f.open = true
	name := cmp.Or(m.Name, m.SignIn)
	title, yes := e.t("staff.form.new"), e.t("staff.add")
	switch {
	case kind == formChange:
		title, yes = e.t("staff.form.change", name), e.t("staff.save")
	case kind == formRenew:
		title, yes = e.t("staff.form.renew", name), e.t("staff.set")
	case m.Left:
		title, yes = e.t("staff.form.again", name), e.t("staff.again")
	case m.Name != "":
		title, yes = e.t("staff.form.admit", name), e.t("staff.admit")
	}
	closed := func() {
		f.open = false
		f.wipe()
	}
	e.Layer.ShowForm(overlay.Form{
		Title: title, Content: f.content, Width: operatorFormWide, Focus: f.focus(),
		Answers: []overlay.Answer{
			{Key: "cancel", Text: e.t("cancel"), Kind: widgets.Secondary},
			{Key: "save", Text: yes, Kind: widgets.Primary},
		},
		OnAnswer: func(key string) {
			if key == "save" {
				f.onSave()
				return
			}
			e.Layer.Close()
		},
		OnCancel: closed,
		OnAside: func() {
			closed()
			s.half = f
		},
	})
}

// save asks the desk for what the form says.
func (s *operatorSheet) save(f *operatorForm) {
	if f.busy {
		return
	}
	f.clearErrors()
	if !f.complete() {
		return
	}
	before, now := f.member, clinical.Member{Operator: clinical.Operator{ID: f.member.ID, Name: f.name.Text, Role: f.chosen()}, SignIn: f.signIn.Text}
	done := s.answer(func(all clinical.Staff, err error) { s.saved(f, before, now, all, err) })
	passphrase, signature := f.passphrase(), f.signature()
	f.lock(true)
	switch f.kind {
	case formAdd:
		s.env.Desk.AddOperator(console.NewOperator{ID: now.ID, Name: now.Name, Role: now.Role, SignIn: now.SignIn, Passphrase: passphrase, Signature: signature}, done)
	case formChange:
		s.env.Desk.ChangeOperator(console.OperatorChange{ID: now.ID, Name: now.Name, Role: now.Role, Passphrase: passphrase, Signature: signature}, done)
	case formRenew:
		s.env.Desk.RenewPassphrase(console.NewPassphrase{ID: now.ID, Passphrase: passphrase, Signature: signature}, done)
	}
}

// saved shows what came of a form, which may be closed by now.
func (s *operatorSheet) saved(f *operatorForm, before, now clinical.Member, all clinical.Staff, err error) {
	f.lock(false)
	var refused *console.StaffError
	var half *console.HalfError
	switch {
	case errors.As(err, &refused) && f.open:
		f.refused(refused)
		return
	case err != nil && f.open && !errors.As(err, &half):
		f.notice.Set(widgets.Strong(s.sentence(err)).In(theme.HighInk))
		return
	}
	if f.open {
		f.open = false
		f.wipe()
		s.env.Layer.Done()
	}
	if s.half == f && err == nil {
		s.half = nil
	}
	i := slices.IndexFunc(all, func(m clinical.Member) bool { return m.ID == now.ID || now.ID == "" && m.Name == now.Name })
	if i >= 0 {
		now = all[i]
		s.chosen = now.ID
	}
	t := s.env.t
	text := t("staff.added", now.Name)
	switch f.kind {
	case formChange:
		text = s.withRekey(t("staff.changed", now.Name), before.HoldsPatients && !now.HoldsPatients)
	case formRenew:
		text = t("staff.renewed", before.Name)
	}
	s.ended(all, err, text)
	if err == nil && f.kind == formAdd {
		s.tellSignIn(now.Name, now.SignIn)
	}
}
