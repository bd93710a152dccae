package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"strings"

	"stipple/device/sim"
	"stipple/protocol"
)

func completionCommand() command {
	return command{
		name: "completion", group: groupSelf, args: "bash | zsh | fish",
		does:  "prints what a shell needs to complete penctl's commands, flags and words",
		words: []string{"bash", "zsh", "fish"},
		examples: []string{
			"source <(penctl completion bash)                                      (in ~/.bashrc)",
			"penctl completion zsh > \"${fpath[1]}/_penctl\"",
			"penctl completion fish > ~/.config/fish/completions/penctl.fish",
			"penctl help --man | man -l -                                          (the manual page)",
		},
		build: func(*flag.FlagSet) func(context.Context, console, []string) error {
			return func(_ context.Context, c console, words []string) error {
				shells := map[string]func([]completed) string{"bash": bashScript, "zsh": zshScript, "fish": fishScript}
				if len(words) != 1 || shells[words[0]] == nil {
					return usageError("completion: want bash, zsh or fish")
				}
				if _, err := io.WriteString(c.out, shells[words[0]](completions())); err != nil {
					return fmt.Errorf("print: %w", err)
				}
				return nil
			}
		},
	}
}

// completed is what of one command can be completed.
type completed struct {
	name, does string
	flags      []completedFlag
	words      []string
}

// completedFlag is one flag of it.
type completedFlag struct {
	name, does string
	takes      bool     // a value
	values     []string // that it takes; empty: a file or anything else
}

// completions are the commands as shells need them, help among them.
func completions() []completed {
	var all []completed
	var names []string
	for _, cmd := range commands() {
		done := completed{name: cmd.name, does: firstSentence(cmd.does), words: cmd.words}
		names = append(names, cmd.name)
		fs, _ := flagSet(cmd)
		cmd.build(fs)
		fs.VisitAll(func(f *flag.Flag) {
			b, ok := f.Value.(interface{ IsBoolFlag() bool })
			_, does := flag.UnquoteUsage(f)
			done.flags = append(done.flags, completedFlag{name: f.Name, does: does, takes: !ok || !b.IsBoolFlag(), values: flagValues(f.Name)})
		})
		all = append(all, done)
	}
	help := completed{name: "help", does: "explains a command", words: names, flags: []completedFlag{{name: manFlag, does: "print the manual page"}}}
	return append(all, help)
}

// flagValues are the words that a flag takes, where they are known.
func flagValues(name string) []string {
	switch name {
	case roleFlagName:
		return roleWords(allRoles())
	case "model":
		return []string{string(sim.N1), string(sim.R1)}
	case "quantity":
		var words []string
		for q := range protocol.Quantity(protocol.QuantityCount) {
			words = append(words, q.String())
		}
		return words
	case "place":
		return calPlaces()
	case "fault":
		return faultWords()
	case "tests":
		return (protocol.Tests(1)<<protocol.TestCount - 1).Names()
	}
	return nil
}

// names lists the flags with their dashes.
func (c completed) flagNames() string {
	var names []string
	for _, f := range c.flags {
		names = append(names, "--"+f.name)
	}
	return strings.Join(names, " ")
}

