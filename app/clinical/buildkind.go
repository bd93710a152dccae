package clinical

import (
	"maps"
	"slices"
)

// kind reads everything that one kind of pen may do.
func (b *builder) kind(k PenKind, f *fileKind) {
	if f == nil {
		return
	}
	if _, twice := b.lib.kinds[k]; twice {
		b.fail(string(k), "stands in two files")
	}
	out := kindRules{device: b.device(string(k)+".device", f.Device), indications: map[IndicationKey]indicationRules{}}
	for _, n := range b.lib.indications {
		rules, ok := f.Indication[string(n.key)]
		if !ok {
			b.fail(string(k)+".indication", "%s is missing; one that may not be treated says so", n.key)
			continue
		}
		out.indications[n.key] = b.rules(k, n.key, rules, f.Cell[string(n.key)], out.device)
	}
	for _, key := range slices.Sorted(maps.Keys(f.Indication)) {
		b.known(string(k)+".indication."+key, key)
	}
	for _, key := range slices.Sorted(maps.Keys(f.Cell)) {
		b.known(string(k)+".cell."+key, key)
	}
	b.lib.kinds[k] = out
}

func (b *builder) known(field, key string) {
	if _, ok := b.lib.indicationName(IndicationKey(key)); !ok {
		b.fail(field, "%q is not an indication", key)
	}
}

func (b *builder) device(field string, f fileDevice) deviceRules {
	d := deviceRules{
		dose:          b.optional(field+".dose_uj_per_pin", f.Dose),
		pulsesPerSpot: b.optional(field+".pulses_per_spot", f.PulsesPerSpot),
		startStep:     b.optional(field+".start_step_um", f.StartStep),
		speed:         b.row(field+".speed_spm", f.Speed),
		insulated:     f.Insulated,
	}
	if d.pulsesPerSpot != nil && d.pulsesPerSpot.Value < 1 {
		b.fail(field+".pulses_per_spot", "is under 1")
	}
	return d
}

func (b *builder) rules(k PenKind, key IndicationKey, f fileRules, cells map[string]fileRows, device deviceRules) indicationRules {
	field := string(k) + ".indication." + string(key)
	out := indicationRules{note: f.Note, sites: f.Sites, insulated: f.Insulated, cells: map[string]cellRows{}}
	b.note(field+".note", f.Note)
	switch f.Access {
	case AccessOffered.String():
		out.access = AccessOffered
	case AccessOverride.String():
		out.access = AccessOverride
	case AccessNever.String():
		out.access = AccessNever
	default:
		b.fail(field+".access", "%q is not offered, override or never", f.Access)
	}
	if out.access != AccessOffered && f.Note == "" {
		b.fail(field+".note", "is missing: it says why the indication is %s", f.Access)
	}
	if out.access == AccessNever {
		if len(f.Sites) > 0 || f.fileRows != (fileRows{}) || len(cells) > 0 {
			b.fail(field, "is never treated, yet has sites or numbers")
		}
		return out
	}
	b.sitesOf(field+".sites", k, f.Sites)
	out.rows = b.rows(field, f.fileRows)
	if out.rows.byParameter[Speed] == nil {
		out.rows.byParameter[Speed] = device.speed
	}
	b.complete(field, k, out.rows)
	for _, s := range slices.Sorted(maps.Keys(cells)) {
		cellField := string(k) + ".cell." + string(key) + "." + s
		if !slices.Contains(f.Sites, s) {
			b.fail(cellField, "%q is not a site of the indication", s)
		}
		out.cells[s] = b.rows(cellField, cells[s])
	}
	return out
}

func (b *builder) sitesOf(field string, k PenKind, sites []string) {
	if len(sites) == 0 {
		b.fail(field, "is empty")
	}
	for i, s := range sites {
		row, ok := b.lib.sites[s]
		if !ok {
			b.fail(field, "%q is not a site", s)
			continue
		}
		if _, ok := row.caps[k]; !ok {
			b.fail(field, "site %q has no depths for a %s pen", s, k)
		}
		if slices.Contains(sites[:i], s) {
			b.fail(field, "%q stands there twice", s)
		}
	}
}

