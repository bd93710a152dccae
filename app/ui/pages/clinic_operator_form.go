package pages

import (
	"cmp"
	"slices"

	"fyne.io/fyne/v2"

	"stipple/app/clinical"
	"stipple/app/console"
	"stipple/app/ui/widgets"
)

// formKind is what a form about somebody is for.
type formKind int

// The kinds.
const (
	formAdd    formKind = iota // to take somebody up, or to give them the way in that they have not
	formChange                 // another name or role
	formRenew                  // a new passphrase
)

// operatorForm is a form about somebody who works here. Passphrases are wiped when it
// closes, however it closes.
type operatorForm struct {
	env    *Env
	kind   formKind
	member clinical.Member // zero: somebody new
	roles  []clinical.Role // that can be chosen
	busy   bool
	open   bool

	name, signIn, signer  *widgets.TextEntry
	first, again, signed  *widgets.SecretField
	role                  *widgets.RowList
	nameF, signInF        *widgets.LabelledField
	firstF, againF        *widgets.LabelledField
	roleF, signerF, signF *widgets.LabelledField
	notice                *widgets.Paragraph
	content               *fyne.Container
	onSave                func()
}

// The measures of the form.
const (
	operatorFormWide float32 = 880
	operatorFormLeft float32 = 400
)

func newOperatorForm(e *Env, kind formKind, m clinical.Member, roles []clinical.Role) *operatorForm {
	f := &operatorForm{env: e, kind: kind, member: m, roles: roles, notice: widgets.NewParagraph(widgets.Plain(""))}
	f.name, f.nameF = f.entry("name", "setup.name.short", m.Name)
	f.signIn, f.signInF = f.entry("sign_in", "setup.sign_in", m.SignIn)
	f.signInF.SetHint(e.t("setup.sign_in.public"))
	f.first, f.firstF = f.secret("passphrase", "passphrase.new", func() { f.hint() })
	f.again, f.againF = f.secret("passphrase.again", "passphrase.again", func() { f.againF.SetError("") })
	f.signer, f.signerF = f.entry("signer", "staff.signer", "")
	f.signed, f.signF = f.secret("signature", "staff.signature", func() { f.signF.SetHint(e.t("staff.signature.why")) })
	f.signF.SetHint(e.t("staff.signature.why"))
	f.hint()
	f.role = widgets.NewRowList(e.Keys, func(int) { f.shift() }, func(int) { f.shift() })
	e.name(f.role, "list", "operator.role")
	rows := make([]widgets.Row, len(roles))
	for i, r := range roles {
		rows[i] = widgets.Row{
			Key: string(r), Title: []widgets.Run{widgets.Strong(e.Words.Or("role."+string(r), string(r)))},
			Right: []widgets.Run{widgets.Small(e.t("staff.role." + string(r)))},
		}
	}
	f.role.Set(rows, "")
	f.role.Select(slices.Index(roles, m.Role))
	if len(roles) == 1 {
		f.role.Select(0)
	}
	f.roleF = widgets.NewLabelledField(e.t("setup.role"), f.roleCard())
	f.content = f.arrange()
	f.shift()
	return f
}

// roleCard is the list of roles at its full height.
func (f *operatorForm) roleCard() fyne.CanvasObject {
	tall := float32(len(f.roles))*f.role.RowHeight() + 2
	card := widgets.NewCard(f.role, 1)
	return arrange(fyne.NewSize(200, tall), func(s fyne.Size) { place(card, 0, 0, s.Width, s.Height) }, card)
}

func (f *operatorForm) entry(name, label, text string) (*widgets.TextEntry, *widgets.LabelledField) {
	e := widgets.NewTextEntry(f.env.Keys, "")
	e.SetText(text)
	e.OnKey = func(k fyne.KeyName) bool {
		if k != fyne.KeyReturn && k != fyne.KeyEnter {
			return false
		}
		f.onSave()
		return true
	}
	f.env.name(e, "entry", "operator."+name)
	return e, widgets.NewLabelledField(f.env.t(label), e)
}

func (f *operatorForm) secret(name, label string, changed func()) (*widgets.SecretField, *widgets.LabelledField) {
	s := widgets.NewSecretField(f.env.Keys, f.env.t("secret.caps"), changed, func() { f.onSave() })
	f.env.name(s, "secret", "operator."+name)
	return s, widgets.NewLabelledField(f.env.t(label), s)
}

func (f *operatorForm) hint() { HintPassphrase(f.env.Words, f.firstF, f.first) }

// chosen is the role that is chosen; "" is none.
func (f *operatorForm) chosen() clinical.Role {
	if f.kind == formRenew {
		return f.member.Role
	}
	if i := f.role.Selected(); i >= 0 {
		return f.roles[i]
	}
	return ""
}

// asksPassphrase says whether a passphrase is to be set.
func (f *operatorForm) asksPassphrase() bool {
	if f.kind == formChange {
		return f.member.SignIn != "" && f.chosen().HoldsPatients() && !f.member.Role.HoldsPatients()
	}
	return true
}

// asksSignature says whether a senior clinician has to sign.
func (f *operatorForm) asksSignature() bool {
	if f.kind == formChange {
		return clinical.GrantsClinical(f.member.Role, f.chosen())
	}
	return f.chosen().HoldsPatients()
}

// shift shows what the chosen role asks for.
func (f *operatorForm) shift() {
	show(f.nameF, f.kind != formRenew)
	show(f.signInF, f.kind == formAdd)
	show(f.roleF, f.kind != formRenew)
	for _, o := range []fyne.CanvasObject{f.firstF, f.againF} {
		show(o, f.asksPassphrase())
	}
	for _, o := range []fyne.CanvasObject{f.signerF, f.signF} {
		show(o, f.asksSignature())
	}
	f.hintRole()
	f.content.Refresh()
}