func bashScript(all []completed) string {
	var names []string
	for _, c := range all {
		names = append(names, c.name)
	}
	var b strings.Builder
	b.WriteString("# bash completion for penctl; source it\n_penctl() {\n" +
		"  local cur=\"${COMP_WORDS[COMP_CWORD]}\" prev=\"${COMP_WORDS[COMP_CWORD-1]}\" flags= words=\n" +
		"  COMPREPLY=()\n" +
		"  if [ \"$COMP_CWORD\" -eq 1 ]; then\n" +
		"    COMPREPLY=($(compgen -W '" + strings.Join(names, " ") + "' -- \"$cur\"))\n    return\n  fi\n" +
		"  case \"${COMP_WORDS[1]}:$prev\" in\n")
	for _, c := range all {
		for _, f := range c.flags {
			switch {
			case len(f.values) > 0:
				fmt.Fprintf(&b, "    %s:--%s) COMPREPLY=($(compgen -W '%s' -- \"$cur\")); return ;;\n", c.name, f.name, strings.Join(f.values, " "))
			case f.takes:
				fmt.Fprintf(&b, "    %s:--%s) COMPREPLY=($(compgen -f -- \"$cur\")); return ;;\n", c.name, f.name)
			}
		}
	}
	b.WriteString("  esac\n  case \"${COMP_WORDS[1]}\" in\n")
	for _, c := range all {
		fmt.Fprintf(&b, "    %s) flags='%s' words='%s' ;;\n", c.name, c.flagNames(), strings.Join(c.words, " "))
	}
	b.WriteString("  esac\n" +
		"  case \"$cur\" in\n" +
		"    -*) COMPREPLY=($(compgen -W \"$flags\" -- \"$cur\")) ;;\n" +
		"    *) COMPREPLY=($(compgen -W \"$words\" -- \"$cur\") $(compgen -f -- \"$cur\")) ;;\n" +
		"  esac\n}\ncomplete -o filenames -F _penctl penctl\n")
	return b.String()
}

func zshScript(all []completed) string {
	var b strings.Builder
	b.WriteString("#compdef penctl\n_penctl() {\n  local -a commands\n  commands=(\n")
	for _, c := range all {
		fmt.Fprintf(&b, "    '%s:%s'\n", c.name, zshText(c.does))
	}
	b.WriteString("  )\n  if (( CURRENT == 2 )); then\n    _describe command commands\n    return\n  fi\n  case $words[2] in\n")
	for _, c := range all {
		fmt.Fprintf(&b, "    %s)\n      _arguments", c.name)
		for _, f := range c.flags {
			action := ""
			switch {
			case len(f.values) > 0:
				action = ":" + f.name + ":(" + strings.Join(f.values, " ") + ")"
			case f.takes:
				action = ":" + f.name + ":_files"
			}
			fmt.Fprintf(&b, " \\\n        '--%s[%s]%s'", f.name, zshText(f.does), action)
		}
		if len(c.words) > 0 {
			fmt.Fprintf(&b, " \\\n        '*:word:(%s)'", strings.Join(c.words, " "))
		} else {
			b.WriteString(" \\\n        '*:file:_files'")
		}
		b.WriteString("\n      ;;\n")
	}
	b.WriteString("  esac\n}\n_penctl \"$@\"\n")
	return b.String()
}

// zshText keeps a text from ending what it stands in.
func zshText(s string) string {
	return strings.NewReplacer("'", "'\\''", "[", "(", "]", ")", ":", "\\:", "\n", " ").Replace(s)
}

func fishScript(all []completed) string {
	var b strings.Builder
	b.WriteString("# fish completion for penctl\n")
	for _, c := range all {
		fmt.Fprintf(&b, "complete -c penctl -n __fish_use_subcommand -f -a %s -d '%s'\n", c.name, fishText(c.does))
		in := "'__fish_seen_subcommand_from " + c.name + "'"
		for _, f := range c.flags {
			takes := ""
			switch {
			case len(f.values) > 0:
				takes = " -x -a '" + strings.Join(f.values, " ") + "'"
			case f.takes:
				takes = " -r -F"
			}
			fmt.Fprintf(&b, "complete -c penctl -n %s -l %s%s -d '%s'\n", in, f.name, takes, fishText(f.does))
		}
		if len(c.words) > 0 {
			fmt.Fprintf(&b, "complete -c penctl -n %s -f -a '%s'\n", in, strings.Join(c.words, " "))
		}
	}
	return b.String()
}

func fishText(s string) string {
	return strings.NewReplacer(`\`, `\\`, "'", `\'`, "\n", " ").Replace(s)
}
