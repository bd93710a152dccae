package main

import (
	"errors"
	"flag"
	"io"
	"strconv"
	"strings"
	"time"
)

// flagSet makes the flags that every command has.
func flagSet(cmd command) (*flag.FlagSet, *bool) {
	fs := flag.NewFlagSet(cmd.name, flag.ContinueOnError)
	fs.SetOutput(io.Discard) // run words errors itself
	fs.Usage = func() {}
	return fs, fs.Bool(jsonFlag, false, "JSON objects, one a line")
}

const jsonFlag = "json"

// asksJSON says whether --json stands anywhere in args; the last one counts. It
// decides how an error is reported where the flags could not be read: a wrong
// flag before --json, or no command whose flags they would be.
func asksJSON(args []string) bool {
	asked := false
	for _, arg := range args {
		name, value, given := flagName(arg)
		switch on, err := strconv.ParseBool(value); {
		case name != jsonFlag:
		case !given:
			asked = true
		case err == nil:
			asked = on
		}
	}
	return asked
}

// flagName splits -name, --name, -name=value and --name=value. The name of
// what is no flag is empty.
func flagName(arg string) (name, value string, given bool) {
	name, ok := strings.CutPrefix(arg, "-")
	if !ok {
		return "", "", false
	}
	return strings.Cut(strings.TrimPrefix(name, "-"), "=")
}

// flagKey is the key that stands for a flag in JSON: --depth-um is depth_um.
func flagKey(name string) string { return strings.ReplaceAll(name, "-", "_") }

// parse takes flags and words in any order: `hand trigger down --link P` is as
// good as `hand --link P trigger down`. A flag that needs a value and is
// followed by a word takes it. Errors: flag.ErrHelp; else a *failure that names
// the flag whose value is wrong or missing.
func parse(fs *flag.FlagSet, args []string) (words []string, err error) {
	wrong := ""
	fs.VisitAll(func(f *flag.Flag) {
		f.Value = &watchedValue{Value: f.Value, refused: func() { wrong = f.Name }}
	})
	for {
		switch err := fs.Parse(args); {
		case errors.Is(err, flag.ErrHelp):
			return nil, err
		case err != nil:
			if wrong == "" {
				wrong = withoutValue(fs, args)
			}
			return nil, &failure{exit: exitUsage, text: err.Error() + wantedFor(fs.Lookup(wrong)), field: flagKey(wrong), cause: err}
		}
		if fs.NArg() == 0 {
			return words, nil
		}
		words = append(words, fs.Arg(0))
		args = fs.Args()[1:]
	}
}

// noEmptyPaths refuses a port, link or file that was given and is empty, as by a
// variable of the shell that is not set: it must not mean "whatever there is".
func noEmptyPaths(fs *flag.FlagSet) (err error) {
	fs.Visit(func(f *flag.Flag) {
		if what, _ := flag.UnquoteUsage(f); (what == "path" || what == "file") && f.Value.String() == "" && err == nil {
			err = usageOf(flagKey(f.Name), "--%s is empty: want a %s", f.Name, what)
		}
	})
	return err
}

// wantedFor says what a flag takes, behind the error of package flag that does not.
func wantedFor(f *flag.Flag) string {
	if f == nil {
		return ""
	}
	value := f.Value
	if watched, ok := value.(*watchedValue); ok {
		value = watched.Value
	}
	getter, ok := value.(flag.Getter)
	if !ok {
		return ""
	}
	switch getter.Get().(type) {
	case time.Duration:
		return "; want a time with its unit, such as 10s or 5m"
	case int, int64:
		return "; want a whole number"
	case uint64:
		return "; want a whole number, 0 or above"
	case bool:
		return "; want true or false"
	}
	return ""
}

// withoutValue is the flag that stopped the parsing of args because nothing
// followed it; empty where it was something else, such as an unknown flag.
func withoutValue(fs *flag.FlagSet, args []string) string {
	if fs.NArg() > 0 || len(args) == 0 {
		return ""
	}
	name, _, _ := flagName(args[len(args)-1])
	if fs.Lookup(name) == nil {
		return ""
	}
	return name
}

// watchedValue is a flag's value that tells when it refuses what was typed;
// package flag says which flag it was only in the sentence of its error.
type watchedValue struct {
	flag.Value
	refused func()
}

// Set implements flag.Value.
func (v *watchedValue) Set(text string) error {
	err := v.Value.Set(text)
	if err != nil {
		v.refused()
	}
	return err
}

// IsBoolFlag says that the flag needs no value; package flag asks for it.
func (v *watchedValue) IsBoolFlag() bool {
	b, ok := v.Value.(interface{ IsBoolFlag() bool })
	return ok && b.IsBoolFlag()
}
