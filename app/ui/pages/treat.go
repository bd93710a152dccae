package pages

import (
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"stipple/app/clinical"
	"stipple/app/console"
	"stipple/app/ui/widgets"
)

// Treat is the page that a treatment happens on.
type Treat struct {
	env  *Env
	view *console.View
	live console.LiveView

	patient    *widgets.RowButton
	indication *widgets.PickerButton
	zone       *widgets.PickerButton
	preset     *widgets.PickerButton
	applyLine  *widgets.Line
	saveAs     *widgets.Button
	apply      *widgets.Button

	cards  map[clinical.Parameter]*widgets.ValueCard
	order  []clinical.Parameter // the cards that are shown
	empty  *emptyCard
	dose   *doseRow
	status *statusRow
	hold   *widgets.HoldButton
	halt   *haltBar

	drawer  bool // the handpiece drawer lies over the lower right
	content *fyne.Container
	upper   *fyne.Container // relaid when cards come or go
}

var _ Page = (*Treat)(nil)

// NewTreat builds the page.
func NewTreat(env *Env) *Treat {
	p := &Treat{env: env, view: &console.View{}, cards: map[clinical.Parameter]*widgets.ValueCard{}}
	p.buildHead()
	p.buildCards()
	p.dose = newDoseRow(env, p.pickSpot)
	p.status = newStatusRow(env, p)
	p.buildArm()
	objects := []fyne.CanvasObject{
		p.patient, p.indication, p.zone, p.preset, p.applyLine, p.saveAs, p.apply,
	}
	for _, par := range clinical.AllParameters() {
		objects = append(objects, p.cards[par])
	}
	objects = append(objects, p.empty.object, p.dose.object, p.status.object, p.hold, p.halt.object)
	p.upper = arrange(fyne.NewSize(600, 400), p.layout, objects...)
	p.content = container.NewStack(p.upper)
	return p
}

func (p *Treat) buildHead() {
	env := p.env
	p.patient = widgets.NewRowButton(env.Keys, env.active(func() {
		if !may(p.view, clinical.PermitTreat) {
			env.PickOperator() // the one way on, and the button says so
			return
		}
		p.PickPatient()
	}))
	picker := func(name string, open func()) *widgets.PickerButton {
		b := widgets.NewPickerButton(env.Keys, env.active(open))
		env.name(b, "picker", name)
		return b
	}
	env.name(p.patient, "picker", "treat.patient")
	p.indication = picker("treat.indication", p.pickIndication)
	p.zone = picker("treat.zone", p.pickZone)
	p.preset = picker("treat.preset", p.pickPreset)
	p.applyLine = widgets.NewLine()
	p.saveAs = env.button("treat.save_as", widgets.Secondary, "save_as", p.openSaveAs)
	p.apply = env.button("treat.apply", widgets.Primary, "apply", env.Desk.Apply)
}

func (p *Treat) buildCards() {
	env := p.env
	for _, par := range clinical.AllParameters() {
		card := widgets.NewValueCard(env.Keys, env.Clock, widgets.ValueCardEvents{
			Step: func(n int) {
				env.Desk.Step(par, n)
			},
			Typed: func(text string) {
				env.Desk.Type(par, text)
			},
			Preview: func(v int64, done bool) { p.preview(par, v, done) },
		})
		card.Hide()
		env.name(card, "setting", "treat."+key(par))
		p.cards[par] = card
	}
	p.empty = newEmptyCard(env)
}

// key is the stable name of a parameter in the trace.
func key(p clinical.Parameter) string {
	switch p {
	case clinical.Depth:
		return "depth"
	case clinical.Speed:
		return "speed"
	case clinical.Power:
		return "power"
	}
	return "pulse"
}

func (p *Treat) buildArm() {
	env := p.env
	p.hold = widgets.NewHoldButton(env.Keys, env.Clock, p.arm, env.active(env.Desk.Disarm))
	p.hold.OnBlocked = env.active(p.showWhy)
	env.name(p.hold, "hold", "treat.arm")
	p.halt = newHaltBar(env)
}

// preview shows the value under a pointer that drags on a bar. Only the end of
// the drag reaches the desk, and nothing reaches the pen.
func (p *Treat) preview(par clinical.Parameter, v int64, done bool) {
	if done {
		p.env.Desk.Set(par, int32(v))
		return
	}
	for _, c := range p.view.Controls {
		if c.Limit.Parameter == par {
			c.Draft, c.Has, c.Refused = floorToStep(int32(v), c.Limit), true, nil
			p.cards[par].Set(cardState(p.env.Words, c, measurement{}, false))
		}
	}
}

// floorToStep is the value that a drag to v would set.
func floorToStep(v int32, l clinical.Limit) int32 {
	v = min(max(v, l.Min.Value), l.Max.Value)
	if l.Step <= 0 {
		return v
	}
	return v - (v-l.ScaleMin)%l.Step
}

// Name is NameTreat.
func (p *Treat) Name() string { return NameTreat }

// Content is the page.
func (p *Treat) Content() fyne.CanvasObject { return p.content }

// Enter does nothing: the page shows every view, in front or not.
func (p *Treat) Enter() {}

// Leave disarms: leaving the page ends READY (safety.md section 2).
func (p *Treat) Leave() {
	if locked(p.view) {
		p.env.Desk.FallBack(clinical.FellPage)
	}
}

// SetDrawer tells that the handpiece drawer lies over the lower right corner.
func (p *Treat) SetDrawer(open bool) {
	if p.drawer != open {
		p.drawer = open
		p.showArm(p.view)
		p.upper.Refresh()
	}
}

// Tick draws the measured values.
func (p *Treat) Tick(_ time.Time, live console.LiveView) {
	p.live = live
	p.showCards(p.view)
	p.dose.tick(p.view, live.Freshness())
}

// locked says that nothing may be chosen or set now.
func locked(v *console.View) bool {
	switch v.Pen.Phase {
	case console.Ready, console.Treating:
		return true
	}
	return v.Arm.State == console.Arming || v.Arm.State == console.ArmArmed
}
