package sim

import (
	"encoding/binary"
	"fmt"

	"stipple/protocol"
)

// tipBox is every tip that the hand has put on, by its id. Count, binding and
// expiry are in a tip's own memory: a tip that was taken off and is put on again
// has them still. Of more than keptTips the one that came first is thrown away.
type tipBox struct {
	ids  [keptTips]uint32 // 0: the place is free
	ever uint32           // tips that ever came into the box
	on   uint32           // place of the tip that is on
}

// place is where the tip with that id lies; false if it is not in the box.
func (b *tipBox) place(id uint32) (uint32, bool) {
	for i, known := range b.ids {
		if known == id {
			return uint32(i), true
		}
	}
	return 0, false
}

// loadTips reads the box, and which tip is on. A tip that can't be read is one
// that was thrown away, unless it is on.
func (nv *nonvolatile) loadTips() error {
	b, err := nv.mem.Read(cellTip)
	if err != nil || len(b) < 9 {
		return err
	}
	nv.tipKnown = true
	nv.box.ever, nv.box.on = binary.LittleEndian.Uint32(b[1:]), binary.LittleEndian.Uint32(b[5:])%keptTips
	for i := range nv.box.ids {
		tip, err := nv.loadTip(uint32(i))
		switch {
		case err != nil && b[0] != 0 && uint32(i) == nv.box.on:
			return err
		case err != nil || tip == nil:
			continue
		}
		nv.box.ids[i] = tip.ID
		if b[0] != 0 && uint32(i) == nv.box.on {
			nv.tip = tip
		}
	}
	return nil
}

// loadTip reads the memory of the tip at a place of the box, nil for none.
func (nv *nonvolatile) loadTip(place uint32) (*TipSpec, error) {
	b, err := nv.mem.Read(cellTips + place)
	if err != nil || len(b) == 0 {
		return nil, err
	}
	var m protocol.TipInfo
	if err := m.DecodePayload(b); err != nil {
		return nil, fmt.Errorf("%w: tip: %w", ErrMemory, err)
	}
	return &TipSpec{
		ID: m.ID, Lot: m.Lot, ExpiryDays: m.ExpiryDays, Pins: m.Pins, Insulated: m.Insulated,
		NeedleLengthUM: protocol.Micrometres(m.NeedleLength), RatedPowerMW: protocol.Milliwatts(m.RatedPower),
		UseCount: m.UseCount, UseLimit: m.UseLimit, BoundTreatment: m.BoundTreatment,
	}, nil
}

// wear puts a tip on, or takes it off with nil. One whose id is in the box is
// the one in the box, whatever else tip says.
func (nv *nonvolatile) wear(tip *TipSpec) error {
	nv.tipKnown, nv.tip = true, tip
	if tip != nil {
		place, known := nv.box.place(tip.ID)
		if known {
			own, err := nv.loadTip(place)
			if err != nil {
				return err
			}
			nv.tip = own
		} else {
			place = nv.box.ever % keptTips
			nv.box.ids[place] = tip.ID
			nv.box.ever++
		}
		nv.box.on = place
		if err := nv.saveTip(); err != nil {
			return err
		}
	}
	b := append(make([]byte, 0, 9), byte(flag(tip != nil)))
	b = binary.LittleEndian.AppendUint32(b, nv.box.ever)
	return nv.mem.Write(cellTip, binary.LittleEndian.AppendUint32(b, nv.box.on))
}

// saveTip writes the memory of the tip that is on.
func (nv *nonvolatile) saveTip() error {
	return nv.mem.Write(cellTips+nv.box.on, nv.tip.info().AppendPayload(nil))
}

// tipAtLimit says whether the tip has been used as often as it may.
func (fw *firmware) tipAtLimit() bool {
	return fw.tip != nil && fw.tip.UseLimit > 0 && fw.tip.UseCount >= fw.tip.UseLimit
}

// tipExpired says whether the tip's last day is past; never while the pen does
// not know the date.
func (fw *firmware) tipExpired() bool {
	today, known := fw.today()
	return fw.tip != nil && fw.tip.ExpiryDays != 0 && known && today > int64(fw.tip.ExpiryDays)
}

// bindTip is TIP_BIND, the first time it arrives.
func (fw *firmware) bindTip(m *protocol.TipBind) (protocol.Code, protocol.ArmBlocks) {
	switch {
	case fw.tip == nil || fw.tip.ID != m.TipID:
		return protocol.CodeTip, 0
	case fw.boundElsewhere(m.TreatmentID) || fw.tipAtLimit():
		return protocol.CodeBlocked, protocol.BlockTipUsed
	}
	if fw.tip.BoundTreatment != m.TreatmentID {
		fw.tip.BoundTreatment = m.TreatmentID
		fw.keepErr(fw.nv.saveTip())
		fw.event(protocol.EventTipBound, int32(fw.tip.ID), 0)
	}
	return protocol.CodeOK, 0
}
