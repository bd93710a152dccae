package words

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"

	"stipple/app/audit"
)

// Whatever can be in the audit chain has its words.
func TestAuditHasWords(t *testing.T) {
	w := English()
	need := func(key string) {
		if !w.Has(key) {
			t.Errorf("%q has no text", key)
		}
	}
	for _, r := range audit.Actions() {
		need("audit.action." + string(r.Action))
		need("audit.area." + string(r.Area))
	}
	for _, k := range audit.SubjectKinds() {
		need("audit.kind." + string(k))
	}
	for _, k := range []audit.Kind{audit.Changed, audit.Lost, audit.Inserted, audit.Moved, audit.Duplicated, audit.CutOff, audit.Rewritten, audit.KeyUnreadable, audit.Unopened} {
		need("audit.finding." + strings.ReplaceAll(string(k), " ", "_"))
	}
	fields := auditFields(t)
	if len(fields) < 20 {
		t.Fatalf("only %d fields found in the sources", len(fields))
	}
	for field, path := range fields {
		if !w.Has("audit.field." + field) {
			t.Errorf("%s writes field %q, which has no word", path, field)
		}
	}
}

// auditFields are the fields that the program's sources write into the chain: where
// audit.Change is made, and where the store compares a record's fields.
func auditFields(t *testing.T) map[string]string {
	t.Helper()
	out := make(map[string]string)
	err := filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") || strings.Contains(filepath.ToSlash(path), "/ui/") {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.KeyValueExpr:
				if key, ok := n.Key.(*ast.Ident); ok && key.Name == "Field" && imports(file, "stipple/app/audit") {
					if text, ok := literal(n.Value); ok {
						out[text] = path
					}
				}
			case *ast.CallExpr:
				if f, ok := n.Fun.(*ast.Ident); ok && f.Name == "field" && len(n.Args) == 3 {
					if text, ok := literal(n.Args[0]); ok {
						out[text] = path
					}
				}
			case *ast.CompositeLit: // {"filter.area", audit.Text(…)}: a table of fields
				if len(n.Elts) == 2 {
					text, isText := literal(n.Elts[0])
					if call, ok := n.Elts[1].(*ast.CallExpr); ok && isText && strings.HasPrefix(text, "filter.") && len(call.Args) > 0 {
						out[text] = path
					}
				}
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// imports says whether a file imports a package.
func imports(f *ast.File, path string) bool {
	for _, i := range f.Imports {
		if text, ok := literal(i.Path); ok && text == path {
			return true
		}
	}
	return false
}
