package words

import (
	"fmt"
	"maps"
)

// Words is the catalogue of one language. Make one with [English].
type Words struct {
	tag   string
	table map[string]string
}

// English is the catalogue that the program is written in; every other one has
// the same keys.
func English() *Words {
	w := &Words{tag: "en", table: map[string]string{}}
	for _, part := range english() {
		maps.Copy(w.table, part)
	}
	return w
}

// english is the catalogue in its parts. No key is in two of them.
func english() []map[string]string {
	return []map[string]string{
		englishShell(), englishAlarm(), englishTreat(), englishPatients(), englishHelp(), englishErrors(), englishPortErrors(), englishPenErrors(), englishStoreErrors(), englishRoles(), englishExchange(), englishOpen(), englishUncertain(), englishArming(), englishSignIn(), englishLock(), englishClinic(), englishOperators(), englishBackup(), englishAudit(), englishFiles(),
	}
}

// Tag is the language tag after BCP 47: "en".
func (w *Words) Tag() string { return w.tag }

// Has says whether the catalogue knows a key.
func (w *Words) Has(key string) bool {
	_, ok := w.table[key]
	return ok
}

// T is the text of a key. Arguments fill its verbs, which are numbered where a
// translation may need another order. A key that is missing is returned as it
// is, so that a person sees at least which sentence it was; a test holds that
// none is missing.
func (w *Words) T(key string, args ...any) string {
	text, ok := w.table[key]
	if !ok {
		return key
	}
	if len(args) == 0 {
		return text
	}
	return fmt.Sprintf(text, args...)
}

// Or is the text of a key, or other where the catalogue has none: for the
// words of a list that another package may lengthen, such as the results of a
// pulse.
func (w *Words) Or(key, other string) string {
	if text, ok := w.table[key]; ok {
		return text
	}
	return other
}

// N is the text of key + ".one" or key + ".other", by the count, with the
// count as its first argument.
func (w *Words) N(key string, n int, args ...any) string {
	form := ".other"
	if n == 1 {
		form = ".one"
	}
	return w.T(key+form, append([]any{Count(n)}, args...)...)
}
