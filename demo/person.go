package main

import (
	"bytes"
	"context"
	"fmt"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

// toolLimit is how long one movement or key may take. It takes 10 ms.
const toolLimit = 20 * time.Second

// person moves the pointer and presses the keys of a display, as the events of
// a real mouse and keyboard (XTEST). Nothing in the console knows of it.
type person struct {
	env    []string
	window string // id of the console's window, once it has been found
}

// tool runs one of the display's tools.
func (p *person) tool(ctx context.Context, name string, args ...string) (string, error) {
	return runTool(ctx, p.env, name, args...)
}

// runTool runs a short-lived program and returns what it printed.
func runTool(ctx context.Context, env []string, name string, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, toolLimit)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Env = env
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("%s %s: %w: %s", name, strings.Join(args, " "), err, bytes.TrimSpace(errs.Bytes()))
	}
	return strings.TrimSpace(out.String()), nil
}

// find waits until the process with that id shows a window, and gives it the
// keyboard: without a window manager nobody else does.
func (p *person) find(ctx context.Context, pid int) error {
	out, err := p.tool(ctx, "xdotool", "search", "--sync", "--onlyvisible", "--pid", strconv.Itoa(pid))
	if err != nil {
		return err
	}
	p.window, _, _ = strings.Cut(out, "\n")
	_, err = p.tool(ctx, "xdotool", "windowfocus", "--sync", p.window)
	return err
}

// move puts the pointer on a point of the window.
func (p *person) move(ctx context.Context, x, y int) error {
	_, err := p.tool(ctx, "xdotool", "mousemove", "--window", p.window, strconv.Itoa(x), strconv.Itoa(y))
	return err
}

// click presses and releases the left button on a point of the window.
func (p *person) click(ctx context.Context, x, y int) error {
	_, err := p.tool(ctx, "xdotool", "mousemove", "--window", p.window, strconv.Itoa(x), strconv.Itoa(y), "click", "1")
	return err
}

// press holds the left button where the pointer is; release lets go.
func (p *person) press(ctx context.Context) error {
	_, err := p.tool(ctx, "xdotool", "mousedown", "1")
	return err
}

func (p *person) release(ctx context.Context) error {
	_, err := p.tool(ctx, "xdotool", "mouseup", "1")
	return err
}

// key presses and releases keys, each by its X name: "Escape", "ctrl+a".
func (p *person) key(ctx context.Context, names ...string) error {
	_, err := p.tool(ctx, "xdotool", append([]string{"key"}, names...)...)
	return err
}

// text types a text as a person would.
func (p *person) text(ctx context.Context, text string) error {
	_, err := p.tool(ctx, "xdotool", "type", "--delay", "15", text)
	return err
}
