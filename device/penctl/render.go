package main

import (
	"fmt"
	"reflect"
	"strconv"

	"stipple/protocol"
)

// dictionary gives numbers the names that the pen's own descriptor has for
// them, once the descriptor has passed on the link.
type dictionary struct {
	want protocol.HelloAck
	raw  []byte
	d    *protocol.Descriptor // nil: not known

	layouts map[reflect.Type]*layout // of what has been shown
}

// layout is what is the same each time that a struct is shown.
type layout struct {
	fields   []layoutField
	quantity int // the field that says what the numbers are of, or -1
}

type layoutField struct {
	index     int
	name, key string // in Go, and for a person
	unit      unit
}

// layout finds out how a struct is shown, once.
func (d *dictionary) layout(t reflect.Type) *layout {
	if l := d.layouts[t]; l != nil {
		return l
	}
	l := &layout{quantity: -1}
	for i := range t.NumField() {
		f := t.Field(i)
		if f.Type == reflect.TypeFor[protocol.Quantity]() {
			l.quantity = i
		}
		if f.IsExported() {
			l.fields = append(l.fields, layoutField{i, f.Name, snake(f.Name), unitOf(f)})
		}
	}
	if d.layouts == nil {
		d.layouts = make(map[reflect.Type]*layout)
	}
	d.layouts[t] = l
	return l
}

// learn takes over what a message says of the descriptor.
func (d *dictionary) learn(m protocol.Message) {
	switch m := m.(type) {
	case *protocol.HelloAck:
		if m.DescriptorSHA256 != d.want.DescriptorSHA256 {
			d.raw, d.d = nil, nil
		}
		d.want = *m
	case *protocol.DescriptorChunk:
		if int(m.Offset) != len(d.raw) || d.d != nil {
			return // read again, or out of order
		}
		d.raw = append(d.raw, m.Data...)
		if len(d.raw) >= int(d.want.DescriptorLength) {
			// One that is refused, or has another hash, names nothing.
			d.d, _ = protocol.ParseDescriptor(d.raw, d.want.DescriptorSHA256)
			d.raw = nil
		}
	}
}

// parameter is the descriptor's entry of that index.
func (d *dictionary) parameter(i int) (protocol.ParameterSpec, bool) {
	if d.d == nil || i < 0 || i >= len(d.d.Parameters) {
		return protocol.ParameterSpec{}, false
	}
	return d.d.Parameters[i], true
}

// event is the descriptor's entry of that code.
func (d *dictionary) event(code uint16) (protocol.EventSpec, bool) {
	if d.d != nil {
		for _, e := range d.d.Events {
			if e.Code == code {
				return e, true
			}
		}
	}
	return protocol.EventSpec{}, false
}

// message shows a message: every field of it, whatever the message is.
func (d *dictionary) message(m protocol.Message) object {
	return d.object(reflect.ValueOf(m).Elem(), unit{})
}

// object shows a struct. Numbers that have no unit of their own get u.
func (d *dictionary) object(v reflect.Value, u unit) object {
	l := d.layout(v.Type())
	o := make(object, 0, len(l.fields))
	if l.quantity >= 0 {
		u = quantityUnit(protocol.Quantity(v.Field(l.quantity).Uint()))
	}
	in := v.Interface()
	for _, f := range l.fields {
		if more, ok := d.named(in, f.name, f.key); ok {
			o = append(o, more...)
			continue
		}
		its := f.unit
		if its == (unit{}) {
			its = d.borrowed(in, f.name, u)
		}
		o = append(o, member{f.key + f.unit.suffix, f.key, d.value(v.Field(f.index), f.name, its)})
	}
	return o
}

// borrowed is the unit of a number that is counted in what something beside it
// says.
func (d *dictionary) borrowed(in any, field string, u unit) unit {
	if pointer, index := parameterOf(in); pointer != "" && pointer != field {
		if p, ok := d.parameter(index); ok && (field == "Value" || field == "Min" || field == "Max" || field == "Bound") {
			return units(p.Unit)
		}
		return unit{}
	}
	switch field {
	case "Value", "Set", "Mean", "Min", "Max", "Now", "Raw", "True", "Span", "Points":
		return u
	}
	return unit{}
}

