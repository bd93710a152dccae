package exchange

import (
	"iter"
	"strconv"
	"strings"

	"stipple/app/audit"
	"stipple/app/clinical"
	"stipple/app/coded"
)

// Audit is the table of entries of the audit chain, a line each, in the order in which
// they come. Changes are written as "depth: 1200 µm -> 1500 µm; speed: …", texts in
// quotes. What tells of a patient has a column of its own, and beside it why it is empty:
// "sealed" or "erased". head proves the entry and all before it.
func Audit(entries iter.Seq[audit.Opened]) Table {
	type e = audit.Opened
	by := func(name string, who func(e) clinical.Operator) []column[e] {
		return []column[e]{
			{name + "_id", func(e e) cell { return text(who(e).ID) }},
			{name + "_name", func(e e) cell { return text(who(e).Name) }},
			{name + "_role", func(e e) cell { return text(who(e).Role) }},
		}
	}
	columns := []column[e]{
		{"entry", func(e e) cell { return cell{numberCell, strconv.FormatUint(e.Seq, 10)} }},
		{"at_utc", func(e e) cell { return stamp(e.At) }},
	}
	columns = append(columns, by("operator", func(e e) clinical.Operator { return e.Operator })...)
	columns = append(columns, by("second", func(e e) clinical.Operator { return e.Second })...)
	columns = append(columns, []column[e]{
		{"action", func(e e) cell { return text(e.Action) }},
		{"subject", func(e e) cell { return text(e.Subject.Kind) }},
		{"subject_id", func(e e) cell { return text(e.Subject.ID) }},
		{"patient_id", func(e e) cell { return text(e.Patient) }},
		{"changes", func(e e) cell { return text(changes(e.Changes)) }},
		{"patient_changes", func(e e) cell { return text(changes(e.Private)) }},
		{"patient_changes_closed", func(e e) cell { return text(closed(e)) }},
		{"why", func(e e) cell { return text(e.Why) }},
		{"head", func(e e) cell { return headCell(e) }},
		{"broken", func(e e) cell { return boolean(e.Broken != nil) }},
	}...)
	return table("audit", columns, entries)
}

// headCell is the whole head; nothing for an entry that does not hold.
func headCell(e audit.Opened) cell {
	if e.Broken != nil {
		return cell{}
	}
	return cell{ownCell, e.Head.String()}
}

// closed is why what tells of the patient is not there.
func closed(e audit.Opened) string {
	switch {
	case e.Sealed == nil:
		return ""
	case coded.Of(e.Sealed) == "erased":
		return "erased"
	}
	return "sealed"
}

// changes are fields before and after, in one text.
func changes(all []audit.Change) string {
	parts := make([]string, len(all))
	for i, c := range all {
		parts[i] = c.Field + ": " + value(c.Before) + " -> " + value(c.After)
	}
	return strings.Join(parts, "; ")
}

// value is a value as it is written: a text in quotes, "-" for none.
func value(v audit.Value) string {
	switch {
	case v.None():
		return "-"
	case v.Quantity == audit.NoQuantity:
		return strconv.Quote(v.Text)
	}
	return v.String()
}