// hintRole says what the chosen role takes away.
func (f *operatorForm) hintRole() {
	text := ""
	if f.kind == formChange && f.member.HoldsPatients && !f.chosen().HoldsPatients() {
		text = f.env.t("staff.loses")
	}
	f.roleF.SetHint(text)
}

// arrange puts who it is at the left, with the notice under it, and the role with its
// signature at the right.
func (f *operatorForm) arrange() *fyne.Container {
	const gap, lines = 4, 2 // of the notice
	left := []*widgets.LabelledField{f.nameF, f.signInF, f.firstF, f.againF}
	right := []*widgets.LabelledField{f.roleF, f.signerF, f.signF}
	if f.kind == formRenew {
		left, right = []*widgets.LabelledField{f.firstF, f.againF}, []*widgets.LabelledField{f.signerF, f.signF}
	}
	var objects []fyne.CanvasObject
	tall := func(column []*widgets.LabelledField) (h float32) {
		for _, o := range column {
			objects = append(objects, o)
			h += height(o) + gap
		}
		return h
	}
	line := func(r widgets.Run) float32 { return height(widgets.NewLine(r)) }
	// Nothing is said under the roles where a signature is asked for, and under the name
	// of who signs: what follows takes those lines.
	under := float32(0)
	if f.kind != formRenew {
		under = line(widgets.Small("x")) - gap
	}
	notice := tall(left)
	all := max(notice+lines*line(widgets.Plain("x")), tall(right)-2*under-gap)
	objects = append(objects, f.notice)
	return arrange(fyne.NewSize(operatorFormWide-40, all), func(s fyne.Size) {
		column := func(x, wide float32, fields []*widgets.LabelledField) {
			y := float32(0)
			for _, o := range fields {
				if o.Visible() {
					h := height(o)
					if o == f.signerF || o == f.signF {
						y -= under
					}
					place(o, x, y, wide, h)
					y += h + gap
				}
			}
		}
		column(0, operatorFormLeft, left)
		x := operatorFormLeft + 2*columnGap
		column(x, s.Width-x, right)
		place(f.notice, 0, notice, operatorFormLeft, s.Height-notice)
	}, objects...)
}

// focus is where the form begins.
func (f *operatorForm) focus() fyne.Focusable {
	switch {
	case f.kind == formRenew:
		return f.first.Input()
	case f.member.Name != "" && f.kind == formAdd:
		return f.signIn
	}
	return f.name
}

// wipe empties what is secret.
func (f *operatorForm) wipe() {
	for _, s := range []*widgets.SecretField{f.first, f.again, f.signed} {
		s.Clear()
	}
	f.hint()
}

// lock takes no typing while something is being done.
func (f *operatorForm) lock(busy bool) {
	f.busy = busy
	for _, s := range []*widgets.SecretField{f.first, f.again, f.signed} {
		s.SetLocked(busy)
	}
	text := ""
	if busy {
		text = f.env.t("staff.busy")
	}
	f.notice.Set(widgets.Muted(text))
}

// field is the field of an error.
func (f *operatorForm) field(name console.StaffField) (*widgets.LabelledField, fyne.Focusable) {
	switch name {
	case console.StaffName:
		return f.nameF, f.name
	case console.StaffRole:
		return f.roleF, f.role
	case console.StaffSignIn:
		return f.signInF, f.signIn
	case console.StaffPassphrase:
		return f.firstF, f.first.Input()
	}
	return f.signF, f.signed.Input()
}

// clearErrors takes away what was said of the fields.
func (f *operatorForm) clearErrors() {
	for _, l := range []*widgets.LabelledField{f.nameF, f.againF} {
		l.SetError("")
	}
	f.hintRole()
	f.signInF.SetHint(f.env.t("setup.sign_in.public"))
	f.signF.SetHint(f.env.t("staff.signature.why"))
	f.hint()
}

// complete says whether what the form itself can judge is there.
func (f *operatorForm) complete() bool {
	switch {
	case f.chosen() == "":
		f.roleF.SetError(f.env.t("staff.role.none"))
		f.env.Canvas.Focus(f.role)
	case f.asksPassphrase() && !f.first.Same(f.again):
		f.againF.SetError(f.env.t("passphrase.differs"))
		f.again.Clear()
		f.env.Canvas.Focus(f.again.Input())
	default:
		return true
	}
	return false
}

// passphrase is the new one, a copy; nil where none is asked for.
func (f *operatorForm) passphrase() []byte {
	if !f.asksPassphrase() {
		return nil
	}
	return f.first.Bytes()
}

func (f *operatorForm) signature() console.Signature {
	if !f.asksSignature() {
		return console.Signature{}
	}
	return console.Signature{SignIn: f.signer.Text, Passphrase: f.signed.Bytes()}
}

// refused shows each error at its field, and puts the focus on the first.
func (f *operatorForm) refused(e *console.StaffError) {
	focused := false
	for _, name := range []console.StaffField{console.StaffName, console.StaffSignIn, console.StaffPassphrase, console.StaffRole, console.StaffSignature} {
		err := e.Fields[name]
		if err == nil {
			continue
		}
		label, at := f.field(name)
		w := f.env.Words
		label.SetError(cmp.Or(w.Fields(err)[string(name)], w.Error(err).What))
		if !focused {
			f.env.Canvas.Focus(at)
			focused = true
		}
	}
	if e.Fields[console.StaffSignature] != nil {
		f.signed.Clear()
	}
}
