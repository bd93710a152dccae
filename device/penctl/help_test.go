package main

import (
	"bytes"
	"context"
	"flag"
	"os"
	"regexp"
	"strings"
	"testing"
)

// twoCommands is a table of commands that no other change moves.
func twoCommands() []command {
	nothing := func(context.Context, console, []string) error { return nil }
	return []command{
		{
			name: "list", group: groupLook, args: "[--json]", does: "lists the ports; nothing is sent", examples: []string{"penctl list"},
			build: func(*flag.FlagSet) func(context.Context, console, []string) error { return nothing },
		},
		{
			name: "burn", group: groupService, args: "FILE [--rate N]", does: "burns a\nfile's \\ \"text\"", examples: []string{".hidden --rate 5", "'quoted'"},
			more: "more:\n  - said",
			build: func(fs *flag.FlagSet) func(context.Context, console, []string) error {
				fs.Int("rate", 20, "that `number` a second")
				fs.String("name", "", "a `text`")
				return nothing
			},
		},
	}
}

const manGolden = `.TH "PENCTL" "1" "2031\-05\-06" "Stipple" ""
.SH "NAME"
penctl \- reads, watches, sets and services a microneedling pen, or simulates one
.SH "SYNOPSIS"
.B "penctl"
COMMAND [\-\-port P] [\-\-json] ...
.SH "DESCRIPTION"
Without \-\-port it takes the only pen that it finds. With \-\-json, results are JSON objects, one a line, whose keys carry the unit, and an error is one object on standard error. Flags and words may stand in any order.
.SH "LOOK AT A PEN"
.SS "penctl list"
.P
.nf
  penctl list [\-\-json]
.fi
.P
lists the ports; nothing is sent.
.TP
.B "\-\-json"
JSON objects, one a line
.P
Examples:
.P
.nf
  penctl list
.fi
.SH "SERVICE IT"
.SS "penctl burn"
.P
.nf
  penctl burn FILE [\-\-rate N]
.fi
.P
burns a
file's \e "text".
.TP
.B "\-\-json"
JSON objects, one a line
.TP
.B "\-\-name text"
a text
.TP
.B "\-\-rate number"
that number a second (default 20)
.P
Examples:
.P
.nf
  .hidden \-\-rate 5
  'quoted'
.fi
.P
.nf
  more:
    \- said
.fi
.SH "EXIT STATUS"
.TP
.B "0"
done; also a stream that was ended by Ctrl\-C
.TP
.B "1"
refused, by the pen or before anything was sent
.TP
.B "2"
wrong usage
.TP
.B "3"
no pen
.TP
.B "4"
the link was lost
`

func TestManPage(t *testing.T) {
	if got := manPage(twoCommands(), "2031-05-06"); got != manGolden {
		t.Errorf("got\n%s", got)
	}
	p := roff{}
	p.text(".TH is no request here\n'nor this")
	if got := p.b.String(); got != "\\&.TH is no request here\n\\&'nor this\n" {
		t.Errorf("guarded %q", got)
	}
}

// The real page has every command and every flag, and nothing that roff would
// take for a request that is none.
func TestManPageOfTheTool(t *testing.T) {
	page := manPage(commands(), "")
	macro := regexp.MustCompile(`^\.(TH|SH|SS|B|TP|P|nf|fi)( "[^"]*")*$`)
	open := 0
	for i, line := range strings.Split(page, "\n") {
		if strings.HasPrefix(line, ".") && !macro.MatchString(line) {
			t.Errorf("line %d: %s", i+1, line)
		}
		switch line {
		case ".nf":
			open++
		case ".fi":
			open--
		}
		if open < 0 || open > 1 {
			t.Fatalf("line %d: .nf and .fi don't match", i+1)
		}
		if strings.Contains(strings.ReplaceAll(line, `\-`, ""), "--") {
			t.Errorf("line %d: hyphens that can't be copied: %s", i+1, line)
		}
	}
	for _, cmd := range commands() {
		if !strings.Contains(page, `.SS "penctl `+escape(cmd.name)+"\"\n") {
			t.Errorf("no %s", cmd.name)
		}
		fs, _ := flagSet(cmd)
		cmd.build(fs)
		fs.VisitAll(func(f *flag.Flag) {
			if !strings.Contains(page, `.B "`+escape("--"+f.Name)) {
				t.Errorf("no --%s of %s", f.Name, cmd.name)
			}
		})
	}
}

// Every command is in a group, in the list, in the package's doc and in each
// shell's completion; a line of the list fits a terminal.
func TestEveryCommandIsListed(t *testing.T) {
	doc, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	var list bytes.Buffer
	usage(&list)
	scripts := map[string]string{"bash": bashScript(completions()), "zsh": zshScript(completions()), "fish": fishScript(completions())}
	for _, cmd := range commands() {
		if !strings.Contains(list.String(), "\n  "+cmd.name+" ") {
			t.Errorf("%s is not in the list", cmd.name)
		}
		if !strings.Contains(string(doc), "//\t"+cmd.name+" ") {
			t.Errorf("%s is not in doc.go", cmd.name)
		}
		if len(cmd.examples) == 0 || cmd.does == "" || strings.HasSuffix(cmd.does, ".") {
			t.Errorf("%s: examples %q, does %q", cmd.name, cmd.examples, cmd.does)
		}
		fs, _ := flagSet(cmd)
		cmd.build(fs)
		for shell, script := range scripts {
			fs.VisitAll(func(f *flag.Flag) {
				if !strings.Contains(script, "--"+f.Name) && !strings.Contains(script, " -l "+f.Name) {
					t.Errorf("%s does not complete --%s of %s", shell, f.Name, cmd.name)
				}
			})
		}
	}
	for _, line := range strings.Split(list.String(), "\n") {
		if len(line) > 100 {
			t.Errorf("%d columns: %s", len(line), line)
		}
	}
}

// The word behind a flag names what is typed there, in help and on the page. Its
// back quotes are easily put around another word of the sentence.
func TestWordsBehindFlags(t *testing.T) {
	words := map[string]bool{
		"path": true, "file": true, "text": true, "name": true, "names": true, "patterns": true, "types": true,
		"role": true, "side": true, "lane": true, "model": true, "quantity": true, "place": true, "version": true,
		"number": true, "N": true, "bytes": true, "factor": true, "time": true, "µm": true, "mW": true, "ms": true, "ohms": true,
	}
	for _, cmd := range commands() {
		fs, _ := flagSet(cmd)
		cmd.build(fs)
		fs.VisitAll(func(f *flag.Flag) {
			if b, ok := f.Value.(interface{ IsBoolFlag() bool }); ok && b.IsBoolFlag() {
				return
			}
			if word, usage := flag.UnquoteUsage(f); !words[word] || usage == f.Usage {
				t.Errorf("penctl %s --%s %s: %s", cmd.name, f.Name, word, usage)
			}
		})
	}
}

func TestFirstSentence(t *testing.T) {
	for does, want := range map[string]string{
		"lists ports":                     "lists ports",
		"sets a pen. It can't arm":        "sets a pen",
		"is the hand: trigger, contact":   "is the hand",
		"copies\na log; nothing is lost.": "copies a log",
		"holds it to SPEC.md, by case":    "holds it to SPEC.md, by case",
	} {
		if got := firstSentence(does); got != want {
			t.Errorf("%q: %q, want %q", does, got, want)
		}
	}
}
