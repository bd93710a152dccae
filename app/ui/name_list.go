package ui

import (
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"stipple/app/ui/keys"
	"stipple/app/ui/trace"
	"stipple/app/ui/widgets"
	"stipple/app/ui/words"
)

// nameSearchFrom is how many names are found by scrolling alone.
const nameSearchFrom = 6

// nameList is where somebody says who they are: the sign-in names, which are public,
// with a search where there are many.
type nameList struct {
	words  *words.Words
	names  []string
	last   string // the one that signed in last
	chosen string
	shown  []string
	locked func() bool       // somebody is being tried: the choice stays
	choose func(name string) // told of another choice

	search *widgets.TextEntry
	list   *widgets.RowList
	object *fyne.Container
}

// newNameList returns an empty list. enter is told where a name was chosen for good.
func newNameList(t *words.Words, k *keys.Router, names *trace.Names, page string, locked func() bool, choose func(string), enter func()) *nameList {
	n := &nameList{words: t, locked: locked, choose: choose}
	n.list = widgets.NewRowList(k, n.pick, func(i int) {
		n.pick(i)
		enter()
	})
	n.search = widgets.NewSearchEntry(k, t.T("signin.search"), n.find)
	n.search.OnKey = func(key fyne.KeyName) bool { return n.list.Key(key) }
	names.Set(n.list, "list", page+".names")
	names.Set(n.search, "entry", page+".search")
	n.object = container.New(over{}, n.search, n.list)
	return n
}

// set lists names; last is chosen where nobody of them is yet, else the first.
func (n *nameList) set(names []string, last string) {
	n.names, n.last = names, last
	if !slices.Contains(names, n.chosen) {
		n.chosen = ""
		switch {
		case slices.Contains(names, last):
			n.take(last)
		case len(names) > 0:
			n.take(names[0])
		}
	}
	n.search.SetText("")
	setVisible(n.search, len(names) > nameSearchFrom)
	n.find("")
	n.object.Refresh()
}

// find lists the names that have a text in them.
func (n *nameList) find(text string) {
	text = strings.ToLower(strings.TrimSpace(text))
	n.shown = nil
	var rows []widgets.Row
	at := -1
	for _, name := range n.names {
		if !strings.Contains(strings.ToLower(name), text) {
			continue
		}
		if name == n.chosen {
			at = len(rows)
		}
		n.shown = append(n.shown, name)
		row := widgets.Row{Key: name, Title: []widgets.Run{widgets.Strong(name)}}
		if name == n.last {
			row.Sub = []widgets.Run{widgets.Small(n.words.T("signin.row.last"))}
		}
		rows = append(rows, row)
	}
	if len(rows) == 1 && !n.locked() {
		at = 0
		n.take(n.shown[0])
	}
	n.list.Set(rows, n.words.T("signin.nobody"))
	n.list.Select(at)
}

// pick takes the person of a row, unless somebody is being tried: then the list
// shows again who that is.
func (n *nameList) pick(i int) {
	if n.locked() {
		n.list.Select(slices.Index(n.shown, n.chosen))
		return
	}
	n.take(n.shown[i])
}

func (n *nameList) take(name string) {
	if n.chosen != name {
		n.chosen = name
		n.choose(name)
	}
}
