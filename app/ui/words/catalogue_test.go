package words

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// source is what the window's sources say about keys.
type source struct {
	literals map[string]bool
	asked    map[string]string // key handed to the catalogue: where
	counted  map[string]string // key of a count: where
}

// read parses every source file of the window but the catalogue itself.
func read(t *testing.T) source {
	t.Helper()
	s := source{map[string]bool{}, map[string]string{}, map[string]string{}}
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := d.Name()
		if d.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") || strings.HasPrefix(name, "english") {
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.BasicLit:
				if text, ok := literal(n); ok {
					s.literals[text] = true
				}
			case *ast.CallExpr:
				s.call(n, path)
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func literal(e ast.Expr) (string, bool) {
	l, ok := e.(*ast.BasicLit)
	if !ok || l.Kind != token.STRING {
		return "", false
	}
	text, err := strconv.Unquote(l.Value)
	return text, err == nil
}

// call notes the keys of T, t, N and of a button's text.
func (s source) call(c *ast.CallExpr, path string) {
	sel, ok := c.Fun.(*ast.SelectorExpr)
	name := ""
	if ok {
		name = sel.Sel.Name
	} else if id, isName := c.Fun.(*ast.Ident); isName {
		name = id.Name
	}
	arg := func(i int) (string, bool) {
		if i >= len(c.Args) {
			return "", false
		}
		return literal(c.Args[i])
	}
	switch name {
	case "T", "t":
		if key, ok := arg(0); ok {
			s.asked[key] = path
		}
	case "N":
		if key, ok := arg(0); ok {
			s.counted[key] = path
		}
	case "button":
		for _, i := range []int{1, 2} {
			if key, ok := arg(i); ok {
				s.asked[key] = path
			}
		}
	}
}

func TestEveryKeyThatIsAskedForExists(t *testing.T) {
	w, s := English(), read(t)
	if len(s.asked) < 100 {
		t.Fatalf("only %d keys found in the sources", len(s.asked))
	}
	for key, path := range s.asked {
		if strings.HasSuffix(key, ".") {
			continue // the rest of the key is computed
		}
		if !w.Has(key) {
			t.Errorf("%s asks for %q, which has no text", path, key)
		}
	}
	for key, path := range s.counted {
		if !w.Has(key+".one") || !w.Has(key+".other") {
			t.Errorf("%s counts with %q, which lacks a form", path, key)
		}
	}
}

func TestEveryKeyIsUsed(t *testing.T) {
	w, s := English(), read(t)
	used := func(key string) bool {
		base := strings.TrimSuffix(strings.TrimSuffix(key, ".one"), ".other")
		if s.literals[key] || s.literals[base] {
			return true
		}
		for i := range key {
			if key[i] == '.' && s.literals[key[:i+1]] {
				return true
			}
		}
		return false
	}
	for key := range w.table {
		if !used(key) {
			t.Errorf("%q is never used", key)
		}
	}
}

func TestTextsAreWellFormed(t *testing.T) {
	verb := regexp.MustCompile(`%(\[\d+\])?[sdq%]`)
	for key, text := range English().table {
		if strings.TrimSpace(text) != text || text == "" {
			t.Errorf("%q has blanks around its text or none: %q", key, text)
		}
		if rest := verb.ReplaceAllString(text, ""); strings.Contains(rest, "%") && !strings.Contains(text, " %") {
			t.Errorf("%q has a verb that T can't fill: %q", key, text)
		}
		if strings.Contains(text, "  ") {
			t.Errorf("%q has two blanks in a row", key)
		}
	}
}

func TestMissingKeyShowsItself(t *testing.T) {
	w := English()
	if got := w.T("no.such.key"); got != "no.such.key" {
		t.Errorf("got %q", got)
	}
	if got := w.N("run.pulses.n", 1); got != "1 pulse" {
		t.Errorf("one: %q", got)
	}
	if got := w.N("run.pulses.n", 1200); got != "1\u202f200 pulses" {
		t.Errorf("many: %q", got)
	}
}
