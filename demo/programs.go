package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
)

// programs are the two that are shown, as they are shipped.
type programs struct {
	stipple, penctl string
}

// build builds both into dir.
func build(ctx context.Context, dir string) (programs, error) {
	suffix := ""
	if runtime.GOOS == "windows" {
		suffix = ".exe"
	}
	p := programs{stipple: filepath.Join(dir, "stipple"+suffix), penctl: filepath.Join(dir, "penctl"+suffix)}
	return p, buildAll(ctx,
		target{p.penctl, "./device/penctl", "CGO_ENABLED=0"},
		target{p.stipple, ".", "CGO_ENABLED=1"})
}

// target is a program to build: into which file, of which package, with or
// without cgo.
type target struct{ out, pkg, env string }

func buildAll(ctx context.Context, all ...target) error {
	root, err := moduleRoot(ctx)
	if err != nil {
		return err
	}
	for _, b := range all {
		cmd := exec.CommandContext(ctx, "go", "build", "-o", b.out, b.pkg)
		cmd.Dir, cmd.Env = root, append(os.Environ(), b.env)
		cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
		if err := cmd.Run(); err != nil {
			return fmt.Errorf("build %s: %w", b.pkg, err)
		}
	}
	return nil
}

// moduleRoot is the folder of go.mod.
func moduleRoot(ctx context.Context) (string, error) {
	out, err := exec.CommandContext(ctx, "go", "env", "GOMOD").Output()
	if err != nil {
		return "", fmt.Errorf("go env: %w", err)
	}
	mod := strings.TrimSpace(string(out))
	if filepath.Base(mod) != "go.mod" {
		return "", errors.New("run this inside the repository")
	}
	return filepath.Dir(mod), nil
}