// parameterOf is the field that holds the index of a parameter, and the index.
func parameterOf(in any) (field string, index int) {
	switch in := in.(type) {
	case protocol.Field:
		return "Index", int(in.Index)
	case protocol.Range:
		return "Index", int(in.Index)
	case protocol.Verdict:
		return "Index", int(in.Index)
	case protocol.Rejected:
		return "Field", int(in.Field)
	}
	return "", 0
}

// named shows the fields that the pen's own descriptor names.
func (d *dictionary) named(in any, field, key string) (object, bool) {
	switch in := in.(type) {
	case protocol.Event:
		return d.namedEvent(field, in.Code, in.Args)
	case protocol.LogRecord:
		return d.namedEvent(field, in.Code, in.Args)
	case protocol.SettingsReply:
		if field == "Values" && d.d != nil && len(in.Values) == len(d.d.Parameters) {
			return object{{"settings", "settings", d.settings(in.Values)}}, true
		}
	}
	if pointer, index := parameterOf(in); pointer == field {
		if p, ok := d.parameter(index); ok {
			return object{{key, key, count(index)}, {"parameter", "parameter", text(p.Name)}}, true
		}
	}
	return nil, false
}

func (d *dictionary) namedEvent(field string, code uint16, args [2]int32) (object, bool) {
	e, ok := d.event(code)
	switch {
	case !ok:
		return nil, false
	case field == "Code":
		return object{{"code", "code", count(int(code))}, {"event", "event", text(e.Name)}}, true
	case field == "Args":
		o := object{}
		for i, name := range e.Args {
			if i < len(args) {
				o = append(o, member{name, name, count(int(args[i]))})
			}
		}
		return object{{"args", "args", o}}, true
	}
	return nil, false
}

// settings names the values of all parameters.
func (d *dictionary) settings(values []int32) object {
	o := object{}
	for i, p := range d.d.Parameters {
		o = append(o, member{fieldKey(p.Name), p.Name, signed(int64(values[i]), units(p.Unit))})
	}
	return o
}

// value shows one field.
func (d *dictionary) value(v reflect.Value, name string, u unit) shown {
	switch x := v.Interface().(type) {
	case protocol.StatusFlags:
		return texts(flags(x))
	case fmt.Stringer:
		return text(x.String())
	case interface{ Names() []string }:
		return texts(x.Names())
	}
	if w := word(v.Interface()); w != "" {
		return text(w)
	}
	switch v.Kind() {
	case reflect.Bool:
		if v.Bool() {
			return scalar{"yes", "true"}
		}
		return scalar{"no", "false"}
	case reflect.String:
		return scalar{strconv.Quote(v.String()), quoted(v.String())}
	case reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64, reflect.Int:
		return signed(v.Int(), u)
	case reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uint:
		switch {
		case isIdentity(name):
			return text(fmt.Sprintf("%0*x", 2*int(v.Type().Size()), v.Uint()))
		case isDay(name):
			return day(v.Uint())
		}
		return unsigned(v.Uint(), u)
	case reflect.Struct:
		return d.object(v, u)
	case reflect.Slice, reflect.Array:
		return d.elements(v, name, u)
	}
	return text(fmt.Sprint(v.Interface()))
}

// elements shows a list; bytes are one value, a calibration table is what it
// says.
func (d *dictionary) elements(v reflect.Value, name string, u unit) shown {
	if v.Type().Elem().Kind() == reflect.Uint8 {
		b := make([]byte, v.Len())
		reflect.Copy(reflect.ValueOf(b), v)
		if name == "Table" {
			if table, err := protocol.ParseCalTable(b); err == nil {
				return d.object(reflect.ValueOf(table), u)
			}
		}
		return data(b)
	}
	all := make(list, v.Len())
	for i := range all {
		all[i] = d.value(v.Index(i), name, u)
	}
	return all
}
