package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Whatever a command prints, a full disk behind it is an error: one line, of JSON
// with --json, that says it once.
func TestFullDisk(t *testing.T) {
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer full.Close()
	stream := filepath.Join(t.TempDir(), "stream")
	if err := os.WriteFile(stream, bytes.Repeat([]byte("\x00no frame\x00"), decodeBuffer), 0o600); err != nil {
		t.Fatal(err)
	}
	pkg := filepath.Join(t.TempDir(), "1.1.0.stfw")
	for _, command := range []string{
		"help", "help watch", "help --man", "watch --help", "completion bash", "conformance --list", "hand fault --list",
		"decode --raw " + stream, "sim firmware --model rf --version 1.1.0 --out " + pkg,
	} {
		for _, how := range []string{"", " --json"} {
			t.Run(command+how, func(t *testing.T) {
				var said bytes.Buffer
				exit := run(t.Context(), strings.Fields(command+how), console{out: full, err: &said})
				text, ended := strings.CutSuffix(said.String(), "\n")
				if exit != exitRefused || !ended || strings.Contains(text, "\n") || strings.Count(text, "no space left") != 1 {
					t.Fatalf("exit %d, said %q", exit, said.String())
				}
				r := report{Error: strings.TrimPrefix(text, "penctl: ")}
				if how != "" {
					if err := json.Unmarshal([]byte(text), &r); err != nil {
						t.Fatal(err)
					}
				}
				if !strings.HasPrefix(r.Error, "print: write /dev/full: ") {
					t.Errorf("said %q", text)
				}
			})
		}
	}
}
