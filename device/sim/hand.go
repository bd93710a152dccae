package sim

import "stipple/protocol"

// hand is the handpiece in process: each call is one on Run's goroutine.
type hand struct{ pen *Pen }

var _ Handpiece = hand{}

func (h hand) Trigger(held bool) error {
	return h.pen.call(func() { h.pen.fw.plant.trigger = held })
}

func (h hand) Contact(on bool) error {
	return h.pen.call(func() { h.pen.fw.plant.touch(on) })
}

func (h hand) ChangeTip(tip TipSpec) error {
	if err := tip.check(); err != nil {
		return err
	}
	return h.pen.call(func() { h.pen.fw.mount(&tip) })
}

func (h hand) RemoveTip() error {
	return h.pen.call(func() { h.pen.fw.mount(nil) })
}

func (h hand) LoadOhm(ohms protocol.Ohms) error {
	if err := checkLoad(ohms); err != nil {
		return err
	}
	return h.pen.call(func() { h.pen.fw.plant.load = int64(ohms) * moPerOhm })
}

func (h hand) Fault(name string, on bool) error {
	s, err := faultByName(name)
	if err != nil {
		return err
	}
	return h.pen.call(func() { h.pen.fw.breakDown(s, on) })
}

func (h hand) State() (HandState, error) {
	var s HandState
	err := h.pen.call(func() {
		fw := h.pen.fw
		s = HandState{
			Trigger: fw.plant.trigger, Contact: fw.plant.contact, LoadOhm: protocol.Ohms(fw.plant.load / moPerOhm), Faults: fw.faultsOn().names(),
			State: fw.state.String(), RF: fw.plant.power > 0, Motion: fw.plant.out(),
		}
		if fw.nv.tip != nil {
			tip := *fw.nv.tip
			s.Tip = &tip
		}
	})
	return s, err
}
