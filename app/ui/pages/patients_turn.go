package pages

import "stipple/app/clinical"

// open says whether who is at work may see patients at all.
func (p *Patients) open() bool { return may(p.view, clinical.PermitPatientData) }

// handOver drops all that was read or written for who was at work before, and reads
// anew for who is now, if the page is in front. What that one asked for and has not
// got yet goes nowhere.
func (p *Patients) handOver() {
	p.turn++
	p.asked++
	p.half = map[clinical.ID]*patientForm{}
	p.out.reason = ""
	p.file, p.chosen, p.failed = nil, "", nil
	p.record.clear()
	p.title.Set(nil, nil)
	p.history.Set(nil, "")
	p.details.set(nil)
	p.presets.show(nil, p.view)
	p.tabs.Select(tabPresets)
	p.finder.clear()
	if p.content.Visible() {
		p.readAnew()
	}
	p.showHead()
	p.arrange()
}

// readAnew reads the list, and the patient of the Treat page if none is chosen.
func (p *Patients) readAnew() {
	if !p.open() {
		return
	}
	p.finder.again()
	id := p.chosen
	if id == "" && p.view.Patient != nil {
		id = p.view.Patient.ID
	}
	if id != "" {
		p.choose(id)
	}
}

// answers returns what runs an answer on the window's thread: not at all once
// somebody else is at work than the one who asked.
func (p *Patients) answers() func(func()) {
	asked := p.turn
	return func(show func()) {
		p.env.Do(func() {
			if asked == p.turn {
				show()
			}
		})
	}
}

// closedState is what stands in the place of everything for who may not see patients.
func (p *Patients) closedState() emptyState {
	t := p.env.t
	return emptyState{title: t("patients.closed"), text: noPatients(p.env.Words, p.view), acts: []emptyAct{
		{"patients.operator", t("operator.change"), true, p.env.PickOperator},
	}}
}
