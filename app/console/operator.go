package console

import (
	"context"
	"slices"

	"stipple/app/clinical"
)

// ChooseOperator changes who works here; the zero ID is nobody. An armed pen falls
// back to STANDBY. One who may treat takes over what is open, patient and
// treatment, and has to apply again. Of anybody else's desk everything of a
// patient goes at once, and an open treatment is ended.
func (d *Desk) ChooseOperator(id clinical.ID) {
	d.post(func() {
		i := slices.IndexFunc(d.operators, func(o clinical.Operator) bool { return o.ID == id })
		switch {
		case id == "":
			d.changeOperator(clinical.Operator{})
		case i >= 0:
			d.changeOperator(d.operators[i])
		}
	})
}

// TakeOver puts o, who has proven who that is, into the place of who is at work and of
// all who could be chosen: as ChooseOperator otherwise. done is called on Run's goroutine
// once there is a View of it, and must return at once; it is not called once Run has
// ended.
func (d *Desk) TakeOver(o clinical.Operator, done func()) {
	d.post(func() {
		d.operators = []clinical.Operator{o}
		d.changeOperator(o)
		d.publish()
		done()
	})
}

// changeOperator puts o into the place of whoever is at work.
func (d *Desk) changeOperator(o clinical.Operator) {
	d.fallBack(clinical.FellOperator) // first of all, and for that reason
	if o != d.operator {
		d.takeOperator(o)
		d.handOver()
	}
	d.reselect(clinical.FellOperator)
}

// takeOperator makes o the one who works here, for the pen too: it judges each
// request by the role. What was asked for on behalf of the one before does not
// arrive any more, and what that one was told is over.
func (d *Desk) takeOperator(o clinical.Operator) {
	d.operator, d.tookOver = o, d.cfg.Now()
	d.turn++
	d.handedOver()
	d.atWork, d.handedOver = context.WithCancel(context.Background())
	d.opening++
	if s := d.session.Load(); s != nil {
		s.SetRole(o.Role.Wire())
	}
	d.armErr, d.applied.err = nil, nil
	d.resolve(noticeRefused)
	for _, u := range d.unsettled {
		u.signErr = nil
	}
}

// handOver hands the desk to whoever has just come.
func (d *Desk) handOver() {
	if d.run != nil {
		d.recordHandOver()
	}
	if d.may(clinical.PermitTreat) != nil {
		d.endRun(clinical.OutcomeComplete)
	}
	if d.may(clinical.PermitPatientData) != nil {
		d.dropPatient()
		return
	}
	d.refreshPresets() // what was being read for the one before does not come
	d.refreshHistory()
}

// recordHandOver writes into the open record who took over, and when: beside the
// operator of the treatment and those of its armings, so that it has both also
// where the second never arms.
func (d *Desk) recordHandOver() {
	if d.operator.Name == "" {
		return // nobody did
	}
	r := d.run
	h := clinical.HandOver{At: d.tookOver, From: r.record.AtWork(), To: d.operator}
	if h.From == h.To {
		return // back again, and nobody was there between
	}
	r.record.HandOvers = append(r.record.HandOvers, h)
	if err := d.rec.handOver(r.record.ID, h); err != nil {
		d.recordBehind(err)
	}
}

// dropPatient takes all of a patient off the desk. What the pen holds stays there,
// unconfirmed. Runs whose outcome is not known stay, too: they are the console's
// own business with the pen, and nothing of them is shown (see withhold).
func (d *Desk) dropPatient() {
	d.patient, d.edited = nil, clinical.Patient{}
	d.presets, d.history = nil, nil
	d.sel, d.draft = selection{spot: 1}, draft{}
	d.loaded, d.loadedSet = PresetRef{}, clinical.Settings{}
	d.applied = applied{busy: d.applied.busy}
	d.resolve(noticePreset)
}

// loadOperators reads who may be chosen, where Prepare has not.
func (d *Desk) loadOperators() {
	if d.operators != nil {
		return
	}
	d.again(func(ctx context.Context) (func(), error) {
		ops, err := d.cfg.Operators.Operators(ctx)
		return func() { d.tookOperators(ops) }, err
	})
}

// tookOperators takes the list; the only one is at work, of several the first who may
// treat.
func (d *Desk) tookOperators(all []clinical.Operator) {
	d.operators = all
	i := slices.IndexFunc(all, func(o clinical.Operator) bool { return len(all) == 1 || o.Role.May(clinical.PermitTreat) })
	if d.operator == (clinical.Operator{}) && i >= 0 {
		d.takeOperator(all[i])
	}
	d.judge()
}
