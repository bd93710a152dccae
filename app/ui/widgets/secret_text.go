package widgets

import "unicode/utf8"

// secretText is text that is wiped. It lies in one array of a fixed size, so that
// growing leaves no copies behind, and never in a string but where it is drawn.
type secretText struct {
	runes    []rune
	caret    int  // before the rune of this index
	selected bool // all of it: what is typed next replaces it
	over     bool // more was typed than there is room for
}

func newSecretText(most int) secretText { return secretText{runes: make([]rune, 0, most)} }

// insert puts runes at the caret, all or none of them.
func (t *secretText) insert(more ...rune) {
	if t.selected {
		t.wipe()
	}
	n := len(t.runes)
	if n+len(more) > cap(t.runes) {
		t.over = true
		return
	}
	t.runes = t.runes[:n+len(more)]
	copy(t.runes[t.caret+len(more):], t.runes[t.caret:n])
	copy(t.runes[t.caret:], more)
	t.caret += len(more)
}

// erase takes the rune at an index out.
func (t *secretText) erase(i int) {
	t.over = false
	if t.selected {
		t.wipe()
		return
	}
	if i < 0 || i >= len(t.runes) {
		return
	}
	copy(t.runes[i:], t.runes[i+1:])
	t.runes[len(t.runes)-1] = 0
	t.runes = t.runes[:len(t.runes)-1]
	if t.caret > i {
		t.caret--
	}
}

// backspace takes out what stands before the caret.
func (t *secretText) backspace() { t.erase(t.caret - 1) }

// moveTo puts the caret before a rune.
func (t *secretText) moveTo(i int) {
	t.selected = false
	t.caret = min(max(i, 0), len(t.runes))
}

// wipe leaves no rune behind.
func (t *secretText) wipe() {
	clear(t.runes[:cap(t.runes)])
	t.runes, t.caret, t.selected, t.over = t.runes[:0], 0, false, false
}

// bytes is a copy, which belongs to the caller.
func (t *secretText) bytes() []byte {
	size := 0
	for _, r := range t.runes {
		size += max(utf8.RuneLen(r), len("\uFFFD"))
	}
	out := make([]byte, 0, size)
	for _, r := range t.runes {
		out = utf8.AppendRune(out, r)
	}
	return out
}