// complete checks that an indication has the rows without which its pen can't
// be bounded.
func (b *builder) complete(field string, k PenKind, rows cellRows) {
	if rows.byParameter[Speed] == nil {
		b.fail(field+".speed_spm", "is missing")
	}
	if rows.byParameter[Depth] == nil {
		b.fail(field+".depth_um", "is missing")
	}
	if k != RF {
		if rows.byParameter[Power] != nil || rows.byParameter[Duration] != nil || rows.dose != nil {
			b.fail(field, "has RF numbers")
		}
		return
	}
	for _, need := range []struct {
		p    Parameter
		name string
	}{{Power, ".power_mw"}, {Duration, ".pulse_ms"}} {
		if row := rows.byParameter[need.p]; row == nil || row.max == nil {
			b.fail(field+need.name, "has no max")
		}
	}
	if rows.dose == nil {
		b.fail(field+".dose_uj_per_pin", "is missing")
	}
}

func (b *builder) rows(field string, f fileRows) cellRows {
	return cellRows{
		byParameter: [ParameterCount]*row{
			Depth:    b.row(field+".depth_um", f.Depth),
			Speed:    b.row(field+".speed_spm", f.Speed),
			Power:    b.row(field+".power_mw", f.Power),
			Duration: b.row(field+".pulse_ms", f.Duration),
		},
		dose: b.dose(field+".dose_uj_per_pin", f.Dose),
	}
}

// row reads min, typical, typical_to, max and start. typical_to falls back to
// typical, and start too.
func (b *builder) row(field string, f *fileRow) *row {
	if f == nil {
		return nil
	}
	typical := b.optional(field+".typical", f.Typical)
	r := &row{
		min:       b.optional(field+".min", f.Min),
		typicalTo: b.optional(field+".typical_to", f.TypicalTo),
		max:       b.optional(field+".max", f.Max),
		start:     b.optional(field+".start", f.Start),
	}
	b.ordered(field, []end{{"min", r.min}, {"typical", typical}, {"typical_to", r.typicalTo}, {"max", r.max}})
	b.ordered(field, []end{{"min", r.min}, {"start", r.start}, {"max", r.max}})
	if r.typicalTo == nil {
		r.typicalTo = typical
	}
	if r.start == nil {
		r.start = typical
	}
	return r
}

// end is one number of a row, by its name in the file.
type end struct {
	name   string
	number *Number
}

// ordered checks that the numbers that are there rise, or stay.
func (b *builder) ordered(field string, ends []end) {
	var last end
	for _, e := range ends {
		if e.number == nil {
			continue
		}
		if last.number != nil && e.number.Value < last.number.Value {
			b.fail(field+"."+e.name, "%d is under %s of %d", e.number.Value, last.name, last.number.Value)
		}
		last = e
	}
}

func (b *builder) dose(field string, f *fileDose) *doseRow {
	if f == nil {
		return nil
	}
	d := &doseRow{
		most:          b.columns(field+".cap", f.Cap),
		typical:       b.columns(field+".typical", f.Typical),
		pulsesPerSpot: b.number(field+".pulses_per_spot", f.PulsesPerSpot),
	}
	if d.pulsesPerSpot.Value < 1 {
		b.fail(field+".pulses_per_spot", "is under 1")
	}
	for i, name := range doseColumnKeys() {
		if d.most[i].Value <= 0 {
			b.fail(field+".cap."+name, "is not a dose")
		}
		if d.typical[i].Value > d.most[i].Value {
			b.fail(field+".typical."+name, "%d is over the cap of %d", d.typical[i].Value, d.most[i].Value)
		}
		if i > 0 && d.most[i].Value > d.most[i-1].Value {
			b.fail(field+".cap."+name, "%d is over the %d of lighter skin", d.most[i].Value, d.most[i-1].Value)
		}
	}
	return d
}

func (b *builder) columns(field string, f fileColumns) [doseColumns]Number {
	keys := doseColumnKeys()
	return [doseColumns]Number{
		columnItoIII: b.number(field+"."+keys[columnItoIII], f.ItoIII),
		columnIV:     b.number(field+"."+keys[columnIV], f.IV),
		columnVtoVI:  b.number(field+"."+keys[columnVtoVI], f.VtoVI),
	}
}

// doseColumnKeys are the columns as the files call them.
func doseColumnKeys() [doseColumns]string {
	return [doseColumns]string{columnItoIII: "i_iii", columnIV: "iv", columnVtoVI: "v_vi"}
}
